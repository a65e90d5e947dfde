"""`hnlscan submit`: a scan as a job of a batch system."""

from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import click

import grids
from jobs import scripts, times
from jobs.clusters import load
from jobs.settings import BATCH, Site
from jobs.task import Task
from physics.documents import is_path
from scanner.blocks.plan import MAX_SECONDS
from scanner.cli.main import command, emit
from scanner.cli.place import as_path
from scanner.storage import records
from scanner.storage.attributes import read_attrs


@command("submit")
@click.argument("grid")
@click.option("--cluster", required=True, help=f"{', '.join(BATCH)}, or a TOML file.")
@click.option("--out", callback=as_path, help="Store; default GRID.zarr here.")
@click.option("--workers", type=click.IntRange(1, 4096), help="Processes; default the file's.")
@click.option("--dry-run", is_flag=True, help="Print the job and do nothing.")
def submit(
    grid: str, cluster: str, out: Path | None, workers: int | None, dry_run: bool, as_json: bool
) -> None:
    """Write the batch job that scans GRID, and submit it."""
    store = (out or Path(f"{grids.load(grid).name}.zarr")).absolute()
    block_seconds = longest_block(store)
    site = _placed(load(cluster), store)
    task = Task(
        grid=str(Path(grid).absolute()) if is_path(grid) else grid,
        store=store,
        workers=workers or site.workers or 1,
        ends=times.ends(site.walltime, block_seconds),
    )
    planned = scripts.submission(site, task)
    document: dict[str, Any] = {
        "how": site.how,
        "workers": task.workers,
        "walltime_seconds": site.walltime,
        "block_seconds": block_seconds,
        "ends_seconds": asdict(task.ends),
    }
    if dry_run:
        document = {"script": planned.text(), **document}
        emit(document, planned.text().rstrip, as_json)
        return
    job = scripts.submit(planned, Path(site.logs))
    document = {"path": str(planned.scripts[0].path), "job": job, **document}
    emit(document, lambda: _text(document, site, task), as_json)


def longest_block(store: Path) -> float:
    """Find how long a block takes: as the last run of a store measured, or as planned for.

    Parameters
    ----------
    store : Path
        Need not exist.

    Returns
    -------
    float
        Seconds.
    """
    measured = records.longest_block(read_attrs(store)) if store.exists() else None
    return measured or MAX_SECONDS


def _placed(site: Site, store: Path) -> Site:
    """Make the paths of settings those of the store: a job starts anywhere."""
    if site.kind not in BATCH:
        return site
    source = str(Path(site.source).absolute()) if is_path(site.source) else site.source
    return replace(site, logs=str(store.parent / site.logs), source=source)


def _text(document: dict[str, Any], site: Site, task: Task) -> str:
    """Say what was submitted and how to follow it."""
    return "\n".join(
        [
            f"job {document['job']}: {document['path']}",
            f"  {site.how}, {task.workers} workers, {times.clock(site.walltime)} each time; "
            f"messages in {site.logs}",
            f"follow it: hnlscan status {task.store}",
        ]
    )
