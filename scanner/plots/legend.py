"""Words above a plot: a heading and the names of regions, within the width of the figure."""

from collections.abc import Collection, Mapping, Sequence
from math import ceil
from textwrap import fill

from matplotlib.artist import Artist
from matplotlib.figure import Figure
from matplotlib.legend import Legend

from scanner.curves.contours import Contour

_METHODS = {
    "cls": "CL$_s$",
    "poisson_zero_background": "no background",
    "bayes_flat_u2": "Bayes, flat in $|U|^2$",
}
_SIZES = (11.0, 10.0, 9.0)
_MOST_COLUMNS = 4
_EDGE_INCHES = 0.1  # kept free on both sides
_HEADING_CHARACTERS = 80
_USUAL_INCHES = 1.0  # what a legend may take before the figure grows


def region_labels(
    regions: Sequence[Contour], names: Mapping[str, str], projections: Collection[str]
) -> list[str]:
    """Name regions by experiment, and by what else differs among them.

    Parameters
    ----------
    regions : sequence of Contour
        One of each region.
    names : mapping of str to str
        Experiment to its name in the legend; without one it is the name of its file.
    projections : collection of str
        Experiments without data.

    Returns
    -------
    list of str
        All different.
    """
    several_levels = len({(c.statistic, c.confidence_level) for c in regions}) > 1
    several_points = len({tuple(c.point.items()) for c in regions}) > 1
    named = {c.experiment: _named(c, names, projections) for c in regions}
    labels = []
    for c in regions:
        shared = list(named.values()).count(named[c.experiment]) > 1
        words = [c.experiment if shared else named[c.experiment][0]]
        words += [_level(c)] if several_levels else []
        words += [f"{k} = {v:.3g}" for k, v in c.point.items()] if several_points else []
        ending = " (projection)" if c.experiment in projections else ""
        labels.append(", ".join(words) + ending)
    return labels


def _named(
    contour: Contour, names: Mapping[str, str], projections: Collection[str]
) -> tuple[str, bool]:
    """Name of an experiment, and whether it is marked as a projection."""
    return names.get(contour.experiment, contour.experiment), contour.experiment in projections


def criterion_label(group: Sequence[Contour], names: Mapping[str, str]) -> str:
    """Name a criterion that is no experiment, with its level if it has one and its side.

    Parameters
    ----------
    group : sequence of Contour
        All its paths.
    names : mapping of str to str
        Criterion to its name in the legend.

    Examples
    --------
    >>> import numpy as np
    >>> edge = Contour("bbn", "lifetime", 0.0, "upper", False, np.array([[1.0, 2.0], [3.0, 1.0]]))
    >>> criterion_label([edge], {"bbn": "BBN, 0.1 s"})
    'BBN, 0.1 s (excluded below)'
    """
    first = group[0]
    name = names.get(first.experiment, first.experiment)
    level = f", {_percent(first)}" if first.confidence_level else ""
    below = " (excluded below)" if all(c.side == "upper" for c in group) else ""
    return name + level + below


def heading(title: str, regions: Sequence[Contour]) -> str:
    """Title, and below it the statistic and confidence level if all regions share them."""
    levels = {_level(c) for c in regions}
    lines = [fill(title, _HEADING_CHARACTERS)] if title else []
    if len(levels) == 1:
        lines.append(f"this scan at {levels.pop()}")
    return "\n".join(lines)


def _percent(contour: Contour) -> str:
    return f"{100 * contour.confidence_level:.3g} % CL"


def _level(contour: Contour) -> str:
    method = _METHODS.get(contour.statistic, contour.statistic)
    return f"{_percent(contour)} ({method})"


def add_legend(figure: Figure, entries: Mapping[str, Artist], title: str) -> None:
    """Put heading and legend above the frame, where they hide nothing and nothing is cut off.

    The fewest rows and the largest letters that fit are taken, and a tall legend makes the figure
    higher.

    Parameters
    ----------
    figure : matplotlib Figure
        With constrained layout.
    entries : mapping of str to Artist
        Text and handle.
    title : str
        Heading.
    """
    if entries or title:
        legend = _fitting(figure, entries, title)
        height = legend.get_window_extent().height / figure.dpi
        figure.set_figheight(figure.get_figheight() + max(0.0, height - _USUAL_INCHES))


def _fitting(figure: Figure, entries: Mapping[str, Artist], title: str) -> Legend:
    """Make the legend that fits the width of the figure."""
    room = figure.dpi * (figure.get_figwidth() - 2 * _EDGE_INCHES)
    most = max(1, len(entries))
    for columns in dict.fromkeys(ceil(most / rows) for rows in range(1, most + 1)):
        for size in _SIZES if columns <= _MOST_COLUMNS else ():
            legend = _legend(figure, entries, title, columns, size)
            if _width(legend) <= room:
                return legend
            legend.remove()
    # a long line: letters as small as it takes, whose widths are not quite proportional to the size
    legend, size = _legend(figure, entries, title, 1, _SIZES[-1]), _SIZES[-1]
    while (width := _width(legend)) > room:
        size *= min(0.98, room / width)
        legend.remove()
        legend = _legend(figure, entries, title, 1, size)
    return legend


def _legend(
    figure: Figure, entries: Mapping[str, Artist], title: str, columns: int, size: float
) -> Legend:
    legend = figure.legend(
        handles=list(entries.values()),
        labels=list(entries),
        loc="outside upper center",
        ncols=columns,
        columnspacing=1.2,
        handlelength=1.6,
        fontsize=size,
        title=title,
        title_fontsize=size,
        frameon=False,
    )
    legend.get_title().set_multialignment("center")
    return legend


def _width(legend: Legend) -> float:
    return float(legend.get_window_extent().width)
