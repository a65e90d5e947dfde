"""End a run in good time: by a signal, or by itself before a batch system ends it."""

import os
import signal
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

from jobs import times
from physics.errors import InputError
from scanner.blocks.blocks import Block

CLOSING_SECONDS = 20.0
"""Time kept for the end of a run: workers are dismissed, the record is closed."""

CLOSING_FRACTION = 0.2
"""The same as a part of a short time."""

RESERVE = 5.0
"""A block is begun only if this many of the longest block so far fit into what is left: as many
as wait in front of it on its worker (`parallel.AHEAD`), and itself."""


class Clock:
    """Time a run may take, and the longest of its blocks.

    Parameters
    ----------
    seconds : float or None
        Time from now to the end (s); None for no end.

    Examples
    --------
    >>> clock = Clock(100.0)
    >>> clock.note(3.0)
    >>> clock.has_time()
    True
    >>> clock.note(30.0)
    >>> clock.has_time()
    False
    """

    def __init__(self, seconds: float | None = None) -> None:
        self.longest = 0.0
        self.stopped = False
        self._end = None
        if seconds is not None:
            closing = min(CLOSING_SECONDS, CLOSING_FRACTION * seconds)
            self._end = time.monotonic() + seconds - closing

    def note(self, seconds: float) -> None:
        """Take in how long a block took (s)."""
        self.longest = max(self.longest, seconds)

    def left(self) -> float | None:
        """Time until blocks must have ended (s); None without an end."""
        return None if self._end is None else self._end - time.monotonic()

    def has_time(self) -> bool:
        """Whether another block would end in time."""
        left = self.left()
        return left is None or left > RESERVE * self.longest

    def timely(self, blocks: Iterator[Block]) -> Iterator[Block]:
        """Pass blocks on while there is time for them."""
        for block in blocks:
            if not self.has_time():
                self.stopped = True
                return
            yield block


def seconds_of(text: str) -> float:
    """Read a time as batch systems write it.

    Parameters
    ----------
    text : str
        ``H:MM:SS``, or with days before a dash.

    Returns
    -------
    float
        Time (s).

    Raises
    ------
    InputError
        If it is neither.

    Examples
    --------
    >>> seconds_of("12:00:00"), seconds_of("1-00:00:10")
    (43200.0, 86410.0)
    """
    seconds = times.parse(text)
    if seconds is None:
        raise InputError(
            f"got the time {text!r}; write hours, minutes and seconds such as 12:00:00, with days "
            "as 1-12:00:00"
        )
    return float(seconds)


@contextmanager
def terminable(clock: Clock) -> Iterator[None]:
    """Treat SIGTERM, which batch systems send, and the end of the time like Ctrl-C.

    Parameters
    ----------
    clock : Clock
        A block that takes longer than any before may still run at its end.

    Yields
    ------
    None
        While signals are caught, in the main thread.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def interrupt(signum: int, frame: object) -> None:
        """Stop as for Ctrl-C."""
        raise KeyboardInterrupt

    left = clock.left()
    timer = None
    if left is not None:
        timer = threading.Timer(max(0.0, left), os.kill, (os.getpid(), signal.SIGTERM))
        timer.daemon = True
        timer.start()
    before = signal.signal(signal.SIGTERM, interrupt)
    try:
        yield
    finally:
        if timer is not None:
            timer.cancel()
        signal.signal(signal.SIGTERM, before)
