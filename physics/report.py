"""What is told about one sampled point, whatever brought the HNLs there."""

from abc import ABC, abstractmethod
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from physics import processes
from physics.convergence import DONE
from physics.decays import Decay, decay
from physics.experiments.schema import Experiment
from physics.models import Model, Term
from physics.rates import Lived, branching_of, covariance, error, events, lived
from physics.response import Response

Floats = NDArray[np.float64]
Rows = list[dict[str, Any]]


@dataclass(frozen=True)
class Report(ABC):
    """One sampled point, told in the words of the command line.

    Parameters
    ----------
    model : Model
        The theory.
    experiment : Experiment
        The detector and analysis.
    point : dict
        All parameters of the model, scalars.
    terms : tuple of ProductionTerm or MixingTerm
        Terms sampled, one view each.
    sampled : Sampled, FlightSampled or None
        The sample; None without terms.
    responses : list of Response
        One per term.
    """

    model: Model
    experiment: Experiment
    point: dict[str, Any]
    terms: tuple[Term, ...]
    sampled: Any
    responses: list[Response]

    @cached_property
    def decays(self) -> tuple[str, ...]:
        """Decay modes of the HNL that count."""
        return processes.active_decays(self.model, self.experiment, self.point)

    @cached_property
    def lived(self) -> Decay:
        """Branching ratios and lifetime."""
        return decay(self.model, self.point)

    @cached_property
    def ctau(self) -> float:
        """Proper decay length in cm."""
        return float(self.lived.ctau_cm)

    @cached_property
    def lifetimes(self) -> Lived:
        """Proper decay lengths."""
        nodes = processes.second_nodes(self.model, self.point)
        return lived(self.model, self.point, self.lived, nodes)

    @cached_property
    def branching(self) -> Floats:
        """Branching ratio of each of `decays`."""
        return branching_of(self.lived, self.decays)

    @cached_property
    def factors(self) -> dict[str, float]:
        """Coupling factor of each term."""
        return {name: float(f) for name, f in self.model.factors(self.point).items()}

    @cached_property
    def n_events(self) -> float:
        """Selected events in all channels."""
        values = {t.name: r.table.mean(-2) for t, r in zip(self.terms, self.responses, strict=True)}
        if not values:
            return 0.0
        return float(events(values, self.factors, self.branching, self.lifetimes).sum(0))

    def n_events_sdev(self) -> float:
        """Monte Carlo error of `n_events`."""
        if not self.terms:
            return 0.0
        names = [term.name for term in self.terms]
        spread = covariance([r.table for r in self.responses])
        return float(error(names, spread, self.factors, self.branching, self.lifetimes))

    @abstractmethod
    def channels(self) -> Rows:
        """Split what is produced and selected; the sums are the totals."""

    @abstractmethod
    def cut_flow(self) -> Rows:
        """Events left after each step."""

    @abstractmethod
    def final_states(self, n_produced: float) -> Rows:
        """Split the selected events by final state."""

    def scaled(self, rows: Rows) -> Rows:
        """Bring the selected events of channels to the sum `n_events`."""
        selected = sum(row["n_events"] for row in rows)
        scale = self.n_events / selected if selected > 0 else 0.0
        return [{**row, "n_events": row["n_events"] * scale} for row in rows]

    def as_dict(self) -> dict[str, Any]:
        """Return the keys of `hnlscan rate --json`."""
        channels = self.channels()
        n_produced = sum(channel["n_produced"] for channel in channels)
        return {
            "n_events": self.n_events,
            "n_events_sdev": self.n_events_sdev(),
            "n_produced": n_produced,
            "exposure_pot": self.experiment.exposure_pot,
            "target_tonnes": {v.name: v.mass_tonnes for v in self.experiment.targets},
            "ctau_cm": self.ctau,
            "branching_ratio": float(self.branching.sum()),
            "converged": all(r.status == DONE for r in self.responses),
            "cut_flow": self.cut_flow(),
            "channels": channels,
            "final_states": self.final_states(n_produced),
        }
