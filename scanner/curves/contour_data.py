"""Contours as a labelled dataset for the store and for netCDF, and back.

Paths of unequal length lie one after the other along the dimension `vertex`; the dimension
`path` says whose each is. Words are stored as small integers with the CF attributes
`flag_values` and `flag_meanings`, which every reader of zarr and netCDF knows.
"""

from collections.abc import Mapping, Sequence
from typing import Any, cast

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from scanner.curves.contours import Contour
from scanner.curves.tracing import Side

_SIDES: tuple[Side, ...] = ("lower", "upper", "both")
_SLICE = "point_"


def to_dataset(
    contours: Sequence[Contour], x: str, y: str, units: Mapping[str, str] | None = None
) -> xr.Dataset:
    """Lay contours out as one dataset.

    Parameters
    ----------
    contours : sequence of Contour
        May be empty.
    x, y : str
        Names of the axes.
    units : mapping of str to str, optional
        Unit of each axis.

    Returns
    -------
    xarray.Dataset
        Dimensions `vertex` (variables x, y, path_index, converged) and `path` (experiment,
        statistic, confidence_level, side, closed, and point_NAME of the axes not drawn).

    Examples
    --------
    >>> path = Contour("sbnd", "cls", 0.9, "lower", False, np.array([[1.0, 2.0], [3.0, 4.0]]),
    ...                converged=np.array([True, True]))
    >>> to_dataset([path], "m4", "mu_tr_mu4").sizes["vertex"]
    2
    """
    units = units or {}
    points = np.concatenate([np.empty((0, 2)), *(c.points for c in contours)])
    sizes = [len(c.points) for c in contours]
    converged = np.concatenate([np.empty(0, dtype=bool), *(c.converged for c in contours)])
    result = xr.Dataset(
        {
            "x": ("vertex", points[:, 0], {"long_name": x, "units": units.get(x, "")}),
            "y": ("vertex", points[:, 1], {"long_name": y, "units": units.get(y, "")}),
            "path_index": ("vertex", np.repeat(np.arange(len(sizes)), sizes)),
            "converged": ("vertex", converged.astype(np.int8)),
            "experiment": _words([c.experiment for c in contours]),
            "statistic": _words([c.statistic for c in contours]),
            "confidence_level": ("path", np.array([c.confidence_level for c in contours], float)),
            "side": _words([c.side for c in contours], _SIDES),
            "closed": ("path", np.array([c.closed for c in contours], np.int8)),
        },
        attrs={"title": "contours: the excluded region lies on the left along each path"},
    )
    for name in dict.fromkeys(name for c in contours for name in c.point):
        values = np.array([c.point.get(name, np.nan) for c in contours])
        result[_SLICE + name] = ("path", values, {"units": units.get(name, "")})
    return result


def from_dataset(dataset: xr.Dataset) -> tuple[list[Contour], str, str]:
    """Read contours back from what `to_dataset` made.

    Parameters
    ----------
    dataset : xarray.Dataset
        As `to_dataset` returns it, also after storage.

    Returns
    -------
    contours : list of Contour
        In the order they were stored.
    x, y : str
        Names of the axes.

    Examples
    --------
    >>> from_dataset(to_dataset([], "m4", "mu_tr_mu4"))
    ([], 'm4', 'mu_tr_mu4')
    """
    loaded = dataset.load()
    points = np.column_stack([loaded["x"].values, loaded["y"].values])
    converged = loaded["converged"].values.astype(np.bool_)
    index = loaded["path_index"].values
    words = {name: _read(loaded[name]) for name in ("experiment", "statistic", "side")}
    names = [str(n) for n in loaded.data_vars if str(n).startswith(_SLICE)]
    contours = [
        Contour(
            experiment=words["experiment"][k],
            statistic=words["statistic"][k],
            confidence_level=float(loaded["confidence_level"].values[k]),
            side=cast(Side, words["side"][k]),
            closed=bool(loaded["closed"].values[k]),
            points=points[index == k],
            point=_slice(loaded, names, k),
            converged=converged[index == k],
        )
        for k in range(loaded.sizes["path"])
    ]
    return contours, str(loaded["x"].attrs["long_name"]), str(loaded["y"].attrs["long_name"])


def _slice(dataset: xr.Dataset, names: Sequence[str], k: int) -> dict[str, float]:
    values = {name.removeprefix(_SLICE): float(dataset[name].values[k]) for name in names}
    return {name: value for name, value in values.items() if not np.isnan(value)}


def _words(
    words: Sequence[str], known: Sequence[str] = ()
) -> tuple[str, NDArray[np.int8], dict[str, Any]]:
    """Encode words as integers that explain themselves."""
    meanings = list(known or dict.fromkeys(words))
    codes = np.array([meanings.index(word) for word in words], dtype=np.int8)
    attrs = {"flag_values": list(range(len(meanings))), "flag_meanings": " ".join(meanings)}
    return "path", codes, attrs


def _read(variable: xr.DataArray) -> list[str]:
    meanings = str(variable.attrs["flag_meanings"]).split(" ")
    return [meanings[int(code)] for code in variable.values]
