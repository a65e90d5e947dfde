"""The zarr store of a scan: made once, resumed only by what made it, written by one process.

Arrays are written by `scanner.regions`; this module makes, opens and describes the store.
"""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import xarray as xr
import zarr

from physics.errors import InputError
from scanner import identity as identities
from scanner import plan, provenance, swap
from scanner.attributes import read_attrs, read_layouts
from scanner.blocks import GroupSpec
from scanner.create import build, full_identity
from scanner.lock import Attachment, WriterLock
from scanner.regions import RESPONSE, Regions
from scanner.settle import settle, take_lock


class Store:
    """A store open for writing, by this process alone or with others that have their share.

    Use it in a ``with`` statement.

    Parameters
    ----------
    path : Path
        The store.
    lock : WriterLock or Attachment
        Lock that is held.
    """

    def __init__(self, path: Path, lock: WriterLock | Attachment) -> None:
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
        dataset: xr.Dataset = xr.open_zarr(
            self.path, group=f"{RESPONSE}/{group}", consolidated=False, chunks=None
        )
        return dataset

    def update_attrs(self, **attrs: Any) -> None:
        """Add root attributes."""
        zarr.open_group(self.path, mode="r+", use_consolidated=False).update_attributes(attrs)

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
        """Raise InputError if the store is sealed."""
        if self.sealed:
            raise InputError(
                f"{self.path} is sealed and is not changed; write to a new store (--out)"
            )


def write_group(path: Path, group: str, dataset: xr.Dataset) -> None:
    """Write a labelled dataset into a folder in zarr format, replacing what was there.

    Parameters
    ----------
    path : Path
        A store.
    group : str
        Where to in it.
    dataset : xarray.Dataset
        In memory.
    """
    _plain_strings(dataset).to_zarr(path, group=group, mode="w", consolidated=False, zarr_format=3)


def open_or_create(
    path: Path | str,
    groups: Sequence[GroupSpec],
    identity: identities.Identity,
    *,
    accept_version: bool = False,
    attrs: Mapping[str, Any] | None = None,
) -> Store:
    """Make a store, or open the one that is there if it was made from the same.

    Parameters
    ----------
    path : Path or str
        The store.
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
    path = Path(path)
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
    path: Path,
    lock: WriterLock,
    groups: Sequence[GroupSpec],
    wanted: identities.Identity,
    attrs: Mapping[str, Any],
) -> Store:
    """Make a new store, complete or not at all.

    Parameters
    ----------
    path : Path
        Where to; nothing is there.
    lock : WriterLock
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
    build(path, [plan.layout(spec) for spec in groups], wanted, attrs)
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
