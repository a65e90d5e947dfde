"""Take over a store from whoever wrote it before, however they ended."""

from pathlib import Path

from physics.errors import InputError
from scanner.storage import records, swap
from scanner.storage.attributes import read_attrs, read_layouts
from scanner.storage.lease import Lease, is_leased
from scanner.storage.lock import WriterLock, is_locked, wait_for_orphans
from scanner.storage.place import Place, has_store, require_writable, update_attrs
from scanner.storage.regions import TO_DO, Regions
from scanner.storage.remote import Remote


def take_lock(path: Place) -> WriterLock | Lease:
    """Become the writer of a store that may not exist yet.

    Parameters
    ----------
    path : Place
        The store.

    Returns
    -------
    WriterLock or Lease
        Held.

    Raises
    ------
    InputError
        If another process writes the store, or nobody can.
    """
    if isinstance(path, Remote):
        require_writable(path)
        lease = Lease(path)
        lease.acquire()
        return lease
    lock = WriterLock(path)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        lock.acquire()
    except OSError as error:
        raise InputError(
            f"{path} cannot be written: {error.strerror}; choose another --out"
        ) from error
    return lock


def is_taken(path: Place) -> bool:
    """Say whether some process writes a store, or is about to make it.

    Parameters
    ----------
    path : Place
        The store.

    Returns
    -------
    bool
        As far as locks tell.
    """
    return is_leased(path) if isinstance(path, Remote) else is_locked(path)


def settle(path: Place) -> bool:
    """Bring what an earlier run left at `path` into order; the caller holds the lock.

    Parameters
    ----------
    path : Place
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
    # on an object store nothing is ever half done, and the lock outlives the workers
    there = has_store(path) if isinstance(path, Remote) else _settle_files(path)
    if there:
        runs = read_attrs(path).get("runs", [])
        if records.is_open(runs):
            _close_killed(path, runs)
    return there


def _settle_files(path: Path) -> bool:
    """Undo what was left half done on a disk; whether anything is there."""
    swap.recover(path)
    if not path.exists():
        return False
    read_attrs(path)
    wait_for_orphans(path)
    for torn in path.rglob("*.partial"):
        torn.unlink(missing_ok=True)
    return True


def _close_killed(path: Place, runs: list[records.Record]) -> None:
    """Note the end of a run that could not do so itself."""
    seconds = records.seconds_worked(path, runs[-1])
    ended = 0
    for layout in read_layouts(path).values():
        ended += int((Regions(path, layout, mode="r").marks() != TO_DO).sum())
    update_attrs(path, runs=records.close_record(runs, seconds, ended, "killed"))
