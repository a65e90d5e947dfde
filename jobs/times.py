"""When the parts of a job of limited time must end, from how long a block takes."""

import math
import re
from dataclasses import dataclass

from physics.errors import InputError

BLOCK_SECONDS = 3.0
"""Longest block (s) where none was measured: what planning aims at."""

ORDERLY_SECONDS = 60
"""Time (s) for processes to start and to end; on a busy shared file system imports take most."""

LEAST_BLOCKS = 10
"""Blocks that must fit into a job: else it would mostly start and end."""

STAGGER = 50
"""Workers of one walltime retire spread over two of this many parts of it, not all at once."""

_WALLTIME = re.compile(r"(?:(\d+)-)?(\d+):([0-5]\d):([0-5]\d)")


@dataclass(frozen=True)
class Ends:
    """When the parts of a job end.

    Parameters
    ----------
    run : int
        After so long (s) a client ends by itself, resumably.
    warning : int
        So long (s) before the end the batch system sends SIGTERM, if the client still runs.
    lifetime, stagger : int
        A worker retires after ``lifetime +- stagger`` (s).
    """

    run: int
    warning: int
    lifetime: int
    stagger: int


def ends(walltime: int, block_seconds: float) -> Ends:
    """Divide the walltime of a job.

    The client ends before it is warned and is warned a block before the end. Workers of their own
    jobs retire at different times, by more than a block, since a retiring worker does not wait for
    its block.

    Parameters
    ----------
    walltime : int
        What the batch system allows (s).
    block_seconds : float
        Longest block (s).

    Returns
    -------
    Ends
        Times.

    Raises
    ------
    InputError
        If fewer than `LEAST_BLOCKS` would fit.

    Examples
    --------
    >>> ends(3600, 3.0)
    Ends(run=3474, warning=63, lifetime=3465, stagger=72)
    >>> ends(7200, 300.0)
    Ends(run=6480, warning=360, lifetime=6540, stagger=300)
    """
    block = math.ceil(block_seconds)
    orderly = ORDERLY_SECONDS + block
    least = 2 * orderly + LEAST_BLOCKS * block
    if walltime < least:
        raise InputError(
            f"a walltime of {clock(walltime)} is too short for blocks of {block} s; "
            f"give at least {clock(least)}"
        )
    stagger = max(block, walltime // STAGGER)
    return Ends(walltime - 2 * orderly, orderly, walltime - orderly - stagger, stagger)


def parse(text: str) -> int | None:
    """Read a walltime.

    Parameters
    ----------
    text : str
        ``H:MM:SS`` or ``D-HH:MM:SS``.

    Returns
    -------
    int or None
        Seconds; None if it is neither, or nothing.

    Examples
    --------
    >>> parse("12:00:00"), parse("1-00:00:01"), parse("90")
    (43200, 86401, None)
    """
    found = _WALLTIME.fullmatch(text.strip())
    if not found:
        return None
    days, hours, minutes, seconds = (int(part or 0) for part in found.groups())
    return ((days * 24 + hours) * 60 + minutes) * 60 + seconds or None


def clock(seconds: int) -> str:
    """Write a time as every batch system reads it.

    Examples
    --------
    >>> clock(86401)
    '24:00:01'
    """
    minutes, rest = divmod(seconds, 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours:02d}:{minutes:02d}:{rest:02d}"
