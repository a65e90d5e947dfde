"""One writer per store on an object store: a lock that has to be renewed.

An object beside the store says who writes. Its writer renews it; a writer that was killed does not,
and after `EXPIRES_SECONDS` without renewal the next one takes over. No clocks are compared: whoever
waits counts by its own. Every change of the object is conditional on its last version, so that of
two who want it one gets it.
"""

import json
import os
import platform
import signal
import threading
import time
import uuid
from contextlib import suppress

from physics.errors import InputError
from scanner.storage.lock import Held, StoreBusyError
from scanner.storage.remote import Remote, RemoteError

RENEW_SECONDS = 5.0
"""How often a writer renews its lock."""

EXPIRES_SECONDS = 20.0
"""How long a lock holds without renewal; a few renewals may fail."""


def lease_place(store: Remote) -> Remote:
    """Lock of a store: ``scan.zarr.lock`` beside ``scan.zarr``."""
    return Remote(f"{store}.lock")


class Lease(Held):
    """Exclusive right to write one store on an object store.

    Parameters
    ----------
    store : Remote
        The store; need not exist yet.

    Raises
    ------
    StoreBusyError
        On entering, if another process renews the lock.
    """

    def __init__(self, store: Remote) -> None:
        self.store = store
        self._place = lease_place(store)
        self._id = uuid.uuid4().hex
        self._renewals = 0
        self._tag: str | None = None
        self._ended = threading.Event()
        self._thread: threading.Thread | None = None

    def acquire(self) -> None:
        """Take the lock; wait for that of a killed writer to expire."""
        self._tag = self._put(IfNoneMatch="*")
        while self._tag is None:
            stale = self._await_expiry()
            self._tag = self._put(IfMatch=stale) if stale else self._put(IfNoneMatch="*")
        if self._place.write_bytes(self._text(), IfNoneMatch="*") is not None:
            raise InputError(
                f"{self.store}: its server ignores conditional writes (If-None-Match), without "
                "which two writers would not notice each other; scan to a disk and copy the store"
            )
        self._ended.clear()
        self._thread = threading.Thread(target=self._keep, name="hnlscan-lease", daemon=True)
        self._thread.start()

    def release(self) -> None:
        """Stop renewing and give the lock back."""
        if self._thread is not None:
            self._ended.set()
            self._thread.join()
            self._thread = None
        if self._tag is not None:
            self._tag = None
            with suppress(FileNotFoundError, RemoteError):  # then it expires by itself
                if json.loads(self._place.read_bytes())["id"] == self._id:
                    self._place.remove()

    def require(self) -> None:
        """Refuse to go on if the lock was lost.

        Raises
        ------
        StoreBusyError
            If it could not be renewed in time.
        """
        if self._tag is None:
            raise StoreBusyError(
                f"{self.store}: the lock could not be renewed for {EXPIRES_SECONDS:g} s, and "
                "another process may write; run the same command again to go on"
            )

    def _await_expiry(self) -> str | None:
        """Watch the lock of another writer until it is gone (None) or expired (its tag)."""
        tag = _tag(self._place)
        deadline = time.monotonic() + EXPIRES_SECONDS
        while tag is not None and time.monotonic() < deadline:
            time.sleep(RENEW_SECONDS / 5)
            found = _tag(self._place)
            if found not in (tag, None):
                raise StoreBusyError(
                    f"{self.store} is being written by {_writer(self._place)}; wait for it to end "
                    "or stop it"
                )
            tag = found
        return tag

    def _keep(self) -> None:
        """Renew the lock until it is released; stop the program if it is lost."""
        renewed = time.monotonic()
        while not self._ended.wait(RENEW_SECONDS):
            self._renewals += 1
            tag = self._tag
            with suppress(RemoteError):  # a server may be away for a moment
                tag = self._put(IfMatch=self._tag or "")
                renewed = time.monotonic()
            if tag is None or time.monotonic() - renewed > EXPIRES_SECONDS:
                self._tag = None
                if callable(signal.getsignal(signal.SIGTERM)):  # a scan ends in good order
                    os.kill(os.getpid(), signal.SIGTERM)
                return
            self._tag = tag

    def _put(self, **condition: str) -> str | None:
        """Write the lock if the condition holds; its new tag, or None."""
        tag = self._place.write_bytes(self._text(), **condition)
        if tag is None:
            with suppress(FileNotFoundError):  # the answer to a first attempt may have been lost
                tag = self._place.tag() if self._place.read_bytes() == self._text() else None
        return tag

    def _text(self) -> bytes:
        """Who writes; different at each renewal, since equal contents may have equal tags."""
        who = f"process {os.getpid()} on {platform.node()}"
        return json.dumps({"id": self._id, "writer": who, "renewals": self._renewals}).encode()


def is_leased(store: Remote) -> bool:
    """Say whether some process seems to write the store, by the clocks of server and reader.

    Parameters
    ----------
    store : Remote
        The store.

    Returns
    -------
    bool
        True while a writer lives and for `EXPIRES_SECONDS` after it was killed.
    """
    if not store.writable:
        return False
    try:
        return time.time() - lease_place(store).modified() < EXPIRES_SECONDS
    except FileNotFoundError:
        return False


def _tag(place: Remote) -> str | None:
    """Tag of the lock, None if it is gone."""
    try:
        return place.tag()
    except FileNotFoundError:
        return None


def _writer(place: Remote) -> str:
    """Who holds the lock."""
    try:
        return str(json.loads(place.read_bytes())["writer"])
    except (FileNotFoundError, ValueError, KeyError):
        return "another process"
