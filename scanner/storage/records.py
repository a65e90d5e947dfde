"""Notes in a store about the runs that worked on it: when, how long, how many blocks."""

import time
from collections.abc import Mapping
from typing import Any

from scanner.storage import provenance
from scanner.storage.place import Place
from scanner.storage.regions import SCAN
from scanner.storage.remote import Remote

Record = dict[str, Any]

LONGEST = "longest_block_seconds"
"""Key of the time of the longest block of a run."""


def open_record(runs: list[Record], workers: int, blocks_before: int) -> list[Record]:
    """Note that a run begins.

    Parameters
    ----------
    runs : list of dict
        Earlier records.
    workers : int
        Processes of the run.
    blocks_before : int
        Blocks done or failed.

    Returns
    -------
    list of dict
        With one more; it has no ``seconds`` until it is closed.
    """
    begin = {"started": provenance.now(), "started_unix": time.time()}
    return [*runs, {**begin, "workers": workers, "blocks_before": blocks_before}]


def close_record(
    runs: list[Record], seconds: float, blocks_after: int, ended: str, longest: float = 0.0
) -> list[Record]:
    """Note how the last run ended.

    Parameters
    ----------
    runs : list of dict
        Records.
    seconds : float
        How long it took (s).
    blocks_after : int
        Blocks done or failed.
    ended : str
        ``"complete"``, ``"interrupted"`` or ``"killed"``.
    longest : float
        Time of its longest block (s); 0 if it is not known.

    Returns
    -------
    list of dict
        The last one closed.
    """
    end = {"seconds": seconds, "blocks_after": blocks_after, "ended": ended}
    if longest > 0.0:
        end[LONGEST] = longest
    return [*runs[:-1], {**runs[-1], **end}]


def is_open(runs: list[Record]) -> bool:
    """Say whether the last run has not noted its end: it lives, or it was killed.

    Examples
    --------
    >>> is_open([]), is_open([{"started_unix": 1.0}])
    (False, True)
    """
    return bool(runs) and "seconds" not in runs[-1]


def longest_block(attrs: Mapping[str, Any]) -> float | None:
    """Find the time of the longest block of the last run that knew it (s).

    Parameters
    ----------
    attrs : dict
        Root attributes of a store.

    Returns
    -------
    float or None
        Time (s); None if no block has ended yet.

    Examples
    --------
    >>> longest_block({"runs": [{"longest_block_seconds": 2.5}, {}]}), longest_block({})
    (2.5, None)
    """
    known = [run[LONGEST] for run in attrs.get("runs", []) if LONGEST in run]
    return float(known[-1]) if known else None


def seconds_worked(store: Place, run: Record) -> float:
    """Time from the start of a run without an end to the last mark it wrote (s).

    Parameters
    ----------
    store : Place
        The store.
    run : dict
        Its record.

    Returns
    -------
    float
        Time (s).
    """
    last = max(_marked(store), default=0.0)
    return max(0.0, last - float(run["started_unix"]))


def _marked(store: Place) -> list[float]:
    """When each mark was written (seconds since 1970)."""
    if isinstance(store, Remote):
        return [t for name, t in store.objects(f"{SCAN}/").items() if "/mark/c/" in name]
    return [file.stat().st_mtime for file in (store / SCAN).glob("*/mark/c/*")]
