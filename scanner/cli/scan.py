"""`hnlscan run`: from a grid to a complete store."""

import os
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Any

import click

from jobs import array, clusters
from jobs.listen import chosen as chosen_site
from jobs.settings import Site
from physics.errors import InputError
from scanner import results
from scanner.assembly import sampled
from scanner.assembly.assemble import Scan
from scanner.assembly.grid_record import to_json
from scanner.cli.main import command, emit
from scanner.cli.place import as_place, on_disks
from scanner.execution import heap
from scanner.execution.ending import Clock, seconds_of
from scanner.execution.execute import RunSummary
from scanner.execution.execute import run as execute
from scanner.execution.progress import clock as clock_text
from scanner.execution.progress import reporter
from scanner.execution.report import Report
from scanner.execution.share import join, run_share
from scanner.growing import merge
from scanner.growing.donors import Donor
from scanner.growing.extend import extend as open_extended
from scanner.storage import store
from scanner.storage.place import Place, on_disk
from scanner.storage.resume import require_retry
from scanner.storage.seal import seal
from scanner.storage.status import status as read_status


@command("run")
@click.argument("grid")
@click.option("--out", callback=as_place, help="Store, path or s3:// URL; default GRID.zarr here.")
@click.option("--cluster", default="local", show_default=True, help="See `list clusters`.")
@click.option("--workers", type=click.IntRange(0, 4096), help="Processes; default all cores.")
@click.option("--retry", default="", help="failed, unconverged, or both with a comma.")
@click.option("--extend", is_flag=True, help="Add axis values or experiments to the store.")
@click.option(
    "--from",
    "sources",
    multiple=True,
    callback=on_disks,
    help="Take over what this store knows of GRID; may be repeated.",
)
@click.option("--report", is_flag=True, help="Write a performance report beside the store.")
@click.option("--listen", metavar="ADDRESS[:PORT]", help="Let other machines join; needs --tls.")
@click.option("--tls", metavar="FOLDER", help="Certificates, made by `python -m jobs.tls FOLDER`.")
@click.option("--walltime", help="End resumably before this time, H:MM:SS, is over.")
@click.option("--accept-version", is_flag=True, help="Resume although the physics code changed.")
def run(
    grid: str,
    out: Place | None,
    cluster: str,
    workers: int | None,
    retry: str,
    extend: bool,
    report: bool,
    listen: str | None,
    tls: str | None,
    walltime: str | None,
    sources: tuple[Path, ...],
    accept_version: bool,
    as_json: bool,
) -> int:
    """Scan GRID, a shipped grid or a TOML file; run again to resume."""
    heap.give_back()
    clock = Clock(seconds_of(walltime) if walltime else None)
    site = chosen_site(clusters.load(cluster), listen, tls, workers)
    chosen = {word.strip() for word in retry.split(",") if word.strip()}
    require_retry(chosen)
    scan = Scan.load(grid)
    path = out or Path(f"{scan.grid.name}.zarr")
    written = Report(path, f"hnlscan run {grid} --out {path}") if report else None
    if site.kind == "job-array":
        _require_none(sources, cluster)
        summary = _share(path, scan, chosen, clock)
        _tell(written)
        emit(_document(path), lambda: _share_text(path, summary), as_json)
        return summary.exit_code
    donors = _donors(sources, path, scan)
    with _open(path, scan, extend, accept_version) as opened:
        _take_over(opened, donors)
        summary = _scan(opened, scan, site, workers, chosen, clock, written)
    following = "plot" if scan.plane else "limits" if scan.grid.coupling_axes else "status"
    document = _document(path)
    emit(document, lambda: _text(path, summary, document["points"], following), as_json)
    return summary.exit_code


def _open(path: Place, scan: Scan, extend: bool, accept_version: bool) -> store.Store:
    """Make, open or extend the store."""
    groups, attrs = scan.groups(), _attrs(scan)
    if extend:
        return open_extended(path, groups, scan.identity, attrs=attrs)
    return store.open_or_create(
        path, groups, scan.identity, accept_version=accept_version, attrs=attrs
    )


def _attrs(scan: Scan) -> dict[str, Any]:
    """Root attributes of a new store."""
    return {"title": scan.grid.title, "grid": to_json(scan)}


def _share(path: Place, scan: Scan, retry: set[str], clock: Clock) -> RunSummary:
    """Compute the share of this element of a job array."""
    if scan.grid.adaptive is not None:
        raise InputError(
            f"{scan.grid.path} has [adaptive], but the elements of a job array have nobody who "
            "decides what to compute next; use another cluster (`hnlscan list clusters`), or "
            "remove [adaptive]"
        )
    mine = array.share(os.environ)
    with join(path, scan.groups(), scan.identity, attrs=_attrs(scan)) as opened:
        return run_share(opened, scan.evaluate, mine, retry=retry, reporter=reporter(), clock=clock)


def _require_none(sources: tuple[Path, ...], cluster: str) -> None:
    """Refuse to take over while others share the store."""
    if sources:
        raise InputError(
            f"--from does not go with --cluster {cluster}, whose processes share one store; take "
            "over without --cluster, interrupt when the blocks begin, and submit the array then"
        )


def _donors(sources: tuple[Path, ...], path: Place, scan: Scan) -> list[Donor]:
    """Open the stores to take over from, before anything is made."""
    if not sources:
        return []
    basis = partial(sampled.basis, scan.grid)
    into = on_disk(path, "given the numbers of other stores")
    return merge.donors(sources, into, scan.groups(), scan.identity, basis)


def _take_over(opened: store.Store, donors: list[Donor]) -> None:
    """Fill in what other stores know, and say how much it was."""
    merge.take(opened, donors)
    for donor in donors:
        taken = sum(donor.points.values())
        click.echo(f"took over {taken} points from {donor.path}", err=True)


def _scan(
    opened: store.Store,
    scan: Scan,
    site: Site,
    workers: int | None,
    retry: set[str],
    clock: Clock,
    report: Report | None,
) -> RunSummary:
    """Compute what is missing, then the limits, then seal a complete store."""
    if scan.experiments and (not opened.sealed or retry):
        click.echo("compiling the kernel, if this version has not run here yet", err=True)
        scan.evaluate.warm()
    if workers is None and site.kind == "local":
        workers = site.workers or os.cpu_count()
    summary = execute(
        opened,
        scan.evaluate,
        workers=workers,
        site=site,
        retry=retry,
        reporter=reporter(),
        refine=results.refinement(opened, scan),
        clock=clock,
        report=report,
    )
    _tell(report)
    if not summary.interrupted and not opened.sealed:
        results.write(opened, scan)
        if summary.done == summary.total:
            seal(opened)
    return summary


def _tell(report: Report | None) -> None:
    """Name the report that was asked for."""
    if report:
        click.echo(report.words(), err=True)


def _document(path: Place) -> dict[str, Any]:
    found = read_status(path)
    return {key: found[key] for key in ("store", "blocks", "points", "seconds")}


def _share_text(path: Place, summary: RunSummary) -> str:
    """Say what became of a share."""
    lines = [
        f"{path}: {summary.done} of {summary.total} blocks of this share done in "
        f"{clock_text(summary.seconds)}",
        *_troubles(summary),
    ]
    return "\n".join(lines)


def _text(path: Place, summary: RunSummary, points: Mapping[str, int], following: str) -> str:
    """Say what became of a run, and what to do next."""
    lines = [
        f"{path}: {summary.done} of {summary.total} blocks done in {clock_text(summary.seconds)}, "
        f"{points['unconverged']} of {points['total']} sampled points not converged",
        *_troubles(summary),
    ]
    if summary.failed and not summary.interrupted:
        lines.append("compute the failed blocks again with --retry failed")
    elif not summary.interrupted:
        lines.append(f"next: hnlscan {following} {path}")
    return "\n".join(lines)


def _troubles(summary: RunSummary) -> list[str]:
    """Say which blocks failed, and why a run did not come to its end."""
    failed = [f"  failed: {message}" for message in summary.errors]
    if not summary.interrupted:
        return failed
    return [*failed, f"interrupted: {summary.interrupted}; run the same command again to go on"]
