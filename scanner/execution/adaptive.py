"""Rounds of a refined scan: which blocks to compute next, from what the store holds.

Nothing is kept from one run to the next: a run decides all rounds anew from the heights, up to the
first of which blocks are still to do. So it does not matter who computed what, and when.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from scanner.refine.lattice import BoolArray, FloatArray
from scanner.refine.refinement import Rule, following
from scanner.storage.regions import TO_DO, Marks, Regions, Rounds
from scanner.storage.store import Store

Index = tuple[int, ...]
Pairs = NDArray[np.intp]

Heights = Callable[[Sequence[Index]], FloatArray]
"""ln(N / N_up) at some points whose blocks have ended, shape (points, slices): -inf without events,
NaN where they failed."""


@dataclass(frozen=True)
class Slices:
    """What is looked at to refine one group.

    Parameters
    ----------
    heights : callable
        Heights at some points.
    number : int
        Number of slices.
    pairs : ndarray (n, 2) of int
        Neighbours among them, as along a coupling axis: a contour may pass between two of them.
    """

    heights: Heights
    number: int
    pairs: Pairs


def neighbours(shape: tuple[int, ...]) -> Pairs:
    """Slices that are next to one another along an axis other than the first.

    Parameters
    ----------
    shape : tuple of int
        Experiments, and values of each coupling axis.

    Returns
    -------
    ndarray (n, 2) of int
        Their numbers, the last axis running fastest.

    Examples
    --------
    >>> neighbours((2, 3)).tolist()
    [[0, 1], [1, 2], [3, 4], [4, 5]]
    """
    number = np.arange(np.prod(shape)).reshape(shape)
    found = [np.empty((0, 2), dtype=np.intp)]
    for axis in range(1, len(shape)):
        ordered = np.moveaxis(number, axis, -1)
        found.append(np.stack([ordered[..., :-1], ordered[..., 1:]], -1).reshape(-1, 2))
    return np.concatenate(found)


class Refinement:
    """Asks for blocks round after round, whenever `scanner.execution.execute.run` has ended all.

    Parameters
    ----------
    rule : Rule
        When to stop.
    slices : dict of str to Slices
        By name of the group.
    """

    def __init__(self, rule: Rule, slices: dict[str, Slices]) -> None:
        self._rule = rule
        self._slices = slices
        self._groups: dict[str, _Group] = {}

    def __call__(self, store: Store) -> dict[str, Marks]:
        """Write down what is asked for and give the blocks among it that are to do.

        Parameters
        ----------
        store : Store
            Opened by this process.

        Returns
        -------
        dict of str to ndarray of int
            Numbers of blocks, by group; none where all is resolved, or where blocks given before
            could not be stored.
        """
        return {name: self._next(name, store.regions(name)) for name in store.layouts}

    def _next(self, name: str, regions: Regions) -> Marks:
        """Blocks of one group."""
        if name not in self._groups:
            shape = regions.layout.spec.sizes
            slices = self._slices[name]
            self._groups[name] = _Group(
                slices, np.zeros(shape, np.int8), np.full((*shape, slices.number), np.nan)
            )
        group = self._groups[name]
        before = group.rounds.max()
        pending = group.advance(self._rule, regions)
        if pending.size and group.rounds.max() == before:
            return np.empty(0, dtype=np.int64)
        regions.set_asked(group.rounds.ravel())
        return pending


@dataclass
class _Group:
    """How far one group has come."""

    slices: Slices
    rounds: Rounds
    heights: FloatArray

    def advance(self, rule: Rule, regions: Regions) -> Marks:
        """Decide round after round, up to the first with blocks to do, and give their numbers."""
        while True:
            last = (self.rounds > 0) & (self.rounds == self.rounds.max())
            numbers = np.flatnonzero(last)
            waiting = regions.marks_of(numbers) == TO_DO
            if waiting.any():
                return numbers[waiting]
            self._look(last)
            fresh = following(self.rounds > 0, self.heights, rule, self.slices.pairs)
            if not fresh.any():
                return numbers[:0]
            self.rounds[fresh] = 1 + self.rounds.max()

    def _look(self, nodes: BoolArray) -> None:
        """Take in the heights of some points."""
        if nodes.any():
            points = [tuple(index) for index in np.argwhere(nodes).tolist()]
            self.heights[nodes] = self.slices.heights(points)
