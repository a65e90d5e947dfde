"""Exclusion plots: our regions in colour, published limits in grey with their names on them."""

from collections.abc import Collection, Mapping, Sequence
from itertools import cycle
from pathlib import Path
from typing import Any, Literal

import numpy as np
from matplotlib import rc_context
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.colors import to_rgba
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch, PathPatch
from matplotlib.path import Path as Outline
from numpy.typing import NDArray

from physics.errors import InputError
from scanner.catalogue import Curve
from scanner.contours import Contour
from scanner.outlines import Frame, outlines
from scanner.plot_axes import PlotAxis, set_axes
from scanner.plot_labels import label_curves

FloatArray = NDArray[np.float64]

# what is left out of each format's metadata, so that equal plots are equal files
_UNDATED: dict[str, dict[str, Any]] = {
    ".pdf": {"CreationDate": None},
    ".png": {},
    ".svg": {"Date": None},
}
SUFFIXES = tuple(_UNDATED)

# Okabe and Ito's colours, which the colour-blind can tell apart
_COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000")
_PUBLISHED_FILL = "#ededed"
_COSMOLOGY_FILL = "#f7f7f7"  # paler: it rests on the history of the universe, and lies below all
# dull, so that they stay behind ours, but enough to follow a line to its name
_PUBLISHED_LINES = (
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
_STYLE: dict[Any, Any] = {
    "font.family": "STIXGeneral",
    "mathtext.fontset": "stix",
    "font.size": 11.0,
    "axes.linewidth": 0.9,
    "svg.fonttype": "path",
    "svg.hashsalt": "hnlscan",
    "pdf.fonttype": 42,
}
_METHODS = {
    "cls": "CL$_s$",
    "poisson_zero_background": "no background",
    "bayes_flat_u2": "Bayes, flat in $|U|^2$",
}
_SIZE_INCHES = (7.0, 5.2)
_DPI = 200


def exclusion_plot(
    contours: Sequence[Contour],
    curves: Sequence[Curve],
    x: PlotAxis,
    y: PlotAxis,
    path: str | Path,
    *,
    title: str = "",
    names: Mapping[str, str] | None = None,
    projections: Collection[str] = (),
) -> Path:
    """Draw excluded regions of one plane with published limits behind them.

    Parameters
    ----------
    contours : sequence of Contour
        Ours, of one slice of the grid; regions are closed along the frame given by `x` and `y`.
    curves : sequence of Curve
        Published limits on the same axes.
    x, y : PlotAxis
        Axes.
    path : str or Path
        File to write; its suffix, .pdf, .png or .svg, is the format.
    title : str
        Written above the frame.
    names : mapping of str to str, optional
        Experiment to the name in the legend.
    projections : collection of str
        Experiments without data, drawn dashed.

    Returns
    -------
    Path
        The file.

    Raises
    ------
    InputError
        For another suffix.
    """
    target = Path(path)
    if target.suffix.lower() not in SUFFIXES:
        raise InputError(
            f"plot file '{target.name}' has no known format; end its name in {', '.join(SUFFIXES)}"
        )
    with rc_context(_STYLE):
        figure = exclusion_figure(contours, curves, x, y, title, names or {}, projections)
        figure.savefig(target, dpi=_DPI, metadata=_UNDATED[target.suffix.lower()])
    return target


def exclusion_figure(
    contours: Sequence[Contour],
    curves: Sequence[Curve],
    x: PlotAxis,
    y: PlotAxis,
    title: str = "",
    names: Mapping[str, str] | None = None,
    projections: Collection[str] = (),
) -> Figure:
    """Draw what `exclusion_plot` writes, for those who want to add to it.

    Parameters
    ----------
    contours, curves, x, y, title, names, projections
        As for `exclusion_plot`.

    Returns
    -------
    matplotlib Figure
        With one set of axes.
    """
    with rc_context(_STYLE):
        figure = Figure(figsize=_SIZE_INCHES, layout="constrained")
        axes = figure.add_subplot()
        set_axes(axes, x, y)
        _draw_published(axes, curves, (x.low, x.high, y.low, y.high))
        regions = [
            _draw_region(axes, group, (x.low, x.high, y.low, y.high), colour, projections)
            for group, colour in zip(_groups(contours), cycle(_COLOURS), strict=False)
        ]
        labels = _labels(contours, names or {}, projections)
        heading = [title] * bool(title) + _common_level(contours)
        entries = dict(zip(labels, regions, strict=True)) | _published_entries(curves)
        _add_legend(figure, entries, "\n".join(heading))
        figure.draw_without_rendering()  # places the frame
        figure.set_layout_engine("none")  # and keeps it where the names are put
        label_curves(
            axes,
            {_published_name(c): np.column_stack([c.x, c.y]) for c in curves},
            [c.points for c in contours],
            _PUBLISHED_LINES,
        )
    return figure


def _draw_published(axes: Axes, curves: Sequence[Curve], frame: Frame) -> None:
    """Shade what is excluded already, and draw the edges; projections exclude nothing."""
    for curve in curves:
        if curve.kind != "projection":
            early = curve.kind == "cosmology"
            face = _COSMOLOGY_FILL if early else _PUBLISHED_FILL
            outline = _outline(curve, frame)
            axes.fill(*outline, facecolor=face, edgecolor="none", zorder=0.9 if early else 1)
    for curve, colour in zip(curves, cycle(_PUBLISHED_LINES), strict=False):
        axes.plot(curve.x, curve.y, color=colour, zorder=2, **_line(curve))


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


def _groups(contours: Sequence[Contour]) -> list[list[Contour]]:
    """Sort contours by what they belong to: one region each."""
    groups: dict[tuple[object, ...], list[Contour]] = {}
    for contour in contours:
        key = (
            contour.experiment,
            contour.statistic,
            contour.confidence_level,
            *sorted(contour.point.items()),
        )
        groups.setdefault(key, []).append(contour)
    return list(groups.values())


def _draw_region(
    axes: Axes,
    group: Sequence[Contour],
    frame: Frame,
    colour: str,
    projections: Collection[str],
) -> Patch:
    """Draw the region and the edges of one experiment, and return its entry in the legend."""
    projected = group[0].experiment in projections
    face = to_rgba(colour, 0.05 if projected else 0.17)
    style: Literal["--", "-"] = "--" if projected else "-"
    outline = Outline.make_compound_path(*(Outline(p) for p in outlines(group, frame)))
    axes.add_patch(PathPatch(outline, facecolor=face, edgecolor="none", zorder=3))
    for contour in group:
        axes.plot(*contour.points.T, color=colour, linewidth=1.6, linestyle=style, zorder=4)
        doubtful = contour.points[~contour.converged]
        axes.plot(*doubtful.T, "o", color=colour, markerfacecolor="white", markersize=3, zorder=5)
    return Patch(facecolor=face, edgecolor=colour, linewidth=1.4, linestyle=style)


def _labels(
    contours: Sequence[Contour], names: Mapping[str, str], projections: Collection[str]
) -> list[str]:
    """Name regions by experiment, and by what else differs among them."""
    groups = [group[0] for group in _groups(contours)]
    several_levels = len({(c.statistic, c.confidence_level) for c in groups}) > 1
    several_points = len({tuple(c.point.items()) for c in groups}) > 1
    labels = []
    for c in groups:
        words = [names.get(c.experiment, c.experiment)]
        words += [_level(c)] if several_levels else []
        words += [f"{k} = {v:.3g}" for k, v in c.point.items()] if several_points else []
        ending = " (projection)" if c.experiment in projections else ""
        labels.append(", ".join(words) + ending)
    return labels


def _common_level(contours: Sequence[Contour]) -> list[str]:
    """Write the statistic and level, if all regions share them."""
    levels = {_level(c) for c in contours}
    return [f"this scan at {levels.pop()}"] if len(levels) == 1 else []


def _level(contour: Contour) -> str:
    method = _METHODS.get(contour.statistic, contour.statistic)
    return f"{100 * contour.confidence_level:.3g} % CL ({method})"


def _published_entries(curves: Sequence[Curve]) -> dict[str, Artist]:
    """Explain the published curves in the legend, as far as they are there."""
    projections = [c for c in curves if c.kind == "projection"]
    entries: dict[str, Artist] = {}
    if len(curves) > len(projections):
        stars = "; * Dirac or Majorana not stated" * any(c.doubtful for c in curves)
        entries[f"published (CL in brackets{stars})"] = Patch(
            facecolor=_PUBLISHED_FILL, edgecolor="#888888"
        )
    if projections:
        entries["published projection"] = Line2D([], [], color="#888888", **_line(projections[0]))
    return entries


def _add_legend(figure: Figure, entries: Mapping[str, Artist], heading: str) -> None:
    """Put heading and legend above the frame, where they hide nothing."""
    if entries or heading:
        legend = figure.legend(
            handles=list(entries.values()),
            labels=list(entries),
            loc="outside upper center",
            ncols=min(4, max(1, len(entries))),
            columnspacing=1.2,
            handlelength=1.6,
            title=heading,
            frameon=False,
        )
        legend.get_title().set_multialignment("center")


def _published_name(curve: Curve) -> str:
    star = "*" * curve.doubtful
    if curve.confidence_level is None:
        return curve.title + star
    return f"{curve.title} ({100 * curve.confidence_level:.3g} %){star}"
