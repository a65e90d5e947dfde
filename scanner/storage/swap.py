"""Replace a whole store at once: build the new one beside it, rename, recover after a kill.

``scan.zarr`` may have two hidden neighbours. ``.scan.zarr.next`` is a store being built; it counts
for nothing until it has been renamed. ``.scan.zarr.old`` is a store that has just been replaced.
"""

import os
import shutil
from pathlib import Path


def next_path(store: Path) -> Path:
    """Where the successor of a store is built."""
    return store.with_name(f".{store.name}.next")


def old_path(store: Path) -> Path:
    """Where a replaced store waits to be removed."""
    return store.with_name(f".{store.name}.old")


def present(store: Path) -> Path:
    """Where a reader finds a store: in its place, or beside it if a swap was cut short.

    Parameters
    ----------
    store : Path
        Path of the store.

    Returns
    -------
    Path
        `store`, or `old_path` of it if only that exists.
    """
    replaced = old_path(store)
    return replaced if not store.exists() and replaced.exists() else store


def recover(store: Path) -> None:
    """Bring a store and its neighbours into order after a run was killed at any moment.

    Parameters
    ----------
    store : Path
        Path of the store; the caller holds its lock.
    """
    successor, replaced = next_path(store), old_path(store)
    if not store.exists() and replaced.exists():
        # killed between the two renames, which happens only when the successor is complete
        (successor if successor.exists() else replaced).rename(store)
    for leftover in (successor, replaced):
        if leftover.exists():
            shutil.rmtree(leftover)


def replace(store: Path) -> None:
    """Put the finished successor in the place of the store (which need not exist).

    Parameters
    ----------
    store : Path
        Path of the store; the caller holds its lock.
    """
    successor, replaced = next_path(store), old_path(store)
    if store.exists():
        store.rename(replaced)
    successor.rename(store)
    if replaced.exists():
        shutil.rmtree(replaced)


def flush(folder: Path) -> None:
    """Ask the disk to keep every file below `folder`, before the only other copy goes.

    Parameters
    ----------
    folder : Path
        Folder of a few files, such as a sealed store.
    """
    for path in [*folder.rglob("*"), folder]:
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
