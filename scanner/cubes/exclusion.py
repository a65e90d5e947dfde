"""What excludes couplings: a ratio that is above 1 where a point is excluded.

An experiment's ratio is n_events / n_up, that of the light elements is a lifetime over the longest
allowed; limits along an axis and contours on a plane are made of either in the same way.
"""

import itertools
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from scanner.assembly.assemble import Scan
from scanner.blocks.blocks import DONE, FAILED, STATUS, TODO, UNCONVERGED
from scanner.cubes import slabs
from scanner.cubes.slabs import Along
from scanner.curves import contours as tracing
from scanner.curves import limits as intervals
from scanner.curves.contours import Contour
from scanner.curves.limits import Limit

Floats = NDArray[np.float64]
Index = tuple[int, ...]

NEAR_LIMIT = (0.1, 100.0)
"""An unconverged response matters where the ratio is between these."""


@dataclass(frozen=True)
class Exclusion(ABC):
    """Something that excludes points of a scan.

    Parameters
    ----------
    scan : Scan
        Grid, model and experiments; its coupling axes may differ from those of the sampling.
    """

    scan: Scan

    @property
    @abstractmethod
    def name(self) -> str:
        """Name in contours and limits."""

    @property
    @abstractmethod
    def method(self) -> str:
        """Statistic, or criterion."""

    @property
    @abstractmethod
    def level(self) -> float:
        """Confidence level of the limits; 0 for a criterion without one."""

    @abstractmethod
    def ratio(self, index: Index, point: dict[str, Any]) -> Floats:
        """Give the ratio at a mass point as a function of couplings."""

    def code(self, index: Index) -> int:
        """Status of a mass point."""
        return DONE

    def threshold(self) -> float | None:
        """Mass in GeV at and beyond which nothing can be excluded."""
        return None

    @cached_property
    def mass_sizes(self) -> dict[str, int]:
        """Number of values of every sampled axis."""
        return {name: len(values) for name, values in self.scan.mass_axes.items()}

    @cached_property
    def sizes(self) -> dict[str, int]:
        """Number of values of every axis, the sampled ones first."""
        couplings = self.scan.grid.coupling_axes
        return {**self.mass_sizes, **{axis.name: len(axis.values) for axis in couplings}}

    def step(self, point_bytes: int) -> dict[str, int]:
        """Size of a slab of the cube along every axis, for some bytes of a grid point."""
        inner = {name: n for name, n in self.sizes.items() if name not in self.mass_sizes}
        return slabs.steps(self.mass_sizes, inner, point_bytes)

    def masses(self, along: Along | None = None) -> Iterator[tuple[Index, dict[str, float]]]:
        """Give indices and values of every sampled mass point, or of those in a slab."""
        axes = self.scan.mass_axes
        ranges = [
            range(n)[(along or {}).get(name, slice(None))] for name, n in self.mass_sizes.items()
        ]
        for index in itertools.product(*ranges):
            yield index, {name: axes[name][i] for name, i in zip(axes, index, strict=True)}

    def inside(self, along: Along) -> Iterator[tuple[Index, dict[str, Any], tuple[Any, ...]]]:
        """Give mass points of a slab: index, parameters over its couplings, place in its arrays."""
        for index, masses in self.masses(along):
            at = dict(zip(masses, index, strict=True))
            where = (
                at[a.name] - along[a.name].start if a.name in at else slice(None)
                for a in self.scan.grid.axes
            )
            yield index, self.scan.point(masses, along), tuple(where)

    def region(self, along: Along) -> tuple[slice, ...]:
        """Place of a slab in the cube."""
        return tuple(along[axis.name] for axis in self.scan.grid.axes)

    def ratios(self, name: str = "limit_ratio") -> xr.Dataset:
        """Compute the ratio and the status alone, on the axes of the grid.

        Parameters
        ----------
        name : str
            What to call the ratio.

        Returns
        -------
        xarray.Dataset
            What `contours` needs.
        """
        axes = self.scan.grid.axes
        dims, shape = tuple(a.name for a in axes), self.scan.grid.shape
        ratio, codes = np.full(shape, np.nan), np.zeros(shape, dtype=np.int8)
        whole = {axis: slice(0, size) for axis, size in self.sizes.items()}
        for index, point, where in self.inside(whole):
            code = self.code(index)
            if code not in (TODO, FAILED):
                ratio[where] = self.ratio(index, point)
            codes[where] = status(code, ratio[where])
        return xr.Dataset(
            {name: (dims, ratio), STATUS: (dims, codes)},
            coords={a.name: (a.name, a.array) for a in axes},
        )

    def limits(self) -> Iterator[Limit]:
        """Excluded intervals along the last coupling axis, at every value of the other axes."""
        for values, function, axis in self._lines():
            low, high = axis.values[0], axis.values[-1]
            for lower, upper in intervals.excluded(function, 1.0, low, high):
                yield Limit(self.name, self.method, self.level, lower, upper, values)

    def _lines(self) -> Iterator[tuple[dict[str, float], Callable[[Floats], Floats], Any]]:
        """Each line of the grid along the last coupling axis: where, the ratio on it, the axis."""
        couplings = self.scan.grid.coupling_axes
        if not couplings:
            return
        *others, axis = couplings
        for index, masses in self.masses():
            if self.code(index) in (TODO, FAILED):
                continue
            for rest in np.ndindex(*(len(a.values) for a in others)):
                fixed = {a.name: a.values[i] for a, i in zip(others, rest, strict=True)}
                values = {**masses, **fixed}
                yield values, self._along(index, values, axis.name), axis

    def _along(
        self, index: Index, values: dict[str, float], name: str
    ) -> Callable[[Floats], Floats]:
        """Ratio as a function of one coupling."""
        known = {axis.name for axis in self.scan.grid.axes}
        fixed = {k: v for k, v in values.items() if k in known}

        def ratio(coupling: Floats) -> Floats:
            return self.ratio(index, dict(self.scan.grid.resolve({**fixed, name: coupling})))

        return ratio

    def contours(self, cube: xr.Dataset, ratio: str = "limit_ratio") -> list[Contour]:
        """Trace where a ratio is 1 on the plane of the grid, for each slice of further axes.

        Parameters
        ----------
        cube : xarray.Dataset
            With `ratio` on the axes of the grid, and the status.
        ratio : str
            Name of the variable.

        Returns
        -------
        list of Contour
            Empty for a grid without a plane.
        """
        plane = self.scan.plane
        if plane is None:
            return []
        x, y = plane
        others = [axis.name for axis in self.scan.grid.axes if axis.name not in plane]
        found: list[Contour] = []
        needed = cube[[name for name in (ratio, STATUS) if name in cube]]
        for index in np.ndindex(*(cube.sizes[o] for o in others)):
            # in memory before it is turned: xarray would read a turned array number by number
            cut = needed.isel(dict(zip(others, index, strict=True))).load()
            found += self._plane_contours(cut.transpose(..., y, x), x, y, ratio)
        return found

    def _plane_contours(self, cut: xr.Dataset, x: str, y: str, ratio: str) -> list[Contour]:
        point = {
            axis.name: float(cut[axis.name])
            for axis in self.scan.grid.axes
            if axis.name not in (x, y)
        }
        coupling = y in {axis.name for axis in self.scan.grid.coupling_axes}
        doubtful = cut[STATUS].values == UNCONVERGED if STATUS in cut else False
        return tracing.contours(
            cut[x].values,
            cut[y].values,
            cut[ratio].transpose(..., y, x).values,
            1.0,
            experiment=self.name,
            statistic=self.method,
            confidence_level=self.level,
            point=point,
            refine=self._roots(cut, x, y, point) if coupling else None,
            threshold=self.threshold() if x == "m4" else None,
            unconverged=doubtful,
        )

    def _roots(
        self, cut: xr.Dataset, x: str, y: str, point: dict[str, float]
    ) -> Callable[[float], Any]:
        """All exact crossings in y at a grid value of x."""
        low, high = float(cut[y][0]), float(cut[y][-1])

        def roots(value: float) -> Any:
            values = {**point, x: value}
            # a mass that the grid does not scan has one place
            index = tuple(at[values[a]] if a in values else 0 for a, at in self._places.items())
            if self.code(index) in (TODO, FAILED):
                return ()  # computed anew since the cube was read
            return intervals.edges(self._along(index, values, y), 1.0, low, high)

        return roots

    @cached_property
    def _places(self) -> dict[str, dict[float, int]]:
        """Position of every value of the sampled axes."""
        axes = self.scan.mass_axes
        return {name: {value: i for i, value in enumerate(axis)} for name, axis in axes.items()}


def status(code: int, ratio: Floats) -> NDArray[np.int8]:
    """Status of the points at one mass: unconverged only where it could move the limit."""
    result = np.full(np.shape(ratio), code, dtype=np.int8)
    if code == UNCONVERGED:
        low, high = NEAR_LIMIT
        result[~((ratio > low) & (ratio < high))] = DONE
    return result
