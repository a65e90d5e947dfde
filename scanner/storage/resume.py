"""Which blocks of a store are still to be computed."""

from collections.abc import Collection, Mapping

import numpy as np

from physics.errors import InputError, nearest
from scanner.blocks.blocks import STATUS, UNCONVERGED
from scanner.storage.regions import BROKEN, TO_DO, Marks, Regions
from scanner.storage.store import Store

RETRY = ("failed", "unconverged")
"""What can be computed again."""

Pending = Mapping[str, Marks]
"""Numbers of the blocks to compute, by group."""

Share = tuple[int, int]
WHOLE: Share = (0, 1)
"""All blocks: one process computes what is to do."""


def require_retry(names: Collection[str]) -> None:
    """Check what a user asked to compute again.

    Parameters
    ----------
    names : collection of str
        Some of `RETRY`.

    Raises
    ------
    InputError
        On any other name.

    Examples
    --------
    >>> require_retry({"failed"})
    """
    for name in names:
        if name not in RETRY:
            raise InputError(
                f"retry was given {name!r}; allowed are {' and '.join(RETRY)}{nearest(name, RETRY)}"
            )


def candidates(store: Store, retry: Collection[str]) -> int:
    """Count finished blocks that `retry` would compute again.

    Parameters
    ----------
    store : Store
        The store; not changed.
    retry : collection of str
        Some of `RETRY`.

    Returns
    -------
    int
        Number of blocks.
    """
    return sum(
        len(_again(store.regions(name), store.regions(name).marks(), retry))
        for name in store.layouts
    )


def pending(store: Store, retry: Collection[str] = (), share: Share = WHOLE) -> Pending:
    """Find the blocks to compute, and reset the marks of those computed before.

    Every mark is verified: a block whose data are not those it was marked with is computed again.

    Parameters
    ----------
    store : Store
        The store.
    retry : collection of str
        Some of `RETRY`. Of failed blocks only the points that failed are computed.
    share : (int, int)
        Number of this process and of all processes that share the blocks; others are left alone.

    Returns
    -------
    dict of str to ndarray of int
        Numbers of the blocks, by group.
    """
    return {name: _pending(store.regions(name), retry, share) for name in store.layouts}


def _pending(regions: Regions, retry: Collection[str], share: Share) -> Marks:
    """Numbers of the blocks to compute of one group."""
    marks = regions.marks()
    mine = np.arange(len(marks)) % share[1] == share[0]
    if "failed" in retry:
        for index in np.flatnonzero(mine & (marks == BROKEN)).tolist():
            regions.retry(regions.layout.block(index))
            marks[index] = TO_DO
    done = np.flatnonzero(mine & (marks >= 0)).tolist()
    for index in done:
        again = "unconverged" in retry and _has_status(regions) and _unconverged(regions, index)
        if again or not regions.verified(regions.layout.block(index), int(marks[index])):
            regions.reset(regions.layout.block(index))
            marks[index] = TO_DO
    return np.flatnonzero(mine & (marks == TO_DO) & (regions.asked() > 0))


def _again(regions: Regions, marks: Marks, retry: Collection[str]) -> set[int]:
    """Finished blocks to compute again on request."""
    found: set[int] = set()
    if "failed" in retry:
        found.update(np.flatnonzero(marks == BROKEN).tolist())
    if "unconverged" in retry and _has_status(regions):
        done = np.flatnonzero(marks >= 0).tolist()
        found.update(index for index in done if _unconverged(regions, index))
    return found


def _has_status(regions: Regions) -> bool:
    """Whether the group says of every point how it went."""
    return any(spec.name == STATUS for spec in regions.layout.spec.arrays)


def _unconverged(regions: Regions, index: int) -> bool:
    """Whether a block holds a point that did not converge; a damaged one is found elsewhere."""
    block = regions.layout.block(index)
    try:
        status = np.asarray(regions.array(STATUS)[block.slices])
    except Exception:  # noqa: BLE001 - whatever a damaged chunk raises means the same
        return False
    return bool((status == UNCONVERGED).any())
