"""The second pass: from responses to limit cubes, limits and contours. No sampling."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from physics import rates, statistics
from physics.decays import decay
from physics.errors import InputError
from physics.experiments.schema import Experiment
from physics.upscattering import largest_mass
from scanner import contours as tracing
from scanner import limits as intervals
from scanner.assemble import STATUS_WORDS, Scan
from scanner.blocks import DONE, FAILED, STATUS, TODO, UNCONVERGED
from scanner.contours import Contour
from scanner.limits import Limit

Floats = NDArray[np.float64]

NEAR_LIMIT = (0.1, 100.0)
"""An unconverged response matters where n_events / n_up is between these."""


@dataclass(frozen=True)
class Analysis:
    """One experiment's responses turned into events and limits.

    Parameters
    ----------
    scan : Scan
        Grid, model and experiments; its coupling axes may differ from those of the sampling.
    experiment : Experiment
        Whose.
    response : xarray.Dataset
        Its sampling group, loaded.
    """

    scan: Scan
    experiment: Experiment
    response: xr.Dataset

    @property
    def method(self) -> str:
        """Statistic: the grid's, else the experiment's own."""
        return self.scan.grid.statistic.method or self.experiment.signature.statistic

    @property
    def level(self) -> float:
        """Confidence level of the limits."""
        return self.scan.grid.statistic.confidence_level

    @property
    def n_up(self) -> float:
        """Upper limit on signal events by the statistic of the grid."""
        signature = self.experiment.signature
        return float(
            statistics.upper_limit(
                self.method,
                signature.observed,
                signature.background.mean,
                signature.background.uncertainty,
                signature.signal_relative_uncertainty,
                self.level,
            )
        )

    def masses(self) -> Iterator[tuple[tuple[int, ...], dict[str, float]]]:
        """Give indices and values of every sampled mass point."""
        axes = self.scan.mass_axes
        for index in np.ndindex(*(len(v) for v in axes.values())):
            yield index, {name: axes[name][i] for name, i in zip(axes, index, strict=True)}

    def events(self, index: tuple[int, ...], point: dict[str, Any]) -> dict[str, Floats]:
        """Everything about a mass point as a function of couplings.

        Parameters
        ----------
        index : tuple of int
            Position of the mass point.
        point : dict
            Parameters; couplings may be arrays.

        Returns
        -------
        dict
            Variables of the limit cube, broadcast over the couplings.
        """
        lived = decay(self.scan.model, point)
        branching = lived.branching[self.experiment.signature.final_states[0]]
        factors = self.scan.model.factors(point)
        spread = self._arrays["response_covariance"][index][:, :, 0, 0, :, 0]
        produced = self._arrays["n_produced"][index]
        names = self._terms
        return {
            "n_events": self._n_events(index, point),
            "n_events_sdev": rates.error(names, spread, factors, branching, lived.ctau_cm),
            "ctau_cm": lived.ctau_cm,
            "branching_ratio": branching,
            "n_produced": np.asarray(sum(factors[t] * produced[i] for i, t in enumerate(names))),
        }

    def _n_events(self, index: tuple[int, ...], point: dict[str, Any]) -> Floats:
        """Compute selected events alone, since root finding does so often."""
        lived = decay(self.scan.model, point)
        branching = lived.branching[self.experiment.signature.final_states[0]]
        response = self._arrays["response"][index]
        values = {name: response[i, 0, 0, :, 0] for i, name in enumerate(self._terms)}
        return rates.events(values, self.scan.model.factors(point), branching, lived.ctau_cm)

    @cached_property
    def _terms(self) -> list[str]:
        """Production terms of the store; InputError when the couplings need another one."""
        stored = [str(name) for name in self.response["term"].values]
        flux = self.experiment.beam.flux.values
        for term in self.scan.terms:
            if term.name not in stored and any(flux[p].any() for p in term.projectiles):
                raise InputError(
                    f"the store has no responses for {term.name}, which {self.experiment.name} "
                    f"needs at these couplings; scan a grid with that coupling into another store"
                )
        return stored

    @cached_property
    def _arrays(self) -> dict[str, Floats]:
        """Arrays of this experiment, by name."""
        names = ("response", "response_covariance", "n_produced", STATUS)
        rows = self.response.isel(experiment=self._row)
        return {name: rows[name].values for name in names}

    @property
    def _row(self) -> int:
        """Position of the experiment in its sampling group."""
        return list(self.response["experiment"].values).index(self.experiment.name)

    def _code(self, index: tuple[int, ...]) -> int:
        """Status of a mass point."""
        return int(self._arrays[STATUS][index])

    def cube(self) -> xr.Dataset:
        """Compute the limit cube on the axes of the grid.

        Returns
        -------
        xarray.Dataset
            With units, names and status; NaN where a block failed.
        """
        axes = self.scan.grid.axes
        shape = tuple(len(axis.values) for axis in axes)
        variables = {name: np.full(shape, np.nan) for name in CUBE_ATTRS}
        status = np.zeros(shape, dtype=np.int8)
        n_up = self.n_up
        for index, masses in self.masses():
            where = self._where(index)
            found = self.events(index, self.scan.point(masses))
            for name in variables:
                if name in found:
                    variables[name][where] = found[name]
            variables["limit_ratio"][where] = found["n_events"] / n_up
            status[where] = _status(self._code(index), variables["limit_ratio"][where])
        names = tuple(axis.name for axis in axes)
        return xr.Dataset(
            {
                **{n: (names, v, CUBE_ATTRS[n]) for n, v in variables.items()},
                STATUS: (names, status, {"long_name": STATUS_WORDS}),
                "n_up": ((), n_up, {"units": "1", "long_name": "upper limit on signal events"}),
                "acceptance": self._acceptance(),
            },
            coords={
                a.name: (a.name, np.array(a.values), self.scan.axis_attrs(a.name)) for a in axes
            },
            attrs=self._attrs(),
        )

    def _where(self, index: tuple[int, ...]) -> tuple[Any, ...]:
        """Index of a mass point in the cube: numbers on mass axes, everything on the others."""
        position = dict(zip(self.scan.mass_axes, index, strict=True))
        return tuple(position.get(a.name, slice(None)) for a in self.scan.grid.axes)

    def _acceptance(self) -> xr.Variable:
        steps = len(self.experiment.signature.selection) + 2
        found = self.response["acceptance"].isel(experiment=self._row, step=slice(steps))
        names = [f"acceptance_{d}" if d in ("term", "step") else d for d in found.dims]
        mass_axes = [d for d in names if d in self.scan.mass_axes]
        keep = [i for i, d in enumerate(found.dims) if d in ("term", "step") or d in mass_axes]
        attrs = {
            "units": "1",
            "long_name": "produced events left: all, after each cut, times the efficiency",
            "steps": ", ".join(self._steps()),
        }
        return xr.Variable([names[i] for i in keep], found.values, attrs)

    def _steps(self) -> list[str]:
        """Name the steps of the cut flow."""
        return ["produced", *self.experiment.signature.cut_names, "efficiency"]

    def _attrs(self) -> dict[str, Any]:
        return {
            "title": self.experiment.title,
            "kind": self.experiment.kind,
            "exposure_pot": self.experiment.exposure_pot,
            "statistic": self.method,
            "limit_confidence_level": self.level,
            "digest": self.experiment.digest,
        }

    def limits(self) -> list[Limit]:
        """Excluded intervals along the last coupling axis, at every value of the other axes."""
        found, n_up = [], self.n_up
        for values, function, axis in self._lines():
            low, high = axis.values[0], axis.values[-1]
            for lower, upper in intervals.excluded(function, n_up, low, high):
                name = self.experiment.name
                found.append(Limit(name, self.method, self.level, lower, upper, values))
        return found

    def _lines(self) -> Iterator[tuple[dict[str, float], Callable[[Floats], Floats], Any]]:
        """Each line of the grid along the last coupling axis: where, events on it, the axis."""
        couplings = self.scan.grid.coupling_axes
        if not couplings:
            return
        *others, axis = couplings
        for index, masses in self.masses():
            if self._code(index) in (TODO, FAILED):
                continue
            for rest in np.ndindex(*(len(a.values) for a in others)):
                fixed = {a.name: a.values[i] for a, i in zip(others, rest, strict=True)}
                values = {**masses, **fixed}
                yield values, self._along(index, values, axis.name), axis

    def _along(
        self, index: tuple[int, ...], values: dict[str, float], name: str
    ) -> Callable[[Floats], Floats]:
        """Events as a function of one coupling."""
        known = {axis.name for axis in self.scan.grid.axes}
        fixed = {k: v for k, v in values.items() if k in known}

        def n_events(coupling: Floats) -> Floats:
            point = dict(self.scan.grid.resolve({**fixed, name: coupling}))
            return self._n_events(index, point)

        return n_events

    def contours(self, cube: xr.Dataset) -> list[Contour]:
        """Trace where n_events = n_up on the plane of the grid, for each slice of further axes."""
        plane = self.scan.plane
        if plane is None:
            return []
        x, y = plane
        others = [axis.name for axis in self.scan.grid.axes if axis.name not in plane]
        found: list[Contour] = []
        for index in np.ndindex(*(cube.sizes[o] for o in others)):
            chosen = dict(zip(others, index, strict=True))
            found += self._plane_contours(cube.isel(chosen).transpose(..., y, x), x, y)
        return found

    def _plane_contours(self, cut: xr.Dataset, x: str, y: str) -> list[Contour]:
        point = {
            axis.name: float(cut[axis.name])
            for axis in self.scan.grid.axes
            if axis.name not in (x, y)
        }
        coupling = y in {axis.name for axis in self.scan.grid.coupling_axes}
        return tracing.contours(
            cut[x].values,
            cut[y].values,
            cut["n_events"].values,
            float(cut["n_up"]),
            experiment=self.experiment.name,
            statistic=self.method,
            confidence_level=self.level,
            point=point,
            refine=self._roots(cut, x, y, point) if coupling else None,
            threshold=self._threshold() if x == "m4" else None,
            unconverged=cut[STATUS].values == UNCONVERGED,
        )

    def _roots(
        self, cut: xr.Dataset, x: str, y: str, point: dict[str, float]
    ) -> Callable[[float], Any]:
        """All exact crossings in y at a grid value of x."""
        axes = self.scan.mass_axes
        low, high, n_up = float(cut[y][0]), float(cut[y][-1]), float(cut["n_up"])

        def roots(value: float) -> Any:
            values = {**point, x: value}
            index = tuple(int(np.argmin(np.abs(np.array(axes[a]) - values[a]))) for a in axes)
            return intervals.edges(self._along(index, values, y), n_up, low, high)

        return roots

    def _threshold(self) -> float | None:
        """Mass in GeV at and beyond which this beam makes no HNLs."""
        flux = self.experiment.beam.flux
        reached = [
            float(flux.energy[np.flatnonzero(flux.values[p])[-1] + 1 :][:1].max(initial=0.0))
            or float(flux.energy[-1])
            for term in self.scan.terms
            for p in term.projectiles
            if flux.values[p].any()
        ]
        nuclei = {n for volume in self.experiment.targets for n in volume.nuclei}
        return max(largest_mass(max(reached), name) for name in nuclei) if reached else None


CUBE_ATTRS = {
    "n_events": {"units": "1", "long_name": "selected events"},
    "n_events_sdev": {"units": "1", "long_name": "Monte Carlo error of n_events"},
    "n_produced": {"units": "1", "long_name": "upscatterings in the target volumes"},
    "ctau_cm": {"units": "cm", "long_name": "proper decay length"},
    "branching_ratio": {"units": "1", "long_name": "branching ratio into the visible final state"},
    "limit_ratio": {"units": "1", "long_name": "n_events / n_up; excluded above 1"},
}


def _status(code: int, ratio: Floats) -> NDArray[np.int8]:
    """Status of the points at one mass: unconverged only where it could move the limit."""
    result = np.full(np.shape(ratio), code, dtype=np.int8)
    if code == UNCONVERGED:
        low, high = NEAR_LIMIT
        result[~((ratio > low) & (ratio < high))] = DONE
    if code == TODO:
        result[...] = FAILED
    return result
