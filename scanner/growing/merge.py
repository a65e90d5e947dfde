"""Take over from other stores what they know of the points of this one; compute nothing twice.

The other stores are only read. They may have any part of the axes and experiments, and more of
them. What fixes responses must be the same; what fixes only limits need not.
"""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from physics.errors import InputError
from scanner.blocks.blocks import GroupSpec
from scanner.growing.donors import Counts, Donor, Together
from scanner.growing.rebuild import Attrs, rebuild
from scanner.storage import identity as identities
from scanner.storage import provenance
from scanner.storage.create import full_identity
from scanner.storage.identity import Identity, IdentityError
from scanner.storage.place import on_disk
from scanner.storage.store import Store

TAKEN_FROM = "taken_from"
"""Root attribute that says which stores gave numbers: name, identity, provenance, points."""

_LIMITS_ONLY = ("statistic",)
_GROUP_KEYS = ("digest", "arrays", "axis_order")
_PASSED_ON = ("identity", "provenance", "extensions", TAKEN_FROM)


def everything(identity: Identity) -> Identity:
    """Leave out of an identity what may be added to, and what fixes only limits.

    Parameters
    ----------
    identity : mapping
        Of a store or of a run.

    Returns
    -------
    mapping
        What must be the same for numbers to be.

    Examples
    --------
    >>> everything({"seed": 7, "statistic": {"method": "cls"}, "axes": {}})
    {'seed': 7}
    """
    free = (*identities.EXTENDABLE, *_LIMITS_ONLY)
    return {key: value for key, value in identity.items() if key not in free}


def donors(
    paths: Sequence[Path],
    into: Path,
    groups: Sequence[GroupSpec],
    identity: Identity,
    basis: Callable[[Identity], Identity] = everything,
) -> list[Donor]:
    """Open stores to take over from, and check that their numbers are those of a run.

    Parameters
    ----------
    paths : sequence of Path
        The stores; they are not changed and need not be complete.
    into : Path
        The store that will be written.
    groups : sequence of GroupSpec
        What it holds.
    identity : mapping
        What else fixes its numbers.
    basis : callable
        Picks from an identity what fixes responses, whatever the axes and experiments.

    Returns
    -------
    list of Donor
        In the order given.

    Raises
    ------
    InputError
        If one is no store or the one to be written; `IdentityError`, naming the first difference,
        if one was made from something else.
    """
    wanted = full_identity(groups, identity)
    found = []
    for path in paths:
        if path.resolve() == into.resolve():
            raise InputError(
                f"{path} is the store that is written; --from takes others, and --extend adds to it"
            )
        donor = Donor(path)
        _require_same_numbers(str(path), donor.identity, wanted, basis)
        found.append(donor)
    return found


def take(store: Store, given: Sequence[Donor]) -> None:
    """Take over what the donors know and the store does not; they count what they gave.

    Parameters
    ----------
    store : Store
        Open. It is replaced at once by one that knows more, or left alone if there is nothing.
    given : sequence of Donor
        Result of `donors`.

    Raises
    ------
    InputError
        If two of the stores know a point and differ.
    """
    if store.sealed or not given or not _offer(store, given):
        return
    for donor in given:
        donor.points.clear()

    def record(old: Attrs) -> Attrs:
        earlier = old.get(TAKEN_FROM, [])
        return {TAKEN_FROM: [*earlier, *(_record(donor) for donor in given if donor.points)]}

    layouts = list(store.layouts.values())
    rebuild(store, layouts, store.identity, [_own(store), *given], record)


def _record(donor: Donor) -> dict[str, Any]:
    """Say where points came from; the name without its folder, which means nothing elsewhere."""
    passed = {key: donor.attrs[key] for key in _PASSED_ON if key in donor.attrs}
    points: Counts = dict(donor.points)
    return {"store": donor.path.name, "time": provenance.now(), "points": points, **passed}


def _own(store: Store) -> Donor:
    """Give the store that takes over as a donor too."""
    return Donor(on_disk(store.path, "given the numbers of other stores"))


def _offer(store: Store, given: Sequence[Donor]) -> bool:
    """Whether the donors know anything of unfinished blocks that the store does not."""
    own = _own(store)
    for name, layout in store.layouts.items():
        ours, theirs = Together(layout.spec, [own]), Together(layout.spec, given)
        for index, mark in enumerate(store.regions(name).marks().tolist()):
            block = layout.block(index)
            found = theirs.find(block) if mark < 0 else None
            if found is None:
                continue
            before = ours.find(block)
            if before is None or bool((found.known & ~before.known).any()):
                return True
    return False


def _require_same_numbers(
    store: str, old: Identity, new: Identity, basis: Callable[[Identity], Identity]
) -> None:
    """Refuse a store whose numbers are not those that would be computed."""
    difference = (
        identities.first_difference(dict(basis(old)), dict(basis(new)))
        or _of_common("experiments", old["experiments"], new["experiments"])
        or _of_common("groups", _described(old), _described(new))
    )
    if difference is not None:
        path, before, after = difference
        raise IdentityError(
            f"nothing can be taken over from {store}: it was made with {path} = {before}, this "
            f"run has {after}; leave it out of --from, or scan its grid again"
        )


def _of_common(key: str, old: dict[str, Any], new: dict[str, Any]) -> tuple[str, str, str] | None:
    """First difference among what both have."""
    common = [name for name in old if name in new]
    return identities.first_difference(
        {name: old[name] for name in common}, {name: new[name] for name in common}, key
    )


def _described(identity: Identity) -> dict[str, Any]:
    """Describe what of each group is neither an axis nor a coordinate."""
    return {
        name: {key: group[key] for key in _GROUP_KEYS} for name, group in identity["groups"].items()
    }
