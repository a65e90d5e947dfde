"""What a scan is made of: groups of arrays on grid axes, cut into blocks of points.

Nothing here knows physics, files or workers.
"""

import math
import zlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

Arrays = dict[str, npt.NDArray[Any]]
"""Arrays of one block by name, each of shape (points of the block..., trailing dimensions...)."""

STATUS = "status"
"""Name of the int8 array that says of every point: 0 todo, 1 done, 2 failed, 3 not converged; in
a limit cube also 4 interpolated."""

TODO, DONE, FAILED, UNCONVERGED, INTERPOLATED = 0, 1, 2, 3, 4


@dataclass(frozen=True)
class ArraySpec:
    """One array of a group: point dimensions of the group first, then `dims`.

    Parameters
    ----------
    name : str
        Name in the store.
    dims : tuple of str
        Trailing dimensions, each a key of the group's `coords`.
    dtype : str
        numpy name of the type; floats are filled with NaN, integers with 0.
    attrs : dict of str
        Attributes such as ``units`` and ``long_name``.
    """

    name: str
    dims: tuple[str, ...] = ()
    dtype: str = "float64"
    attrs: Mapping[str, str] = field(default_factory=dict)

    @property
    def fill_value(self) -> float | int:
        """What an element not computed holds: NaN, or 0 for integers."""
        return math.nan if np.dtype(self.dtype).kind == "f" else 0


@dataclass(frozen=True)
class GroupSpec:
    """Arrays that are computed together, point by point, on the same axes.

    Parameters
    ----------
    name : str
        Group below ``/response`` in the store.
    label : str
        What progress bars call the group; also the prefix of its task keys.
    axes : dict of str to tuple of float
        Grid axes in order; a point is one combination of their values.
    arrays : tuple of ArraySpec
        What `evaluate` returns for a block.
    coords : dict of str to (values, attrs)
        Trailing dimensions and their coordinate values (numbers or strings).
    axis_attrs : dict of str to dict of str
        Attributes of the axes (``units``, ``long_name``).
    block_points : int or None
        Most points in a block; None leaves the choice to the plan.
    digest : str
        Digest of everything that fixes the numbers of this group and is in no axis.
    attrs : dict of str
        Attributes of the group.
    row_digests : dict of str to str
        By value of the dimension of `STATUS`, such as an experiment: digest of what fixes its
        numbers and is in no axis. Only rows of one digest are taken over from another store.
    coarse : int or None
        Steps between the points computed first, where rounds tell which points follow; None
        computes all points.
    """

    name: str
    label: str
    axes: Mapping[str, tuple[float, ...]]
    arrays: tuple[ArraySpec, ...]
    coords: Mapping[str, tuple[Any, Mapping[str, str]]] = field(default_factory=dict)
    axis_attrs: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    block_points: int | None = None
    digest: str = ""
    attrs: Mapping[str, str] = field(default_factory=dict)
    row_digests: Mapping[str, str] = field(default_factory=dict)
    coarse: int | None = None

    @property
    def sizes(self) -> tuple[int, ...]:
        """Number of values of every axis."""
        return tuple(len(values) for values in self.axes.values())

    @property
    def n_points(self) -> int:
        """Number of grid points."""
        return math.prod(self.sizes)

    def trailing(self, array: ArraySpec) -> tuple[int, ...]:
        """Lengths of the trailing dimensions of `array`."""
        return tuple(len(self.coords[dim][0]) for dim in array.dims)


@dataclass(frozen=True)
class Block:
    """One unit of work: the points ``start <= i < stop`` of every axis of a group.

    Parameters
    ----------
    group : str
        Name of the group.
    index : int
        Number of the block in its group.
    region : tuple of (int, int)
        Start and stop along every axis.

    Examples
    --------
    >>> block = Block("argon", 3, ((4, 6), (0, 5)))
    >>> block.shape, block.n_points
    ((2, 5), 10)
    >>> block.slices
    (slice(4, 6, None), slice(0, 5, None))
    """

    group: str
    index: int
    region: tuple[tuple[int, int], ...]

    @property
    def slices(self) -> tuple[slice, ...]:
        """Index of the region in an array of the group."""
        return tuple(slice(start, stop) for start, stop in self.region)

    @property
    def shape(self) -> tuple[int, ...]:
        """Number of points along every axis."""
        return tuple(stop - start for start, stop in self.region)

    @property
    def n_points(self) -> int:
        """Number of points."""
        return math.prod(self.shape)


Evaluate = Callable[[Block, Arrays | None], Arrays]
"""Computes a block. The second argument holds what an extended store already knows there
(NaN, or 0 for integers, where it does not), else None. Must be picklable."""


@dataclass(frozen=True)
class Layout:
    """A group and how it is cut: `block_shape` points along every axis, less at the ends.

    Parameters
    ----------
    spec : GroupSpec
        The group.
    block_shape : tuple of int
        Points of a full block along every axis; also the chunk shape in the store.

    Examples
    --------
    >>> spec = GroupSpec("argon", "sbnd", {"m4": (0.1, 0.2, 0.3)}, (ArraySpec("rate"),))
    >>> [block.region for block in Layout(spec, (2,)).blocks()]
    [((0, 2),), ((2, 3),)]
    """

    spec: GroupSpec
    block_shape: tuple[int, ...]

    @property
    def grid(self) -> tuple[int, ...]:
        """Number of blocks along every axis."""
        pairs = zip(self.spec.sizes, self.block_shape, strict=True)
        return tuple(-(-size // step) for size, step in pairs)

    @property
    def n_blocks(self) -> int:
        """Number of blocks."""
        return math.prod(self.grid)

    def block(self, index: int) -> Block:
        """Block number `index`; the last axis runs fastest."""
        where = np.unravel_index(index, self.grid)
        region = tuple(
            (int(i) * step, min((int(i) + 1) * step, size))
            for i, step, size in zip(where, self.block_shape, self.spec.sizes, strict=True)
        )
        return Block(self.spec.name, index, region)

    def blocks(self) -> Iterator[Block]:
        """All blocks in order."""
        return (self.block(index) for index in range(self.n_blocks))


def checksum(arrays: Arrays) -> int:
    """crc32 over the arrays of a block in the order of their names, as C-ordered bytes.

    Parameters
    ----------
    arrays : dict of str to ndarray
        The block as it is stored.

    Returns
    -------
    int
        Between 0 and 2^32 - 1, so never one of the negative marks.

    Examples
    --------
    >>> checksum({"rate": np.frombuffer(b"123456789", np.uint8)}) == 0xCBF43926
    True
    """
    crc = 0
    for name in sorted(arrays):
        crc = zlib.crc32(arrays[name].tobytes(), crc)
    return crc
