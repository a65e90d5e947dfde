"""Values at the points of a grid that are not sampled, from those that are."""

from collections.abc import Sequence

import numpy as np

from scanner.refine.lattice import BoolArray, FloatArray, Lattice
from scanner.refine.refinement import splits


def heights(ratio: FloatArray) -> FloatArray:
    """Return ln(n_events / n_up) from its argument.

    Parameters
    ----------
    ratio : ndarray
        n_events / n_up, NaN where unknown.

    Returns
    -------
    ndarray
        -inf where there are no events.

    Examples
    --------
    >>> heights(np.array([1.0, 0.0, np.nan])).tolist()
    [0.0, -inf, nan]
    """
    result = np.full(ratio.shape, -np.inf)
    np.log(ratio, out=result, where=~(ratio <= 0.0))
    return result


def between(ratio: FloatArray, places: Sequence[int], asked: BoolArray, coarse: int) -> FloatArray:
    """Fill a ratio between the points that are sampled: linearly in its logarithm.

    Parameters
    ----------
    ratio : ndarray
        n_events / n_up on all axes of the grid.
    places : sequence of int
        Which of its axes are those that are sampled, in the order of `asked`.
    asked : ndarray of bool
        Points that are sampled.
    coarse : int
        Steps between the points that were sampled first.

    Returns
    -------
    ndarray
        As it is where it is sampled; elsewhere interpolated, 0 beside points without events and
        NaN beside points that failed.

    Examples
    --------
    >>> ratio = np.array([[1.0, np.nan, 4.0], [3.0, np.nan, 0.0]])
    >>> between(ratio, [1], np.array([True, False, True]), 2).tolist()
    [[1.0, 2.0, 4.0], [3.0, 0.0, 0.0]]
    """
    first = np.moveaxis(ratio, places, range(len(places)))
    flat = first.reshape(*asked.shape, -1)
    filled = np.exp(fill(asked, heights(flat), coarse))
    dense = np.where(asked[..., None], flat, filled).reshape(first.shape)
    return np.moveaxis(dense, range(len(places)), places)


def fill(asked: BoolArray, heights: FloatArray, coarse: int) -> FloatArray:
    """Interpolate between the nodes that were asked for.

    Each cell that was not halved is filled multilinearly from its corners, small cells last, so
    that what two of them share has the values of the smaller. A contour of the result has no gap.

    Parameters
    ----------
    asked : ndarray (lattice...) of bool
        Nodes asked for in all rounds.
    heights : ndarray (lattice..., slices)
        Values there: -inf without events, NaN where the computation failed.
    coarse : int
        Spacing of the nodes asked first.

    Returns
    -------
    ndarray (lattice..., slices)
        The values at nodes asked for; elsewhere interpolated, -inf where a corner that counts has
        no events, and NaN where one has failed.

    Examples
    --------
    >>> asked = np.array([True, False, False, False, True, True, True])
    >>> fill(asked, np.array([[0.0], [9], [9], [9], [4], [6], [6]]), 4).ravel().tolist()
    [0.0, 1.0, 2.0, 3.0, 4.0, 6.0, 6.0]
    """
    sizes = tuple(size for size in asked.shape if size > 1)
    z = np.where(asked[..., None], heights, np.nan)
    if not sizes:
        return z
    lattice, inner = Lattice(sizes, coarse), asked.reshape(sizes)
    flat = z.reshape(*sizes, -1)
    found = np.full_like(flat, np.nan)
    last = lattice.depths - 1
    exists = np.ones([len(b) - 1 for b in lattice.bounds(0)], dtype=np.bool_)
    for depth in range(lattice.depths):
        split = splits(lattice, inner, depth) if depth < last else np.zeros_like(exists)
        here = lattice.spread(exists & ~split, depth, last)[..., None]
        values = lattice.interpolated(lattice.nodes(flat, depth), depth, last)
        found = np.where(here & ~np.isnan(values), values, found)
        if depth < last:
            exists = lattice.to_children(exists & split, depth)
    return np.where(inner[..., None], flat, found).reshape(z.shape)
