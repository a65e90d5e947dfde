"""Take over a store from whoever wrote it before, however they ended."""

from pathlib import Path

import zarr

from physics.errors import InputError
from scanner import records, swap
from scanner.attributes import read_attrs, read_layouts
from scanner.lock import WriterLock, wait_for_orphans
from scanner.regions import TO_DO, Regions


def take_lock(path: Path) -> WriterLock:
    """Become the writer of a store that may not exist yet.

    Parameters
    ----------
    path : Path
        The store.

    Returns
    -------
    WriterLock
        Held.
    """
    lock = WriterLock(path)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        lock.acquire()
    except OSError as error:
        raise InputError(
            f"{path} cannot be written: {error.strerror}; choose another --out"
        ) from error
    return lock


def settle(path: Path) -> bool:
    """Bring what an earlier run left at `path` into order; the caller holds the lock.

    Parameters
    ----------
    path : Path
        The store.

    Returns
    -------
    bool
        Whether there is a store.

    Raises
    ------
    InputError
        If something else is there.
    """
    swap.recover(path)
    if not path.exists():
        return False
    runs = read_attrs(path).get("runs", [])
    wait_for_orphans(path)
    if records.is_open(runs):
        _close_killed(path, runs)
    for torn in path.rglob("*.partial"):
        torn.unlink(missing_ok=True)
    return True


def _close_killed(path: Path, runs: list[records.Record]) -> None:
    """Note the end of a run that could not do so itself."""
    seconds = records.seconds_worked(path, runs[-1])
    ended = 0
    for layout in read_layouts(path).values():
        ended += int((Regions(path, layout, mode="r").marks() != TO_DO).sum())
    runs = records.close_record(runs, seconds, ended, "killed")
    zarr.open_group(path, mode="r+", use_consolidated=False).update_attributes({"runs": runs})
