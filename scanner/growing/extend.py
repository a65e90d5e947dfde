"""Add axis values or trailing entries (new experiments) to a store; compute nothing twice."""

from collections.abc import Mapping, Sequence
from typing import Any

from scanner.blocks import plan
from scanner.blocks.blocks import GroupSpec, Layout
from scanner.growing.donors import Donor
from scanner.growing.rebuild import Attrs, rebuild
from scanner.storage import identity as identities
from scanner.storage import layouts, objects, provenance
from scanner.storage.create import full_identity
from scanner.storage.place import Place, on_disk, parse
from scanner.storage.remote import Remote
from scanner.storage.settle import settle, take_lock
from scanner.storage.store import Store, make


def extend(
    path: Place | str,
    groups: Sequence[GroupSpec],
    identity: identities.Identity,
    *,
    attrs: Mapping[str, Any] | None = None,
) -> Store:
    """Open a store for a grid that holds all it was made for and more; make it if there is none.

    Parameters
    ----------
    path : Place or str
        On a disk: the store, sealed or not.
    groups : sequence of GroupSpec
        What to compute: the axes and coordinates of the store, with or without new values, and
        possibly new groups.
    identity : mapping
        What else fixes the numbers; only below `identity.EXTENDABLE` may it have new entries.
    attrs : mapping, optional
        Further root attributes.

    Returns
    -------
    Store
        Locked until closed; failed blocks of the old store are to do again.

    Raises
    ------
    InputError
        If anything the store was made with is missing or different.
    """
    path = on_disk(parse(path), "extended")
    wanted = full_identity(groups, identity)
    lock = take_lock(path)
    try:
        if not settle(path):
            return make(path, lock, groups, wanted, attrs or {})
        store = Store(path, lock)
        if store.identity != wanted:
            identities.require_extension(str(path), store.identity, wanted)
            _grow(store, groups, wanted, attrs or {})
    except BaseException:
        lock.release()
        raise
    return store


def unseal(store: Store) -> None:
    """Bring a sealed store back into the form that workers can write.

    Parameters
    ----------
    store : Store
        Sealed; afterwards not, and without derived groups.
    """
    if isinstance(store.path, Remote):
        store.require_lock()
        objects.unseal(store.path)
        return
    itself = Donor(on_disk(store.path, "unsealed"))
    rebuild(store, list(store.layouts.values()), store.identity, [itself], lambda old: {})


def _grow(
    store: Store, groups: Sequence[GroupSpec], wanted: identities.Identity, attrs: Attrs
) -> None:
    """Make the larger store of what the old one knows, and record what it was."""
    itself = Donor(on_disk(store.path, "extended"))

    def record(old: Attrs) -> Attrs:
        extension = {
            "time": provenance.now(),
            "identity_before": old["identity"],
            "points": dict(itself.points),
        }
        return {"extensions": [*old.get("extensions", []), extension], **attrs}

    rebuild(store, [_layout(store, spec) for spec in groups], wanted, [itself], record)


def _layout(store: Store, spec: GroupSpec) -> Layout:
    """Keep the blocks of a group whose points stay as they are; cut the others anew."""
    old = store.layouts.get(spec.name)
    if old and layouts.group_identity(old.spec) == layouts.group_identity(spec):
        return Layout(spec, old.block_shape)
    return plan.layout(spec)
