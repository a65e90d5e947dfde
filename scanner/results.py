"""Limit cubes, limits and contours of a store: computed from its responses, written, read back."""

import json
import math
from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import xarray as xr
import zarr

from physics.documents import then
from physics.errors import InputError, nearest
from physics.experiments.schema import Experiment
from scanner.assembly import grid_record
from scanner.assembly.assemble import Scan
from scanner.cubes import cosmology, slabs
from scanner.cubes.cube import COLLAPSING, Analysis
from scanner.cubes.exclusion import Floats, Index
from scanner.cubes.responses import Responses
from scanner.curves import contour_data
from scanner.curves.contours import Contour
from scanner.curves.limits import Limit
from scanner.execution.adaptive import Refinement, Slices, neighbours
from scanner.refine.refinement import Rule
from scanner.storage import provenance, swap
from scanner.storage.attributes import FORMAT, LIMITS_FORMAT, read_attrs, read_layouts
from scanner.storage.place import Place, labelled, parse
from scanner.storage.seal import consolidate
from scanner.storage.steady import steadily
from scanner.storage.store import Store, write_group

CONTOURS, COSMOLOGY, LIMITS = "contours", "cosmology", "limits"
ANY_FORMAT = (FORMAT, LIMITS_FORMAT)


def analyses(path: Place, scan: Scan) -> Iterator[Analysis]:
    """Give each experiment of a scan with its responses, as far as they are known.

    Parameters
    ----------
    path : Place
        The store.
    scan : Scan
        The grid, possibly with other couplings or statistic than the store's.

    Yields
    ------
    Analysis
        In the order of the grid.
    """
    layouts = read_layouts(path)
    opened: dict[str, Responses] = {}
    for experiment in scan.experiments:
        group = experiment.beam.sampling_group
        if group not in opened:
            opened[group] = Responses(path, layouts[group])
        yield Analysis(scan, experiment, opened[group])


def refinement(store: Store, scan: Scan) -> Refinement | None:
    """Give what asks for the blocks of a scan in rounds.

    Parameters
    ----------
    store : Store
        Open.
    scan : Scan
        What it is made from.

    Returns
    -------
    Refinement or None
        None where all masses are sampled.
    """
    adaptive = scan.grid.adaptive
    if adaptive is None:
        return None
    couplings = [len(axis.values) for axis in scan.grid.coupling_axes]
    slices = {}
    for name, members in scan.sampling_groups.items():
        shape = (len(members), *couplings)
        heights = partial(_heights, store, scan, members)
        slices[name] = Slices(heights, math.prod(shape), neighbours(shape))
    return Refinement(Rule(adaptive.coarse, adaptive.tolerance), slices)


def _heights(
    store: Store, scan: Scan, members: Sequence[Experiment], points: Sequence[Index]
) -> Floats:
    """ln(n_events / n_up) of all experiments of a group and all couplings at some mass points."""
    responses = Responses(store.path, store.layouts[members[0].beam.sampling_group])
    found = [Analysis(scan, experiment, responses) for experiment in members]
    return np.array([np.concatenate([each.heights(index) for each in found]) for index in points])


def write(store: Store, scan: Scan) -> None:
    """Write the limit cube of every experiment and the contours of all, slab by slab.

    Parameters
    ----------
    store : Store
        Open; failed points become NaN.
    scan : Scan
        What it was made from.

    Raises
    ------
    InputError
        If the store is sealed.
    """
    store.require_open()
    _write_to(store.path, store.path, scan)


def write_derived(path: Path, source: Place, scan: Scan, limits: Sequence[Limit]) -> None:
    """Write a store of limits for other couplings or another statistic than those scanned.

    Parameters
    ----------
    path : Path
        New store; must not exist.
    source : Place
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
    attrs = {
        "Conventions": "CF-1.11",
        "title": scan.grid.title,
        "format": LIMITS_FORMAT,
        "grid": grid_record.to_json(scan),
        "identity": kept["identity"],
        "provenance": json.dumps({"derived_from": kept.get("provenance"), **provenance.collect()}),
        "sealed": True,
    }
    successor = swap.next_path(path)
    zarr.open_group(successor, mode="w", zarr_format=3, attributes=attrs)
    _write_to(successor, source, scan)
    write_group(successor, LIMITS, _table_of(limits, units(scan)))
    consolidate(successor)
    swap.replace(path)


def _write_to(path: Place, source: Place, scan: Scan) -> None:
    """Write limit cubes, what the light elements say, and the contours of all."""
    found: list[Contour] = []
    for analysis in analyses(source, scan):
        slabs.to_store(path, analysis.name, analysis.template, analysis.parts(), COLLAPSING)
        found += analysis.contours(labelled(path, analysis.name))
    if scan.model.cosmology:
        slabs.to_store(path, COSMOLOGY, cosmology.template(scan), cosmology.parts(scan))
        found += cosmology.contours(scan, labelled(path, COSMOLOGY))
    if scan.plane is not None:
        write_group(path, CONTOURS, contour_data.to_dataset(found, *scan.plane, units(scan)))


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


def scan_of(path: Place) -> Scan:
    """Rebuild the scan a store was made from.

    Parameters
    ----------
    path : Place
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
    return steadily(
        path, lambda place: grid_record.from_json(read_attrs(place, ANY_FORMAT)["grid"])
    )


def contours(path: Place, scan: Scan) -> list[Contour]:
    """Contours of a store: read from a complete one, else traced as far as its responses go.

    Parameters
    ----------
    path : Place
        The store.
    scan : Scan
        As `scan_of` gives it.

    Returns
    -------
    list of Contour
        Of all experiments.
    """
    return steadily(path, lambda place: _contours(place, scan))


def _contours(path: Place, scan: Scan) -> list[Contour]:
    if read_attrs(path, ANY_FORMAT).get("sealed"):
        return contour_data.from_dataset(labelled(path, CONTOURS))[0]
    excluding = [*analyses(path, scan), *cosmology.criteria(scan)]
    return [contour for each in excluding for contour in each.contours(each.ratios())]


def limits(path: Place, scan: Scan) -> list[Limit]:
    """Excluded intervals of a store for a scan on its responses.

    Parameters
    ----------
    path : Place
        The store.
    scan : Scan
        As `scan_of` gives it, or with other couplings or statistic.

    Returns
    -------
    list of Limit
        Of all experiments, and of the light elements.
    """
    return steadily(path, lambda place: _limits(place, scan))


def _limits(path: Place, scan: Scan) -> list[Limit]:
    excluding = [*analyses(path, scan), *cosmology.criteria(scan)]
    return [limit for each in excluding for limit in each.limits()]


def cube(path: Place | str, experiment: str) -> xr.Dataset:
    """Limit cube of one experiment: that of a complete store, else computed from what there is.

    It does not disturb a scan that runs. Points still to do are NaN and have the status 0.

    Parameters
    ----------
    path : Place or str
        The store.
    experiment : str
        Its name, or ``"cosmology"``.

    Returns
    -------
    xarray.Dataset
        On the axes of the grid; read when used if the store is complete, else in memory.

    Raises
    ------
    InputError
        When there is no store, or it has no such experiment.
    """
    return steadily(parse(path), lambda place: _cube(place, experiment))


def _cube(path: Place, experiment: str) -> xr.Dataset:
    scan = scan_of(path)
    known = [e.name for e in scan.experiments] + [COSMOLOGY] * bool(scan.model.cosmology)
    if experiment not in known:
        raise InputError(
            f"{path} has no experiment {experiment!r}"
            + then(nearest(experiment, known), f"it has {', '.join(known)}")
        )
    if read_attrs(path, ANY_FORMAT).get("sealed"):
        return labelled(path, experiment)
    if experiment == COSMOLOGY:
        return slabs.in_memory(cosmology.template(scan), cosmology.parts(scan))
    [found] = (each for each in analyses(path, scan) if each.name == experiment)
    return slabs.in_memory(found.template, found.parts(), COLLAPSING)


def names(scan: Scan) -> dict[str, Any]:
    """Names for a legend: the title of each experiment up to the first comma or colon."""
    criteria = {each.name: each.criterion.title for each in cosmology.criteria(scan)}
    return criteria | {e.name: e.title.split(":")[0].split(",")[0] for e in scan.experiments}
