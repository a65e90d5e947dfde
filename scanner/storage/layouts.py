"""Layouts in files: as JSON in the attributes of a store, and as empty zarr arrays."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

import numpy as np
import zarr
from zarr.codecs import ZstdCodec

from scanner.blocks.blocks import ArraySpec, GroupSpec, Layout
from scanner.storage.regions import RESPONSE, SCAN, TO_DO

Json = dict[str, Any]


def to_json(layout: Layout) -> Json:
    """Describe a layout completely.

    Parameters
    ----------
    layout : Layout
        Group and block shape.

    Returns
    -------
    dict
        What `from_json` understands; only JSON types.
    """
    spec = asdict(layout.spec)
    spec["coords"] = {
        dim: {"values": json_values(values), "attrs": dict(attrs)}
        for dim, (values, attrs) in layout.spec.coords.items()
    }
    spec["axes"] = {name: [float(x) for x in values] for name, values in layout.spec.axes.items()}
    return {"block_shape": list(layout.block_shape), "spec": spec}


def from_json(text: Json) -> Layout:
    """Rebuild a layout.

    Parameters
    ----------
    text : dict
        Result of `to_json`, possibly through a file.

    Returns
    -------
    Layout
        Equal to the one described.
    """
    spec = dict(text["spec"])
    spec["axes"] = {name: tuple(values) for name, values in spec["axes"].items()}
    spec["coords"] = {
        dim: (tuple(math.nan if x is None else x for x in coord["values"]), coord["attrs"])
        for dim, coord in spec["coords"].items()
    }
    spec["arrays"] = tuple(
        ArraySpec(**{**array, "dims": tuple(array["dims"])}) for array in spec["arrays"]
    )
    return Layout(GroupSpec(**spec), tuple(text["block_shape"]))


def group_identity(spec: GroupSpec) -> Json:
    """Describe what of a group fixes its numbers, in the form `identity` compares.

    Parameters
    ----------
    spec : GroupSpec
        The group.

    Returns
    -------
    dict
        Digest, arrays, axes and coordinates; neither labels nor attributes nor block size.
    """
    arrays = [f"{a.name}({','.join(a.dims)}) {np.dtype(a.dtype).name}" for a in spec.arrays]
    return {
        "digest": spec.digest,
        "arrays": "; ".join(arrays),
        "axis_order": " ".join(spec.axes),
        "axes": {name: list(values) for name, values in spec.axes.items()},
        "coords": {dim: json_values(values) for dim, (values, _) in spec.coords.items()},
    }


def json_values(values: Sequence[Any]) -> list[Any]:
    """Turn coordinate values into JSON types; NaN, which JSON lacks and is not itself, into None.

    Parameters
    ----------
    values : sequence of float or str
        Coordinate values.

    Returns
    -------
    list
        Values that compare equal to themselves.

    Examples
    --------
    >>> json_values([float("nan"), 1.0]), json_values(["sbnd"])
    ([None, 1.0], ['sbnd'])
    """
    return [None if x != x else x for x in np.asarray(values).tolist()]


def create(root: zarr.Group, layouts: Sequence[Layout]) -> None:
    """Write the arrays of all groups, filled with "not computed".

    Parameters
    ----------
    root : zarr.Group
        Empty root of a store.
    layouts : sequence of Layout
        The groups.
    """
    root.require_group(RESPONSE)
    root.require_group(SCAN)
    for layout in layouts:
        _create_response(root, layout)
        _create_scan(root, layout)


def create_coordinate(
    group: zarr.Group, dim: str, values: Sequence[Any], attrs: Mapping[str, str]
) -> None:
    """Write the values of a dimension as one chunk.

    Parameters
    ----------
    group : zarr.Group
        Where to.
    dim : str
        Dimension, also the name of the array.
    values : sequence of float or str
        Coordinate values.
    attrs : dict of str
        Attributes.
    """
    data = np.asarray(values)
    text = data.dtype.kind == "U"
    array = group.create_array(
        dim,
        shape=data.shape,
        chunks=data.shape,
        dtype=str if text else data.dtype,
        fill_value="" if text else 0,
        dimension_names=(dim,),
        attributes=dict(attrs),
    )
    array[:] = data.astype(object) if text else data


def _create_response(root: zarr.Group, layout: Layout) -> None:
    """Coordinates and arrays of the numbers; one chunk per block."""
    spec = layout.spec
    group = root.create_group(f"{RESPONSE}/{spec.name}", attributes=dict(spec.attrs))
    for axis, values in spec.axes.items():
        create_coordinate(group, axis, values, spec.axis_attrs.get(axis, {}))
    for dim, (values, attrs) in spec.coords.items():
        create_coordinate(group, dim, values, attrs)
    for array in spec.arrays:
        trailing = spec.trailing(array)
        group.create_array(
            array.name,
            shape=spec.sizes + trailing,
            chunks=layout.block_shape + trailing,
            dtype=array.dtype,
            fill_value=array.fill_value,
            compressors=(ZstdCodec(level=3, checksum=True),),
            # all chunks in one folder: with one for each dimension most inodes would be folders
            chunk_key_encoding={"name": "default", "separator": "."},
            dimension_names=(*spec.axes, *array.dims),
            attributes=dict(array.attrs),
        )


def _create_scan(root: zarr.Group, layout: Layout) -> None:
    """Write marks, counters and messages: one chunk per block, so nobody shares a file."""
    group = root.create_group(f"{SCAN}/{layout.spec.name}", attributes={"layout": to_json(layout)})
    for name, fill, about in (
        ("mark", TO_DO, "crc32 of the block's data; -1 to do, -2 failed"),
        ("known", TO_DO, "crc32 of what was known of the block before it was done; -1 nothing"),
        ("executions", 0, "how often the block was started"),
    ):
        group.create_array(
            name,
            shape=(layout.n_blocks,),
            chunks=(1,),
            dtype="int64",
            fill_value=fill,
            compressors=None,
            dimension_names=("block",),
            attributes={"long_name": about},
        )
    group.create_array(
        "message",
        shape=(layout.n_blocks,),
        chunks=(1,),
        dtype=str,
        fill_value="",
        dimension_names=("block",),
        attributes={"long_name": "why the block failed"},
    )
    if layout.spec.coarse is not None:
        group.create_array(
            "asked",
            shape=(layout.n_blocks,),
            chunks=(layout.n_blocks,),
            dtype="int8",
            fill_value=0,
            dimension_names=("block",),
            attributes={"long_name": "0 not asked for, else 1 + the round in which the block was"},
        )
