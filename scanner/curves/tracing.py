"""Paths on which a rate on a grid crosses its limit: topology by contourpy, vertices by roots."""

from collections.abc import Callable
from itertools import pairwise
from typing import Literal

import contourpy
import numpy as np
from numpy.typing import ArrayLike, NDArray

FloatArray = NDArray[np.float64]
BoolArray = NDArray[np.bool_]
Refine = Callable[[float], ArrayLike]
Side = Literal["lower", "upper", "both"]

_NO_EVENTS = -1.0  # ln(n_events / n_up) given to zeros: shallow, so that paths end near them
_ON_LINE = 1e-9  # of a cell: how well contourpy keeps a vertex on its grid line


def height(n_events: FloatArray, n_up: float) -> FloatArray:
    """Return ln(n_events / n_up), NaN kept, zeros put a little below the contour.

    Parameters
    ----------
    n_events : ndarray
        Expected events, of any shape.
    n_up : float
        Events of the upper limit.

    Returns
    -------
    ndarray
        Of the same shape; positive where excluded.

    Examples
    --------
    >>> height(np.array([0.0, 2.0, np.nan]), 2.0).tolist()
    [-1.0, 0.0, nan]
    """
    some = n_events > 0.0
    # C-ordered, as contourpy wants it, and in place: a plane may have millions of points
    result = np.divide(n_events, n_up, order="C")
    np.log(result, out=result, where=some)
    result[~some] = _NO_EVENTS
    result[np.isnan(n_events)] = np.nan
    return np.minimum(result, np.log(np.finfo(np.float64).max), out=result)


def cut(
    x: FloatArray, z: FloatArray, flags: BoolArray, threshold: float
) -> tuple[FloatArray, FloatArray, BoolArray]:
    """Cut the plane at the threshold and end it there with a column of no events.

    Parameters
    ----------
    x : ndarray (nx,)
        Horizontal axis.
    z, flags : ndarray (ny, nx)
        As `height` gives it, and marks of grid points.
    threshold : float
        Value of x at and beyond which there are no events.

    Returns
    -------
    x, z, flags : ndarray
        Unchanged when the axis ends before the threshold.
    """
    inside = int(np.searchsorted(x, threshold, side="left"))
    if inside == x.size and x[-1] < threshold:
        return x, z, flags
    column = np.full((z.shape[0], 1), _NO_EVENTS)
    return (
        np.append(x[:inside], threshold),
        np.hstack([z[:, :inside], column]),
        np.hstack([flags[:, :inside], np.zeros(column.shape, dtype=np.bool_)]),
    )


def lines(z: FloatArray) -> list[FloatArray]:
    """Paths of z = 0 in units of the grid's indices, longest first.

    Within a cell index and logarithm are linear in one another, so nothing is lost; and a vertex
    is known to lie on the grid line whose index it has.

    Parameters
    ----------
    z : ndarray (ny, nx)
        As `height` gives it.

    Returns
    -------
    list of ndarray (k, 2)
        Horizontal and vertical index of each vertex, positive z on the left of the path.

    Examples
    --------
    >>> lines(np.array([[-1.0, -1.0], [1.0, 3.0]]))[0].tolist()
    [[0.0, 0.5], [1.0, 0.25]]
    """
    generator = contourpy.contour_generator(
        z=np.ma.masked_invalid(z, copy=False), name="serial", corner_mask=False
    )
    found = [_tidy(np.asarray(line, dtype=np.float64)) for line in generator.lines(0.0)]
    return sorted((line for line in found if len(line) > 1), key=lambda line: -len(line))


def _tidy(line: FloatArray) -> FloatArray:
    """Put vertices exactly on their grid lines and drop repetitions."""
    nearest = np.rint(line)
    line = np.where(np.abs(line - nearest) < _ON_LINE, nearest, line)
    moves = np.any(np.diff(line, axis=0) != 0.0, axis=1)
    return np.asarray(line[np.concatenate([[True], moves])])


def refined(
    line: FloatArray, x: FloatArray, y: FloatArray, refine: Refine
) -> tuple[FloatArray, FloatArray]:
    """Put vertices on lines of fixed x on exact roots, and drop what lies between two of them.

    A vertex between two neighbouring lines of fixed x is interpolated in x and would make a
    smooth path zigzag. It stays where nothing better is known: where a path turns or ends.

    Parameters
    ----------
    line : ndarray (k, 2)
        As `lines` gives it.
    x, y : ndarray (nx,), (ny,)
        Axes.
    refine : callable
        A value of x to all exact roots in y.

    Returns
    -------
    line, points : ndarray (n, 2)
        Indices and values of the vertices that are kept, n <= k.
    """
    line = _starting_on_line(line)
    points = place(line, x, y)
    exact = np.zeros(len(line), dtype=np.bool_)
    candidates = _on_column(line)
    for column in np.unique(line[candidates, 0]):
        roots = np.asarray(refine(float(x[int(column)])), dtype=np.float64)
        for k in np.flatnonzero(candidates & (line[:, 0] == column)):
            low, high = y[int(line[k, 1])], y[int(np.ceil(line[k, 1]))]
            between = roots[(roots >= low) & (roots <= high)]
            if between.size:
                points[k, 1] = between[np.argmin(np.abs(between - points[k, 1]))]
                exact[k] = True
    keep = np.ones(len(line), dtype=np.bool_)
    for first, second in pairwise(np.flatnonzero(exact)):
        keep[first + 1 : second] = line[first, 0] == line[second, 0]
    return line[keep], points[keep]


def place(line: FloatArray, x: FloatArray, y: FloatArray) -> FloatArray:
    """Turn indices into values.

    Parameters
    ----------
    line : ndarray (k, 2)
        As `lines` gives it.
    x, y : ndarray (nx,), (ny,)
        Axes.

    Returns
    -------
    ndarray (k, 2)
        Vertices in the units of the axes.

    Examples
    --------
    >>> place(np.array([[0.5, 1.0]]), np.array([1.0, 4.0]), np.array([1.0, 10.0])).tolist()
    [[2.0, 10.0]]
    """
    return np.column_stack([_at(line[:, 0], x), _at(line[:, 1], y)])


def _on_column(line: FloatArray) -> BoolArray:
    """Tell which vertices lie on a line of fixed x, within a cell or on its corner."""
    return np.asarray(line[:, 0] == np.floor(line[:, 0]))


def _starting_on_line(line: FloatArray) -> FloatArray:
    """Begin a closed path with a vertex on a line of fixed x, if it has one."""
    columns = np.flatnonzero(_on_column(line))
    if columns.size == 0 or np.any(line[0] != line[-1]):
        return line
    turned = np.roll(line[:-1], -int(columns[0]), axis=0)
    return np.concatenate([turned, turned[:1]])


def _at(index: FloatArray, grid: FloatArray) -> FloatArray:
    """Values of a grid at fractional indices, exact at whole ones.

    Linear in the logarithm, or in the value itself on axes that reach zero, as splittings may.
    """
    left = np.minimum(index.astype(np.intp), grid.size - 2)
    fraction = index - left
    low, high = grid[left], grid[left + 1]
    value = low * (high / low) ** fraction if grid[0] > 0.0 else low + fraction * (high - low)
    return np.asarray(np.where(fraction == 1.0, high, value), dtype=np.float64)


def beside(line: FloatArray, flags: BoolArray) -> BoolArray:
    """Tell for each vertex whether an end of its grid line is flagged.

    Parameters
    ----------
    line : ndarray (k, 2)
        As `lines` gives it.
    flags : ndarray (ny, nx) of bool
        Marks of grid points.

    Returns
    -------
    ndarray (k,) of bool
        True beside a mark.
    """
    low, high = np.floor(line).astype(np.intp), np.ceil(line).astype(np.intp)
    return np.asarray(flags[low[:, 1], low[:, 0]] | flags[high[:, 1], high[:, 0]])


def side(points: FloatArray, closed: bool) -> Side:
    """Return which edge of the excluded region a path is; it has that region on its left.

    Parameters
    ----------
    points : ndarray (k, 2)
        Vertices.
    closed : bool
        Whether the last vertex is the first.

    Returns
    -------
    {"lower", "upper", "both"}
        "both" when y is no function of x along the path.
    """
    step = np.diff(points[:, 0])
    if not closed and np.all(step > 0.0):
        return "lower"
    if not closed and np.all(step < 0.0):
        return "upper"
    return "both"
