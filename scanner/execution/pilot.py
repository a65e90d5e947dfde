"""Time a few blocks of a group in a small store, before the whole group is computed."""

import math
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from physics.errors import InputError
from scanner.blocks.blocks import Evaluate, Layout
from scanner.execution.worker import BlockRunner

PILOTS = 6
"""Blocks timed in a group of one axis; with more axes at least as many."""

METADATA = "zarr.json"
"""Files of a store whose size does not grow with the scan."""

Clock = Callable[[], float]


@dataclass(frozen=True)
class Usage:
    """What a store takes on disk.

    Parameters
    ----------
    data, metadata, files : int
        Bytes of its data, bytes of what describes them, and number of all files.
    """

    data: int
    metadata: int
    files: int


def middles(blocks: int, pilots: int) -> list[int]:
    """Numbers of the blocks in the middle of equal parts of an axis.

    So none is at an end where points are cheapest or dearest, and the mean is the midpoint rule.

    Parameters
    ----------
    blocks : int
        Blocks along the axis.
    pilots : int
        Most numbers wanted.

    Returns
    -------
    list of int
        Increasing.

    Examples
    --------
    >>> middles(35, 6), middles(3, 6)
    ([2, 8, 14, 20, 26, 32], [0, 1, 2])
    """
    count = min(blocks, pilots)
    return [int((i + 0.5) * blocks / count) for i in range(count)]


def positions(layout: Layout, pilots: int = PILOTS) -> dict[str, list[int]]:
    """Choose the points of every axis that pilot blocks are made of.

    Parameters
    ----------
    layout : Layout
        The group and how it is cut.
    pilots : int
        Fewest pilot blocks of a group that has that many.

    Returns
    -------
    dict of str to list of int
        Positions on every axis, whole blocks of it: their combinations are the pilot blocks.

    Examples
    --------
    >>> from scanner.blocks.blocks import ArraySpec, GroupSpec
    >>> spec = GroupSpec("g", "g", {"m4": (1.0, 2.0, 3.0, 4.0, 5.0)}, (ArraySpec("rate"),))
    >>> positions(Layout(spec, (2,)), 1)
    {'m4': [2, 3]}
    """
    cut = sum(count > 1 for count in layout.grid)
    # the tiny amount keeps a root that is whole, such as that of 4, from being rounded up
    along = math.ceil(pilots ** (1 / max(cut, 1)) - 1e-9)
    found = {}
    for (name, values), step, count in zip(
        layout.spec.axes.items(), layout.block_shape, layout.grid, strict=True
    ):
        starts = [number * step for number in middles(count, along)]
        found[name] = [i for s in starts for i in range(s, min(s + step, len(values)))]
    return found


def time_blocks(
    path: Path, layout: Layout, evaluate: Evaluate, clock: Clock = time.process_time
) -> list[tuple[int, float]]:
    """Compute all blocks of a small store here, and time each from its start to its mark.

    The first block runs once more before, so that loading of compiled code is not counted.

    Parameters
    ----------
    path : Path
        A store that is open for writing.
    layout : Layout
        Its group.
    evaluate : Evaluate
        Computes a block.
    clock : callable
        Seconds; the default counts CPU time of this process, which other processes do not disturb.

    Returns
    -------
    list of (int, float)
        Points and seconds of every block.

    Raises
    ------
    InputError
        When a block fails.
    """
    runner = BlockRunner(path, {layout.spec.name: layout}, evaluate)
    runner.run(layout.block(0))
    found = []
    for block in layout.blocks():
        begin = clock()
        outcome = runner.run(block)
        found.append((block.n_points, clock() - begin))
        if outcome.error is not None:
            raise InputError(
                f"a pilot block of {layout.spec.label} failed: {outcome.error}; mend what it "
                "names before the whole grid is scanned"
            )
    return found


def usage(folder: Path) -> Usage:
    """Count bytes and files below a folder.

    Parameters
    ----------
    folder : Path
        A store.

    Returns
    -------
    Usage
        Sizes of the files, not of the disk blocks they occupy.
    """
    sizes = [(file.name, file.stat().st_size) for file in folder.rglob("*") if file.is_file()]
    metadata = sum(size for name, size in sizes if name == METADATA)
    return Usage(sum(size for _, size in sizes) - metadata, metadata, len(sizes))
