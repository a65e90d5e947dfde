"""Run a scan: everything that is not done yet, on some workers, until it is done or interrupted."""

import heapq
import time
from collections.abc import Callable, Collection, Iterator
from contextlib import closing
from dataclasses import dataclass, field

from jobs.clusters import load as load_site
from jobs.settings import Site
from scanner.blocks.blocks import Block, Evaluate
from scanner.execution.ending import Clock, terminable
from scanner.execution.engines import Engine, engine
from scanner.execution.progress import Reporter, Silent, Tally
from scanner.execution.report import Report
from scanner.execution.watch import EngineLostError
from scanner.execution.worker import BlockRunner, Outcome
from scanner.growing.extend import unseal
from scanner.storage import records, resume
from scanner.storage.lock import StoreBusyError
from scanner.storage.regions import Marks
from scanner.storage.store import Store

MAX_ERRORS = 10
"""How many messages of failed blocks a summary carries."""

MAX_UNWRITTEN = 8
"""After so many blocks in a row that could not be written a run ends: the disk is full."""

Refine = Callable[[Store], resume.Pending]
"""Tells which blocks to compute next, from what the store holds; none at the end."""


@dataclass
class RunSummary:
    """What a run left behind.

    Parameters
    ----------
    total, done, failed : int
        Blocks of the store, with those of earlier runs.
    seconds : float
        Time this run took (s).
    interrupted : str
        Why it was stopped before the end; empty if it was not.
    errors : list of str
        First messages of failed blocks.
    """

    total: int = 0
    done: int = 0
    failed: int = 0
    seconds: float = 0.0
    interrupted: str = ""
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
    workers: int | None = 0,
    site: Site | None = None,
    retry: Collection[str] = (),
    reporter: Reporter | None = None,
    refine: Refine | None = None,
    clock: Clock | None = None,
    report: Report | None = None,
) -> RunSummary:
    """Compute what a store lacks.

    Parameters
    ----------
    store : Store
        Opened by this process.
    evaluate : Evaluate
        Computes a block; picklable, and a pure function of block and grid.
    workers : int or None
        Processes; 0 computes in this one, None leaves it to the site.
    site : Site, optional
        Where to compute; this machine by default.
    retry : collection of str
        ``"failed"`` and ``"unconverged"``: computed again.
    reporter : Reporter, optional
        Told how it goes; silent by default.
    refine : callable, optional
        Asked for blocks at first, and for further ones whenever all have ended; the workers stay
        alive.
    clock : Clock, optional
        When to end at the latest; never by default.
    report : Report, optional
        Written at the end, also of an interrupted run; none by default.

    Returns
    -------
    RunSummary
        Ctrl-C, SIGTERM, the clock and the loss of all workers interrupt.

    Raises
    ------
    InputError
        If `retry` names something else, or if no worker starts.
    """
    resume.require_retry(retry)
    if store.sealed:
        if not resume.candidates(store, retry):
            return count(store, RunSummary())
        unseal(store)
    pending = resume.pending(store, retry)
    if refine:  # decides by the blocks that are done, of which damaged ones are to do again now
        pending = refine(store)
    if not _blocks(pending):
        return count(store, RunSummary())
    run = Run(store, evaluate, reporter or Silent(), clock or Clock(), report)
    return count(store, run.recorded(pending, site or load_site("local"), workers, refine))


class Run:
    """Computes blocks round after round, and counts them.

    Parameters
    ----------
    store : Store
        Opened by this process.
    evaluate : Evaluate
        Computes a block.
    reporter : Reporter
        Told how it goes.
    clock : Clock
        When to end at the latest.
    report : Report, optional
        Written at the end.
    """

    def __init__(
        self,
        store: Store,
        evaluate: Evaluate,
        reporter: Reporter,
        clock: Clock,
        report: Report | None = None,
    ) -> None:
        self._store = store
        self._runner = BlockRunner(store.path.absolute(), store.layouts, evaluate)
        self._reporter = reporter
        self._clock = clock
        self._report = report
        self._labels = {name: layout.spec.label for name, layout in store.layouts.items()}
        self._tallies: dict[str, Tally] = {}
        self._unwritten = 0

    @property
    def _ended(self) -> int:
        """Blocks done or failed in the whole store."""
        return sum(tally.ended for tally in self._tallies.values())

    def recorded(
        self, pending: resume.Pending, site: Site, workers: int | None, refine: Refine | None
    ) -> RunSummary:
        """Compute, and note in the store when and how long.

        Parameters
        ----------
        pending : dict of str to ndarray of int
            Blocks to compute.
        site : Site
            Where.
        workers : int or None
            Processes.
        refine : callable or None
            Asked for further blocks.

        Returns
        -------
        RunSummary
            Without the counts of blocks.
        """
        begin = time.monotonic()
        self._expect(pending)
        runs = records.open_record(self._store.attrs.get("runs", []), workers or 0, self._ended)
        self._store.update_attrs(runs=runs)
        summary = self.compute(pending, site, workers, refine)
        summary.seconds = time.monotonic() - begin
        how = "interrupted" if summary.interrupted else "complete"
        longest = self._clock.longest
        runs = records.close_record(runs, summary.seconds, self._ended, how, longest)
        try:
            self._store.update_attrs(runs=runs)
        except StoreBusyError:
            summary.interrupted = "the lock of the store was lost, and another process may write"
        except OSError:
            pass  # a full disk: the next run closes the record
        return summary

    def compute(
        self,
        pending: resume.Pending,
        site: Site,
        workers: int | None,
        refine: Refine | None = None,
    ) -> RunSummary:
        """Compute the pending blocks, and those that follow from them.

        Parameters
        ----------
        pending : dict of str to ndarray of int
            Blocks to compute.
        site : Site
            Where.
        workers : int or None
            Processes.
        refine : callable, optional
            Asked for further blocks.

        Returns
        -------
        RunSummary
            Errors, and whether it was interrupted.
        """
        summary = RunSummary()
        if not self._tallies:
            self._expect(pending)
        most = min(workers, _blocks(pending)) if workers and not refine else workers
        try:
            longest = records.longest_block(self._store.attrs)
            begun = engine(site, most, self._runner, longest, self._report)
            with terminable(self._clock), begun as started:
                self._reporter.start(self._tallies, started.dashboard)
                if started.joining:
                    self._reporter.tell(f"add a worker with: {started.joining}")
                while _blocks(pending) and not summary.interrupted:
                    self._round(started, pending, summary)
                    pending = refine(self._store) if refine and not summary.interrupted else {}
                    if pending:
                        self._expect(pending)
        except KeyboardInterrupt:
            over = self._clock.left() is not None and not self._clock.has_time()
            summary.interrupted = "the time was over" if over else "stopped from outside"
        except EngineLostError as error:
            summary.interrupted = str(error)
        finally:
            self._reporter.stop()
        return summary

    def _round(self, started: Engine, pending: resume.Pending, summary: RunSummary) -> None:
        """Compute some blocks, as long as there is time."""
        blocks = self._clock.timely(_interleaved(self._store, pending))
        with closing(started.compute(blocks)) as outcomes:
            for outcome in outcomes:
                self._take(outcome, summary)
                if self._unwritten >= MAX_UNWRITTEN:
                    summary.interrupted = f"the store cannot be written ({outcome.error})"
                    return
        if self._clock.stopped:
            summary.interrupted = "no time was left for another block"

    def _take(self, outcome: Outcome, summary: RunSummary) -> None:
        """Take in the end of a block."""
        self._clock.note(outcome.seconds)
        self._unwritten = self._unwritten + 1 if outcome.unwritten else 0
        if outcome.killed:  # no worker is left to say so in the store
            block = self._store.layouts[outcome.group].block(outcome.index)
            self._store.regions(outcome.group).fail(block, outcome.error or "")
        if outcome.error and len(summary.errors) < MAX_ERRORS:
            summary.errors.append(f"{outcome.group} block {outcome.index}: {outcome.error}")
        label = self._labels[outcome.group]
        if outcome.error is None:
            self._tallies[label].done += 1
        elif not outcome.unwritten:
            self._tallies[label].failed += 1
        self._reporter.update(label, outcome.error)

    def _expect(self, pending: resume.Pending) -> None:
        """Count what has ended and what is to come."""
        for name, label in self._labels.items():
            marks = self._store.regions(name).asked_marks()
            done, failed = int((marks >= 0).sum()), int((marks < -1).sum())
            total = done + failed + len(pending.get(name, ()))
            if label in self._tallies:
                self._tallies[label].total = total
            else:
                self._tallies[label] = Tally(total, done, failed)


def _blocks(pending: resume.Pending) -> int:
    """Count blocks of all groups."""
    return sum(len(numbers) for numbers in pending.values())


def _interleaved(store: Store, pending: resume.Pending) -> Iterator[Block]:
    """All pending blocks, the groups advancing at the same relative pace."""
    paced = heapq.merge(*(_paced(name, numbers) for name, numbers in pending.items()))
    return (store.layouts[name].block(number) for _, name, number in paced)


def _paced(name: str, numbers: Marks) -> Iterator[tuple[float, str, int]]:
    """Blocks of one group with the fraction of the group that comes before each."""
    return ((i / len(numbers), name, int(number)) for i, number in enumerate(numbers))


def count(store: Store, summary: RunSummary, share: resume.Share = resume.WHOLE) -> RunSummary:
    """Fill in how many blocks there are, done and failed.

    Parameters
    ----------
    store : Store
        The store.
    summary : RunSummary
        Of a run.
    share : (int, int)
        Number of this process and of all that share the blocks.

    Returns
    -------
    RunSummary
        The one given.
    """
    for name in store.layouts:
        marks = store.regions(name).asked_marks()[share[0] :: share[1]]
        summary.total += len(marks)
        summary.done += int((marks >= 0).sum())
        summary.failed += int((marks < -1).sum())
    return summary
