"""What fixes the numbers of a store, and where two such descriptions differ, in words."""

import json
from collections.abc import Mapping
from typing import Any

from physics.errors import InputError

Identity = Mapping[str, Any]

EXTENDABLE = ("axes", "experiments", "groups")
"""Keys below which an extension may add entries to mappings and to lists."""

VERSIONS = ("physics_digest", "versions")
"""Keys that ``--accept-version`` may override."""

_MISSING = "nothing"
_WIDTH = 60


class IdentityError(InputError):
    """The store was made from something else."""


def canonical(identity: Identity) -> dict[str, Any]:
    """Bring a description into the form JSON gives back.

    Parameters
    ----------
    identity : mapping
        Anything that JSON can hold.

    Returns
    -------
    dict
        Tuples as lists, keys as strings.

    Examples
    --------
    >>> canonical({"axes": {"m4": (0.1, 0.2)}})
    {'axes': {'m4': [0.1, 0.2]}}
    """
    found: dict[str, Any] = json.loads(json.dumps(identity, sort_keys=True, allow_nan=False))
    return found


def first_difference(old: Any, new: Any, key: str = "") -> tuple[str, str, str] | None:
    """Find where two descriptions differ first.

    Parameters
    ----------
    old, new : canonical values
        Descriptions of the store and of the run.
    key : str
        Path to the values.

    Returns
    -------
    (str, str, str) or None
        Path, old value and new value in words; None if they are equal.

    Examples
    --------
    >>> first_difference({"grid": {"seed": 1}}, {"grid": {"seed": 2}})
    ('grid.seed', '1', '2')
    >>> first_difference([1, 2], [1, 2, 3], "axes.m4")
    ('axes.m4', '2 values', '3 values')
    """
    if old == new:
        return None
    if isinstance(old, dict) and isinstance(new, dict):
        for name in [*old, *(name for name in new if name not in old)]:
            path = f"{key}.{name}" if key else name
            if name not in new or name not in old:
                return path, _words(old.get(name, _MISSING)), _words(new.get(name, _MISSING))
            if found := first_difference(old[name], new[name], path):
                return found
    if isinstance(old, list) and isinstance(new, list):
        if len(old) != len(new):
            return key, f"{len(old)} values", f"{len(new)} values"
        for i, (a, b) in enumerate(zip(old, new, strict=True)):
            if found := first_difference(a, b, f"{key}[{i}]"):
                return found
    return key, _words(old), _words(new)


def require_same(
    store: str, old: Identity, new: Identity, accept_version: bool = False
) -> list[dict[str, Any]]:
    """Refuse to go on in a store that was made from something else.

    Parameters
    ----------
    store : str
        Name of the store for the message.
    old, new : mapping
        Canonical descriptions of the store and of the run.
    accept_version : bool
        Let `VERSIONS` differ.

    Returns
    -------
    list of dict
        Differences that were accepted, each with key, old and new.

    Raises
    ------
    IdentityError
        Naming the first difference.
    """
    skip = [key for key in VERSIONS if accept_version and old.get(key) != new.get(key)]
    difference = first_difference(_without(old, skip), _without(new, skip))
    if difference is None:
        return [{"key": key, "old": old.get(key), "new": new.get(key)} for key in skip]
    path, before, after = difference
    raise IdentityError(
        f"{store} was made with {path} = {before}, this run has {after}; {_advice(path)}"
    )


def require_extension(store: str, old: Identity, new: Identity) -> None:
    """Refuse an extension that takes away or changes anything.

    Parameters
    ----------
    store : str
        Name of the store for the message.
    old, new : mapping
        Canonical descriptions of the store and of the run.

    Raises
    ------
    IdentityError
        Naming the first thing that is not a mere addition.
    """
    shared = {
        key: _overlap(old[key], new[key]) if key in EXTENDABLE and key in old else new[key]
        for key in new
    }
    difference = first_difference(dict(old), shared)
    if difference is not None:
        path, before, after = difference
        raise IdentityError(
            f"{store} cannot be extended: it was made with {path} = {before}, this run has "
            f"{after}; an extension may only add axis values and experiments"
        )


def _overlap(old: Any, new: Any) -> Any:
    """Whatever of `new` corresponds to an entry of `old`."""
    if isinstance(old, dict) and isinstance(new, dict):
        return {name: _overlap(old[name], value) for name, value in new.items() if name in old}
    if isinstance(old, list) and isinstance(new, list) and all(entry in new for entry in old):
        return old
    return new


def _without(identity: Identity, keys: list[str]) -> dict[str, Any]:
    """Leave some keys out."""
    return {key: value for key, value in identity.items() if key not in keys}


def _advice(path: str) -> str:
    """Say what to do about a difference at `path`."""
    key = path.split(".")[0].split("[")[0]
    if key in VERSIONS:
        return "scan into another store (--out), or mix both versions with --accept-version"
    if key in EXTENDABLE:
        return "add axis values or experiments with --extend, or scan into another store (--out)"
    return "scan into another store (--out)"


def _words(value: Any) -> str:
    """Put a value into few words."""
    if isinstance(value, list) and len(str(value)) > _WIDTH:
        return f"{len(value)} values"
    text = value if value == _MISSING else json.dumps(value)
    return text if len(text) <= _WIDTH else text[: _WIDTH - 3] + "..."
