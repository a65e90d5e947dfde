"""A scan by processes that know nothing of each other, as the elements of a job array are.

Each computes every n-th block of the store and nothing else. None has the store for itself: the
first one makes it, all declare themselves its workers, and none writes anything but its own blocks.
Whoever runs the scan afterwards finds what is done, computes what is not, and makes the limits.
"""

import time
from collections.abc import Collection, Mapping, Sequence
from typing import Any

from jobs.clusters import load as load_site
from scanner.blocks.blocks import Evaluate, GroupSpec
from scanner.execution.ending import Clock
from scanner.execution.execute import Run, RunSummary, count
from scanner.execution.progress import Reporter, Silent
from scanner.storage import identity as identities
from scanner.storage import resume
from scanner.storage.create import full_identity
from scanner.storage.lock import Attachment, StoreBusyError
from scanner.storage.place import Place, has_store, require_writable
from scanner.storage.resume import Share
from scanner.storage.settle import is_taken
from scanner.storage.store import Store, open_or_create

JOIN_SECONDS = 120.0
"""Longest wait for another element that makes the store."""


def join(
    path: Place,
    groups: Sequence[GroupSpec],
    identity: identities.Identity,
    *,
    attrs: Mapping[str, Any] | None = None,
    seconds: float = JOIN_SECONDS,
) -> Store:
    """Open a store together with others; make it if nobody has.

    Parameters
    ----------
    path : Place
        The store.
    groups : sequence of GroupSpec
        What to compute.
    identity : mapping
        What else fixes the numbers.
    attrs : mapping, optional
        Further root attributes of a new store.
    seconds : float
        Longest wait for a process that has it for itself (s).

    Returns
    -------
    Store
        In which this process may write blocks of its share.

    Raises
    ------
    InputError
        If the store was made from something else.
    StoreBusyError
        If a client is scanning it.
    """
    require_writable(path)
    deadline = time.monotonic() + seconds
    while True:
        try:
            if not has_store(path):
                open_or_create(path, groups, identity, attrs=attrs).close()
            store = Store(path, Attachment(path))
            if is_taken(path):  # made this moment, or a client is at work
                store.close()
                raise StoreBusyError(
                    f"{path} is being scanned by another process; an element of a job array cannot "
                    "help it: wait for it to end or stop it"
                )
        except StoreBusyError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.1)
            continue
        try:
            identities.require_same(str(path), store.identity, full_identity(groups, identity))
        except BaseException:
            store.close()
            raise
        return store


def run_share(
    store: Store,
    evaluate: Evaluate,
    share: Share,
    *,
    retry: Collection[str] = (),
    reporter: Reporter | None = None,
    clock: Clock | None = None,
) -> RunSummary:
    """Compute what a store lacks of one share of its blocks, in this process.

    Parameters
    ----------
    store : Store
        Opened by `join`.
    evaluate : Evaluate
        Computes a block.
    share : (int, int)
        Number of this process and of all of them.
    retry : collection of str
        ``"failed"`` and ``"unconverged"``: computed again.
    reporter : Reporter, optional
        Told how it goes; silent by default.
    clock : Clock, optional
        When to end at the latest; never by default.

    Returns
    -------
    RunSummary
        Of the share.
    """
    resume.require_retry(retry)
    begin = time.monotonic()
    summary = RunSummary()
    if not store.sealed:
        pending = resume.pending(store, retry, share)
        run = Run(store, evaluate, reporter or Silent(), clock or Clock())
        summary = run.compute(pending, load_site("local"), workers=0)
    summary.seconds = time.monotonic() - begin
    return count(store, summary, share)
