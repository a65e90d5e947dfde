"""Make, seal and unseal a store on an object store, where nothing can be renamed.

Whether there is a store, and whether it is sealed, is what its root says. Each of these steps ends
or begins with the root, which is put there in one piece: the step has happened or it has not.
"""

import json
import warnings
from collections.abc import Mapping, Sequence
from typing import Any

import zarr
from zarr.buffer import default_buffer_prototype
from zarr.storage import MemoryStore

from physics.errors import InputError
from scanner.blocks.blocks import Layout
from scanner.storage import identity as identities
from scanner.storage.create import write_empty
from scanner.storage.regions import RESPONSE, SCAN
from scanner.storage.remote import Remote

ROOT = "zarr.json"

_CONSOLIDATED = "consolidated_metadata"


def create(
    place: Remote, planned: Sequence[Layout], wanted: identities.Identity, attrs: Mapping[str, Any]
) -> None:
    """Make an empty store, or nothing that counts as one.

    Parameters
    ----------
    place : Remote
        Where to; there is no root.
    planned, wanted, attrs
        As for `scanner.storage.create.write_empty`.

    Raises
    ------
    InputError
        If there are objects that are not left from making this store.
    """
    memory: dict[str, Any] = {}
    write_empty(MemoryStore(memory), planned, wanted, attrs)
    contents = {name: value.to_bytes() for name, value in memory.items()}
    foreign = sorted(set(place.objects()) - set(contents))
    if foreign:
        raise InputError(
            f"{place} is not a store of hnlscan but holds {place / foreign[0]}; "
            "remove it or choose another --out"
        )
    root = contents.pop(ROOT)
    place.write_all(contents)
    (place / ROOT).write_bytes(root)


def seal(place: Remote) -> None:
    """Say in the root that a store is complete, and what all its metadata are.

    Parameters
    ----------
    place : Remote
        The store; all blocks done and all derived groups written.
    """
    group = zarr.open_group(place.opened("r"), mode="r", use_consolidated=False)
    members = group.members(max_depth=None, use_consolidated_for_children=False)
    metadata = place.read_all([ROOT, *(f"{path}/{ROOT}" for path, _ in members)])
    make = default_buffer_prototype().buffer.from_bytes
    memory: dict[str, Any] = {name: make(data) for name, data in metadata.items()}
    zarr.open_group(MemoryStore(memory), mode="r+").update_attributes({"sealed": True})
    with warnings.catch_warnings():
        # consolidated metadata are an extension of zarr v3 that every reader may ignore
        warnings.filterwarnings("ignore", message="Consolidated metadata")
        zarr.consolidate_metadata(MemoryStore(memory))
    (place / ROOT).write_bytes(memory[ROOT].to_bytes())


def unseal(place: Remote) -> None:
    """Say in the root that a store is not complete, and remove what was derived from it.

    Parameters
    ----------
    place : Remote
        A sealed store.
    """
    root = json.loads((place / ROOT).read_bytes())
    members = root.pop(_CONSOLIDATED)["metadata"]
    root["attributes"]["sealed"] = False
    (place / ROOT).write_bytes(json.dumps(root).encode())
    for name in sorted({path.partition("/")[0] for path in members} - {RESPONSE, SCAN}):
        (place / name).remove()
