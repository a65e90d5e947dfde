"""Blocks on the workers of a Dask client.

Workers write their blocks themselves and return a few bytes. No future is kept: the scheduler would
compute finished blocks again when the worker that holds their results dies.
"""

import signal
import threading
import time
from collections.abc import Iterator
from itertools import islice
from typing import cast

from distributed import Client, Future, WorkerPlugin, as_completed, get_worker
from distributed.scheduler import KilledWorker

from scanner.blocks import Block
from scanner.lock import attach_worker
from scanner.worker import BlockRunner, Outcome, describe

PLUGIN = "hnlscan-blocks"

WINDOW = 200
"""Blocks submitted ahead: the memory of client and scheduler does not grow with the scan."""


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
    plugin = cast(BlockPlugin, get_worker().plugins[PLUGIN])
    return plugin.runner.run(block)


def task_prefix(label: str) -> str:
    """Make a label the dashboard shows as one bar of one colour.

    Dask cuts keys at dashes followed by a digit.

    Parameters
    ----------
    label : str
        Label of the group.

    Returns
    -------
    str
        First part of the keys of its tasks.

    Examples
    --------
    >>> task_prefix("microboone+sbnd"), task_prefix("t2k-2")
    ('microboone+sbnd', 't2k_2')
    """
    return label.replace("-", "_")


def run_blocks(
    client: Client, runner: BlockRunner, blocks: Iterator[Block]
) -> Iterator[tuple[Block, Outcome, bool]]:
    """Compute blocks on the workers of a client.

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
    (Block, Outcome, bool)
        In the order of completion; the last says whether the block brought its workers down.
    """
    client.register_plugin(BlockPlugin(runner), name=PLUGIN)
    run_id = time.time_ns()
    waiting: dict[str, Block] = {}

    def submit(block: Block) -> "Future[Outcome]":
        """Hand one block to the scheduler."""
        label = task_prefix(runner.layouts[block.group].spec.label)
        key = f"{label}-{block.index:05d}-{run_id}"
        waiting[key] = block
        return client.submit(run_block, block, key=key, pure=False)

    completed = as_completed(  # type: ignore[no-untyped-call]
        [submit(block) for block in islice(blocks, WINDOW)],
        loop=client.loop,
        with_results=True,
        raise_errors=False,
    )
    for future, result in completed:
        block = waiting.pop(future.key)
        killed = False
        if future.status != "finished":
            error = result[1] if isinstance(result, tuple) else future.exception()
            killed = isinstance(error, KilledWorker)
            result = Outcome(block.group, block.index, 0.0, _reason(error))
        future.release()
        for following in islice(blocks, 1):
            completed.add(submit(following))  # type: ignore[no-untyped-call]
        yield block, result, killed


def _reason(error: BaseException) -> str:
    """Why a task failed outside `evaluate`."""
    if isinstance(error, KilledWorker):
        return "every worker that computed this block died (too little memory?)"
    return describe(error)
