"""Limits from the primordial light elements, for models whose HNLs were in thermal equilibrium."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import xarray as xr

from physics.cosmology import BBN, LifetimeLimit
from physics.decays import decay
from scanner.assembly.assemble import Scan
from scanner.cubes import slabs
from scanner.cubes.exclusion import Exclusion, Floats, Index
from scanner.cubes.slabs import Part
from scanner.curves.contours import Contour

TAU = "tau_s"
TAU_ATTRS = {"units": "s", "long_name": "lifetime"}


@dataclass(frozen=True)
class Nucleosynthesis(Exclusion):
    """A longest lifetime that the light elements allow.

    Parameters
    ----------
    criterion : LifetimeLimit
        Which.
    """

    criterion: LifetimeLimit

    @property
    def name(self) -> str:
        """Name of the criterion."""
        return self.criterion.name

    @property
    def method(self) -> str:
        """What is compared."""
        return "lifetime"

    @property
    def level(self) -> float:
        """Confidence level; 0 for a criterion without one."""
        return self.criterion.confidence_level or 0.0

    def ratio(self, index: Index, point: dict[str, Any]) -> Floats:
        """Give lifetime over the longest allowed; 0 where the criterion says nothing."""
        tau = decay(self.scan.model, point).lifetime_s
        longest = self.criterion.longest_lifetime_s(np.ravel(point["m4"])[0])
        return np.nan_to_num(tau / longest, nan=0.0, posinf=np.inf)


def criteria(scan: Scan) -> tuple[Nucleosynthesis, ...]:
    """Criteria that apply to a scan: none unless its model says so."""
    return tuple(Nucleosynthesis(scan, c) for c in BBN) if scan.model.cosmology else ()


def template(scan: Scan) -> xr.Dataset:
    """Describe what `parts` gives, without its numbers.

    Parameters
    ----------
    scan : Scan
        The grid and its model.

    Returns
    -------
    xarray.Dataset
        ``tau_s`` and one ``NAME_ratio`` per criterion, excluded above 1.
    """
    found, axes = criteria(scan), scan.grid.axes
    dims, sizes, step = tuple(a.name for a in axes), found[0].sizes, _step(found)
    attrs = {TAU: TAU_ATTRS, **{_variable(each): _attrs(each) for each in found}}
    return xr.Dataset(
        {name: slabs.empty(dims, sizes, step, about) for name, about in attrs.items()},
        coords={a.name: (a.name, a.array, scan.axis_attrs(a.name)) for a in axes},
        attrs={"title": "lifetime and the primordial light elements"},
    )


def parts(scan: Scan) -> Iterator[Part]:
    """Compute lifetimes, and their ratio to the longest that each criterion allows, in slabs.

    Parameters
    ----------
    scan : Scan
        The grid and its model.

    Yields
    ------
    Part
        Of the variables of `template`.
    """
    found = criteria(scan)
    first = found[0]
    for along in slabs.cut(first.sizes, _step(found)):
        region = first.region(along)
        shape = tuple(part.stop - part.start for part in region)
        arrays = {name: np.full(shape, np.nan) for name in (TAU, *map(_variable, found))}
        for index, point, where in first.inside(along):
            arrays[TAU][where] = decay(scan.model, point).lifetime_s
            for each in found:
                arrays[_variable(each)][where] = each.ratio(index, point)
        yield from ((name, region, values) for name, values in arrays.items())


def _step(found: Sequence[Nucleosynthesis]) -> dict[str, int]:
    """Size of a slab."""
    return found[0].step((1 + len(found)) * np.dtype(float).itemsize)


def contours(scan: Scan, dataset: xr.Dataset) -> list[Contour]:
    """Contours of all criteria on the plane of the grid.

    Parameters
    ----------
    scan : Scan
        The grid and its model.
    dataset : xarray.Dataset
        With the variables of `template`.

    Returns
    -------
    list of Contour
        The excluded region is that of long lifetimes.
    """
    return [c for each in criteria(scan) for c in each.contours(dataset, _variable(each))]


def _variable(each: Nucleosynthesis) -> str:
    return f"{each.name}_ratio"


def _attrs(each: Nucleosynthesis) -> dict[str, str]:
    return {"units": "1", "long_name": f"{each.criterion.title}; excluded above 1"}
