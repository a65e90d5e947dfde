"""Read a store that its writer may replace meanwhile: sealed, extended, or opened again."""

from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from scanner.storage import swap
from scanner.storage.place import Place
from scanner.storage.remote import Remote

ATTEMPTS = 5
"""How often a store may be replaced under a reader before it gives up."""

T = TypeVar("T")


def steadily(path: Place, read: Callable[[Place], T]) -> T:
    """Read a store as a whole, from the start again if it was replaced on the way.

    Parameters
    ----------
    path : Place
        The store.
    read : callable
        Takes where the store is, which for a moment may be another place.

    Returns
    -------
    T
        What `read` returned while the store stayed where and what it was.

    Examples
    --------
    >>> steadily(Path("no.zarr"), str)
    'no.zarr'
    """
    for _ in range(ATTEMPTS):
        before = _where(path)
        try:
            found = read(before[0])
        except Exception:
            if _where(path) == before:
                raise
        else:
            if _where(path) == before:
                return found
    return read(path)


def _where(path: Place) -> tuple[Place, int | None]:
    """Give the place of a store, and what tells it from one that was built beside it."""
    if isinstance(path, Remote):  # nothing is ever built beside it
        return path, None
    place = swap.present(path)
    return place, _folder(place)


def _folder(path: Path) -> int | None:
    """Give the number of a folder on its disk, which a store built beside it does not share."""
    try:
        return path.stat().st_ino
    except FileNotFoundError:
        return None
