"""Events of a model in an experiment: responses times couplings and branching ratios.

The scan's cube and the single point of the command line both come from `events`, so they agree
bit for bit.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from physics import lifetime
from physics.decays import decay
from physics.experiments.schema import Experiment
from physics.models import Model, Point, ProductionTerm
from physics.packing import nucleus_share
from physics.precision import Precision
from physics.response import DONE, Response, Sampled, Sampler

Floats = NDArray[np.float64]


def events(
    response: Mapping[str, Floats], factors: Mapping[str, Any], branching: Any, ctau: Any
) -> Floats:
    """Events at some couplings: sum over terms of factor times branching ratio times R(c tau).

    Parameters
    ----------
    response : mapping
        {term: response at the lifetime nodes for unit factor}.
    factors : mapping
        {term: coupling factor}, scalars or arrays of one shape.
    branching : array_like
        Branching ratio into the final state.
    ctau : array_like
        Proper decay length in cm.

    Returns
    -------
    ndarray
        Events over the exposure.
    """
    total: Any = 0.0
    for term, values in response.items():
        total = total + factors[term] * branching * lifetime.interpolate(values, ctau)
    return np.asarray(total)


def active_terms(model: Model, point: Point) -> tuple[ProductionTerm, ...]:
    """Production terms whose coupling factor is not zero everywhere.

    Parameters
    ----------
    model : Model
        The theory.
    point : mapping
        Parameter values; couplings may be arrays over a whole grid.

    Returns
    -------
    tuple of ProductionTerm
        In the model's order.

    Examples
    --------
    >>> from physics import models
    >>> [t.name for t in active_terms(models.get("dipole"), {"m4": 0.1, "mu_tr_mu4": 1e-6})]
    ['mu_tr_mu4^2']
    """
    factors = model.factors(point)
    return tuple(term for term in model.terms if np.any(factors[term.name]))


def covariance(rows: Sequence[Floats]) -> Floats:
    """Covariance of the responses of several terms, from the spread of their replicates.

    Parameters
    ----------
    rows : sequence of ndarray, shape (replicates, nodes)
        One array per term, replicates in the same order.

    Returns
    -------
    ndarray, shape (terms, terms, nodes)
        Covariance of the means.

    Examples
    --------
    >>> covariance([np.array([[1.0], [3.0]])])[0, 0]
    array([1.])
    """
    stacked = np.array(rows)
    replicates = stacked.shape[1]
    centred = stacked - stacked.mean(1, keepdims=True)
    return np.asarray(np.einsum("arn,brn->abn", centred, centred) / (replicates * (replicates - 1)))


def error(
    terms: Sequence[str], covariances: Floats, factors: Mapping[str, Any], branching: Any, ctau: Any
) -> Floats:
    """Error of `events`, with the covariance of its terms.

    Parameters
    ----------
    terms : sequence of str
        Names, in the order of `covariances`.
    covariances : ndarray, shape (terms, terms, nodes)
        At the lifetime nodes, for unit factors.
    factors, branching, ctau
        As for `events`.

    Returns
    -------
    ndarray
        Standard error in events.
    """
    variance: Any = 0.0
    for i, first in enumerate(terms):
        for j, second in enumerate(terms):
            at_ctau = lifetime.interpolate(covariances[i, j], ctau, power=2)
            variance = variance + factors[first] * factors[second] * at_ctau
    return np.asarray(branching * np.sqrt(np.maximum(variance, 0.0)))


def rate(
    model: Model, experiment: Experiment, point: dict[str, Any], precision: Precision, seed: int
) -> dict[str, Any]:
    """Everything about one point of a model in one experiment, ready for JSON.

    Parameters
    ----------
    model : Model
        The theory.
    experiment : Experiment
        The detector and analysis.
    point : dict
        All parameters of the model, scalars.
    precision : Precision
        How hard to sample.
    seed : int
        Root seed.

    Returns
    -------
    dict
        With the keys of `hnlscan rate --json`.
    """
    terms = active_terms(model, point)
    sampler = Sampler(
        [(experiment, term) for term in terms],
        polarised=model.polarised(point),
        precision=precision,
        seed=seed,
    )
    sampled = sampler.respond(float(point["m4"]), channels=True)
    responses = [sampled.response(view) for view in range(len(terms))]
    return Report(model, experiment, point, terms, sampled, responses).as_dict()


@dataclass(frozen=True)
class Report:
    """One sampled point, told in the words of the command line.

    Parameters
    ----------
    model, experiment, point
        As for `rate`.
    terms : tuple of ProductionTerm
        Terms sampled, one view each.
    sampled : Sampled
        The sample, with channels.
    responses : list of Response
        One per term.
    """

    model: Model
    experiment: Experiment
    point: dict[str, Any]
    terms: tuple[ProductionTerm, ...]
    sampled: Sampled
    responses: list[Response]

    def as_dict(self) -> dict[str, Any]:
        """Return the keys of `hnlscan rate --json`."""
        lived = decay(self.model, self.point)
        state = self.experiment.signature.final_states[0]
        branching = float(lived.branching[state])
        factors = self.model.factors(self.point)
        values = {t.name: r.value for t, r in zip(self.terms, self.responses, strict=True)}
        names = [term.name for term in self.terms]
        spread = covariance([r.replicates for r in self.responses]) if names else np.zeros((0, 0))
        n_events = float(events(values, factors, branching, lived.ctau_cm))
        channels = self._channels(factors, float(lived.ctau_cm), n_events)
        n_produced = sum(channel["n_produced"] for channel in channels)
        return {
            "n_events": n_events,
            "n_events_sdev": float(error(names, spread, factors, branching, lived.ctau_cm)),
            "n_produced": n_produced,
            "exposure_pot": self.experiment.exposure_pot,
            "target_tonnes": {v.name: v.mass_tonnes for v in self.experiment.targets},
            "ctau_cm": float(lived.ctau_cm),
            "branching_ratio": branching,
            "converged": all(r.status == DONE for r in self.responses),
            "cut_flow": self._cut_flow(factors, branching, n_events),
            "channels": channels,
            "final_states": [
                {
                    "final_state": state,
                    "branching_ratio": branching,
                    "efficiency": n_events / (n_produced * branching) if n_produced else 0.0,
                    "n_events": n_events,
                }
            ],
        }

    def _cut_flow(
        self, factors: Mapping[str, Any], branching: float, n_events: float
    ) -> list[dict[str, Any]]:
        """Events left after each step; decay in the decay volume comes last."""
        signature = self.experiment.signature
        cuts = signature.cut_names
        left = np.zeros(len(cuts) + 2)
        for term, response in zip(self.terms, self.responses, strict=True):
            left += float(factors[term.name]) * response.n_produced * response.acceptance
        steps = [f"decays to {signature.final_states[0]}", *cuts, "efficiency"]
        return [
            {"step": "produced", "n": float(left[0])},
            *({"step": s, "n": float(n) * branching} for s, n in zip(steps, left, strict=True)),
            {"step": "decays in the decay volume", "n": n_events},
        ]

    def _channels(
        self, factors: Mapping[str, Any], ctau: float, n_events: float
    ) -> list[dict[str, Any]]:
        """Split produced and selected by projectile, volume, nucleus, regime and helicity."""
        rows = []
        for view, term in enumerate(self.terms):
            factor = float(factors[term.name])
            for s, hit in enumerate(self.sampled.sampler.targets):
                rows += self._stream_channels(view, s, hit, factor, ctau)
        selected = sum(row["n_events"] for row in rows)
        scale = n_events / selected if selected > 0 else 0.0
        return [{**row, "n_events": row["n_events"] * scale} for row in rows]

    def _stream_channels(
        self, view: int, s: int, hit: Any, factor: float, ctau: float
    ) -> list[dict[str, Any]]:
        """Channels of one stream for one term; events still for unit branching ratio."""
        sampler, points = self.sampled.sampler, self.sampled.points[s, view]
        replicates = sampler.precision.replicates
        rows = []
        for row, (owner, volume) in enumerate(sampler.packed.volumes):
            if owner != view or sampler.counts[s][row] == 0:
                continue
            kept = lifetime.at_ctau(self.sampled.tallies[s].channels[row], ctau)
            selected = kept * sampler.counts[s][row] / max(1, points * replicates)
            for name in volume.nuclei:
                share = factor * nucleus_share(volume, name, hit.name)
                for p, projectile in enumerate(self.terms[view].projectiles):
                    for h, helicity in enumerate(("conserving", "flipping")):
                        produced = self.sampled.exact_by_helicity[s, view, row, p, h]
                        if share > 0 and produced > 0:
                            rows.append(
                                {
                                    "projectile": projectile,
                                    "volume": volume.name,
                                    "target": name,
                                    "regime": hit.regime,
                                    "helicity": helicity,
                                    "n_produced": float(produced) * share,
                                    "n_events": float(selected[p, h]) * share,
                                }
                            )
        return rows
