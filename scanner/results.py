"""Limit cubes, limits and contours of a store: computed from its responses, written, read back."""

import json
import warnings
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import xarray as xr

from physics.errors import InputError
from scanner import contour_data, cosmology, grid_record, provenance, swap
from scanner.assemble import Scan
from scanner.attributes import FORMAT, LIMITS_FORMAT, read_attrs
from scanner.contours import Contour
from scanner.cube import Analysis
from scanner.limits import Limit
from scanner.store import Store

CONTOURS, COSMOLOGY, LIMITS = "contours", "cosmology", "limits"
ANY_FORMAT = (FORMAT, LIMITS_FORMAT)


def analyses(path: Path, scan: Scan) -> Iterator[Analysis]:
    """Give each experiment of a scan with its responses.

    Parameters
    ----------
    path : Path
        The store.
    scan : Scan
        The grid, possibly with other couplings or statistic than the store's.

    Yields
    ------
    Analysis
        In the order of the grid.
    """
    read_attrs(path)
    loaded: dict[str, xr.Dataset] = {}
    for experiment in scan.experiments:
        group = experiment.beam.sampling_group
        if group not in loaded:
            loaded[group] = xr.open_zarr(
                path, group=f"response/{group}", consolidated=False, chunks=None
            ).load()
        yield Analysis(scan, experiment, loaded[group])


def write(store: Store, scan: Scan) -> None:
    """Write the limit cube of every experiment and the contours of all.

    Parameters
    ----------
    store : Store
        Open and not sealed; failed points become NaN.
    scan : Scan
        What it was made from.
    """
    for group, dataset in _datasets(store.path, scan):
        store.write_dataset(group, dataset)


def write_derived(path: Path, source: Path, scan: Scan, limits: Sequence[Limit]) -> None:
    """Write a store of limits for other couplings or another statistic than those scanned.

    Parameters
    ----------
    path : Path
        New store; must not exist.
    source : Path
        The store with the responses; it is not changed.
    scan : Scan
        Its scan with the changes.
    limits : sequence of Limit
        Excluded intervals.

    Raises
    ------
    InputError
        When `path` exists.
    """
    if path.exists():
        raise InputError(f"{path} exists and is not replaced; choose another --out or remove it")
    kept = read_attrs(source)
    tree = xr.DataTree.from_dict(
        {**dict(_datasets(source, scan)), LIMITS: _table_of(limits, units(scan))}
    )
    tree.attrs = {
        "Conventions": "CF-1.11",
        "title": scan.grid.title,
        "format": LIMITS_FORMAT,
        "grid": grid_record.to_json(scan),
        "identity": kept["identity"],
        "provenance": json.dumps({"derived_from": kept.get("provenance"), **provenance.collect()}),
        "sealed": True,
    }
    with warnings.catch_warnings():
        # consolidated metadata are an extension of zarr v3 that every reader may ignore
        warnings.filterwarnings("ignore", message="Consolidated metadata")
        tree.to_zarr(swap.next_path(path), zarr_format=3, consolidated=True)
    swap.replace(path)


def _datasets(path: Path, scan: Scan) -> Iterator[tuple[str, xr.Dataset]]:
    """Limit cube of every experiment, what the light elements say, and the contours of all."""
    found: list[Contour] = []
    for analysis in analyses(path, scan):
        cube = analysis.cube()
        yield analysis.experiment.name, cube
        found += analysis.contours(cube)
    if scan.model.cosmology:
        lifetimes = cosmology.cube(scan)
        yield COSMOLOGY, lifetimes
        found += cosmology.contours(scan, lifetimes)
    if scan.plane is not None:
        yield CONTOURS, contour_data.to_dataset(found, *scan.plane, units(scan))


def _table_of(limits: Sequence[Limit], unit: dict[str, str]) -> xr.Dataset:
    """Excluded intervals as columns; NaN where an interval leaves the axis."""
    axes = list(dict.fromkeys(name for limit in limits for name in limit.point))
    whose = [limit.experiment for limit in limits]
    names = sorted(set(whose))
    edge = next((unit[name] for name in unit if name not in axes), "")
    columns: dict[str, Any] = {
        "experiment": (
            "limit",
            np.array([names.index(name) for name in whose], np.int8),
            {"flag_values": list(range(len(names))), "flag_meanings": " ".join(names)},
        )
    }
    for side in ("lower", "upper"):
        values = [getattr(limit, side) for limit in limits]
        edges = np.array([np.nan if value is None else value for value in values], float)
        columns[side] = ("limit", edges, {"units": edge, "long_name": f"{side} edge"})
    for name in axes:
        points = np.array([limit.point.get(name, np.nan) for limit in limits])
        columns[name] = ("limit", points, {"units": unit.get(name, "")})
    return xr.Dataset(columns, attrs={"title": "excluded intervals, one row each"})


def units(scan: Scan) -> dict[str, str]:
    """Give the unit of each axis of a scan."""
    return {axis.name: scan.axis_attrs(axis.name)["units"] for axis in scan.grid.axes}


def scan_of(path: Path) -> Scan:
    """Rebuild the scan a store was made from.

    Parameters
    ----------
    path : Path
        The store.

    Returns
    -------
    Scan
        As it was run.

    Raises
    ------
    InputError
        When there is no store, or an experiment has changed since.
    """
    return grid_record.from_json(read_attrs(path, ANY_FORMAT)["grid"])


def contours(path: Path, scan: Scan) -> list[Contour]:
    """Contours of a store: read from a complete one, else traced as far as its responses go.

    Parameters
    ----------
    path : Path
        The store.
    scan : Scan
        As `scan_of` gives it.

    Returns
    -------
    list of Contour
        Of all experiments.
    """
    if read_attrs(path, ANY_FORMAT).get("sealed"):
        stored = xr.open_zarr(path, group=CONTOURS, consolidated=False, chunks=None)
        return contour_data.from_dataset(stored)[0]
    found: list[Contour] = []
    for analysis in analyses(path, scan):
        found += analysis.contours(analysis.cube())
    if scan.model.cosmology:
        found += cosmology.contours(scan, cosmology.cube(scan))
    return found


def limits(path: Path, scan: Scan) -> list[Limit]:
    """Excluded intervals of a store for a scan on its responses.

    Parameters
    ----------
    path : Path
        The store.
    scan : Scan
        As `scan_of` gives it, or with other couplings or statistic.

    Returns
    -------
    list of Limit
        Of all experiments, and of the light elements.
    """
    excluding = [*analyses(path, scan), *cosmology.criteria(scan)]
    return [limit for each in excluding for limit in each.limits()]


def names(scan: Scan) -> dict[str, Any]:
    """Names for a legend: the title of each experiment up to the first comma or colon."""
    criteria = {each.name: each.criterion.title for each in cosmology.criteria(scan)}
    return criteria | {e.name: e.title.split(":")[0].split(",")[0] for e in scan.experiments}
