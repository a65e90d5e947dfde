"""Names written along the curves of a plot, where they touch no other curve and no other name."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from matplotlib.axes import Axes
from matplotlib.font_manager import FontProperties
from matplotlib.patheffects import withStroke
from matplotlib.textpath import TextPath
from numpy.typing import NDArray
from scipy.spatial import cKDTree

FloatArray = NDArray[np.float64]

_SIZE_POINTS = 8.5
_SPACING = 2.0  # points of a resampled curve are this many typographic points apart
_GAP = 0.35  # between a curve and its name, in units of the height of a letter
_MARGIN = 0.6  # clearance around a name, in the same unit
_INSIDE = 3.0  # points that a name keeps from the frame
_CROWDED = 4.0  # cost from which a name may go further away: a tenth of it hidden, or a sharp bend
_REACH = (1.5, 2.5, 4.0, 6.0, 8.0)  # how far, in units of the height of a letter
_DIRECTIONS = 8


@dataclass(frozen=True)
class _Place:
    """Where a name could go: centre (points), direction (radians), and how bad that is.

    `target` is the point of the curve that a line leads to, if the name is not beside it.
    """

    centre: FloatArray
    angle: float
    cost: float
    target: FloatArray | None = None


def label_curves(
    axes: Axes,
    curves: Mapping[str, Sequence[FloatArray]],
    others: Sequence[FloatArray] = (),
    colours: Mapping[str, str] | None = None,
) -> None:
    """Write the name of each curve along it.

    For each curve every position on either side is tried, and the one is taken that is clear of
    curves and names and where the curve is straightest. Where all are crowded, the name goes to a
    free spot nearby, with a line to its curve. Curves outside the frame get no name.

    Parameters
    ----------
    axes : matplotlib Axes
        With its final limits and size.
    curves : mapping of str to sequence of ndarray (k, 2)
        Names and paths, in pieces, in the units of the axes.
    others : sequence of ndarray (k, 2)
        Further paths to stay clear of.
    colours : mapping of str to str, optional
        Of the names; black without.
    """
    size = _frame_size(axes)
    paths = {
        name: [piece for path in each for piece in _in_frame(_to_points(axes, path), size)]
        for name, each in curves.items()
    }
    obstacles = [p for path in others for p in _in_frame(_to_points(axes, path), size)]
    obstacles += [piece for pieces in paths.values() for piece in pieces]
    if not obstacles:
        return
    taken = np.concatenate(obstacles)
    # the curves with least room choose first
    for name in sorted(paths, key=lambda n: sum(len(piece) for piece in paths[n])):
        extent = _extent(name)
        places = [p for piece in paths[name] for p in _places(piece, extent, taken, size)]
        if not places or min(place.cost for place in places) > _CROWDED:
            places += [p for piece in paths[name] for p in _callouts(piece, extent, taken, size)]
        if places:
            best = min(places, key=lambda place: place.cost)
            _write(axes, name, best, (colours or {}).get(name, "black"))
            lead = [] if best.target is None else [_lead(best.centre, best.target)]
            taken = np.concatenate([taken, _box(best.centre, best.angle, extent), *lead])


def _frame_size(axes: Axes) -> FloatArray:
    """Width and height of the frame in typographic points."""
    box = axes.get_window_extent()
    return np.array([box.width, box.height]) * 72.0 / axes.figure.dpi


def _to_points(axes: Axes, path: FloatArray) -> FloatArray:
    """Turn data into points from the lower left corner of the frame."""
    fractions = axes.transAxes.inverted().transform(axes.transData.transform(path))
    return np.asarray(fractions * _frame_size(axes), dtype=np.float64)


def _in_frame(path: FloatArray, size: FloatArray) -> list[FloatArray]:
    """Resample a path evenly and cut it to the pieces within the frame."""
    length = np.concatenate([[0.0], np.cumsum(np.hypot(*np.diff(path, axis=0).T))])
    even = np.linspace(0.0, length[-1], max(2, int(length[-1] / _SPACING)))
    dense = np.column_stack([np.interp(even, length, path[:, k]) for k in (0, 1)])
    inside = np.all((dense >= 0.0) & (dense <= size), axis=1)
    edges = np.flatnonzero(np.diff(np.concatenate([[False], inside, [False]]).astype(int)))
    return [dense[a:b] for a, b in edges.reshape(-1, 2) if b - a > 1]


def _extent(name: str) -> FloatArray:
    """Width and height of a name in points."""
    font = FontProperties(family="STIXGeneral")
    box = TextPath((0.0, 0.0), name, size=_SIZE_POINTS, prop=font).get_extents()
    return np.array([box.width, _SIZE_POINTS])


def _places(
    piece: FloatArray, extent: FloatArray, taken: FloatArray, size: FloatArray
) -> list[_Place]:
    """Try all positions along a piece of a curve, on both sides."""
    half = int(0.5 * extent[0] / _SPACING)
    tree = cKDTree(taken)

    def distance(box: FloatArray) -> FloatArray:
        return np.asarray(tree.query(box)[0], dtype=np.float64)

    tried = (
        _place(piece[max(k - half, 0) : k + half + 1], piece[k], side, extent, distance, size)
        for k in range(0, len(piece), 2)
        for side in (1.0, -1.0)
    )
    return [place for place in tried if place is not None]


def _callouts(
    piece: FloatArray, extent: FloatArray, taken: FloatArray, size: FloatArray
) -> list[_Place]:
    """Try level names around every eighth point of a piece of a curve, further away."""
    tree = cKDTree(taken)
    found = []
    for target in piece[::8]:
        for turn in np.arange(_DIRECTIONS) * 2.0 * np.pi / _DIRECTIONS:
            way = np.array([np.cos(turn), np.sin(turn)])
            for reach in _REACH:
                centre = target + way * (0.5 * extent + reach * extent[1])
                box = _box(centre, 0.0, extent)
                if np.any(box < _INSIDE) or np.any(box > size - _INSIDE):
                    continue
                hidden = float(np.mean(tree.query(box)[0] < 0.5 * _MARGIN * extent[1]))
                crossed = float(np.sum(tree.query(_lead(centre, target)[1:-3])[0] < _SPACING))
                cost = 40.0 * hidden + crossed + 1.0 + 0.5 * reach
                found.append(_Place(centre, 0.0, cost, target))
    return found


def _place(
    arc: FloatArray,
    middle: FloatArray,
    side: float,
    extent: FloatArray,
    distance: Callable[[FloatArray], FloatArray],
    size: FloatArray,
) -> _Place | None:
    """Judge a name beside an arc of a curve; None when it would leave the frame."""
    angle = float(np.arctan2(*(arc[-1] - arc[0])[::-1]))
    angle -= np.pi * np.round(angle / np.pi)  # never upside down
    normal = side * np.array([-np.sin(angle), np.cos(angle)])
    height = (arc - middle) @ normal
    shift = max(0.0, float(height.max())) + extent[1] * (0.5 + _GAP)
    centre = middle + shift * normal
    box = _box(centre, angle, extent)
    if np.any(box < _INSIDE) or np.any(box > size - _INSIDE):
        return None
    hidden = float(np.mean(distance(box) < 0.5 * _MARGIN * extent[1]))
    bent = float(np.ptp(height)) / extent[1]
    return _Place(centre, angle, 40.0 * hidden + 2.0 * bent + 0.2 * abs(angle))


def _box(centre: FloatArray, angle: float, extent: FloatArray) -> FloatArray:
    """Points spread over the rectangle of a name."""
    along = np.linspace(-0.5, 0.5, max(5, int(extent[0] / 4.0))) * extent[0]
    across = np.linspace(-0.5, 0.5, 4) * extent[1]
    u, v = (grid.ravel() for grid in np.meshgrid(along, across))
    c, s = np.cos(angle), np.sin(angle)
    return np.asarray(centre + np.column_stack([c * u - s * v, s * u + c * v]))


def _lead(centre: FloatArray, target: FloatArray) -> FloatArray:
    """Points from the middle of a name to the point of its curve."""
    steps = max(5, int(np.hypot(*(target - centre)) / _SPACING))
    return np.asarray(centre + np.linspace(0.0, 1.0, steps)[:, None] * (target - centre))


def _write(axes: Axes, name: str, place: _Place, colour: str) -> None:
    target = place.centre if place.target is None else place.target
    lead = {"arrowstyle": "-", "color": colour, "linewidth": 0.6, "shrinkA": 1.0, "shrinkB": 0.0}
    axes.annotate(
        name,
        xy=tuple(target / _frame_size(axes)),
        xycoords="axes fraction",
        xytext=tuple(place.centre - target),
        textcoords="offset points",
        rotation=np.degrees(place.angle),
        rotation_mode="anchor",
        ha="center",
        va="center",
        fontsize=_SIZE_POINTS,
        color=colour,
        zorder=6,
        arrowprops=None if place.target is None else lead,
        path_effects=[withStroke(linewidth=2.0, foreground="white", alpha=0.8)],
    )
