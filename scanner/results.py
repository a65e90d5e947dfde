"""Limit cubes, limits and contours of a store: computed from its responses, written, read back."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import xarray as xr

from scanner import contour_data, grid_record
from scanner.assemble import Scan
from scanner.attributes import read_attrs
from scanner.contours import Contour
from scanner.cube import Analysis
from scanner.limits import Limit
from scanner.store import Store

CONTOURS = "contours"


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
    found: list[Contour] = []
    for analysis in analyses(store.path, scan):
        cube = analysis.cube()
        store.write_dataset(analysis.experiment.name, cube)
        found += analysis.contours(cube)
    if scan.plane is not None:
        store.write_dataset(CONTOURS, contour_data.to_dataset(found, *scan.plane, units(scan)))


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
    return grid_record.from_json(read_attrs(path)["grid"])


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
    if read_attrs(path).get("sealed"):
        stored = xr.open_zarr(path, group=CONTOURS, consolidated=False, chunks=None)
        return contour_data.from_dataset(stored)[0]
    found: list[Contour] = []
    for analysis in analyses(path, scan):
        found += analysis.contours(analysis.cube())
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
        Of all experiments.
    """
    return [limit for analysis in analyses(path, scan) for limit in analysis.limits()]


def names(scan: Scan) -> dict[str, Any]:
    """Names of the experiments for a legend: the title up to the first comma or colon."""
    return {e.name: e.title.split(":")[0].split(",")[0] for e in scan.experiments}
