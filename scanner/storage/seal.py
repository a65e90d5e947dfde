"""Give a complete store its final form: few large files, consolidated metadata, no more changes."""

import math
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import zarr
from zarr.codecs import BloscCodec, Crc32cCodec

from physics.errors import InputError
from scanner.storage import objects, swap
from scanner.storage.remote import Remote
from scanner.storage.store import Store

CHUNK_BYTES = 2**21
"""Largest chunk: what reading one number costs."""

SHARD_BYTES = 2**22
"""Largest shard, that is file: sealing needs a few times this in memory."""


def seal(store: Store) -> None:
    """Rewrite a complete store beside itself, compare, and let the two change places.

    On an object store nothing is rewritten, see `scanner.storage.objects.seal`. Killed at any
    moment, the store is either as before or sealed.

    Parameters
    ----------
    store : Store
        All blocks done and all derived groups written. Nothing happens to a sealed store.

    Raises
    ------
    InputError
        If blocks are missing.
    """
    if store.sealed:
        return
    missing = sum(int((store.regions(name).asked_marks() < 0).sum()) for name in store.layouts)
    if missing:
        raise InputError(
            f"{store.path} lacks {missing} blocks and cannot be sealed; run the scan to its end"
        )
    if isinstance(store.path, Remote):
        store.require_lock()
        objects.seal(store.path)
        return
    successor = swap.next_path(store.path)
    old = zarr.open_group(store.path, mode="r", use_consolidated=False)
    new = zarr.open_group(
        successor, mode="w", zarr_format=3, attributes={**dict(old.attrs), "sealed": True}
    )
    _copy(old, new)
    consolidate(successor)
    swap.flush(successor)
    swap.replace(store.path)
    store.reload()


def consolidate(path: Path) -> None:
    """Put the metadata of all groups into one file, so that a reader needs no other.

    Parameters
    ----------
    path : Path
        A store that will not change.
    """
    with warnings.catch_warnings():
        # consolidated metadata are an extension of zarr v3 that every reader may ignore
        warnings.filterwarnings("ignore", message="Consolidated metadata")
        zarr.consolidate_metadata(zarr.open_group(path, mode="r+", use_consolidated=False).store)


def chunks_and_shards(
    shape: tuple[int, ...], itemsize: int
) -> tuple[tuple[int, ...], tuple[int, ...] | None]:
    """Choose chunks of at most `CHUNK_BYTES`, packed into shards along the first dimension.

    Parameters
    ----------
    shape : tuple of int
        Shape of the array.
    itemsize : int
        Bytes of an element.

    Returns
    -------
    (tuple of int, tuple of int or None)
        Shapes of chunk and shard; no shard where one chunk holds everything.

    Examples
    --------
    >>> chunks_and_shards((200, 200), 8)
    ((200, 200), None)
    >>> chunks_and_shards((5000, 100, 40), 8)
    ((65, 100, 40), (130, 100, 40))
    """
    chunk = [max(1, size) for size in shape]
    for axis in range(len(chunk)):
        size = math.prod(chunk) * itemsize
        if size > CHUNK_BYTES:
            chunk[axis] = max(1, chunk[axis] * CHUNK_BYTES // size)
    counts = [-(-max(1, size) // step) for size, step in zip(shape, chunk, strict=True)]
    if math.prod(counts) == 1:
        return tuple(chunk), None
    shard = [count * step for count, step in zip(counts, chunk, strict=True)]
    layer = math.prod(shard[1:]) * chunk[0] * itemsize
    shard[0] = chunk[0] * min(counts[0], max(1, SHARD_BYTES // layer))
    return tuple(chunk), tuple(shard)


def _copy(old: zarr.Group, new: zarr.Group) -> None:
    """Copy all groups and arrays below a group."""
    for name, member in old.members():
        if isinstance(member, zarr.Group):
            _copy(member, new.create_group(name, attributes=dict(member.attrs)))
        else:
            _copy_array(member, new, name)


def _copy_array(old: "zarr.Array[Any]", new: zarr.Group, name: str) -> None:
    """Copy one array into chunks and shards of their own, and compare."""
    numeric = old.dtype.kind in "biuf"
    itemsize = old.dtype.itemsize if numeric else 1
    chunks, shards = chunks_and_shards(old.shape, itemsize)
    compact = (BloscCodec(cname="zstd", clevel=5, shuffle="shuffle"), Crc32cCodec())
    array = new.create_array(
        name,
        shape=old.shape,
        chunks=chunks if numeric else tuple(max(1, size) for size in old.shape),
        shards=shards if numeric else None,
        dtype=old.dtype if numeric else str,
        fill_value=old.fill_value,
        compressors=compact if numeric else "auto",
        dimension_names=old.metadata.dimension_names,  # type: ignore[union-attr]
        attributes=dict(old.attrs),
        config={"write_empty_chunks": True},
    )
    for part in _parts(old.shape, shards or chunks):
        values = np.asarray(old[part])
        array[part] = values
        if not _same(np.asarray(array[part]), values):
            raise RuntimeError(f"{old.name} was not copied faithfully")


def _parts(shape: tuple[int, ...], step: tuple[int, ...]) -> Iterator[tuple[slice, ...]]:
    """Regions of whole shards along the first dimension."""
    if math.prod(shape) == 0:
        return
    if not shape:
        yield ()
        return
    for start in range(0, shape[0], step[0]):
        yield (slice(start, min(start + step[0], shape[0])),)


def _same(a: "np.ndarray[Any, Any]", b: "np.ndarray[Any, Any]") -> bool:
    """Whether two arrays are equal to the bit."""
    if a.dtype.kind in "biuf":  # as integers, since NaN is not equal to itself
        bits = np.dtype(f"u{a.dtype.itemsize}")
        a, b = a.view(bits), b.view(bits)
    return bool(np.array_equal(a, b))
