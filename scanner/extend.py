"""Add axis values or trailing entries (new experiments) to a store; compute nothing twice.

The larger store is built beside the old one. A block that is known completely is taken over with
its mark; of the others whatever is known goes along, and `evaluate` is given it. Then the stores
change places. Derived groups, such as limits, are not taken over: they follow from the new numbers.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from scanner import identity as identities
from scanner import layouts, plan, provenance, swap
from scanner.blocks import Arrays, ArraySpec, Block, GroupSpec, Layout
from scanner.create import build, full_identity
from scanner.regions import Regions
from scanner.settle import settle, take_lock
from scanner.store import Store, make

Indices = npt.NDArray[np.intp]

_NOT_KEPT = {"format", "groups", "identity", "sealed"}


def extend(
    path: Path | str,
    groups: Sequence[GroupSpec],
    identity: identities.Identity,
    *,
    attrs: Mapping[str, Any] | None = None,
) -> Store:
    """Open a store for a grid that holds all it was made for and more; make it if there is none.

    Parameters
    ----------
    path : Path or str
        The store, sealed or not.
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
    path = Path(path)
    wanted = full_identity(groups, identity)
    lock = take_lock(path)
    try:
        if not settle(path):
            return make(path, lock, groups, wanted, attrs or {})
        store = Store(path, lock)
        if store.identity != wanted:
            identities.require_extension(str(path), store.identity, wanted)
            _rebuild(store, [_layout(store, spec) for spec in groups], wanted, attrs or {})
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
    _rebuild(store, list(store.layouts.values()), store.identity, {})


def _layout(store: Store, spec: GroupSpec) -> Layout:
    """Keep the blocks of a group that stays as it is; cut the others anew."""
    old = store.layouts.get(spec.name)
    if old and layouts.group_identity(old.spec) == layouts.group_identity(spec):
        return old
    return plan.layout(spec)


def _rebuild(
    store: Store, planned: Sequence[Layout], wanted: identities.Identity, attrs: Mapping[str, Any]
) -> None:
    """Build the new store with all that is known and put it in place."""
    old_attrs = store.attrs
    kept = {key: value for key, value in old_attrs.items() if key not in _NOT_KEPT}
    if json.loads(old_attrs["identity"]) != wanted:
        record = {"time": provenance.now(), "identity_before": old_attrs["identity"]}
        kept["extensions"] = [*kept.get("extensions", []), record]
    build(store.path, planned, wanted, {**kept, **attrs})
    for layout in planned:
        if layout.spec.name in store.layouts:
            _take_over(store.regions(layout.spec.name), Regions(swap.next_path(store.path), layout))
    swap.replace(store.path)
    store.reload()


def _take_over(old: Regions, new: Regions) -> None:
    """Copy what is known of one group."""
    source = _Source(old, _finished(old), _dim_maps(old.layout.spec, new.layout.spec))
    for block in new.layout.blocks():
        values, complete = source.block(new.layout.spec, block)
        if complete:
            new.write(block, values)
        elif values:
            new.write_known(block, values)


def _finished(regions: Regions) -> npt.NDArray[np.bool_]:
    """Points of the old store whose blocks are done and undamaged."""
    finished = np.zeros(regions.layout.spec.sizes, dtype=bool)
    for index, mark in enumerate(regions.marks().tolist()):
        block = regions.layout.block(index)
        if mark >= 0 and regions.verified(block, mark):
            finished[block.slices] = True
    return finished


def _dim_maps(old: GroupSpec, new: GroupSpec) -> dict[str, Indices]:
    """Where every new coordinate value was in the old store, or -1, by dimension."""
    before = {**old.axes, **{dim: values for dim, (values, _) in old.coords.items()}}
    after = {**new.axes, **{dim: values for dim, (values, _) in new.coords.items()}}
    maps = {}
    for dim, values in after.items():
        where = {value: i for i, value in enumerate(layouts.json_values(before[dim]))}
        found = [where.get(value, -1) for value in layouts.json_values(values)]
        maps[dim] = np.array(found, dtype=np.intp)
    return maps


@dataclass
class _Source:
    """The old store, addressed by regions of the new one."""

    old: Regions
    finished: npt.NDArray[np.bool_]
    maps: dict[str, Indices]

    def block(self, spec: GroupSpec, block: Block) -> tuple[Arrays, bool]:
        """Known arrays of a block (none if nothing is known), and whether that is everything."""
        along = dict(zip(spec.axes, block.slices, strict=True))
        points = [self.maps[axis][here] for axis, here in along.items()]
        known = np.zeros(block.shape, dtype=bool)
        places, sources = _present(points)
        known[np.ix_(*places)] = self.finished[np.ix_(*sources)]
        if not known.any():
            return {}, False
        complete = bool(known.all())
        arrays = {}
        for array in spec.arrays:
            trailing = [self.maps[dim] for dim in array.dims]
            arrays[array.name] = self._values(array, points + trailing, known)
            complete = complete and all((where >= 0).all() for where in trailing)
        return arrays, complete

    def _values(
        self, array: ArraySpec, where: list[Indices], known: npt.NDArray[np.bool_]
    ) -> npt.NDArray[Any]:
        """One array with fill values where nothing is known."""
        values = np.full([len(w) for w in where], array.fill_value, dtype=array.dtype)
        places, sources = _present(where)
        if all(len(place) for place in places):
            found = self.old.array(array.name).oindex[tuple(sources)]
            values[np.ix_(*places)] = np.asarray(found)
        values[~known] = array.fill_value
        return values


def _present(where: list[Indices]) -> tuple[list[Indices], list[Indices]]:
    """Places in the new region that existed before, and where they were."""
    places = [np.flatnonzero(w >= 0) for w in where]
    return places, [w[place] for w, place in zip(where, places, strict=True)]
