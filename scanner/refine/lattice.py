"""Cells of a lattice that are halved again and again: which indices bound them at each depth.

A lattice is the index space of some axes. At depth 0 every axis is cut at every `coarse`-th index
and at its end, at each further depth the intervals longer than 1 are cut at their integer middle.
A cell is a product of intervals of one depth. Since an interval of an axis is always cut at the
same place, cells of any depths fit together. Arrays have the lattice first and may have further
dimensions after it, over which everything is done alike.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property, reduce
from typing import Any

import numpy as np
from numpy.typing import NDArray

Indices = NDArray[np.intp]
BoolArray = NDArray[np.bool_]
FloatArray = NDArray[np.float64]
AnyArray = NDArray[Any]


def cuts(size: int, coarse: int) -> tuple[Indices, ...]:
    """Bounds of the intervals of one axis at each depth.

    Parameters
    ----------
    size : int
        Number of indices, at least 2.
    coarse : int
        Length of the intervals at depth 0; the last one may be shorter.

    Returns
    -------
    tuple of ndarray of int
        One entry per depth; in the last all intervals have length 1.

    Examples
    --------
    >>> [bounds.tolist() for bounds in cuts(6, 4)]
    [[0, 4, 5], [0, 2, 4, 5], [0, 1, 2, 3, 4, 5]]
    """
    found = [np.unique([*range(0, size, coarse), size - 1])]
    while (np.diff(found[-1]) > 1).any():
        middle = (found[-1][:-1] + found[-1][1:]) // 2
        found.append(np.union1d(found[-1], middle))
    return tuple(found)


@dataclass(frozen=True)
class Lattice:
    """The cells of all depths of a lattice.

    Parameters
    ----------
    sizes : tuple of int
        Number of indices of each axis, at least 2.
    coarse : int
        Side of the cells at depth 0.
    """

    sizes: tuple[int, ...]
    coarse: int

    @cached_property
    def _cuts(self) -> list[tuple[Indices, ...]]:
        """Bounds by axis and depth, all axes with the same number of depths."""
        found = [cuts(size, self.coarse) for size in self.sizes]
        most = max(len(bounds) for bounds in found)
        return [bounds + bounds[-1:] * (most - len(bounds)) for bounds in found]

    @property
    def depths(self) -> int:
        """Number of depths."""
        return len(self._cuts[0])

    def bounds(self, depth: int) -> list[Indices]:
        """Bounds of the intervals of each axis at a depth."""
        return [bounds[depth] for bounds in self._cuts]

    def sides(self, depth: int, axis: int) -> Indices:
        """Lengths of the intervals of an axis, shaped to broadcast over cells."""
        shape = [1] * len(self.sizes)
        shape[axis] = -1
        return np.diff(self._cuts[axis][depth]).reshape(shape)

    def nodes(self, values: AnyArray, depth: int) -> AnyArray:
        """Values at the corners of the cells of a depth."""
        return pick(values, self.bounds(depth))

    def within(self, values: AnyArray, depth: int, how: np.ufunc) -> AnyArray:
        """Reduce the values in each closed cell of a depth, corners and faces with it.

        Parameters
        ----------
        values : ndarray (lattice..., ...)
            Any values.
        depth : int
            Which cells.
        how : numpy.ufunc
            Such as ``numpy.fmax``.

        Returns
        -------
        ndarray (cells..., ...)
            One value for each cell.
        """
        return _within(values, self.bounds(depth), how)

    def within_children(self, values: AnyArray, depth: int, how: np.ufunc) -> AnyArray:
        """Reduce in each closed cell of a depth what is given at the corners of its halves."""
        pairs = zip(self.bounds(depth), self.bounds(depth + 1), strict=True)
        return _within(values, [np.searchsorted(fine, bounds) for bounds, fine in pairs], how)

    def to_children(self, cells: AnyArray, depth: int) -> AnyArray:
        """Give every cell of the next depth what its parent has."""
        pairs = zip(self.bounds(depth), self.bounds(depth + 1), strict=True)
        return pick(cells, [np.searchsorted(b, fine[:-1], "right") - 1 for b, fine in pairs])

    def spread(self, cells: BoolArray, depth: int, onto: int) -> BoolArray:
        """Mark the corners of cells of depth `onto` that lie in marked closed cells of a depth."""
        for axis, (bounds, fine) in enumerate(
            zip(self.bounds(depth), self.bounds(onto), strict=True)
        ):
            last = len(bounds) - 2
            left = np.clip(np.searchsorted(bounds, fine, "left") - 1, 0, last)
            right = np.clip(np.searchsorted(bounds, fine, "right") - 1, 0, last)
            cells = np.take(cells, left, axis) | np.take(cells, right, axis)
        return cells

    def interpolated(self, nodes: FloatArray, depth: int, onto: int) -> FloatArray:
        """Interpolate multilinearly from the corners of the cells of a depth to those of another.

        A corner that does not count does not matter, even if it is not finite.

        Parameters
        ----------
        nodes : ndarray (corners..., ...)
            Values at the corners of the cells of `depth`.
        depth, onto : int
            From where to where.

        Returns
        -------
        ndarray
            Values at the corners of the cells of `onto`.
        """
        for axis, (bounds, fine) in enumerate(
            zip(self.bounds(depth), self.bounds(onto), strict=True)
        ):
            low = np.clip(np.searchsorted(bounds, fine, "right") - 1, 0, len(bounds) - 2)
            part = (fine - bounds[low]) / (bounds[low + 1] - bounds[low])
            part = part.reshape([-1 if a == axis else 1 for a in range(nodes.ndim)])
            left, right = np.take(nodes, low, axis), np.take(nodes, low + 1, axis)
            with np.errstate(invalid="ignore"):  # infinity times a weight of 0 is not used
                between = (1.0 - part) * left + part * right
            nodes = np.where(part == 0.0, left, np.where(part == 1.0, right, between))
        return nodes


def pick(values: AnyArray, indices: Sequence[Indices]) -> AnyArray:
    """Values at a product of indices of the first axes."""
    return reduce(lambda v, a: np.take(v, indices[a], axis=a), range(len(indices)), values)


def corners(nodes: AnyArray, axes: int, how: np.ufunc) -> AnyArray:
    """Reduce over the corners of each cell.

    Parameters
    ----------
    nodes : ndarray (corners..., ...)
        Values at the corners.
    axes : int
        How many of the axes are those of the lattice.
    how : numpy.ufunc
        Such as ``numpy.fmax``.

    Returns
    -------
    ndarray (cells..., ...)
        One value for each cell.

    Examples
    --------
    >>> corners(np.array([[1, 2, 3], [4, 5, 9]]), 2, np.maximum).tolist()
    [[5, 9]]
    """
    for axis in range(axes):
        nodes = np.moveaxis(nodes, axis, 0)
        nodes = np.moveaxis(how(nodes[:-1], nodes[1:]), 0, axis)
    return nodes


def _within(values: AnyArray, bounds: Sequence[Indices], how: np.ufunc) -> AnyArray:
    """Reduce over closed intervals of all axes, one after the other."""
    for axis, where in enumerate(bounds):
        half_open = how.reduceat(values, where[:-1], axis=axis)
        values = how(half_open, np.take(values, where[1:], axis))
    return values
