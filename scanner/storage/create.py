"""Build an empty store, complete or not at all."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import zarr

from scanner.blocks.blocks import GroupSpec, Layout
from scanner.storage import identity as identities
from scanner.storage import layouts, provenance, swap
from scanner.storage.attributes import FORMAT


def full_identity(groups: Sequence[GroupSpec], identity: identities.Identity) -> dict[str, Any]:
    """Describe a run with its groups, in the form that is stored.

    Parameters
    ----------
    groups : sequence of GroupSpec
        The groups.
    identity : mapping
        What else fixes the numbers.

    Returns
    -------
    dict
        JSON types; key ``groups`` describes the groups.
    """
    described = {spec.name: layouts.group_identity(spec) for spec in groups}
    return identities.canonical({**identity, "groups": described})


def build(
    path: Path, planned: Sequence[Layout], wanted: identities.Identity, attrs: Mapping[str, Any]
) -> None:
    """Build an empty store as the successor of `path`; `swap.replace` puts it there.

    Parameters
    ----------
    path : Path
        Where the store will be.
    planned, wanted, attrs
        As for `write_empty`.
    """
    write_empty(swap.next_path(path), planned, wanted, attrs)


def write_empty(
    target: Any, planned: Sequence[Layout], wanted: identities.Identity, attrs: Mapping[str, Any]
) -> None:
    """Write the metadata and coordinates of a store.

    Parameters
    ----------
    target : Path or zarr.abc.store.Store
        Where to.
    planned : sequence of Layout
        The groups.
    wanted : mapping
        Full identity.
    attrs : mapping
        Further root attributes.
    """
    root_attrs = {
        "Conventions": "CF-1.11",
        **attrs,
        "format": FORMAT,
        "groups": [layout.spec.name for layout in planned],
        "identity": json.dumps(wanted),
        "sealed": False,
    }
    root_attrs.setdefault("provenance", json.dumps(provenance.collect()))
    root = zarr.open_group(target, mode="w", zarr_format=3, attributes=root_attrs)
    layouts.create(root, planned)
