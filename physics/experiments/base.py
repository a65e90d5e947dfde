"""Putting a user's file on top of the experiment it starts from."""

from collections.abc import Mapping

from physics.documents import Table

_WHOLE = ("efficiency", "merging")
"""Tables whose keys exclude each other: they are replaced, not merged."""


def merged(base: Table, document: Table) -> Table:
    """Return `base` with the keys of `document` put in: tables merge, all else replaces.

    What is changed here without a source of its own is marked as coming from this file, unverified:
    the source of the base says nothing about it.

    Examples
    --------
    >>> base = Table("a.toml", {"title": "a", "exposure_pot": 1.0})
    >>> mine = Table("b.toml", {"base": "a", "exposure_pot": 2.0})
    >>> merged(base, mine).data["exposure_pot"]
    2.0
    """
    own = {key: value for key, value in document.data.items() if key != "base"}
    changed = _changed(own)
    own_sources = own.get("source", {})
    data = _merge(base.data, own)
    if isinstance(own_sources, Mapping) and isinstance(sources := data.get("source"), dict):
        for key in changed - set(own_sources):
            sources[key] = {"cite": document.file, "where": "set by the user", "verified": False}
    return Table(document.file, data)


def _changed(own: Mapping[str, object]) -> set[str]:
    """Return the keys that need a source and are set in `own`."""
    keys = {key for key in ("exposure_pot", "volumes") if key in own}
    signature = own.get("signature")
    if isinstance(signature, Mapping):
        for inner in signature.values():
            keys.update(inner if isinstance(inner, Mapping) else ())
    return keys - {"final_states", "statistic"}


def _merge(base: Mapping[str, object], own: Mapping[str, object]) -> dict[str, object]:
    """Merge tables deeply; the `[source]` of one key and exclusive tables are replaced."""
    result = dict(base)
    for key, value in own.items():
        below = base.get(key)
        if not isinstance(value, Mapping) or not isinstance(below, Mapping):
            result[key] = value
        elif key in _WHOLE or "cite" in value:
            result[key] = dict(value)
        else:
            result[key] = _merge(below, value)
    return result
