"""How a scan reports: bars on a terminal, a few lines in a log, or nothing."""

import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol, TextIO

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn

LOG_SECONDS = 5.0
"""Least time between two lines of one group in a log."""


@dataclass
class Tally:
    """Blocks of one group.

    Parameters
    ----------
    total, done, failed : int
        Blocks; `done` includes those of earlier runs.
    """

    total: int
    done: int = 0
    failed: int = 0
    before: int = field(init=False)
    """Blocks that had ended when the run began."""

    def __post_init__(self) -> None:
        self.before = self.ended

    @property
    def ended(self) -> int:
        """Blocks done or failed."""
        return self.done + self.failed

    def seconds_left(self, elapsed: float) -> float | None:
        """Time to the end at the rate of this run (s), or None before the first block.

        Parameters
        ----------
        elapsed : float
            Time since the run began (s).

        Returns
        -------
        float or None
            Estimate (s).

        Examples
        --------
        >>> tally = Tally(100, done=20)
        >>> tally.done = 60
        >>> tally.seconds_left(80.0)
        80.0
        """
        fresh, left = self.ended - self.before, self.total - self.ended
        if left == 0:
            return 0.0
        return elapsed / fresh * left if fresh else None

    def words(self, elapsed: float) -> str:
        """Rate, time left and failures.

        Parameters
        ----------
        elapsed : float
            Time since the run began (s).

        Returns
        -------
        str
            For people.

        Examples
        --------
        >>> tally = Tally(10)
        >>> tally.done = 4
        >>> tally.words(8.0)
        '0.50 blocks/s, 0:00:12 left'
        """
        fresh = self.ended - self.before
        left = self.seconds_left(elapsed)
        parts = [f"{fresh / elapsed if elapsed > 0 else 0.0:.2f} blocks/s"]
        if left:
            parts.append(f"{clock(left)} left")
        if self.failed:
            parts.append(f"{self.failed} failed")
        return ", ".join(parts)


def clock(seconds: float) -> str:
    """Format a time as hours:minutes:seconds.

    Parameters
    ----------
    seconds : float
        Time (s).

    Returns
    -------
    str
        Such as ``1:02:03``.

    Examples
    --------
    >>> clock(3723.4)
    '1:02:03'
    """
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes // 60}:{minutes % 60:02d}:{rest:02d}"


class Reporter(Protocol):
    """What a run tells about itself."""

    def start(self, tallies: Mapping[str, Tally], dashboard: str | None) -> None:
        """Begin; tallies by label of the group, address of the dashboard if there is one."""

    def tell(self, line: str) -> None:
        """Say something in between."""

    def update(self, label: str, error: str | None) -> None:
        """Tell that a block of a group has ended; its tally is up to date."""

    def stop(self) -> None:
        """End, in whatever way."""


class Silent:
    """Reports nothing."""

    def start(self, tallies: Mapping[str, Tally], dashboard: str | None) -> None:
        """Begin."""

    def tell(self, line: str) -> None:
        """Ignore it."""

    def update(self, label: str, error: str | None) -> None:
        """Ignore a block."""

    def stop(self) -> None:
        """End."""


class Lines:
    """Plain lines: at most one per group and `LOG_SECONDS`, and one at the end.

    Parameters
    ----------
    stream : TextIO
        Where to, usually the standard error.
    """

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._tallies: Mapping[str, Tally] = {}
        self._spoken: dict[str, float] = {}
        self._begin = 0.0

    def start(self, tallies: Mapping[str, Tally], dashboard: str | None) -> None:
        """Begin."""
        self._begin = time.monotonic()
        self._tallies = tallies
        self._spoken = dict.fromkeys(tallies, self._begin)
        if dashboard:
            self.tell(f"dashboard {dashboard}")

    def tell(self, line: str) -> None:
        """Write a line at once."""
        self._stream.write(line + "\n")
        self._stream.flush()

    def update(self, label: str, error: str | None) -> None:
        """Count a block; speak when it is time, or when the first block of a group failed."""
        tally = self._tallies[label]
        if error and tally.failed == 1:
            self.tell(f"{label}: a block failed: {error}")
        now = time.monotonic()
        finished = tally.ended == tally.total
        if finished or now - self._spoken[label] >= LOG_SECONDS:
            self._spoken[label] = now
            count = f"{tally.done}/{tally.total} blocks"
            self.tell(f"{label}: {count}, {tally.words(now - self._begin)}")

    def stop(self) -> None:
        """End."""
        self._stream.flush()


class Bars:
    """One bar per group on a terminal.

    Parameters
    ----------
    console : rich.console.Console
        The terminal.
    """

    def __init__(self, console: Console) -> None:
        self._console = console
        self._progress: Progress | None = None
        self._tallies: Mapping[str, Tally] = {}
        self._bars: dict[str, TaskID] = {}
        self._begin = 0.0

    def start(self, tallies: Mapping[str, Tally], dashboard: str | None) -> None:
        """Begin."""
        self._begin = time.monotonic()
        self._tallies = tallies
        if dashboard:
            self.tell(f"dashboard {dashboard}")
        self._progress = Progress(
            TextColumn("{task.description}"),
            BarColumn(bar_width=None),
            MofNCompleteColumn(),
            TextColumn("{task.fields[words]}"),
            console=self._console,
        )
        for label, tally in tallies.items():
            self._bars[label] = self._progress.add_task(
                label, total=tally.total, completed=tally.ended, words=""
            )
        self._progress.start()

    def tell(self, line: str) -> None:
        """Print a line, above the bars if there are any, unbroken so that it can be copied."""
        self._console.print(line, highlight=False, markup=False, soft_wrap=True)

    def update(self, label: str, error: str | None) -> None:
        """Count a block."""
        tally = self._tallies[label]
        if self._progress is not None:
            if error and tally.failed == 1:
                self.tell(f"{label}: a block failed: {error}")
            words = tally.words(time.monotonic() - self._begin)
            bar = self._bars[label]
            self._progress.update(bar, total=tally.total, completed=tally.ended, words=words)

    def stop(self) -> None:
        """End."""
        if self._progress is not None:
            self._progress.stop()
            self._progress = None


def reporter(stream: TextIO | None = None) -> Reporter:
    """Choose bars for a terminal, else plain lines.

    Parameters
    ----------
    stream : TextIO, optional
        Where to; the standard error by default, so that ``--json`` keeps the standard output.

    Returns
    -------
    Reporter
        Not started.
    """
    stream = sys.stderr if stream is None else stream
    if stream.isatty():
        return Bars(Console(file=stream))
    return Lines(stream)
