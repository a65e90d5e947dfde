"""Run a scan: everything that is not done yet, on some workers, until it is done or interrupted."""

import heapq
import signal
import threading
import time
from collections.abc import Collection, Generator, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field

from jobs.local import local_client
from scanner import records, resume
from scanner.blocks import Block, Evaluate
from scanner.extend import unseal
from scanner.parallel import run_blocks
from scanner.progress import Reporter, Silent, Tally
from scanner.regions import Marks
from scanner.store import Store
from scanner.worker import BlockRunner, Outcome, describe

MAX_ERRORS = 10
"""How many messages of failed blocks a summary carries."""


@dataclass
class RunSummary:
    """What a run left behind.

    Parameters
    ----------
    total, done, failed : int
        Blocks of the store, with those of earlier runs.
    seconds : float
        Time this run took (s).
    interrupted : bool
        Whether it was stopped before the end.
    errors : list of str
        First messages of failed blocks.
    """

    total: int = 0
    done: int = 0
    failed: int = 0
    seconds: float = 0.0
    interrupted: bool = False
    errors: list[str] = field(default_factory=list)

    @property
    def exit_code(self) -> int:
        """0 done, 2 some blocks failed, 3 interrupted and resumable.

        Examples
        --------
        >>> RunSummary(total=3, done=3).exit_code, RunSummary(total=3, done=2, failed=1).exit_code
        (0, 2)
        """
        if self.interrupted:
            return 3
        return 0 if self.done == self.total else 2


def run(
    store: Store,
    evaluate: Evaluate,
    *,
    workers: int = 0,
    retry: Collection[str] = (),
    reporter: Reporter | None = None,
) -> RunSummary:
    """Compute what a store lacks.

    Parameters
    ----------
    store : Store
        Opened by this process.
    evaluate : Evaluate
        Computes a block; picklable, and a pure function of block and grid.
    workers : int
        Processes on this machine; 0 computes in this one.
    retry : collection of str
        ``"failed"`` and ``"unconverged"`` blocks are computed again.
    reporter : Reporter, optional
        Told how it goes; silent by default.

    Returns
    -------
    RunSummary
        Blocks, failures, time. Ctrl-C and SIGTERM end the run orderly: ``interrupted``.

    Raises
    ------
    InputError
        If `retry` names something else, or if no worker starts.
    """
    resume.require_retry(retry)
    begin = time.monotonic()
    if store.sealed:
        if not resume.candidates(store, retry):
            return _count(store, RunSummary())
        unseal(store)
    pending = resume.pending(store, retry)
    summary = RunSummary()
    if any(len(numbers) for numbers in pending.values()):
        progress = _Progress(store, pending, reporter or Silent())
        runs = records.open_record(store.attrs.get("runs", []), workers, progress.ended)
        store.update_attrs(runs=runs)
        summary = _compute(store, evaluate, workers, pending, progress)
        summary.seconds = time.monotonic() - begin
        how = "interrupted" if summary.interrupted else "complete"
        runs = records.close_record(runs, summary.seconds, progress.ended, how)
        store.update_attrs(runs=runs)
    return _count(store, summary)


class _Progress:
    """Tallies of the groups, and whoever reports them."""

    def __init__(self, store: Store, pending: resume.Pending, reporter: Reporter) -> None:
        self.reporter = reporter
        self.labels = {name: layout.spec.label for name, layout in store.layouts.items()}
        self.tallies: dict[str, Tally] = {}
        for name, label in self.labels.items():
            marks = store.regions(name).marks()
            failed = int((marks < -1).sum())
            done = len(marks) - failed - len(pending[name])
            self.tallies[label] = Tally(len(marks), done, failed)

    @property
    def ended(self) -> int:
        """Blocks done or failed in the whole store."""
        return sum(tally.ended for tally in self.tallies.values())

    def count(self, outcome: Outcome) -> None:
        """Take in the end of a block."""
        label = self.labels[outcome.group]
        if outcome.error is None:
            self.tallies[label].done += 1
        else:
            self.tallies[label].failed += 1
        self.reporter.update(label, outcome.error)


def _compute(
    store: Store, evaluate: Evaluate, workers: int, pending: resume.Pending, progress: _Progress
) -> RunSummary:
    """Compute the pending blocks here or on workers."""
    summary = RunSummary()
    runner = BlockRunner(store.path, store.layouts, evaluate)
    blocks = _interleaved(store, pending)
    count = min(workers, sum(len(numbers) for numbers in pending.values()))
    try:
        with _terminable():
            outcomes = (
                _parallel(store, runner, blocks, count, progress)
                if count
                else _serial(runner, blocks, progress)
            )
            with closing(outcomes):
                for outcome in outcomes:
                    progress.count(outcome)
                    _note(summary, outcome)
    except KeyboardInterrupt:
        summary.interrupted = True
    finally:
        progress.reporter.stop()
    return summary


def _note(summary: RunSummary, outcome: Outcome) -> None:
    """Keep the first few messages."""
    if outcome.error and len(summary.errors) < MAX_ERRORS:
        summary.errors.append(f"{outcome.group} block {outcome.index}: {outcome.error}")


def _serial(
    runner: BlockRunner, blocks: Iterator[Block], progress: _Progress
) -> Generator[Outcome, None, None]:
    """Compute blocks one after the other in this process."""
    progress.reporter.start(progress.tallies, None)
    for block in blocks:
        try:
            yield runner.run(block)
        except OSError as error:  # the store could not be written: the block stays to do
            yield Outcome(block.group, block.index, 0.0, describe(error))


def _parallel(
    store: Store, runner: BlockRunner, blocks: Iterator[Block], workers: int, progress: _Progress
) -> Generator[Outcome, None, None]:
    """Compute blocks on workers of this machine."""
    with local_client(workers) as client:
        progress.reporter.start(progress.tallies, client.dashboard_link)
        for block, outcome, killed in run_blocks(client, runner, blocks):
            if killed:  # no worker is left to say so in the store
                store.regions(block.group).fail(block, outcome.error or "")
            yield outcome


def _interleaved(store: Store, pending: resume.Pending) -> Iterator[Block]:
    """All pending blocks, the groups advancing at the same relative pace."""
    paced = heapq.merge(*(_paced(name, numbers) for name, numbers in pending.items()))
    return (store.layouts[name].block(number) for _, name, number in paced)


def _paced(name: str, numbers: Marks) -> Iterator[tuple[float, str, int]]:
    """Blocks of one group with the fraction of the group that comes before each."""
    return ((i / len(numbers), name, int(number)) for i, number in enumerate(numbers))


def _count(store: Store, summary: RunSummary) -> RunSummary:
    """Fill in the blocks of the whole store."""
    for name in store.layouts:
        marks = store.regions(name).marks()
        summary.total += len(marks)
        summary.done += int((marks >= 0).sum())
        summary.failed += int((marks < -1).sum())
    return summary


@contextmanager
def _terminable() -> Iterator[None]:
    """Treat SIGTERM, which batch systems send, like Ctrl-C."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def interrupt(signum: int, frame: object) -> None:
        """Stop as for Ctrl-C."""
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGTERM, interrupt)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)
