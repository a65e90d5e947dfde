"""What a scan will cost, from pilots of its groups."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from scanner.blocks.blocks import Layout
from scanner.execution.pilot import Usage

FILES_BESIDE_ARRAYS = 2
"""Files of a block that are no data: its mark, and how often it was started."""

MEGABYTE = 1e6


@dataclass(frozen=True)
class Rehearsal:
    """What the pilots of one group took.

    Parameters
    ----------
    layout : Layout
        The whole group.
    blocks : tuple of (int, float)
        Points and seconds of every pilot block.
    limit_seconds : float
        Time of limits and contours of the pilots (s), which grows with the points.
    seal_seconds : float
        Time to write these and to seal the store (s), most of it for each array, however long.
    scanned, sealed : Usage
        Their store when all blocks were done, and when it was sealed.
    """

    layout: Layout
    blocks: tuple[tuple[int, float], ...]
    limit_seconds: float
    seal_seconds: float
    scanned: Usage
    sealed: Usage

    @property
    def scale(self) -> float:
        """Points of the group for each point of the pilots."""
        return self.layout.spec.n_points / sum(points for points, _ in self.blocks)

    @property
    def core_seconds(self) -> float:
        """Time of all blocks on one core (s)."""
        return self.scale * sum(seconds for _, seconds in self.blocks)

    @property
    def end_seconds(self) -> float:
        """Time between the last block and the sealed store (s)."""
        return self.scale * self.limit_seconds + self.seal_seconds

    @property
    def longest(self) -> float:
        """Longest pilot block (s)."""
        return max(seconds for _, seconds in self.blocks)

    @property
    def files(self) -> int:
        """Files of the whole group while it is scanned."""
        each = len(self.layout.spec.arrays) + FILES_BESIDE_ARRAYS
        return self.scanned.files + each * (self.layout.n_blocks - len(self.blocks))

    def grown(self, pilots: Usage) -> float:
        """Bytes of the whole group in a form of the store that takes `pilots` for the pilots."""
        return self.scale * pilots.data + pilots.metadata

    @property
    def array_bytes(self) -> int:
        """Bytes of the arrays of the whole group in memory."""
        return array_bytes(self.layout, self.layout.spec.n_points)


def array_bytes(layout: Layout, points: int) -> int:
    """Bytes of the arrays of some points of a group, not compressed.

    Parameters
    ----------
    layout : Layout
        The group.
    points : int
        How many.

    Returns
    -------
    int
        Bytes.

    Examples
    --------
    >>> from scanner.blocks.blocks import ArraySpec, GroupSpec
    >>> spec = GroupSpec("g", "g", {"m4": (1.0, 2.0)}, (ArraySpec("a"), ArraySpec("b", (), "int8")))
    >>> array_bytes(Layout(spec, (1,)), 2)
    18
    """
    spec = layout.spec
    each = (np.dtype(a.dtype).itemsize * math.prod(spec.trailing(a)) for a in spec.arrays)
    return points * sum(each)


def core_seconds(rehearsals: Sequence[Rehearsal]) -> float:
    """Time of all blocks of all groups on one core (s)."""
    return sum(each.core_seconds for each in rehearsals)


def wall_seconds(rehearsals: Sequence[Rehearsal], start_seconds: float, workers: int) -> float:
    """Time from the command to the sealed store, each worker having a core of its own.

    Parameters
    ----------
    rehearsals : sequence of Rehearsal
        Of all groups.
    start_seconds : float
        Time until this process could compute (s); workers need the same once more.
    workers : int
        How many, at least 1.

    Returns
    -------
    float
        Time (s). Blocks are shared evenly, but no scan is faster than its longest block.
    """
    if not rehearsals:
        return start_seconds
    longest = max(each.longest for each in rehearsals)
    blocks = max(core_seconds(rehearsals) / workers, longest)
    return 2 * start_seconds + blocks + sum(each.end_seconds for each in rehearsals)


def bytes_of(rehearsals: Sequence[Rehearsal]) -> dict[str, int]:
    """Bytes of the store: not compressed, sealed, and at most, while both forms are there.

    Parameters
    ----------
    rehearsals : sequence of Rehearsal
        Of all groups.

    Returns
    -------
    dict of str to int
        Keys ``uncompressed_bytes``, ``store_bytes`` and ``most_bytes``.
    """
    sealed = sum(each.grown(each.sealed) for each in rehearsals)
    scanned = sum(each.grown(each.scanned) for each in rehearsals)
    return {
        "uncompressed_bytes": sum(each.array_bytes for each in rehearsals),
        "store_bytes": round(sealed),
        "most_bytes": round(sealed + scanned),
    }


def excesses(most_bytes: int, budget: int, free: int, folder: str) -> list[str]:
    """Say in one sentence each what a store would not fit into.

    Parameters
    ----------
    most_bytes : int
        Most bytes of the store.
    budget : int
        Bytes it may have.
    free : int
        Bytes free where it would be.
    folder : str
        Where that is.

    Returns
    -------
    list of str
        Empty if it fits.

    Examples
    --------
    >>> excesses(2 * 10**9, 10**9, 10**12, ".")
    ['the store would take up to 2.0 GB, more than the budget of 1.0 GB']
    """
    size = f"the store would take up to {gigabytes(most_bytes)}"
    found = []
    if most_bytes > budget:
        found.append(f"{size}, more than the budget of {gigabytes(budget)}")
    if most_bytes > free:
        found.append(f"{size}, more than the {gigabytes(free)} that are free in {folder}")
    return found


def gigabytes(size: float) -> str:
    """Format bytes.

    Examples
    --------
    >>> gigabytes(3_935_761), gigabytes(2.5e9)
    ('3.9 MB', '2.5 GB')
    """
    return f"{size / 1e9:.1f} GB" if size >= 1e9 else f"{size / MEGABYTE:.1f} MB"
