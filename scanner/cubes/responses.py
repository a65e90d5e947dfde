"""Responses of a store, complete or not, slab by slab: what is being written never shows.

Marks are read first, then data, and a block counts only where its data have the checksum of its
mark; where they have that of what was known before it failed or was extended, the points count that
say they were computed. Everything else reads as not computed.
"""

import itertools
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from scanner.blocks.blocks import (
    DONE,
    FAILED,
    STATUS,
    TODO,
    UNCONVERGED,
    Arrays,
    Block,
    GroupSpec,
    Layout,
    checksum,
)
from scanner.blocks.split import blank
from scanner.cubes import slabs
from scanner.refine.lattice import BoolArray
from scanner.storage.place import Place
from scanner.storage.regions import BROKEN, TO_DO, Regions

Index = tuple[int, ...]


@dataclass(frozen=True)
class Slab:
    """Some blocks in memory.

    Parameters
    ----------
    number : int
        Which slab.
    start : tuple of int
        First position along every axis.
    arrays : dict of str to ndarray
        By name, each (points of the slab..., trailing dimensions...).
    """

    number: int
    start: Index
    arrays: Arrays


class Responses:
    """What is known of one group; one slab is kept in memory.

    Parameters
    ----------
    path : Place
        The store, which others may be writing.
    layout : Layout
        The group and its blocks. The dimensions of its status come first in all arrays.
    """

    def __init__(self, path: Place, layout: Layout) -> None:
        self.layout = layout
        self._regions = Regions(path, layout, mode="r")
        asked = np.flatnonzero(self._regions.asked())
        self._marks = np.full(layout.n_blocks, TO_DO)
        self._marks[asked] = self._regions.marks_of(asked)
        self._known = self._regions.known_marks()
        self._slab: Slab | None = None

    @cached_property
    def sampled(self) -> BoolArray | None:
        """Points of a refined group that were asked for and have ended; None where all are."""
        if self.spec.coarse is None:
            return None
        return np.asarray(self._marks != TO_DO).reshape(self.spec.sizes)

    @property
    def spec(self) -> GroupSpec:
        """Axes, arrays and coordinates of the group."""
        return self.layout.spec

    def at(self, index: Index) -> Arrays:
        """Read the arrays at one point; quick when points are asked for in order.

        Parameters
        ----------
        index : tuple of int
            Position along every axis.

        Returns
        -------
        dict of str to ndarray
            By name, without the axes; NaN, and the status to do or failed, where nothing is known.
        """
        slab = self._of(index)
        here = tuple(i - first for i, first in zip(index, slab.start, strict=True))
        return {name: values[here] for name, values in slab.arrays.items()}

    def _of(self, index: Index) -> Slab:
        """Slab of a point."""
        where = tuple(i // size for i, size in zip(index, self._coarse.block_shape, strict=True))
        number = int(np.ravel_multi_index(where, self._coarse.grid))
        if self._slab is None or self._slab.number != number:
            self._slab = None  # before the next one is read
            self._slab = self._read(number)
        return self._slab

    @cached_property
    def _coarse(self) -> Layout:
        """The group, cut into slabs of whole blocks; into blocks where most are not computed."""
        if self.spec.coarse is not None:
            return self.layout
        spec, shape = self.layout.spec, self.layout.block_shape
        point = sum(
            np.dtype(array.dtype).itemsize * int(np.prod(spec.trailing(array)))
            for array in spec.arrays
        )
        most = max(1, slabs.SLAB_BYTES // (point * int(np.prod(shape))))
        blocks = slabs.step(self.layout.grid, most)
        return Layout(spec, tuple(n * size for n, size in zip(blocks, shape, strict=True)))

    def _read(self, number: int) -> Slab:
        """Read a slab and leave out what cannot be relied on."""
        whole = self._coarse.block(number)
        if self.sampled is not None and not self.sampled[whole.slices].any():
            return Slab(number, tuple(i for i, _ in whole.region), blank(self.spec, whole))
        arrays = self._stored(whole)
        for block, inside in self._blocks(whole):
            self._judge(block, {name: values[inside] for name, values in arrays.items()})
        return Slab(number, tuple(first for first, _ in whole.region), arrays)

    def _stored(self, whole: Block) -> Arrays:
        """Read a slab as it is stored; what cannot be decoded is not known."""
        try:
            return self._regions.read(whole)
        except Exception:  # noqa: BLE001 - whatever a damaged chunk raises means the same
            arrays = blank(self.spec, whole)
        for block, inside in self._blocks(whole):
            with suppress(Exception):
                for name, values in self._regions.read(block).items():
                    arrays[name][inside] = values
        return arrays

    def _blocks(self, slab: Block) -> Iterator[tuple[Block, tuple[slice, ...]]]:
        """Blocks of a slab, and where they are in its arrays."""
        ranges = [
            range(first // size, -(-last // size))
            for (first, last), size in zip(slab.region, self.layout.block_shape, strict=True)
        ]
        for where in itertools.product(*ranges):
            block = self.layout.block(int(np.ravel_multi_index(where, self.layout.grid)))
            pairs = zip(block.region, slab.region, strict=True)
            yield block, tuple(slice(i - first, j - first) for (i, j), (first, _) in pairs)

    def _judge(self, block: Block, arrays: Arrays) -> None:
        """Blank, in place, what does not count in a block."""
        mark, known = int(self._marks[block.index]), int(self._known[block.index])
        status, proof = arrays[STATUS], mark if mark >= 0 else known
        if proof < 0 or checksum(arrays) != proof:
            unknown = np.ones(status.shape, dtype=bool)
        elif mark < 0:
            unknown = ~np.isin(status, (DONE, UNCONVERGED))
        else:
            return
        for array in self.spec.arrays:
            arrays[array.name][unknown] = array.fill_value
        status[unknown] = FAILED if mark == BROKEN else TODO
