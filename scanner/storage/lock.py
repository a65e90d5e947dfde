"""One writer per store, and no worker of a dead run left behind.

The lock of the writer is a file next to the store, since the store itself is replaced by renaming
when it is extended or sealed. Workers hold a shared lock on the folder of the store for as long as
they live: whoever becomes the next writer waits until workers orphaned by a killed client are gone.
"""

import errno
import fcntl
import os
import time
from abc import ABC, abstractmethod
from pathlib import Path
from types import TracebackType
from typing import Self

from physics.errors import InputError
from scanner.storage.remote import Remote

ORPHAN_SECONDS = 30.0
"""How long to wait for the workers of a killed run; they leave within a few seconds."""

PATIENCE_SECONDS = 0.5
"""A reader that asks whether the store is locked holds the lock for an instant: not a writer."""

_UNSUPPORTED = {errno.ENOLCK, errno.ENOSYS, errno.EOPNOTSUPP, errno.EBADF, errno.EINVAL}


class StoreBusyError(InputError):
    """Another process writes this store."""


def lock_path(store: Path) -> Path:
    """Lock file of a store: ``scan.zarr.lock`` beside ``scan.zarr``."""
    return store.with_name(store.name + ".lock")


class Held(ABC):
    """A right to write one store, had inside a `with` block or between `acquire` and `release`."""

    def __enter__(self) -> Self:
        self.acquire()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.release()

    @abstractmethod
    def acquire(self) -> None:
        """Take the right or raise StoreBusyError."""

    @abstractmethod
    def release(self) -> None:
        """Give the right back."""


class WriterLock(Held):
    """Exclusive right to write one store, until closed or until the process ends in any way.

    Parameters
    ----------
    store : Path
        Path of the store; need not exist yet.

    Raises
    ------
    StoreBusyError
        On entering, if another process holds the lock.
    """

    def __init__(self, store: Path) -> None:
        self.store = store
        self._descriptor: int | None = None

    def acquire(self) -> None:
        """Take the lock or raise StoreBusyError."""
        path = lock_path(self.store)
        while self._descriptor is None:
            descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
            try:
                _flock_now(descriptor, self.store)
            except InputError:
                os.close(descriptor)
                raise
            if _same_file(descriptor, path):
                self._descriptor = descriptor
            else:  # the previous writer removed the file between our open and our lock
                os.close(descriptor)
        os.ftruncate(self._descriptor, 0)
        os.write(self._descriptor, f"{os.getpid()}\n".encode())

    def require(self) -> None:
        """Do nothing: what the system locked stays locked."""

    def release(self) -> None:
        """Give the lock back and remove its file."""
        if self._descriptor is not None:
            lock_path(self.store).unlink(missing_ok=True)
            os.close(self._descriptor)
            self._descriptor = None


def is_locked(store: Path) -> bool:
    """Say whether some process is writing the store.

    Parameters
    ----------
    store : Path
        Path of the store.

    Returns
    -------
    bool
        True while a writer lives.
    """
    try:
        descriptor = os.open(lock_path(store), os.O_RDONLY | os.O_CLOEXEC)
    except FileNotFoundError:
        return False
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except OSError:
        return True
    finally:
        os.close(descriptor)
    return False


def attach_worker(store: Path | Remote) -> int | None:
    """Declare this process a worker of the store for the rest of its life.

    Parameters
    ----------
    store : Path or Remote
        The store.

    Returns
    -------
    int or None
        Descriptor that carries the lock; None where folders cannot be locked.
    """
    if isinstance(store, Remote):
        return None
    descriptor = os.open(store, os.O_RDONLY | os.O_CLOEXEC)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH)
    except OSError as error:
        os.close(descriptor)
        if error.errno in _UNSUPPORTED:
            return None
        raise
    return descriptor


class Attachment:
    """Declares this process a worker of the store, in place of the right to write it alone.

    Parameters
    ----------
    store : Path or Remote
        The store.
    """

    def __init__(self, store: Path | Remote) -> None:
        self._descriptor = attach_worker(store)

    def require(self) -> None:
        """Do nothing: blocks of a share are written by nobody else."""

    def release(self) -> None:
        """Be a worker no longer."""
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None


def has_workers(store: Path) -> bool:
    """Say whether workers of the store are alive, with or without a client.

    Parameters
    ----------
    store : Path
        Path of the store.

    Returns
    -------
    bool
        Never True where folders cannot be locked.
    """
    try:
        descriptor = os.open(store, os.O_RDONLY | os.O_CLOEXEC)
    except FileNotFoundError:
        return False
    try:
        return not _try_exclusive(descriptor)
    finally:
        os.close(descriptor)


def wait_for_orphans(store: Path, seconds: float = ORPHAN_SECONDS) -> None:
    """Wait until no worker of an earlier run is alive.

    Parameters
    ----------
    store : Path
        Path of the store; the caller holds its `WriterLock`.
    seconds : float
        Longest wait (s).

    Raises
    ------
    StoreBusyError
        If workers are still there afterwards.
    """
    descriptor = os.open(store, os.O_RDONLY | os.O_CLOEXEC)
    deadline = time.monotonic() + seconds
    try:
        while not _try_exclusive(descriptor):
            if time.monotonic() > deadline:
                raise StoreBusyError(
                    f"{store}: workers of an earlier run are still alive after {seconds:g} s; "
                    "end them and start again"
                )
            time.sleep(0.05)
    finally:
        os.close(descriptor)


def _try_exclusive(descriptor: int) -> bool:
    """Whether nobody else holds a lock on the open file."""
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError as error:
        if error.errno not in _UNSUPPORTED:
            raise
    return True


def _flock_now(descriptor: int, store: Path) -> None:
    """Lock an open file or say in one sentence why not."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while True:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            if time.monotonic() < deadline:
                time.sleep(0.05)
                continue
            writer = os.pread(descriptor, 32, 0).decode(errors="replace").strip() or "unknown"
            raise StoreBusyError(
                f"{store} is being written by process {writer}; wait for it to end or stop it"
            ) from error
        except OSError as error:
            raise InputError(
                f"{store}: its file system cannot lock files ({error.strerror}), and two writers "
                "would destroy a store; put it on another file system"
            ) from error
        return


def _same_file(descriptor: int, path: Path) -> bool:
    """Whether `path` still names the open file."""
    try:
        found = path.stat()
    except FileNotFoundError:
        return False
    return os.path.samestat(os.fstat(descriptor), found)
