"""Which points of a lattice to compute next, so that a contour is followed and none is missed.

The heights ln(N / N_up) are known at the nodes asked for so far; the contour is where they change
sign. A cell of the lattice is halved along all its sides

- where a contour passes, until the nodes of a halving agree with the interpolation between the
  corners before it to a tolerance, or the cell has side 1;
- where none passes, but one might close unseen between the nodes: where the heights bend so much
  that they could reach 0 in the cell.

All this is a pure function of the heights, so it does not depend on who computes them in which
order. Every slice (an experiment, a value of a coupling) is judged by itself, and any may ask.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from scanner.refine.bending import bends
from scanner.refine.lattice import BoolArray, FloatArray, Lattice, corners

ISLAND_AT_FIRST = 1.3
"""How far heights may be from the corners inside a cell, in units of the sum of its second
differences: at least 1.18, the most for a Gaussian whose width is half the side of the cell,
centred in three dimensions (1.75/2 in two, 0.66 in one)."""

ISLAND_LATER = 0.4
"""The same for halved cells, whose sides are at most that width: at least 0.33."""


@dataclass(frozen=True)
class Rule:
    """When to stop.

    Parameters
    ----------
    coarse : int
        Spacing of the nodes asked first, a power of two.
    tolerance : float
        How well new nodes have to agree with interpolation, in ln(N / N_up); 0 never stops early.
    """

    coarse: int
    tolerance: float


def following(
    asked: BoolArray, heights: FloatArray, rule: Rule, pairs: NDArray[np.intp] | None = None
) -> BoolArray:
    """Say which nodes to compute next.

    Parameters
    ----------
    asked : ndarray (lattice...) of bool
        Nodes asked for so far; none at first.
    heights : ndarray (lattice..., slices)
        ln(N / N_up) where it was asked: -inf without events, NaN where the computation failed.
    rule : Rule
        When to stop.
    pairs : ndarray (n, 2) of int, optional
        Neighbouring slices: a contour passes between them where they differ in sign.

    Returns
    -------
    ndarray (lattice...) of bool
        Nodes not asked before; none when all is resolved.

    Examples
    --------
    A line of nine nodes with one zero, between the third and the fourth:

    >>> z = np.arange(9.0)[:, None] - 2.5
    >>> first = following(np.zeros(9, bool), z, Rule(4, 0.0))
    >>> np.flatnonzero(first).tolist()
    [0, 4, 8]
    >>> second = following(first, z, Rule(4, 0.0))
    >>> np.flatnonzero(second).tolist()
    [2]
    """
    sizes = tuple(size for size in asked.shape if size > 1)
    if not sizes:
        return ~asked
    lattice = Lattice(sizes, rule.coarse)
    z = np.where(asked[..., None], heights, np.nan).reshape(*sizes, -1)
    inner = asked.reshape(sizes)
    if not inner.any():
        return _first(lattice).reshape(asked.shape)
    links = np.empty((0, 2), dtype=np.intp) if pairs is None else pairs
    return _Round(lattice, inner, z, rule.tolerance, links).wanted().reshape(asked.shape)


def splits(lattice: Lattice, asked: BoolArray, depth: int) -> BoolArray:
    """Tell which cells of a depth are halved: all nodes of the halving have been asked for.

    Parameters
    ----------
    lattice : Lattice
        The cells.
    asked : ndarray (lattice...) of bool
        Nodes asked for.
    depth : int
        Which cells; not the last.

    Returns
    -------
    ndarray (cells...) of bool
        Whether they or their parents exist or not.
    """
    return lattice.within_children(lattice.nodes(asked, depth + 1), depth, np.logical_and)


def _first(lattice: Lattice) -> BoolArray:
    """Corners of the cells of depth 0."""
    found = np.zeros(lattice.sizes, dtype=np.bool_)
    found[np.ix_(*lattice.bounds(0))] = True
    return found


@dataclass
class _Round:
    """One round of decisions."""

    lattice: Lattice
    asked: BoolArray
    z: FloatArray
    tolerance: float
    pairs: NDArray[np.intp]

    def wanted(self) -> BoolArray:
        """Nodes not asked before that some cell wants."""
        lattice = self.lattice
        found = np.zeros(lattice.sizes, dtype=np.bool_)
        exists = np.ones([len(b) - 1 for b in lattice.bounds(0)], dtype=np.bool_)
        error = np.full((*exists.shape, self.z.shape[-1]), np.inf)
        bend = (error, error)
        for depth in range(lattice.depths - 1):
            bend = bends(lattice, lattice.nodes(self.z, depth), depth, bend)
            own = self._error(depth)
            split = splits(lattice, self.asked, depth)
            refine = self._crossed(depth, np.fmax(error, own)) | self._hiding(depth, bend)
            nodes = lattice.spread(exists & refine.any(-1) & ~split, depth, depth + 1)
            found[np.ix_(*lattice.bounds(depth + 1))] |= nodes
            exists = lattice.to_children(exists & split, depth)
            error = lattice.to_children(np.where(np.isnan(own), np.inf, own), depth)
            down, up = bend
            bend = lattice.to_children(down, depth), lattice.to_children(up, depth)
        return found & ~self.asked

    def _error(self, depth: int) -> FloatArray:
        """Largest disagreement of asked nodes of a halving with the corners of the cell."""
        expected = self.lattice.interpolated(self.lattice.nodes(self.z, depth), depth, depth + 1)
        found = self.lattice.nodes(self.z, depth + 1)
        with np.errstate(invalid="ignore"):  # no events next to no events
            error = np.abs(found - expected)
        known = ~np.isnan(found)
        error = np.where(known & np.isnan(error), np.inf, error)
        return self.lattice.within_children(error, depth, np.fmax)

    def _crossed(self, depth: int, error: FloatArray) -> BoolArray:
        """Cells and slices where a contour passes that is not resolved."""
        low = self.lattice.within(self.z, depth, np.fmin)
        high = self.lattice.within(self.z, depth, np.fmax)
        crossed = (low <= 0.0) & (high > 0.0)
        for first, second in self.pairs:
            between = (np.fmin(low[..., first], low[..., second]) <= 0.0) & (
                np.fmax(high[..., first], high[..., second]) > 0.0
            )
            crossed[..., first] |= between
            crossed[..., second] |= between
        return crossed & ~(error < self.tolerance)

    def _hiding(self, depth: int, bend: tuple[FloatArray, FloatArray]) -> BoolArray:
        """Cells and slices whose corners have one sign and that may have the other inside."""
        factor = ISLAND_LATER if depth else ISLAND_AT_FIRST
        nodes, axes = self.lattice.nodes(self.z, depth), len(self.lattice.sizes)
        low, high = corners(nodes, axes, np.fmin), corners(nodes, axes, np.fmax)
        down, up = bend
        with np.errstate(invalid="ignore"):  # no events and nothing known around
            island = (high <= 0.0) & (high + factor * down > 0.0)
            hole = (low > 0.0) & (low - factor * up <= 0.0)
        return island | hole
