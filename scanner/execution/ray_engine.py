"""Blocks as calls of Ray actors: the same blocks, the same store, without Dask.

One actor for each worker holds the runner and computes one block at a time. When it dies another
takes its place, and its block is computed again.
"""

import os
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any

from jobs.local import ALLOWED_DEATHS
from jobs.threads import THREAD_VARIABLES
from physics.errors import InputError
from scanner.blocks.blocks import Block
from scanner.blocks.split import describe
from scanner.execution.worker import BlockRunner, Outcome
from scanner.storage.lock import attach_worker


class _Actor:
    """Holds what a worker needs for its blocks."""

    def __init__(self, runner: BlockRunner) -> None:
        self._runner = runner
        self._descriptor = attach_worker(runner.path)

    def ready(self) -> None:
        """Answer, so that whoever waits knows that the actor is there."""

    def run(self, block: Block, apart: bool) -> Outcome:
        """Compute and store one block, in this process or in others."""
        return self._runner.run_apart(block, None) if apart else self._runner.run(block)


@contextmanager
def ray_engine(
    workers: int | None, runner: BlockRunner
) -> Iterator[Callable[[Iterator[Block]], Generator[Outcome, None, None]]]:
    """Start actors for the time of a ``with`` statement.

    Parameters
    ----------
    workers : int or None
        Actors; as many as the Ray cluster has cores by default. Ray starts on this machine, or
        connects to the cluster that RAY_ADDRESS names.
    runner : BlockRunner
        Computes and stores a block.

    Yields
    ------
    callable
        Computes blocks.

    Raises
    ------
    InputError
        If Ray is not installed, or if the actors cannot run the scan.
    """
    try:
        import ray  # an extra, and slow to import
        from ray.exceptions import RayActorError
    except ImportError as error:
        raise InputError(
            "the cluster 'ray' needs Ray, which is not installed; pip install 'hnlscan[ray]'"
        ) from error
    single = dict.fromkeys(THREAD_VARIABLES, "1")
    ray.init(
        address=os.environ.get("RAY_ADDRESS") or "local",
        include_dashboard=False,
        logging_level="error",
        log_to_driver=False,
        runtime_env={"env_vars": single},
    )
    try:
        count = workers or int(ray.cluster_resources().get("CPU", 1))
        shared = ray.put(runner)
        make = partial(ray.remote(num_cpus=1)(_Actor).remote, shared)
        actors = [make() for _ in range(count)]
        try:
            ray.get([actor.ready.remote() for actor in actors])
        except RayActorError as error:
            raise InputError(
                f"the Ray workers cannot run this scan ({describe(error)}); install the same "
                "hnlscan there and give them the same file system"
            ) from error
        yield partial(_compute, make, actors)
    finally:
        ray.shutdown()


def _compute(
    make: Callable[[], Any], actors: list[Any], blocks: Iterator[Block]
) -> Generator[Outcome, None, None]:
    """Keep every actor busy with one block."""
    import ray
    from ray.exceptions import RayActorError, RayTaskError

    idle = list(actors)
    deaths: dict[Block, int] = {}
    again: list[Block] = []
    running: dict[Any, tuple[Any, Block, bool]] = {}
    while True:
        while idle and (block := again.pop() if again else next(blocks, None)):
            actor = idle.pop()
            apart = deaths.get(block, 0) > ALLOWED_DEATHS
            running[actor.run.remote(block, apart)] = (actor, block, apart)
        if not running:
            return
        [ready], _ = ray.wait(list(running), num_returns=1)
        actor, block, apart = running.pop(ready)
        try:
            outcome = ray.get(ready)
        except RayActorError as error:
            actors.remove(actor)
            actors.append(make())
            idle.append(actors[-1])
            deaths[block] = deaths.get(block, 0) + 1
            if apart:
                yield Outcome(block.group, block.index, 0.0, describe(error), killed=True)
            else:
                again.append(block)
        except RayTaskError as error:  # the store could not be written: the block stays to do
            idle.append(actor)
            cause = error.cause if isinstance(error.cause, Exception) else error
            unwritten = isinstance(cause, OSError)
            yield Outcome(block.group, block.index, 0.0, describe(cause), unwritten=unwritten)
        else:
            idle.append(actor)
            yield outcome
