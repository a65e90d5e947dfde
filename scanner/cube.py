"""The second pass: from responses to limit cubes. No sampling."""

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import xarray as xr

from physics import counting, processes, rates
from physics.decays import Decay, decay
from physics.errors import InputError
from physics.experiments.schema import Experiment
from scanner.assemble import STATUS_WORDS
from scanner.blocks import STATUS
from scanner.exclusion import Exclusion, Floats, Index, status

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


@dataclass(frozen=True)
class Analysis(Exclusion):
    """One experiment's responses turned into events and limits.

    Parameters
    ----------
    experiment : Experiment
        Whose.
    response : xarray.Dataset
        Its sampling group, loaded.
    """

    experiment: Experiment
    response: xr.Dataset

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
        spread = self._arrays["response_covariance"][index].swapaxes(-1, -2)
        produced = self._arrays["n_produced"][index]
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
        response = self._arrays["response"][index]
        values = {name: response[i].swapaxes(-1, -2) for i, name in enumerate(self._terms)}
        lifetimes = self._lifetimes(point, lived)
        return rates.events(values, self.scan.model.factors(point), branching, lifetimes)

    def _lifetimes(self, point: dict[str, Any], lived: Decay) -> rates.Lived:
        """Lifetimes at some couplings, with the nodes of the store."""
        return rates.lived(self.scan.model, point, lived, self._seconds)

    @cached_property
    def _seconds(self) -> list[float]:
        """Lifetimes of a second flight in the store; NaN stands for one flight."""
        return [0.0 if np.isnan(node) else float(node) for node in self.response["ctau_2"].values]

    @cached_property
    def _terms(self) -> list[str]:
        """Production terms of the store; InputError when the couplings need another one."""
        stored = [str(name) for name in self.response["term"].values]
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
        decays, stored = self.scan.decays(self.experiment), self.response["final_state"].values
        for mode in decays:
            if mode not in stored:
                raise InputError(
                    f"the store has no responses for the decay {mode}, which "
                    f"{self.experiment.name} needs at these couplings; scan a grid with that "
                    "coupling into another store"
                )
        return list(decays)

    @cached_property
    def _arrays(self) -> dict[str, Floats]:
        """Arrays of this experiment, by name."""
        names = ("response", "response_covariance", "n_produced", STATUS)
        return {name: self._own[name].values for name in names}

    @property
    def _own(self) -> xr.Dataset:
        """Responses of this experiment: its decay modes and channels."""
        row = list(self.response["experiment"].values).index(self.experiment.name)
        bins = slice(len(self.experiment.signature.channels))
        return self.response.isel(experiment=row, bin=bins).sel(final_state=self._decays)

    def code(self, index: Index) -> int:
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
        channels = [channel.name for channel in self.experiment.signature.channels]
        variables = {name: np.full(shape, np.nan) for name in CUBE_ATTRS}
        by_channel = np.full((len(channels), *shape), np.nan)
        codes = np.zeros(shape, dtype=np.int8)
        for index, masses in self.masses():
            where = self.where(index)
            found = self.events(index, self.scan.point(masses))
            for name, values in variables.items():
                values[where] = found[name]
            by_channel[(slice(None), *where)] = found[CHANNEL]
            codes[where] = status(self.code(index), variables["limit_ratio"][where])
        names = tuple(axis.name for axis in axes)
        return xr.Dataset(
            {
                **{n: (names, v, CUBE_ATTRS[n]) for n, v in variables.items()},
                **self._channels(channels, names, by_channel),
                STATUS: (names, codes, {"long_name": STATUS_WORDS}),
                "n_up": self._n_up(names, variables["n_up"]),
                "acceptance": self._acceptance(),
            },
            coords={
                a.name: (a.name, np.array(a.values), self.scan.axis_attrs(a.name)) for a in axes
            },
            attrs=self._attrs(),
        )

    def _channels(
        self, channels: list[str], names: tuple[str, ...], values: Floats
    ) -> dict[str, Any]:
        """Events of each channel, where there are several."""
        if len(channels) == 1:
            return {}
        attrs = {
            "units": "1",
            "long_name": "selected events of each counting channel",
            "channels": ", ".join(channels),
        }
        return {"n_events_by_channel": ((CHANNEL, *names), values, attrs)}

    def _n_up(self, names: tuple[str, ...], values: Floats) -> xr.Variable:
        """Limit on events: one number where it is the same everywhere."""
        known = values[np.isfinite(values)]
        if known.size and (known == known[0]).all():
            return xr.Variable((), known[0], CUBE_ATTRS["n_up"])
        return xr.Variable(names, values, CUBE_ATTRS["n_up"])

    def _acceptance(self) -> xr.Variable:
        steps = len(processes.steps(self.scan.model, self.experiment)) + 2
        own = ("term", "final_state", "step")
        found = self._own["acceptance"].isel(step=slice(steps))
        attrs = {
            "units": "1",
            "long_name": "events left: all, after each cut, times the efficiency",
            "steps": ", ".join(self._steps()),
            "terms": ", ".join(self._terms),
            "final_states": ", ".join(self._decays),
        }
        # a mass that the grid does not scan has length one
        keep = [d for d in found.dims if d in own or d in {a.name for a in self.scan.grid.axes}]
        found = found.isel({d: 0 for d in found.dims if d not in keep})
        names = [f"acceptance_{d}" if d in own else d for d in keep]
        return xr.Variable(names, found.values, attrs)

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
