"""What excludes couplings: a ratio that is above 1 where a point is excluded.

An experiment's ratio is n_events / n_up, that of the light elements is a lifetime over the longest
allowed; limits along an axis and contours on a plane are made of either in the same way.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from scanner import contours as tracing
from scanner import limits as intervals
from scanner.assemble import Scan
from scanner.blocks import DONE, FAILED, STATUS, TODO, UNCONVERGED
from scanner.contours import Contour
from scanner.limits import Limit

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

    def masses(self) -> Iterator[tuple[Index, dict[str, float]]]:
        """Give indices and values of every sampled mass point."""
        axes = self.scan.mass_axes
        for index in np.ndindex(*(len(v) for v in axes.values())):
            yield index, {name: axes[name][i] for name, i in zip(axes, index, strict=True)}

    def where(self, index: Index) -> tuple[Any, ...]:
        """Index of a mass point in the cube: numbers on mass axes, everything on the others."""
        position = dict(zip(self.scan.mass_axes, index, strict=True))
        return tuple(position.get(a.name, slice(None)) for a in self.scan.grid.axes)

    def limits(self) -> list[Limit]:
        """Excluded intervals along the last coupling axis, at every value of the other axes."""
        found = []
        for values, function, axis in self._lines():
            low, high = axis.values[0], axis.values[-1]
            for lower, upper in intervals.excluded(function, 1.0, low, high):
                found.append(Limit(self.name, self.method, self.level, lower, upper, values))
        return found

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
        for index in np.ndindex(*(cube.sizes[o] for o in others)):
            chosen = dict(zip(others, index, strict=True))
            found += self._plane_contours(cube.isel(chosen).transpose(..., y, x), x, y, ratio)
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
        axes = self.scan.mass_axes
        low, high = float(cut[y][0]), float(cut[y][-1])

        def roots(value: float) -> Any:
            values = {**point, x: value}
            index = tuple(int(np.argmin(np.abs(np.array(axes[a]) - values[a]))) for a in axes)
            return intervals.edges(self._along(index, values, y), 1.0, low, high)

        return roots


def status(code: int, ratio: Floats) -> NDArray[np.int8]:
    """Status of the points at one mass: unconverged only where it could move the limit."""
    result = np.full(np.shape(ratio), code, dtype=np.int8)
    if code == UNCONVERGED:
        low, high = NEAR_LIMIT
        result[~((ratio > low) & (ratio < high))] = DONE
    if code == TODO:
        result[...] = FAILED
    return result
