"""Where a store is: a path on a disk, or a URL."""

import json
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import unquote, urlsplit

import xarray as xr
import zarr

from physics.errors import InputError, nearest
from scanner.storage.remote import SCHEMES, Remote

Place = Path | Remote

AT_ONCE = 16
"""Requests to a server under way at a time: each waits for it, and hardly for this machine."""

Item = TypeVar("Item")
Result = TypeVar("Result")


def parse(given: "Place | str") -> Place:
    """Read where a store is.

    Parameters
    ----------
    given : Place or str
        A path or a URL.

    Returns
    -------
    Path or Remote
        A ``file://`` URL is a path.

    Raises
    ------
    InputError
        If this kind of URL is not known, or names no store.

    Examples
    --------
    >>> parse("scan.zarr"), parse("file:///data/scan.zarr")
    (PosixPath('scan.zarr'), PosixPath('/data/scan.zarr'))
    >>> parse("s3://bucket/scan.zarr/")
    Remote(url='s3://bucket/scan.zarr')
    """
    if not isinstance(given, str) or "://" not in given:
        return Path(given) if isinstance(given, str) else given
    url = urlsplit(given)
    if url.scheme == "file":
        return Path(unquote(url.path))
    if url.scheme not in SCHEMES:
        raise InputError(
            f"{given} is no kind of URL that can be read; give a path, or a URL that starts with "
            f"{', '.join(f'{s}://' for s in SCHEMES)} or file://{nearest(url.scheme, SCHEMES)}"
        )
    if not url.netloc or not url.path.strip("/") or url.query:
        raise InputError(
            f"{given} names no store; give one such as {url.scheme}://somewhere/scan.zarr"
        )
    return Remote(given.rstrip("/"))


def on_disk(place: Place, purpose: str) -> Path:
    """Give the path of a store that must be on a disk.

    Parameters
    ----------
    place : Place
        The store.
    purpose : str
        What is to be done there, as in "cannot be ...".

    Returns
    -------
    Path
        The store.

    Raises
    ------
    InputError
        For a URL.
    """
    if isinstance(place, Remote):
        raise InputError(
            f"{place} cannot be {purpose} where it is; copy it to a disk first: "
            f"aws s3 cp --recursive {place} {place.name}"
        )
    return place


def require_writable(place: Place) -> None:
    """Refuse to write where that is not possible.

    Parameters
    ----------
    place : Place
        Where to.

    Raises
    ------
    InputError
        For http and https.
    """
    if isinstance(place, Remote) and not place.writable:
        raise InputError(f"{place} can only be read; scan into a path or an s3:// URL")


def has_store(place: Place) -> bool:
    """Say whether there is something at a place that must be a store.

    Parameters
    ----------
    place : Place
        Path or URL.

    Returns
    -------
    bool
        On a server, whether it has a root: without it nothing counts.
    """
    return (place / "zarr.json" if isinstance(place, Remote) else place).exists()


def zarr_store(place: Place, mode: str = "r") -> Any:
    """Give what zarr and xarray open.

    Parameters
    ----------
    place : Place
        The store.
    mode : str
        ``"r"`` to read, anything else to write.

    Returns
    -------
    Path or zarr.storage.FsspecStore
        The store.
    """
    return place.opened(mode) if isinstance(place, Remote) else place


def update_attrs(place: Place, **attrs: Any) -> None:
    """Add attributes to the root of a store; consolidated metadata stay.

    Parameters
    ----------
    place : Place
        The store; the caller may write it.
    **attrs
        JSON types.
    """
    store = zarr_store(place, "r+")
    zarr.open_group(store, mode="r+", zarr_format=3).update_attributes(attrs)


def labelled(place: Place, group: str) -> xr.Dataset:
    """Open a group, labelled; its arrays are read when used.

    Parameters
    ----------
    place : Place
        The store.
    group : str
        Such as ``"contours"``.

    Returns
    -------
    xarray.Dataset
        Lazy.
    """
    found: xr.Dataset = xr.open_zarr(
        zarr_store(place),
        group=group,
        consolidated=_consolidated(place),
        chunks=None,
        zarr_format=3,
    )
    return found


def _consolidated(place: Place) -> bool:
    """Whether a group is opened by metadata in the root, not by a list, which web servers lack."""
    if not isinstance(place, Remote):
        return False
    return "consolidated_metadata" in json.loads((place / "zarr.json").read_bytes())


def each(place: Place, function: Callable[[Item], Result], items: Iterable[Item]) -> list[Result]:
    """Call a function that reads or writes a store for each item; many at once on a server.

    Parameters
    ----------
    place : Place
        The store.
    function : callable
        What to do.
    items : iterable
        What with.

    Returns
    -------
    list
        Results in order. If a call raises, none is left running.
    """
    if not isinstance(place, Remote):
        return [function(item) for item in items]
    with ThreadPoolExecutor(AT_ONCE) as threads:
        return list(threads.map(function, items))
