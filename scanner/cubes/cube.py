"""The second pass: from responses to limit cubes. No sampling."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
import xarray as xr

from physics import counting, processes, rates
from physics.decays import Decay, decay
from physics.errors import InputError
from physics.experiments.schema import Experiment
from scanner.assembly.assemble import STATUS_WORDS
from scanner.blocks.blocks import FAILED, INTERPOLATED, STATUS, TODO, Arrays
from scanner.cubes import slabs
from scanner.cubes.exclusion import Exclusion, Floats, Index, status
from scanner.cubes.responses import Responses
from scanner.cubes.slabs import Along, Part
from scanner.refine import interpolation

CHANNEL = "channel"
"""Dimension of the counting channels in a cube."""

CUBE_ATTRS = {
    "n_events": {"units": "1", "long_name": "selected events"},
    "n_events_sdev": {"units": "1", "long_name": "Monte Carlo error of n_events"},
    "n_produced": {"units": "1", "long_name": "HNLs made in the targets, or arriving"},
    "ctau_cm": {"units": "cm", "long_name": "proper decay length"},
    "branching_ratio": {"units": "1", "long_name": "branching ratio into what is looked for"},
    "limit_ratio": {"units": "1", "long_name": "n_events / n_up; excluded above 1"},
    "n_up": {"units": "1", "long_name": "upper limit on signal events"},
}

BY_CHANNEL = "n_events_by_channel"
BY_CHANNEL_ATTRS = {"units": "1", "long_name": "selected events of each counting channel"}

ACCEPTANCE_DIMS = ("acceptance_term", "acceptance_final_state", "acceptance_step")

COLLAPSING = ("n_up",)
"""Variables of a cube that are one number where they are the same everywhere."""


@dataclass(frozen=True)
class Analysis(Exclusion):
    """One experiment's responses turned into events and limits.

    Parameters
    ----------
    experiment : Experiment
        Whose.
    responses : Responses
        Its sampling group.
    """

    experiment: Experiment
    responses: Responses
    _last: dict[Index, dict[str, Any]] = field(default_factory=dict, repr=False, compare=False)
    _limit: dict[float, float] = field(default_factory=dict, repr=False, compare=False)

    @property
    def name(self) -> str:
        """Name of the experiment."""
        return self.experiment.name

    @property
    def method(self) -> str:
        """Statistic: the grid's, else the experiment's own."""
        return self.scan.grid.statistic.method or self.experiment.signature.statistic

    @property
    def level(self) -> float:
        """Confidence level of the limits."""
        return self.scan.grid.statistic.confidence_level

    def n_up(self, mass: float, by_channel: Floats) -> Floats:
        """Upper limit on signal events by the statistic of the grid (`physics.counting`)."""
        if len(self.experiment.signature.channels) > 1:
            return self._counted(mass, by_channel)
        # one channel has no shares: root finding asks for the same number many times
        if mass not in self._limit:
            self._limit.clear()
            self._limit[mass] = float(self._counted(mass, np.ones((1, 1)))[0])
        return np.broadcast_to(self._limit[mass], by_channel.shape[1:])

    def _counted(self, mass: float, by_channel: Floats) -> Floats:
        signature = self.experiment.signature
        return counting.n_up(signature, self.method, self.level, mass, by_channel)

    def ratio(self, index: Index, point: dict[str, Any]) -> Floats:
        """Give n_events / n_up, alone, since root finding asks for it often."""
        by_channel = self._by_channel(index, point, decay(self.scan.model, point))
        mass = float(np.ravel(point["m4"])[0])
        return np.asarray(by_channel.sum(0) / self.n_up(mass, by_channel))

    def events(self, index: Index, point: dict[str, Any]) -> dict[str, Floats]:
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
        lifetimes = self._lifetimes(point, lived)
        branching = rates.branching_of(lived, self._decays)
        factors = self.scan.model.factors(point)
        spread = self._at(index)["response_covariance"].swapaxes(-1, -2)
        produced = self._at(index)["n_produced"]
        names = self._terms
        by_channel = self._by_channel(index, point, lived)
        n_up = self.n_up(float(np.ravel(point["m4"])[0]), by_channel)
        n_events = by_channel.sum(0)
        return {
            "n_events": n_events,
            "n_events_sdev": rates.error(names, spread, factors, branching, lifetimes),
            "ctau_cm": lived.ctau_cm,
            "branching_ratio": branching.sum(0),
            "n_produced": np.asarray(sum(factors[t] * produced[i] for i, t in enumerate(names))),
            "limit_ratio": n_events / n_up,
            "n_up": n_up,
            CHANNEL: by_channel,
        }

    def _by_channel(self, index: Index, point: dict[str, Any], lived: Decay) -> Floats:
        """Compute selected events of each channel."""
        branching = rates.branching_of(lived, self._decays)
        response = self._at(index)["response"]
        values = {name: response[i].swapaxes(-1, -2) for i, name in enumerate(self._terms)}
        lifetimes = self._lifetimes(point, lived)
        return rates.events(values, self.scan.model.factors(point), branching, lifetimes)

    def _lifetimes(self, point: dict[str, Any], lived: Decay) -> rates.Lived:
        """Lifetimes at some couplings, with the nodes of the store."""
        return rates.lived(self.scan.model, point, lived, self._seconds)

    @cached_property
    def _seconds(self) -> list[float]:
        """Lifetimes of a second flight in the store; NaN stands for one flight."""
        return [0.0 if np.isnan(node) else float(node) for node in self._stored("ctau_2")]

    @cached_property
    def _terms(self) -> list[str]:
        """Production terms of the store; InputError when the couplings need another one."""
        stored = [str(name) for name in self._stored("term")]
        for term in self.scan.terms(self.experiment):
            if term.name not in stored and processes.has_flux(self.experiment, term):
                raise InputError(
                    f"the store has no responses for {term.name}, which {self.experiment.name} "
                    f"needs at these couplings; scan a grid with that coupling into another store"
                )
        return stored

    @cached_property
    def _decays(self) -> list[str]:
        """Decay modes that count; InputError when the couplings need one that is not stored."""
        decays, stored = self.scan.decays(self.experiment), self._stored("final_state")
        for mode in decays:
            if mode not in stored:
                raise InputError(
                    f"the store has no responses for the decay {mode}, which "
                    f"{self.experiment.name} needs at these couplings; scan a grid with that "
                    "coupling into another store"
                )
        return list(decays)

    def _stored(self, dim: str) -> Sequence[Any]:
        """Coordinate values of the group."""
        values: Sequence[Any] = self.responses.spec.coords[dim][0]
        return values

    def _at(self, index: Index) -> dict[str, Any]:
        """Arrays of this experiment at a mass point: its decay modes and channels."""
        if index not in self._last:
            self._last.clear()  # root finding asks for one point many times
            self._last[index] = self._own(self.responses.at(index))
        return self._last[index]

    def _own(self, arrays: Arrays) -> dict[str, Any]:
        row, modes, steps = self._row, self._modes, self._n_steps
        bins = slice(len(self.experiment.signature.channels))
        return {
            "response": arrays["response"][row][:, modes, bins],
            "response_covariance": arrays["response_covariance"][row][:, :, modes, bins],
            "n_produced": arrays["n_produced"][row],
            "acceptance": arrays["acceptance"][row][:, modes, :steps],
            STATUS: int(arrays[STATUS][row]),
        }

    @cached_property
    def _row(self) -> int:
        """Which experiment of the group."""
        return list(self._stored("experiment")).index(self.experiment.name)

    @cached_property
    def _modes(self) -> list[int]:
        """Where its decay modes are among those of the group."""
        return [list(self._stored("final_state")).index(mode) for mode in self._decays]

    def code(self, index: Index) -> int:
        """Status of a mass point."""
        code: int = self._at(index)[STATUS]
        return code

    def heights(self, index: Index) -> Floats:
        """Give ln(n_events / n_up) at a mass point over all couplings, as refinement wants it.

        Parameters
        ----------
        index : tuple of int
            Position of the mass point.

        Returns
        -------
        ndarray (couplings,)
            -inf without events, NaN where the point has failed.
        """
        shape = tuple(len(axis.values) for axis in self.scan.grid.coupling_axes)
        if self.code(index) in (TODO, FAILED):
            return np.full(math.prod(shape), np.nan)
        axes = self.scan.mass_axes
        masses = {name: axes[name][i] for name, i in zip(axes, index, strict=True)}
        ratio = self.ratio(index, self.scan.point(masses))
        return interpolation.heights(np.broadcast_to(ratio, shape).ravel())

    def ratios(self, name: str = "limit_ratio") -> xr.Dataset:
        """Compute the ratio and the status alone; interpolated where nothing is sampled."""
        found = super().ratios(name)
        sampled, adaptive = self.responses.sampled, self.scan.grid.adaptive
        if sampled is None or adaptive is None:
            return found
        axes = [axis.name for axis in self.scan.grid.axes]
        places = [axes.index(axis) for axis in self._scanned]
        dense = interpolation.between(found[name].values, places, sampled, adaptive.coarse)
        unknown = (found[STATUS].values == TODO) & ~np.isnan(dense)
        codes = np.where(unknown, INTERPOLATED, found[STATUS].values).astype(np.int8)
        return found.assign({name: (axes, dense), STATUS: (axes, codes)})

    @cached_property
    def _dense(self) -> dict[str, Floats]:
        """Ratio and status on the whole grid, interpolated where nothing is sampled."""
        found = self.ratios()
        return {name: found[name].values for name in ("limit_ratio", STATUS)}

    @cached_property
    def template(self) -> xr.Dataset:
        """The limit cube without its numbers, with units and names."""
        axes, sizes = self.scan.grid.axes, self.sizes
        dims, step = tuple(axis.name for axis in axes), self._step
        variables = {n: slabs.empty(dims, sizes, step, attrs) for n, attrs in CUBE_ATTRS.items()}
        names = [channel.name for channel in self.experiment.signature.channels]
        if len(names) > 1:
            attrs = {**BY_CHANNEL_ATTRS, "channels": ", ".join(names)}
            own = (CHANNEL, *dims)
            variables[BY_CHANNEL] = slabs.empty(own, {CHANNEL: len(names), **sizes}, step, attrs)
        variables[STATUS] = slabs.empty(dims, sizes, step, {"long_name": STATUS_WORDS}, "int8")
        variables["acceptance"] = self._acceptance()
        return xr.Dataset(
            variables,
            coords={a.name: (a.name, a.array, self.scan.axis_attrs(a.name)) for a in axes},
            attrs=self._attrs(),
        )

    def parts(self) -> Iterator[Part]:
        """Compute the limit cube slab by slab.

        Yields
        ------
        Part
            NaN where nothing is known; `COLLAPSING` says which variables may become one number.
        """
        for along in slabs.cut(self.sizes, self._step):
            region = self.region(along)
            arrays = self._slab(along)
            for name, values in arrays.items():
                extra = (slice(None),) if name == BY_CHANNEL else ()
                yield name, (*extra, *region), values
            yield "acceptance", tuple(along[n] for n in self._scanned), self._acceptances(along)

    def _slab(self, along: Along) -> dict[str, Any]:
        """All variables on the axes of the grid, in one slab."""
        shape = tuple(part.stop - part.start for part in self.region(along))
        channels = len(self.experiment.signature.channels)
        arrays = {name: np.full(shape, np.nan) for name in CUBE_ATTRS}
        by_channel = np.full((channels, *shape), np.nan)
        codes = np.zeros(shape, dtype=np.int8)
        sampled = self.responses.sampled
        for index, point, where in self.inside(along):
            if sampled is not None and not sampled[index]:
                continue
            found = self.events(index, point)
            for name, values in arrays.items():
                values[where] = found[name]
            by_channel[(slice(None), *where)] = found[CHANNEL]
            codes[where] = status(self.code(index), arrays["limit_ratio"][where])
        if sampled is not None:
            region = self.region(along)
            ratio, code = (self._dense[name][region] for name in ("limit_ratio", STATUS))
            arrays["limit_ratio"] = np.where(code == INTERPOLATED, ratio, arrays["limit_ratio"])
            codes = np.where(code == INTERPOLATED, code, codes)
        several = {BY_CHANNEL: by_channel} if channels > 1 else {}
        return {**arrays, **several, STATUS: codes}

    @cached_property
    def _step(self) -> dict[str, int]:
        """Size of a slab."""
        numbers = len(CUBE_ATTRS) + len(self.experiment.signature.channels)
        return self.step(numbers * np.dtype(float).itemsize)

    def _acceptance(self) -> xr.Variable:
        """Cut flow without its numbers."""
        attrs = {
            "units": "1",
            "long_name": "events left: all, after each cut, times the efficiency",
            "steps": ", ".join(self._steps()),
            "terms": ", ".join(self._terms),
            "final_states": ", ".join(self._decays),
        }
        lengths = (len(self._terms), len(self._decays), self._n_steps)
        own = dict(zip(ACCEPTANCE_DIMS, lengths, strict=True))
        dims = (*self._scanned, *own)
        return slabs.empty(dims, {**self.mass_sizes, **own}, self._step, attrs)

    @cached_property
    def _scanned(self) -> tuple[str, ...]:
        """Sampled axes of the grid: a mass that it does not scan is none."""
        axes = {axis.name for axis in self.scan.grid.axes}
        return tuple(name for name in self.mass_sizes if name in axes)

    def _acceptances(self, along: Along) -> Floats:
        """Cut flow in a slab."""
        found = np.array([self._at(index)["acceptance"] for index, _ in self.masses(along)])
        sizes = (along[name].stop - along[name].start for name in self._scanned)
        return found.reshape(*sizes, *found.shape[1:])

    @property
    def _n_steps(self) -> int:
        """Length of the cut flow."""
        return len(self._steps())

    def _steps(self) -> list[str]:
        """Name the steps of the cut flow."""
        first = "produced" if self.experiment.process == "upscattering" else "decays"
        return [first, *processes.steps(self.scan.model, self.experiment), "efficiency"]

    def _attrs(self) -> dict[str, Any]:
        return {
            "title": self.experiment.title,
            "kind": self.experiment.kind,
            "exposure_pot": self.experiment.pot,
            "statistic": self.method,
            "limit_confidence_level": self.level,
            "digest": self.experiment.digest,
        }

    def threshold(self) -> float | None:
        """Mass in GeV at and beyond which this beam makes no HNLs."""
        return processes.largest_mass(self.experiment, self.scan.terms(self.experiment))
