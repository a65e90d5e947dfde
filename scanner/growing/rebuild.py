"""Build a store anew beside itself from what it and others know, and put it in its place.

A block that is known completely is taken over with its mark; of the others whatever is known goes
along, and `evaluate` is given it. Derived groups, such as limits, are not taken over: they follow
from the new numbers. Killed at any moment, the store is as before or rebuilt.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import zarr

from scanner.blocks.blocks import Layout
from scanner.growing.donors import Donor, Together
from scanner.storage import identity as identities
from scanner.storage import swap
from scanner.storage.create import build
from scanner.storage.place import on_disk
from scanner.storage.regions import Regions
from scanner.storage.store import Store

Attrs = Mapping[str, Any]

_NOT_KEPT = {"format", "groups", "identity", "sealed"}


def rebuild(
    store: Store,
    planned: Sequence[Layout],
    wanted: identities.Identity,
    donors: Sequence[Donor],
    attrs: Callable[[Attrs], Attrs],
) -> None:
    """Build the new store with all that is known and put it in place.

    Parameters
    ----------
    store : Store
        Open; not sealed and without derived groups afterwards.
    planned : sequence of Layout
        The groups of the new store.
    wanted : mapping
        Its full identity.
    donors : sequence of Donor
        Where numbers come from, usually the store itself first.
    attrs : callable
        Given the root attributes of the old store, makes those to add; called when all points
        have been counted.

    Raises
    ------
    InputError
        If two donors disagree on a point, or one was replaced meanwhile.
    """
    path, old = on_disk(store.path, "rebuilt"), store.attrs
    kept = {key: value for key, value in old.items() if key not in _NOT_KEPT}
    build(path, planned, wanted, kept)
    successor = swap.next_path(path)
    for layout in planned:
        _take_over(Regions(successor, layout), donors)
    for donor in donors:
        donor.require_unmoved()
    root = zarr.open_group(successor, mode="r+", use_consolidated=False)
    root.update_attributes(dict(attrs(old)))
    swap.replace(path)
    store.reload()


def _take_over(new: Regions, donors: Sequence[Donor]) -> None:
    """Fill in what is known of one group."""
    together = Together(new.layout.spec, donors)
    for block in new.layout.blocks():
        found = together.find(block)
        if found is None:
            continue
        if found.whole and bool(found.known.all()):
            new.write(block, found.values)
        else:
            new.write_known(block, found.values)
