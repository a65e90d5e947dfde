"""`hnlscan plan`: what a grid would cost, before it is scanned."""

import math
import shutil
import tempfile
import time
from collections import deque
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import click
import psutil
from dask.utils import parse_bytes

from grids import Axis
from physics.errors import InputError
from physics.experiments.schema import Experiment
from scanner import results
from scanner.assembly.assemble import Scan
from scanner.assembly.grid_record import to_json
from scanner.blocks import plan
from scanner.blocks.blocks import Layout
from scanner.cli.main import command, emit
from scanner.cli.place import as_path
from scanner.execution import forecast, pilot
from scanner.execution.forecast import Rehearsal, gigabytes
from scanner.execution.progress import clock
from scanner.storage import store
from scanner.storage.seal import seal

WORKERS = (1, 2, 8, 32, 128)
"""Numbers of workers that wall times are given for by default."""

BUDGET = "10 GB"
"""What a store may take by default: more than any shipped grid, less than a usual quota."""

NUMBER_BYTES = 8
"""Memory of a client for each grid point: contours need n_events / n_up everywhere."""

SECONDS_PER_HOUR = 3600.0


@command("plan")
@click.argument("grid")
@click.option("--out", callback=as_path, help="Store; default GRID.zarr here.")
@click.option(
    "--workers", multiple=True, type=click.IntRange(1, 10**6), help="Number of workers; repeat."
)
@click.option("--pilots", default=pilot.PILOTS, show_default=True, type=click.IntRange(1, 10**4),
              help="Blocks timed in each group.")  # fmt: skip
@click.option("--budget", default=BUDGET, show_default=True, help="Warn above this size.")
def plan_(
    grid: str,
    out: Path | None,
    workers: tuple[int, ...],
    pilots: int,
    budget: str,
    as_json: bool,
) -> None:
    """Time pilot blocks of GRID and tell its cost: time, disk and memory. Nothing is written."""
    allowed = _bytes(budget)
    scan = Scan.load(grid)
    path = out or Path(f"{scan.grid.name}.zarr")
    click.echo("compiling the kernel, if this version has not run here yet", err=True)
    scan.evaluate.warm()
    start = time.process_time()
    rehearsals = _rehearse(scan, pilots)
    document = {
        "path": str(path),
        **_document(scan, rehearsals, start, workers or WORKERS),
        **_space(path, rehearsals, allowed),
    }
    for sentence in document["warnings"]:
        click.echo(f"hnlscan: {sentence}", err=True)
    emit(document, lambda: _text(document), as_json)


def _bytes(text: str) -> int:
    """Read a size such as 10 GB."""
    try:
        size = int(parse_bytes(text))
    except ValueError:
        size = 0
    if size <= 0:
        raise InputError(f"--budget {text!r} is no size; give a number and a unit, such as '10 GB'")
    return size


def _rehearse(scan: Scan, pilots: int) -> list[Rehearsal]:
    """Scan a few blocks of each group into stores that are thrown away."""
    found = []
    with tempfile.TemporaryDirectory(prefix="hnlscan-plan-") as folder:
        for spec in scan.groups():
            members = scan.sampling_groups[spec.name]
            found.append(_rehearsal(scan, plan.layout(spec), members, pilots, Path(folder)))
    return found


def _rehearsal(
    scan: Scan, layout: Layout, members: Sequence[Experiment], pilots: int, folder: Path
) -> Rehearsal:
    """Compute, write, analyse and seal the pilots of one group, and time each."""
    small = _thinned(scan, layout, members, pilots)
    groups = small.groups(math.prod(layout.block_shape))
    path = folder / f"{layout.spec.name}.zarr"
    attrs = {"title": scan.grid.title, "grid": to_json(small)}
    with store.open_or_create(path, groups, small.identity, attrs=attrs) as opened:
        cut = opened.layouts[layout.spec.name]
        blocks = pilot.time_blocks(path, cut, small.evaluate)
        scanned = pilot.usage(path)
        begin = time.process_time()
        results.write(opened, small)
        written = time.process_time() - begin
        computed = _limit_seconds(path, small)
        begin = time.process_time()
        seal(opened)
        rest = max(0.0, written - computed) + time.process_time() - begin
    return Rehearsal(layout, tuple(blocks), computed, rest, scanned, pilot.usage(path))


def _limit_seconds(path: Path, small: Scan) -> float:
    """Time of limits and contours without writing them (s)."""
    seconds = 0.0
    for analysis in results.analyses(path, small):
        ratios = analysis.ratios()
        begin = time.process_time()
        deque(analysis.parts(), maxlen=0)  # computes all and keeps nothing
        analysis.contours(ratios)
        seconds += time.process_time() - begin
    return seconds


def _thinned(scan: Scan, layout: Layout, members: Sequence[Experiment], pilots: int) -> Scan:
    """Keep the experiments of one group and the masses of its pilots."""
    chosen = pilot.positions(layout, pilots)

    def thin(axis: Axis) -> Axis:
        kept = chosen.get(axis.name, range(len(axis.values)))
        return replace(axis, values=tuple(axis.values[i] for i in kept))

    axes = tuple(thin(axis) for axis in scan.grid.axes)
    names = tuple(experiment.name for experiment in members)
    grid = replace(scan.grid, axes=axes, experiments=names, adaptive=None)
    return Scan(grid, scan.model, tuple(members))


def _document(
    scan: Scan, rehearsals: Sequence[Rehearsal], start: float, workers: Sequence[int]
) -> dict[str, Any]:
    """Numbers of the blocks, of time and of memory."""
    resident = psutil.Process().memory_info().rss
    blocks = [forecast.array_bytes(r.layout, math.prod(r.layout.block_shape)) for r in rehearsals]
    grid_points = math.prod(scan.grid.shape)
    seconds = [forecast.wall_seconds(rehearsals, start, count) for count in workers]
    return {
        "adaptive": scan.grid.adaptive is not None,
        "blocks": sum(r.layout.n_blocks for r in rehearsals),
        "points": sum(r.layout.spec.n_points for r in rehearsals),
        "grid_points": grid_points,
        "core_hours": forecast.core_seconds(rehearsals) / SECONDS_PER_HOUR,
        "start_seconds": 2 * start,
        "limit_seconds": sum(r.end_seconds for r in rehearsals),
        "wall": [
            {"workers": count, "seconds": each}
            for count, each in zip(workers, seconds, strict=True)
        ],
        "worker_bytes": resident + 2 * max(blocks, default=0),
        "client_bytes": resident + NUMBER_BYTES * grid_points,
        "groups": [_group(each) for each in rehearsals],
    }


def _group(rehearsal: Rehearsal) -> dict[str, Any]:
    """Numbers of one group."""
    seconds = [each for _, each in rehearsal.blocks]
    layout = rehearsal.layout
    return {
        "experiments": layout.spec.label,
        "blocks": layout.n_blocks,
        "block_points": math.prod(layout.block_shape),
        "pilots": len(seconds),
        "block_seconds": rehearsal.core_seconds / layout.n_blocks,
        "block_seconds_min": min(seconds),
        "block_seconds_max": max(seconds),
    }


def _space(path: Path, rehearsals: Sequence[Rehearsal], budget: int) -> dict[str, Any]:
    """Numbers of the store, and what it would not fit into."""
    folder = path.absolute().parent
    while not folder.exists():
        folder = folder.parent
    free = shutil.disk_usage(folder).free
    size = forecast.bytes_of(rehearsals)
    warnings = forecast.excesses(size["most_bytes"], budget, free, str(folder))
    return {
        **size,
        "files": sum(each.files for each in rehearsals),
        "budget_bytes": budget,
        "free_bytes": free,
        "fits": not warnings,
        "warnings": warnings,
    }


def _text(found: dict[str, Any]) -> str:
    """Lines for people."""
    return "\n".join(
        [
            f"{found['path']}: {found['blocks']} blocks, {found['points']} sampled points, "
            f"{found['grid_points']} grid points",
            *(["  at most: [adaptive] computes a part of them"] if found["adaptive"] else []),
            *(
                f"  {g['experiments']}: {g['blocks']} blocks of {g['block_points']} points, "
                f"{g['block_seconds']:.2g} s each ({g['block_seconds_min']:.2g} to "
                f"{g['block_seconds_max']:.2g} s in {g['pilots']} pilots)"
                for g in found["groups"]
            ),
            f"  {found['core_hours']:.2g} core-hours, then {clock(found['limit_seconds'])} for "
            f"limits; from command to sealed store",
            *(f"    {w['workers']:>5} workers  {clock(w['seconds'])}" for w in found["wall"]),
            f"  store {gigabytes(found['store_bytes'])}, at most {gigabytes(found['most_bytes'])} "
            f"in {found['files']} files until it is sealed",
            f"  memory {gigabytes(found['worker_bytes'])} a worker, "
            f"{gigabytes(found['client_bytes'])} the client",
        ]
    )
