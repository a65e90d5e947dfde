"""What a store says about itself in its attributes, read without touching an array."""

import json
from collections.abc import Collection
from typing import Any

from physics.errors import InputError
from scanner.blocks.blocks import Layout
from scanner.storage import layouts
from scanner.storage.place import Place
from scanner.storage.regions import SCAN
from scanner.storage.remote import RemoteError

FORMAT = "hnlscan scan 2"
"""Value of the root attribute ``format``: what kind of store this is; 1 kept no decay modes."""

LIMITS_FORMAT = "hnlscan limits 2"
"""The same for a store that holds only limits, derived from the responses of another."""


def read_attrs(path: Place, formats: Collection[str] = (FORMAT,)) -> dict[str, Any]:
    """Read the root attributes of a store.

    Parameters
    ----------
    path : Place
        The store.
    formats : collection of str
        Kinds of store to accept.

    Returns
    -------
    dict
        The attributes.

    Raises
    ------
    InputError
        If there is no store of this program, or one of another of its versions.
    """
    try:
        attrs = dict(json.loads((path / "zarr.json").read_text())["attributes"])
        found = str(attrs["format"])
    except RemoteError:
        raise  # whether there is a store is not known
    except (OSError, ValueError, KeyError, TypeError):
        found = ""
    if found in formats:
        return attrs
    if found.rpartition(" ")[0] in {known.rpartition(" ")[0] for known in formats}:
        raise InputError(
            f"{path} was made by a version of hnlscan whose stores differ ({found!r}, here "
            f"{' or '.join(map(repr, formats))}); scan into a new path or use that version"
        )
    what = "is not a store of hnlscan" if path.exists() else "does not exist"
    raise InputError(f"{path} {what}; give a store that 'hnlscan run' made, or a new path")


def read_layouts(path: Place) -> dict[str, Layout]:
    """Read how the groups of a store are cut.

    Parameters
    ----------
    path : Place
        The store.

    Returns
    -------
    dict of str to Layout
        By name of the group.
    """
    found = {}
    for name in read_attrs(path)["groups"]:
        group = json.loads((path / SCAN / name / "zarr.json").read_text())
        found[name] = layouts.from_json(group["attributes"]["layout"])
    return found
