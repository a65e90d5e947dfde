"""What one store knows of the points of another: addressed by values, read in few large pieces.

Marks are read before data and every block is verified against its mark, so the store may be one
that is being scanned: what is written later is just not known. Blocks that are next to each other
are read together and kept for a while, so that each is read about once whatever the other store's
blocks look like, and memory stays bounded.
"""

import math
from collections import OrderedDict
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product

import numpy as np
import numpy.typing as npt

from scanner.blocks.blocks import (
    DONE,
    STATUS,
    UNCONVERGED,
    Arrays,
    Block,
    GroupSpec,
    Layout,
    checksum,
)
from scanner.storage import layouts
from scanner.storage.regions import Regions

Indices = npt.NDArray[np.intp]
Mask = npt.NDArray[np.bool_]

BOX_BYTES = 2**24
"""Most bytes of blocks that are read together, unless one block is larger."""

KEPT_BYTES = 2**28
"""Most bytes of such pieces that are kept for the next blocks, and the last one in any case."""


@dataclass(frozen=True)
class Found:
    """What is known of a block.

    Parameters
    ----------
    values : dict of str to ndarray
        Arrays of the block, with fill values where nothing is known.
    known : ndarray of bool
        Points, and rows if the group has them, that were computed.
    whole : bool
        Whether what is known of a row is all of it: no coordinate of the block is missing.
    """

    values: Arrays
    known: Mask
    whole: bool


@dataclass(frozen=True)
class _Box:
    """Blocks that were read together."""

    arrays: Arrays
    known: Mask

    @property
    def nbytes(self) -> int:
        """Size in memory."""
        return sum(array.nbytes for array in self.arrays.values())


def row_dim(spec: GroupSpec) -> str | None:
    """Name the dimension by which parts of a point are known, such as that of the experiments.

    Parameters
    ----------
    spec : GroupSpec
        A group.

    Returns
    -------
    str or None
        The dimension of the status, if every array has it first; else points are known as a whole.
    """
    dims = next((array.dims for array in spec.arrays if array.name == STATUS), ())
    each = len(dims) == 1 and all(array.dims[:1] == dims for array in spec.arrays)
    return dims[0] if each else None


class Known:
    """A group of a store, addressed by blocks of the same group of another.

    Parameters
    ----------
    regions : Regions
        Handles on the group; only read.
    spec : GroupSpec
        The group as the other store has it: same arrays and axes, any values.
    """

    def __init__(self, regions: Regions, spec: GroupSpec) -> None:
        old = regions.layout
        self._regions, self._spec = regions, spec
        self._rows = row_dim(spec)
        self._maps = _maps(old.spec, spec, self._rows)
        self._boxes = Layout(old.spec, _box_shape(old))
        self._kept: OrderedDict[int, _Box | None] = OrderedDict()
        self._marks, self._partial = regions.marks(), regions.known_marks()

    def find(self, block: Block) -> Found | None:
        """Look up a block of the other store.

        Parameters
        ----------
        block : Block
            Of a layout of the group given.

        Returns
        -------
        Found or None
            None if nothing of it is known.
        """
        where = [
            self._maps[axis][here] for axis, here in zip(self._spec.axes, block.slices, strict=True)
        ]
        found: Found | None = None
        for number, places, sources in self._pieces(where):
            box = self._box(number)
            if box is None:
                continue
            rows = [] if self._rows is None else [self._maps[self._rows]]
            to, of = _present(rows)
            here = box.known[np.ix_(*sources, *of)]
            if here.any():
                found = found or self._nothing(block)
                found.known[np.ix_(*places, *to)] = here
                self._copy(box, found.values, places, sources)
        if found is not None:
            for array in self._spec.arrays:
                found.values[array.name][~found.known] = array.fill_value
        return found

    def _nothing(self, block: Block) -> Found:
        """Give a block of which nothing is known."""
        values = {
            a.name: np.full(block.shape + self._spec.trailing(a), a.fill_value, dtype=a.dtype)
            for a in self._spec.arrays
        }
        rows = () if self._rows is None else (len(self._maps[self._rows]),)
        inner = [self._maps[dim] for dim in self._spec.coords if dim != self._rows]
        whole = all(bool((where >= 0).all()) for where in inner)
        return Found(values, np.zeros(block.shape + rows, dtype=bool), whole)

    def _pieces(
        self, where: list[Indices]
    ) -> Iterator[tuple[int, tuple[Indices, ...], tuple[Indices, ...]]]:
        """Boxes that hold points of a block: number, places in the block, places in the box."""
        along = []
        for points, step in zip(where, self._boxes.block_shape, strict=True):
            places = np.flatnonzero(points >= 0)
            box = points[places] // step
            along.append(
                [
                    (int(n), places[box == n], points[places[box == n]] - n * step)
                    for n in np.unique(box)
                ]
            )
        for parts in product(*along):
            number = np.ravel_multi_index([n for n, _, _ in parts], self._boxes.grid)
            yield int(number), tuple(p for _, p, _ in parts), tuple(s for _, _, s in parts)

    def _copy(
        self, box: _Box, values: Arrays, places: tuple[Indices, ...], sources: tuple[Indices, ...]
    ) -> None:
        """Copy a piece of all arrays."""
        for array in self._spec.arrays:
            to, of = _present([self._maps[dim] for dim in array.dims])
            if all(len(place) for place in to):
                piece = box.arrays[array.name][np.ix_(*sources, *of)]
                values[array.name][np.ix_(*places, *to)] = piece

    def _box(self, number: int) -> _Box | None:
        """One box, kept or read; None if nothing in it is known."""
        if number not in self._kept:
            self._kept[number] = self._read(self._boxes.block(number))
            while len(self._kept) > 1 and self._kept_bytes() > KEPT_BYTES:
                self._kept.popitem(last=False)
        self._kept.move_to_end(number)
        return self._kept[number]

    def _kept_bytes(self) -> int:
        return sum(box.nbytes for box in self._kept.values() if box)

    def _read(self, box: Block) -> _Box | None:
        """Read a box and verify its blocks."""
        blocks = [b for b in _within(self._regions.layout, box) if self._promise(b) >= 0]
        if not blocks:
            return None
        try:
            arrays = self._regions.read(box)
        except Exception:  # noqa: BLE001 - one damaged chunk must not cost its neighbours
            arrays = self._read_one_by_one(box, blocks)
        known: Mask = np.zeros(box.shape + self._row_shape(), dtype=bool)
        for block in blocks:
            inside = _inside(block, box)
            part = {name: array[inside] for name, array in arrays.items()}
            if checksum(part) == self._promise(block):
                known[inside] = self._computed(block, part)
        return _Box(arrays, known)

    def _promise(self, block: Block) -> int:
        """Checksum of what a block holds, complete or known before it is computed; else -1."""
        mark = int(self._marks[block.index])
        return mark if mark >= 0 else int(self._partial[block.index])

    def _computed(self, block: Block, part: Arrays) -> Mask:
        """Which points and rows of a verified block were computed."""
        if STATUS not in part:
            return np.full(block.shape, self._marks[block.index] >= 0)
        done: Mask = np.isin(part[STATUS], (DONE, UNCONVERGED))
        if self._rows is None:
            done = np.asarray(done.all(axis=tuple(range(len(block.shape), done.ndim))))
        return done

    def _read_one_by_one(self, box: Block, blocks: list[Block]) -> Arrays:
        """Read what can be read of a box."""
        spec = self._regions.layout.spec
        arrays = {
            a.name: np.full(box.shape + spec.trailing(a), a.fill_value, dtype=a.dtype)
            for a in spec.arrays
        }
        for block in blocks:
            try:
                part = self._regions.read(block)
            except Exception:  # noqa: BLE001 - whatever a damaged chunk raises means the same
                continue
            for name, array in arrays.items():
                array[_inside(block, box)] = part[name]
        return arrays

    def _row_shape(self) -> tuple[int, ...]:
        """Count the rows of the store that is read."""
        spec = self._regions.layout.spec
        return () if self._rows is None else (len(spec.coords[self._rows][0]),)


def _maps(old: GroupSpec, new: GroupSpec, rows: str | None) -> dict[str, Indices]:
    """Where every new coordinate value was in the old store, or -1, by dimension."""
    before = {**old.axes, **{dim: values for dim, (values, _) in old.coords.items()}}
    after = {**new.axes, **{dim: values for dim, (values, _) in new.coords.items()}}
    maps = {}
    for dim, values in after.items():
        where = {value: i for i, value in enumerate(layouts.json_values(before[dim]))}
        if dim == rows:  # a row that depends on something else now is another row
            digests = old.row_digests, new.row_digests
            where = {v: i for v, i in where.items() if digests[0].get(v) == digests[1].get(v)}
        found = [where.get(value, -1) for value in layouts.json_values(values)]
        maps[dim] = np.array(found, dtype=np.intp)
    return maps


def _inside(block: Block, box: Block) -> tuple[slice, ...]:
    """Where a block is in a box."""
    regions = zip(block.region, box.region, strict=True)
    return tuple(slice(start - first, stop - first) for (start, stop), (first, _) in regions)


def _present(where: list[Indices]) -> tuple[list[Indices], list[Indices]]:
    """Places in the new region that existed before, and where they were."""
    places = [np.flatnonzero(w >= 0) for w in where]
    return places, [w[place] for w, place in zip(where, places, strict=True)]


def _box_shape(layout: Layout) -> tuple[int, ...]:
    """Points of a box along every axis: whole blocks, the last axis filled first."""
    spec = layout.spec
    per_point = sum(math.prod(spec.trailing(a)) * np.dtype(a.dtype).itemsize for a in spec.arrays)
    shape = list(layout.block_shape)
    for axis in reversed(range(len(shape))):
        room = BOX_BYTES // max(1, per_point * math.prod(shape))
        shape[axis] *= min(layout.grid[axis], max(1, room))
        if shape[axis] < spec.sizes[axis]:
            break
    return tuple(shape)


def _within(layout: Layout, box: Block) -> Iterator[Block]:
    """Blocks of a layout that make up a box."""
    ranges = [
        range(start // step, -(-stop // step))
        for (start, stop), step in zip(box.region, layout.block_shape, strict=True)
    ]
    for where in product(*ranges):
        yield layout.block(int(np.ravel_multi_index(where, layout.grid)))
