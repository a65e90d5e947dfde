"""The zarr store of a scan: made once, resumed only by what made it, written by one process.

Arrays are written by `scanner.storage.regions`; this module makes, opens and describes the store.
"""

import json
from collections.abc import Mapping, Sequence
from types import TracebackType
from typing import Any, Self

import xarray as xr

from physics.errors import InputError
from scanner.blocks import plan
from scanner.blocks.blocks import GroupSpec
from scanner.storage import identity as identities
from scanner.storage import objects, provenance, swap
from scanner.storage.attributes import read_attrs, read_layouts
from scanner.storage.create import build, full_identity
from scanner.storage.lease import Lease
from scanner.storage.lock import Attachment, WriterLock
from scanner.storage.place import Place, labelled, parse, update_attrs, zarr_store
from scanner.storage.regions import RESPONSE, Regions
from scanner.storage.remote import Remote
from scanner.storage.settle import settle, take_lock


class Store:
    """A store open for writing, by this process alone or with others that have their share.

    Use it in a ``with`` statement.

    Parameters
    ----------
    path : Place
        The store.
    lock : WriterLock, Attachment or Lease
        Lock that is held.
    """

    def __init__(self, path: Place, lock: WriterLock | Attachment | Lease) -> None:
        self.path = path
        self._lock = lock
        self.layouts = read_layouts(path)
        self._regions: dict[str, Regions] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Let other processes write."""
        self._lock.release()

    def require_lock(self) -> None:
        """Refuse to go on if the store may have another writer by now."""
        self._lock.require()

    @property
    def attrs(self) -> dict[str, Any]:
        """Attributes of the root."""
        return read_attrs(self.path)

    @property
    def sealed(self) -> bool:
        """Whether the store is complete, in its final form, and not to be changed."""
        return bool(self.attrs.get("sealed", False))

    @property
    def identity(self) -> dict[str, Any]:
        """What fixes the numbers."""
        found: dict[str, Any] = json.loads(self.attrs["identity"])
        return found

    def regions(self, group: str) -> Regions:
        """Give the handles on the blocks of a group."""
        if group not in self._regions:
            self._regions[group] = Regions(self.path, self.layouts[group])
        return self._regions[group]

    def reload(self) -> None:
        """Forget what was read, after the store was replaced."""
        self.layouts = read_layouts(self.path)
        self._regions.clear()

    def response(self, group: str) -> xr.Dataset:
        """Open the arrays of a group, labelled; they are read when used."""
        return labelled(self.path, f"{RESPONSE}/{group}")

    def update_attrs(self, **attrs: Any) -> None:
        """Add root attributes."""
        self.require_lock()
        update_attrs(self.path, **attrs)

    def write_dataset(self, group: str, dataset: xr.Dataset) -> None:
        """Write a labelled result, replacing what was there.

        Parameters
        ----------
        group : str
            Where to, such as ``"sbnd"`` or ``"contours"``.
        dataset : xarray.Dataset
            The result, in memory.

        Raises
        ------
        InputError
            If the store is sealed.
        """
        self.require_open()
        write_group(self.path, group, dataset)

    def require_open(self) -> None:
        """Raise InputError if the store is sealed, or may have another writer by now."""
        if self.sealed:
            raise InputError(
                f"{self.path} is sealed and is not changed; write to a new store (--out)"
            )
        self.require_lock()


def write_group(path: Place, group: str, dataset: xr.Dataset) -> None:
    """Write a labelled dataset into a folder in zarr format, replacing what was there.

    Parameters
    ----------
    path : Place
        A store.
    group : str
        Where to in it.
    dataset : xarray.Dataset
        In memory.
    """
    _plain_strings(dataset).to_zarr(
        zarr_store(path, "w"), group=group, mode="w", consolidated=False, zarr_format=3
    )


def open_or_create(
    path: Place | str,
    groups: Sequence[GroupSpec],
    identity: identities.Identity,
    *,
    accept_version: bool = False,
    attrs: Mapping[str, Any] | None = None,
) -> Store:
    """Make a store, or open the one that is there if it was made from the same.

    Parameters
    ----------
    path : Place or str
        The store; a path or a URL.
    groups : sequence of GroupSpec
        What to compute; block sizes of an existing store stay.
    identity : mapping
        Everything that fixes the numbers, as JSON types; axes, coordinates and digests of `groups`
        are added.
    accept_version : bool
        Go on although the keys `identity.VERSIONS` differ; recorded in the root attributes.
    attrs : mapping, optional
        Further root attributes of a new store, such as ``title``.

    Returns
    -------
    Store
        Locked until closed.

    Raises
    ------
    InputError
        If another process writes the store, if it was made from something else, or if `path` is
        not a store.
    """
    path = parse(path)
    wanted = full_identity(groups, identity)
    lock = take_lock(path)
    try:
        if settle(path):
            store = Store(path, lock)
            _require_same(store, wanted, accept_version)
        else:
            store = make(path, lock, groups, wanted, attrs or {})
    except BaseException:
        lock.release()
        raise
    return store


def make(
    path: Place,
    lock: WriterLock | Lease,
    groups: Sequence[GroupSpec],
    wanted: identities.Identity,
    attrs: Mapping[str, Any],
) -> Store:
    """Make a new store, complete or not at all.

    Parameters
    ----------
    path : Place
        Where to; nothing is there.
    lock : WriterLock or Lease
        Held.
    groups : sequence of GroupSpec
        What to compute.
    wanted : mapping
        Full identity.
    attrs : mapping
        Further root attributes.

    Returns
    -------
    Store
        Nothing computed.
    """
    planned = [plan.layout(spec) for spec in groups]
    if isinstance(path, Remote):
        objects.create(path, planned, wanted, attrs)
    else:
        build(path, planned, wanted, attrs)
        swap.replace(path)
    return Store(path, lock)


def _require_same(store: Store, wanted: identities.Identity, accept_version: bool) -> None:
    """Refuse a store made from something else; record what was accepted."""
    accepted = identities.require_same(str(store.path), store.identity, wanted, accept_version)
    if accepted:
        earlier = store.attrs.get("accepted_versions", [])
        now = provenance.now()
        store.update_attrs(
            identity=json.dumps(wanted),
            accepted_versions=[*earlier, *({**change, "time": now} for change in accepted)],
        )


def _plain_strings(dataset: xr.Dataset) -> xr.Dataset:
    """Turn fixed-length strings, which zarr v3 has not standardised, into ordinary ones."""
    texts = {
        name: (variable.dims, variable.values.astype(object), variable.attrs)
        for name, variable in dataset.variables.items()
        if variable.dtype.kind == "U"
    }
    coords = {name: text for name, text in texts.items() if name in dataset.coords}
    plain = dataset.assign({name: text for name, text in texts.items() if name not in coords})
    return plain.assign_coords(coords)
