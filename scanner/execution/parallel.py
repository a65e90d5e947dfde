"""Blocks on the workers of a Dask client.

Workers write their blocks themselves and return a few bytes. No future is kept: the scheduler would
compute finished blocks again when the worker that holds their results dies.
"""

import signal
import threading
import time
from collections.abc import Generator, Iterator
from itertools import islice
from typing import Any, cast

from distributed import Client, Future, WorkerPlugin, as_completed, get_worker
from distributed.scheduler import KilledWorker

from physics.errors import InputError
from scanner.blocks.blocks import Block
from scanner.blocks.split import describe
from scanner.execution.prefixes import task_prefixes
from scanner.execution.watch import EngineLostError, Watch
from scanner.execution.worker import BlockRunner, Outcome
from scanner.storage.lock import attach_worker

PLUGIN = "hnlscan-blocks"

AHEAD = 4
"""Blocks submitted for each worker: none waits for the client, and few wait for a worker when a
run ends early. The memory of client and scheduler does not grow with the scan."""

LEAST_AHEAD = 16
"""The same for the whole cluster, while its workers are still coming."""

COUNT_SECONDS = 2.0
"""How often the workers are counted."""


class BlockPlugin(WorkerPlugin):
    """Holds what a worker needs for its blocks; restarted workers get it as well.

    Parameters
    ----------
    runner : BlockRunner
        Computes and stores blocks.
    """

    name = PLUGIN

    def __init__(self, runner: BlockRunner) -> None:
        self.runner = runner
        self._descriptor: int | None = None

    def setup(self, worker: object) -> None:
        """Attach to the store, and leave the keyboard to the client."""
        self._descriptor = attach_worker(self.runner.path)
        if threading.current_thread() is threading.main_thread():
            signal.signal(signal.SIGINT, signal.SIG_IGN)


def run_block(block: Block) -> Outcome:
    """Compute and store one block on the worker this is called on.

    Parameters
    ----------
    block : Block
        What to compute.

    Returns
    -------
    Outcome
        How it went.
    """
    return _runner(get_worker()).run(block)


def run_block_apart(block: Block) -> Outcome:
    """Compute and store one block that has brought workers down, in processes of its own.

    Parameters
    ----------
    block : Block
        What to compute.

    Returns
    -------
    Outcome
        How it went.
    """
    worker = get_worker()
    return _runner(worker).run_apart(block, worker.memory_manager.memory_limit)


def _runner(worker: Any) -> BlockRunner:
    """Find what the plugin holds."""
    return cast(BlockPlugin, worker.plugins[PLUGIN]).runner


def run_blocks(
    client: Client, runner: BlockRunner, blocks: Iterator[Block]
) -> Generator[Outcome, None, None]:
    """Compute blocks on the workers of a client.

    A block that has brought down all the workers it may is computed once more, each part of it in
    a process of its own, so that the points that cause this are found and the others are kept.

    Parameters
    ----------
    client : distributed.Client
        Connected to workers.
    runner : BlockRunner
        Computes and stores blocks.
    blocks : iterator of Block
        What to compute.

    Yields
    ------
    Outcome
        In the order of completion.

    Raises
    ------
    InputError
        If the workers cannot run the scan.
    EngineLostError
        If the scheduler is gone, or no worker comes back.
    """
    _register(client, runner)
    submission = _Submission(client, runner)
    with Watch(client) as watch:
        completed = as_completed(  # type: ignore[no-untyped-call]
            [submission.submit(block) for block in islice(blocks, submission.room(0))],
            loop=client.loop,
            with_results=True,
            raise_errors=False,
        )
        for future, result in completed:
            # an outcome counts even if its worker has left since, with it Dask's copy
            done = isinstance(result, Outcome)
            if watch.lost or (not done and future.status in ("cancelled", "lost")):
                raise EngineLostError(watch.reason())
            block = submission.waiting.pop(future.key)
            apart = future.key in submission.apart
            error = None
            if not done:
                error = result[1] if isinstance(result, tuple) else future.exception()
            future.release()
            if isinstance(error, KilledWorker) and not apart:
                completed.add(submission.submit(block, apart=True))  # type: ignore[no-untyped-call]
            else:
                yield _outcome(block, result, error)
            for following in islice(blocks, submission.room(len(submission.waiting))):
                completed.add(submission.submit(following))  # type: ignore[no-untyped-call]


class _Submission:
    """Hands blocks to the scheduler, so many that the workers have always something to do."""

    def __init__(self, client: Client, runner: BlockRunner) -> None:
        self.waiting: dict[str, Block] = {}
        self.apart: set[str] = set()
        self._client = client
        self._labels = {name: layout.spec.label for name, layout in runner.layouts.items()}
        self._prefixes = task_prefixes(self._labels.values())
        self._run_id = time.time_ns()
        self._counted = float("-inf")
        self._most = LEAST_AHEAD

    def submit(self, block: Block, *, apart: bool = False) -> "Future[Outcome]":
        """Hand one block to the scheduler."""
        run_id = self._run_id + apart
        prefix = self._prefixes[self._labels[block.group]]
        key = f"{prefix}-{block.index:05d}-{run_id}"
        self.waiting[key] = block
        if apart:
            self.apart.add(key)
        function = run_block_apart if apart else run_block
        return self._client.submit(function, block, key=key, pure=False)

    def room(self, waiting: int) -> int:
        """How many more blocks to hand over."""
        now = time.monotonic()
        if now - self._counted > COUNT_SECONDS:
            self._counted = now
            workers = len(self._client.nthreads())  # type: ignore[no-untyped-call]
            self._most = max(LEAST_AHEAD, AHEAD * workers)
        return max(0, self._most - waiting)


def _register(client: Client, runner: BlockRunner) -> None:
    """Give the workers what they need, or say why they cannot use it."""
    try:
        client.register_plugin(BlockPlugin(runner), name=PLUGIN)
    except (TypeError, AttributeError):  # cannot be pickled here: an error of the program
        raise
    except Exception as error:
        raise InputError(
            f"the workers cannot run this scan ({describe(error)}); install the same hnlscan there "
            "and give them the same file system"
        ) from error


def _outcome(block: Block, result: Any, error: BaseException | None) -> Outcome:
    """Tell what became of a block."""
    if error is None:
        return cast(Outcome, result)
    if isinstance(error, KilledWorker):
        message = "every worker that computed this block died (too little memory?)"
        return Outcome(block.group, block.index, 0.0, message, killed=True)
    unwritten = isinstance(error, OSError)
    return Outcome(block.group, block.index, 0.0, describe(error), unwritten=unwritten)
