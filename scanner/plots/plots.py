"""Exclusion plots: our regions in colour, published limits in grey with their names on them.

Criteria that are no experiments, such as those of the primordial light elements, are thin lines.
"""

from collections.abc import Collection, Mapping, Sequence
from itertools import cycle
from pathlib import Path
from typing import Any, Literal

from matplotlib import rc_context
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.colors import to_rgba
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch, PathPatch
from matplotlib.path import Path as Outline

from physics.errors import InputError
from scanner.curves.contours import Contour
from scanner.curves.outlines import Frame, outlines
from scanner.plots.axes import PlotAxis, set_axes
from scanner.plots.catalogue import Curve
from scanner.plots.labels import label_curves
from scanner.plots.legend import add_legend, criterion_label, heading, region_labels
from scanner.plots.published import draw_published, published_entries, published_paths

# what is left out of each format's metadata, so that equal plots are equal files
_UNDATED: dict[str, dict[str, Any]] = {
    ".pdf": {"CreationDate": None},
    ".png": {},
    ".svg": {"Date": None},
}
SUFFIXES = tuple(_UNDATED)

# Okabe and Ito's colours, which the colour-blind can tell apart, and darker ones of Tol's for more
_COLOURS = (
    "#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000", "#882255",
    "#999933", "#332288",
)  # fmt: skip
# thin and grey: what the light elements exclude covers most planes, and is no experiment's region
_CRITERION_COLOURS = ("#8c8c8c", "#4d4d4d")
_CRITERION_DASHES = ((0.0, (6.0, 2.0, 1.0, 2.0)), (0.0, (6.0, 2.0, 1.0, 2.0, 1.0, 2.0)))
_CRITERION_FILL = to_rgba("#8c8c8c", 0.04)
_STYLE: dict[Any, Any] = {
    "font.family": "STIXGeneral",
    "mathtext.fontset": "stix",
    "font.size": 11.0,
    "axes.linewidth": 0.9,
    "svg.fonttype": "path",
    "svg.hashsalt": "hnlscan",
    "pdf.fonttype": 42,
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
    criteria: Collection[str] = (),
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
    criteria : collection of str
        Names among `contours` that are no experiments, such as those of the light elements: drawn
        as thin grey lines.

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
        figure = exclusion_figure(contours, curves, x, y, title, names, projections, criteria)
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
    criteria: Collection[str] = (),
) -> Figure:
    """Draw what `exclusion_plot` writes, for those who want to add to it.

    Parameters
    ----------
    contours, curves, x, y, title, names, projections, criteria
        As for `exclusion_plot`.

    Returns
    -------
    matplotlib Figure
        With one set of axes.
    """
    frame = (x.low, x.high, y.low, y.high)
    with rc_context(_STYLE):
        figure = Figure(figsize=_SIZE_INCHES, layout="constrained")
        axes = figure.add_subplot()
        set_axes(axes, x, y)
        colours = draw_published(axes, curves, frame)
        entries = _draw_ours(axes, contours, frame, names or {}, projections, criteria)
        first = [group[0] for group in _groups(contours) if group[0].experiment not in criteria]
        add_legend(figure, entries | published_entries(curves), heading(title, first))
        figure.draw_without_rendering()  # places the frame
        figure.set_layout_engine("none")  # and keeps it where the names are put
        label_curves(axes, published_paths(curves), [c.points for c in contours], colours)
    return figure


def _draw_ours(
    axes: Axes,
    contours: Sequence[Contour],
    frame: Frame,
    names: Mapping[str, str],
    projections: Collection[str],
    criteria: Collection[str],
) -> dict[str, Artist]:
    """Draw regions of experiments and lines of criteria, and return the entries of the legend."""
    groups = _groups(contours)
    regions = [group for group in groups if group[0].experiment not in criteria]
    lines = [group for group in groups if group[0].experiment in criteria]
    labels = region_labels([group[0] for group in regions], names, projections)
    entries: dict[str, Artist] = {}
    for label, group, colour in zip(labels, regions, cycle(_COLOURS), strict=False):
        entries[label] = _draw_region(axes, group, frame, colour, projections)
    styles = cycle(zip(_CRITERION_COLOURS, _CRITERION_DASHES, strict=True))
    for group, style in zip(lines, styles, strict=False):
        entries[criterion_label(group, names)] = _draw_criterion(axes, group, frame, *style)
    return entries


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
    _fill(axes, group, frame, facecolor=face, zorder=3)
    for contour in group:
        axes.plot(*contour.points.T, color=colour, linewidth=1.6, linestyle=style, zorder=4)
        doubtful = contour.points[~contour.converged]
        axes.plot(*doubtful.T, "o", color=colour, markerfacecolor="white", markersize=3, zorder=5)
    return Patch(facecolor=face, edgecolor=colour, linewidth=1.4, linestyle=style)


def _draw_criterion(
    axes: Axes, group: Sequence[Contour], frame: Frame, colour: str, dashes: Any
) -> Line2D:
    """Draw the edges of a criterion with a hint of a fill, and return its entry in the legend."""
    _fill(axes, group, frame, facecolor=_CRITERION_FILL, zorder=0.8)
    style = {"color": colour, "linewidth": 1.1, "linestyle": dashes}
    for contour in group:
        axes.plot(*contour.points.T, zorder=3.6, **style)
    return Line2D([], [], **style)


def _fill(axes: Axes, group: Sequence[Contour], frame: Frame, **style: Any) -> None:
    """Fill the excluded side of the contours of one region."""
    outline = Outline.make_compound_path(*(Outline(p) for p in outlines(group, frame)))
    axes.add_patch(PathPatch(outline, edgecolor="none", **style))
