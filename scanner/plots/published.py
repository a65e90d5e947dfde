"""Published limits on a plot: what is shaded, edges with a colour each, entries in the legend."""

from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any

import numpy as np
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.colors import to_rgb
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from scanner.curves.outlines import Frame
from scanner.plots.catalogue import Curve

FloatArray = NDArray[np.float64]

_FILL = "#ededed"
_COSMOLOGY_FILL = "#f7f7f7"  # paler: it rests on the history of the universe, and lies below all
# dull, so that they stay behind ours, but enough to follow a line to its name
_COLOURS = (
    "#7d6a55",
    "#4f7396",
    "#6b7f4a",
    "#8a5a7d",
    "#5a8580",
    "#a0694f",
    "#6a6a8f",
    "#5c5c5c",
    "#97833f",
    "#3f6f6f",
    "#a05a6b",
    "#5f7d96",
    "#4d5c3a",
    "#7a4a4a",
)
_NEIGHBOURS = 0.1  # of the frame: how far apart curves are when their colours no longer matter
_ALIKE = 0.1  # distance in RGB of colours that are hard to tell apart
_STEP = 0.005  # of the frame, between the points at which distances are taken


def draw_published(axes: Axes, curves: Sequence[Curve], frame: Frame) -> dict[str, str]:
    """Shade what is excluded already, and draw the edges; projections exclude nothing.

    Parameters
    ----------
    axes : matplotlib Axes
        With its final limits.
    curves : sequence of Curve
        On these axes.
    frame : (float, float, float, float)
        Least and greatest x, least and greatest y.

    Returns
    -------
    dict of str
        Colour by the name of the curve (`published_name`).
    """
    for curve in curves:
        if curve.kind != "projection":
            early = curve.kind == "cosmology"
            face = _COSMOLOGY_FILL if early else _FILL
            outline = _outline(curve, frame)
            axes.fill(*outline, facecolor=face, edgecolor="none", zorder=0.9 if early else 1)
    colours = line_colours(published_paths(curves), frame)
    for curve in curves:
        # above the fill of our regions, which would tint them unlike their names
        axes.plot(
            curve.x, curve.y, color=colours[published_name(curve)], zorder=3.4, **_line(curve)
        )
    return colours


def line_colours(paths: Mapping[str, Sequence[FloatArray]], frame: Frame) -> dict[str, str]:
    """Choose a colour for each curve, unlike those of its neighbours.

    Parameters
    ----------
    paths : mapping of str to sequence of ndarray (k, 2)
        Pieces of each curve, positive.
    frame : (float, float, float, float)
        Least and greatest x, least and greatest y.

    Returns
    -------
    dict of str
        In the order of `paths`.

    Examples
    --------
    >>> line = np.array([[1.0, 2.0], [10.0, 2.0]])
    >>> line_colours({"a": [line], "b": [2 * line]}, (1.0, 10.0, 1.0, 10.0))
    {'a': '#7d6a55', 'b': '#4f7396'}
    """
    rgb = np.array([to_rgb(colour) for colour in _COLOURS])
    dense = {name: _dense(pieces, frame) for name, pieces in paths.items()}
    chosen: dict[str, int] = {}
    for name, points in dense.items():
        # a colour is only taken again when all are
        used = len(chosen) < len(_COLOURS)
        cost = np.where(used & np.isin(range(len(_COLOURS)), list(chosen.values())), np.inf, 0.0)
        for other, index in chosen.items():
            likeness = np.exp(-np.linalg.norm(rgb - rgb[index], axis=1) / _ALIKE)
            cost += np.exp(-_gap(points, dense[other]) / _NEIGHBOURS) * likeness
        chosen[name] = int(np.argmin(cost))
    return {name: _COLOURS[index] for name, index in chosen.items()}


def _dense(pieces: Sequence[FloatArray], frame: Frame) -> FloatArray:
    """Sample what is inside the frame, in fractions of its logarithmic sides."""
    low, high = np.log([frame[0], frame[2]]), np.log([frame[1], frame[3]])
    samples = [np.empty((0, 2))]
    for piece in pieces:
        fractions = (np.log(piece) - low) / (high - low)
        for a, b in pairwise(fractions):
            parts = np.linspace(0.0, 1.0, 2 + min(int(np.hypot(*(b - a)) / _STEP), 1000))
            samples.append(a + parts[:, None] * (b - a))
    points = np.concatenate(samples)
    return points[np.all((points >= 0.0) & (points <= 1.0), axis=1)]


def _gap(a: FloatArray, b: FloatArray) -> float:
    """Least distance between two curves, infinite where one of them is outside the frame."""
    if not len(a) or not len(b):
        return np.inf
    return float(cKDTree(b).query(a)[0].min())


def published_name(curve: Curve) -> str:
    """Name written on a curve, with its confidence level; a star where its nature is not known."""
    star = "*" * curve.doubtful
    if curve.confidence_level is None:
        return curve.title + star
    return f"{curve.title} ({100 * curve.confidence_level:.3g} %){star}"


def published_paths(curves: Sequence[Curve]) -> dict[str, list[FloatArray]]:
    """Collect the paths of the curves by name: those that share one are pieces of one curve."""
    paths: dict[str, list[FloatArray]] = {}
    for curve in curves:
        paths.setdefault(published_name(curve), []).append(np.column_stack([curve.x, curve.y]))
    return paths


def published_entries(curves: Sequence[Curve]) -> dict[str, Artist]:
    """Explain the published curves in the legend, as far as they are there."""
    projections = [c for c in curves if c.kind == "projection"]
    entries: dict[str, Artist] = {}
    if len(curves) > len(projections):
        entries["published (CL in brackets)"] = Patch(facecolor=_FILL, edgecolor="#888888")
    if projections:
        entries["published projection"] = Line2D([], [], color="#888888", **_line(projections[0]))
    if any(curve.doubtful for curve in curves):
        # no handle of its own: it explains a sign
        entries["* Dirac or Majorana not stated"] = Line2D([], [], linestyle="none")
    return entries


def _outline(curve: Curve, frame: Frame) -> tuple[FloatArray, FloatArray]:
    """Close the path of a curve around what it excludes."""
    x, y = curve.x, curve.y
    if curve.region == "above":
        top = 10.0 * max(frame[3], float(y.max()))
        return np.append(x, [x[-1], x[0]]), np.append(y, [top, top])
    # a region whose upper edge leaves the plane first is open up to there
    return np.append(x, x[0]), np.append(y, y[-1])


def _line(curve: Curve) -> dict[str, Any]:
    """Style of the edge of a published region."""
    if curve.kind == "projection":
        return {"linewidth": 0.8, "linestyle": (0.0, (6.0, 3.0))}
    return {"linewidth": 1.0}
