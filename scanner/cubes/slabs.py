"""Large labelled results made in slabs: a part of the grid in memory at a time.

A result is a template, which says what there is and holds nothing, and parts, each some variable in
some region. They come together in memory or in a store.
"""

import itertools
import math
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import dask.array as da
import numpy as np
import numpy.typing as npt
import xarray as xr
import zarr

from scanner.storage.place import Place, zarr_store

SLAB_BYTES = 2**22
"""Most bytes of a slab: what a result needs in memory, however large it is."""

Sizes = Mapping[str, int]
Along = dict[str, slice]
"""A slab: a range of positions along every axis."""

Part = tuple[str, tuple[slice, ...], npt.NDArray[Any]]
"""A variable, a region of it, and the values there."""


def steps(outer: Sizes, inner: Sizes, point_bytes: int) -> dict[str, int]:
    """Size of a slab along every axis.

    Parameters
    ----------
    outer, inner : dict of str to int
        Number of values of every axis; the inner ones are cut only where one outer point is too
        large.
    point_bytes : int
        Bytes of one point of the grid.

    Returns
    -------
    dict of str to int
        At most `SLAB_BYTES` together.

    Examples
    --------
    >>> steps({"m4": 100}, {"mu_tr_mu4": 2**17}, 8)
    {'m4': 4, 'mu_tr_mu4': 131072}
    >>> steps({"m4": 100}, {"mu_tr_mu4": 2**21}, 8)
    {'m4': 1, 'mu_tr_mu4': 524288}
    """
    most = max(1, SLAB_BYTES // point_bytes)
    within = step(tuple(inner.values()), most)
    without = step(tuple(outer.values()), max(1, most // math.prod(within)))
    return dict(zip((*outer, *inner), (*without, *within), strict=True))


def step(sizes: tuple[int, ...], most_points: int) -> tuple[int, ...]:
    """Shape of a slab of a grid, as large as allowed and as square as possible.

    Parameters
    ----------
    sizes : tuple of int
        Points along every axis.
    most_points : int
        Most points of a slab, at least 1.

    Returns
    -------
    tuple of int
        Points of a slab along every axis.

    Examples
    --------
    >>> step((200, 4, 300), 400), step((200, 100), 10**9)
    ((10, 4, 10), (200, 100))
    """
    shape = [1] * len(sizes)
    left, most = len(sizes), most_points
    for axis in sorted(range(len(sizes)), key=lambda i: sizes[i]):
        shape[axis] = min(sizes[axis], max(1, int(most ** (1 / left))))
        left, most = left - 1, most // shape[axis]
    return tuple(shape)


def cut(sizes: Sizes, step: Sizes) -> Iterator[Along]:
    """Cut a grid into slabs, the last axis running fastest.

    Parameters
    ----------
    sizes : dict of str to int
        Number of values of every axis.
    step : dict of str to int
        Size of a slab along every axis.

    Yields
    ------
    dict of str to slice
        Those at the ends may be smaller.

    Examples
    --------
    >>> list(cut({"m4": 3}, {"m4": 2}))
    [{'m4': slice(0, 2, None)}, {'m4': slice(2, 3, None)}]
    """
    for corner in itertools.product(*(range(0, size, step[name]) for name, size in sizes.items())):
        starts = zip(sizes, corner, strict=True)
        yield {name: slice(i, min(i + step[name], sizes[name])) for name, i in starts}


def empty(
    dims: tuple[str, ...],
    sizes: Sizes,
    step: Sizes,
    attrs: Mapping[str, Any],
    dtype: str = "float64",
) -> xr.Variable:
    """Describe a variable of a template.

    Parameters
    ----------
    dims : tuple of str
        Its dimensions.
    sizes, step : dict of str to int
        Length of every dimension, and of a slab along it; whole where it has none.
    attrs : dict
        Attributes.
    dtype : str
        Type; floats are filled with NaN, integers with 0.

    Returns
    -------
    xarray.Variable
        Lazy.
    """
    shape = tuple(sizes[dim] for dim in dims)
    chunks = tuple(max(1, step.get(dim, sizes[dim])) for dim in dims)
    values = da.full(shape, _fill(dtype), chunks=chunks, dtype=dtype)  # type: ignore[no-untyped-call]
    return xr.Variable(dims, values, attrs)


def in_memory(
    template: xr.Dataset, parts: Iterable[Part], collapsing: Collection[str] = ()
) -> xr.Dataset:
    """Put a result together in memory.

    Parameters
    ----------
    template : xarray.Dataset
        Variables as `empty` describes them.
    parts : iterable of Part
        Where there is none, the fill value stays.
    collapsing : collection of str
        Variables that become one number when they have one value wherever they are finite.

    Returns
    -------
    xarray.Dataset
        Of numpy arrays.
    """
    arrays = {
        str(name): np.full(variable.shape, _fill(variable.dtype), variable.dtype)
        for name, variable in template.data_vars.items()
    }
    constants = _put(arrays, parts, collapsing)
    dataset = template.copy(data=arrays)
    for name, value in constants.items():
        dataset[name] = ((), value, template[name].attrs)
    return dataset


def to_store(
    path: Place,
    group: str,
    template: xr.Dataset,
    parts: Iterable[Part],
    collapsing: Collection[str] = (),
) -> None:
    """Write a result part by part, replacing what was there.

    Parameters
    ----------
    path : Place
        The store.
    group : str
        Where to in it.
    template, parts, collapsing
        As for `in_memory`.
    """
    target = zarr_store(path, "w")
    template.to_zarr(
        target, group=group, mode="w", consolidated=False, zarr_format=3, compute=False
    )
    opened = zarr.open_group(target, path=group, mode="r+", use_consolidated=False)
    arrays = {name: array for name, array in opened.arrays() if name in template.data_vars}
    for name, value in _put(arrays, parts, collapsing).items():
        _collapse(opened, name, value)


def _put(
    arrays: Mapping[str, Any], parts: Iterable[Part], collapsing: Collection[str]
) -> dict[str, float]:
    """Put parts in their places, and find which variables have one value only."""
    spans = {name: _Span() for name in collapsing}
    for name, where, values in parts:
        arrays[name][where] = values
        if name in spans:
            spans[name].see(values)
    return {name: span.low for name, span in spans.items() if span.low == span.high}


def _collapse(group: zarr.Group, name: str, value: float) -> None:
    """Replace an array by one number."""
    attrs = dict(group[name].attrs)
    del group[name]
    array = group.create_array(
        name, shape=(), dtype="float64", fill_value=_fill("float64"), attributes=attrs
    )
    array[...] = value


def _fill(dtype: npt.DTypeLike) -> float | int:
    """Value of what is not known."""
    return math.nan if np.dtype(dtype).kind == "f" else 0


@dataclass
class _Span:
    """Least and largest finite value seen."""

    low: float = math.inf
    high: float = -math.inf

    def see(self, values: npt.NDArray[Any]) -> None:
        """Take in some values."""
        finite = values[np.isfinite(values)]
        if finite.size:
            self.low = min(self.low, float(finite.min()))
            self.high = max(self.high, float(finite.max()))
