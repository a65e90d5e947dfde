"""Limits from the primordial light elements, for models whose HNLs were in thermal equilibrium."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import xarray as xr

from physics.cosmology import BBN, LifetimeLimit
from physics.decays import decay
from scanner.assemble import Scan
from scanner.contours import Contour
from scanner.exclusion import Exclusion, Floats, Index

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


def cube(scan: Scan) -> xr.Dataset:
    """Lifetime, and its ratio to the longest that each criterion allows, on the axes of the grid.

    Parameters
    ----------
    scan : Scan
        The grid and its model.

    Returns
    -------
    xarray.Dataset
        ``tau_s`` and one ``NAME_ratio`` per criterion, excluded above 1.
    """
    axes = scan.grid.axes
    names, shape = tuple(a.name for a in axes), tuple(len(a.values) for a in axes)
    found = criteria(scan)
    tau = np.full(shape, np.nan)
    ratios = {each.name: np.full(shape, np.nan) for each in found}
    for index, masses in found[0].masses():
        point, where = scan.point(masses), found[0].where(index)
        tau[where] = decay(scan.model, point).lifetime_s
        for each in found:
            ratios[each.name][where] = each.ratio(index, point)
    return xr.Dataset(
        {
            "tau_s": (names, tau, TAU_ATTRS),
            **{_variable(each): (names, ratios[each.name], _attrs(each)) for each in found},
        },
        coords={a.name: (a.name, np.array(a.values), scan.axis_attrs(a.name)) for a in axes},
        attrs={"title": "lifetime and the primordial light elements"},
    )


def contours(scan: Scan, dataset: xr.Dataset) -> list[Contour]:
    """Contours of all criteria on the plane of the grid.

    Parameters
    ----------
    scan : Scan
        The grid and its model.
    dataset : xarray.Dataset
        As `cube` gives it.

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
