"""What computes blocks: this process, the workers of a Dask cluster, or Ray."""

from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from functools import partial

from jobs.clusters import client
from jobs.listen import worker_command
from jobs.settings import Site
from scanner.blocks.blocks import Block
from scanner.blocks.split import describe
from scanner.execution.parallel import run_blocks
from scanner.execution.ray_engine import ray_engine
from scanner.execution.report import Report
from scanner.execution.worker import BlockRunner, Outcome

Compute = Callable[[Iterator[Block]], Generator[Outcome, None, None]]
"""Computes and stores blocks, and tells of each when it has ended."""


@dataclass(frozen=True)
class Engine:
    """Something that is ready to compute.

    Parameters
    ----------
    compute : callable
        Computes blocks.
    dashboard : str or None
        Where it can be watched.
    joining : str or None
        Command that adds a worker on another machine.
    """

    compute: Compute
    dashboard: str | None = None
    joining: str | None = None


@contextmanager
def engine(
    site: Site,
    workers: int | None,
    runner: BlockRunner,
    block_seconds: float | None = None,
    report: Report | None = None,
) -> Iterator[Engine]:
    """Start what computes blocks for the time of a ``with`` statement.

    Parameters
    ----------
    site : Site
        Where to compute.
    workers : int or None
        Processes; 0 computes in this one, None leaves it to the site.
    runner : BlockRunner
        Computes and stores a block.
    block_seconds : float or None
        Longest block of earlier runs (s): jobs of limited time end by it.
    report : Report or None
        Written by Dask at the end.

    Yields
    ------
    Engine
        Ready.

    Raises
    ------
    InputError
        If no worker starts.
    """
    if workers == 0:
        yield Engine(partial(serial, runner))
    elif site.kind == "ray":
        with ray_engine(workers, runner) as compute:
            yield Engine(compute)
    else:
        known = {} if block_seconds is None else {"block_seconds": block_seconds}
        with (
            client(site, workers, **known) as connected,
            report.of(connected) if report else nullcontext(),
        ):
            compute = partial(run_blocks, connected, runner)
            address = connected.scheduler_info()["address"]
            joining = worker_command(site, address) if site.listen else None
            yield Engine(compute, connected.dashboard_link, joining)


def serial(runner: BlockRunner, blocks: Iterator[Block]) -> Generator[Outcome, None, None]:
    """Compute blocks one after the other in this process.

    Parameters
    ----------
    runner : BlockRunner
        Computes and stores a block.
    blocks : iterator of Block
        What to compute.

    Yields
    ------
    Outcome
        Of each block.
    """
    for block in blocks:
        try:
            yield runner.run(block)
        except OSError as error:  # the store could not be written: the block stays to do
            yield Outcome(block.group, block.index, 0.0, describe(error), unwritten=True)
