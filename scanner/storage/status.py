"""How far a scan is, from its store alone: live, unfinished or sealed."""

import time
from typing import Any

import numpy as np
import numpy.typing as npt

from scanner.blocks.blocks import DONE, FAILED, STATUS, UNCONVERGED, Layout
from scanner.storage import records
from scanner.storage.attributes import read_attrs, read_layouts
from scanner.storage.lock import has_workers
from scanner.storage.place import Place, parse
from scanner.storage.regions import BROKEN, TO_DO, Marks, Regions
from scanner.storage.remote import Remote
from scanner.storage.settle import is_taken
from scanner.storage.steady import steadily

MAX_ERRORS = 10
"""How many messages of failed blocks are given."""

Counts = dict[str, int]
BoolArray = npt.NDArray[np.bool_]

BLOCK_KEYS = ("total", "done", "failed")
POINT_KEYS = (*BLOCK_KEYS, "unconverged")


def status(path: Place | str) -> dict[str, Any]:
    """Count what is done, without disturbing a run.

    Parameters
    ----------
    path : Place or str
        The store; a path or a URL.

    Returns
    -------
    dict
        ``store``; ``sealed``; ``running``; ``blocks``: total, done, failed; ``points``: total,
        done (converged or not), failed, unconverged; ``seconds`` spent by all runs;
        ``seconds_left`` at the rate of the last run, None if it has none; ``groups``: blocks and
        points of each; ``errors``: first messages of failed blocks.

    Raises
    ------
    InputError
        If there is no store.
    """
    path = parse(path)
    return steadily(path, lambda place: _status(path, place))


def _status(path: Place, place: Place) -> dict[str, Any]:
    """Read a store once."""
    attrs = read_attrs(place)
    sealed = bool(attrs.get("sealed", False))
    running = _running(path, place, sealed)
    groups: dict[str, dict[str, Counts]] = {}
    errors: list[str] = []
    for name, layout in read_layouts(place).items():
        regions = Regions(place, layout, mode="r")
        asked = regions.asked() > 0
        marks = np.full(layout.n_blocks, TO_DO)
        # before the data: what is marked now is written already
        marks[asked] = regions.marks_of(np.flatnonzero(asked))
        groups[name] = {
            "blocks": _count_blocks(marks, asked),
            "points": _count_points(regions, marks, asked),
        }
        broken = np.flatnonzero(marks == BROKEN)[: MAX_ERRORS - len(errors)].tolist()
        errors.extend(f"{name} block {index}: {regions.message(index)}" for index in broken)
    blocks = _sum([group["blocks"] for group in groups.values()], BLOCK_KEYS)
    seconds, left = _times(place, attrs.get("runs", []), blocks, running)
    return {
        "store": str(path),
        "sealed": sealed,
        "running": running,
        "blocks": blocks,
        "points": _sum([group["points"] for group in groups.values()], POINT_KEYS),
        "seconds": seconds,
        "seconds_left": left,
        "groups": groups,
        "errors": errors,
    }


def _running(path: Place, place: Place, sealed: bool) -> bool:
    """Whether somebody writes the store."""
    if isinstance(place, Remote):  # who may read a published store need not be let near its lock
        return not sealed and is_taken(path)
    return is_taken(path) or has_workers(place)


def _count_blocks(marks: Marks, asked: BoolArray) -> Counts:
    """Count blocks that are wanted."""
    return {
        "total": int(asked.sum()),
        "done": int((marks >= 0).sum()),
        "failed": int((marks == BROKEN).sum()),
    }


def _count_points(regions: Regions, marks: Marks, asked: BoolArray) -> Counts:
    """Count points by their status, where there is one, in blocks that are marked."""
    spec = regions.layout.spec
    done, failed = (_points(regions.layout, chosen) for chosen in (marks >= 0, marks == BROKEN))
    unconverged = np.zeros_like(done)
    if any(array.name == STATUS for array in spec.arrays):
        codes = np.asarray(regions.array(STATUS)[...])
        inner = tuple(range(len(spec.sizes), codes.ndim))
        computed = ((codes == DONE) | (codes == UNCONVERGED)).all(axis=inner)
        # a failed block keeps the points that could be computed
        done, failed = (
            (done | failed) & computed,
            (failed & ~computed) | (done & (codes == FAILED).any(axis=inner)),
        )
        unconverged = done & (codes == UNCONVERGED).any(axis=inner)
    return {
        "total": int(_points(regions.layout, asked).sum()),
        "done": int(done.sum()),
        "failed": int(failed.sum()),
        "unconverged": int(unconverged.sum()),
    }


def _points(layout: Layout, chosen: BoolArray) -> BoolArray:
    """Points of the chosen blocks."""
    points = chosen.reshape(layout.grid)
    for axis, (step, size) in enumerate(zip(layout.block_shape, layout.spec.sizes, strict=True)):
        points = np.repeat(points, step, axis=axis).take(range(size), axis=axis)
    return points


def _sum(counts: list[Counts], keys: tuple[str, ...]) -> Counts:
    """Add counts key by key; zero for a scan without experiments."""
    return {key: sum(count[key] for count in counts) for key in keys}


def _times(
    place: Place, runs: list[records.Record], blocks: Counts, running: bool
) -> tuple[float, float | None]:
    """Time spent by all runs, and time left at the rate of the last one (s)."""
    ended = blocks["done"] + blocks["failed"]
    left = blocks["total"] - ended
    if not runs:
        return 0.0, None if left else 0.0
    last = runs[-1]
    if records.is_open(runs):
        worked = records.seconds_worked(place, last)
        seconds = max(worked, time.time() - last["started_unix"]) if running else worked
    else:
        seconds = last["seconds"]
    fresh = last.get("blocks_after", ended) - last["blocks_before"]
    total = seconds + sum(run["seconds"] for run in runs[:-1])
    if left == 0:
        return total, 0.0
    return total, seconds / fresh * left if fresh > 0 else None
