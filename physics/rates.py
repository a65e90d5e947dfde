"""Events of a model in an experiment: responses times couplings and branching ratios.

The scan's cube and the single point of the command line both come from `events`, so they agree
bit for bit.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from physics import lifetime, processes, second_lifetime
from physics.decays import Decay
from physics.experiments.schema import Experiment
from physics.models import Model, Point, Term
from physics.precision import Precision
from physics.second_lifetime import ONE_FLIGHT, PROMPT_CM

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Lived:
    """Lifetimes at some couplings, of one flight or of two in a row.

    Parameters
    ----------
    ctau_cm : ndarray
        Proper decay length of N in cm.
    second_cm : ndarray
        That of what N decays to; 0 where it does not fly.
    nodes : sequence of float
        Nodes of the second one in the responses.
    """

    ctau_cm: Any
    second_cm: Any = PROMPT_CM
    nodes: Sequence[float] = ONE_FLIGHT

    def at(self, values: Floats, power: int = 1) -> Floats:
        """Interpolate (..., seconds, nodes) to these lifetimes."""
        ctau, second = np.broadcast_arrays(self.ctau_cm, self.second_cm)
        return second_lifetime.interpolate(
            lifetime.interpolate(values, ctau, power), self.nodes, second, power
        )


def lived(model: Model, point: Point, decay: Decay, nodes: Sequence[float]) -> Lived:
    """Collect the lifetimes of a model at some couplings, for responses with some nodes.

    Parameters
    ----------
    model : Model
        The theory.
    point : mapping
        Parameters; couplings may be arrays.
    decay : Decay
        Of the HNL there.
    nodes : sequence of float
        Lifetimes of a second flight in the responses.

    Returns
    -------
    Lived
        For `events` and `error`.
    """
    second = model.second_ctau_cm(point) if model.second_ctau_cm else PROMPT_CM
    return Lived(decay.ctau_cm, second, nodes)


def events(
    response: Mapping[str, Floats], factors: Mapping[str, Any], branching: Floats, ctau: Lived
) -> Floats:
    """Events at some couplings: sum over terms and decays of factor, branching ratio and R(c tau).

    Parameters
    ----------
    response : mapping
        {term: (decays, channels, seconds, nodes)}, the response at the lifetime nodes for unit
        factor.
    factors : mapping
        {term: coupling factor}, scalars or arrays of one shape.
    branching : ndarray (decays, ...)
        Branching ratio of each decay, over the couplings.
    ctau : Lived
        Proper decay lengths, over the couplings.

    Returns
    -------
    ndarray (channels, ...)
        Events over the exposure in each counting channel.
    """
    total: Any = 0.0
    for term, values in response.items():
        each = branching[:, None] * ctau.at(values)
        total = total + factors[term] * _in_order(each)
    return np.asarray(total)


def _in_order(values: Floats) -> Any:
    """Sum over the first axis one by one: numpy's order depends on the other axes."""
    total: Any = 0.0
    for value in values:
        total = total + value
    return total


def branching_of(lived: Decay, decays: Sequence[str]) -> Floats:
    """Branching ratios of some decays.

    Parameters
    ----------
    lived : Decay
        Of the HNL, over some couplings.
    decays : sequence of str
        Names in ``lived.modes``.

    Returns
    -------
    ndarray (decays, ...)
        In order.
    """
    return np.stack([lived.modes[name] for name in decays])


def active_terms(model: Model, terms: Sequence[Term], point: Point) -> tuple[Term, ...]:
    """Production terms whose coupling factor is not zero everywhere.

    Parameters
    ----------
    model : Model
        The theory.
    terms : sequence of ProductionTerm or MixingTerm
        Some of its terms.
    point : mapping
        Parameter values; couplings may be arrays over a whole grid.

    Returns
    -------
    tuple of ProductionTerm or MixingTerm
        Of `terms`, in order.

    Examples
    --------
    >>> from physics import models
    >>> dipole, point = models.get("dipole"), {"m4": 0.1, "mu_tr_mu4": 1e-6}
    >>> [t.name for t in active_terms(dipole, dipole.terms, point)]
    ['mu_tr_mu4^2']
    """
    factors = model.factors(point)
    return tuple(term for term in terms if np.any(factors[term.name]))


def covariance(rows: Sequence[Floats]) -> Floats:
    """Covariance of the responses of several terms, from the spread of their replicates.

    Parameters
    ----------
    rows : sequence of ndarray, shape (..., replicates, nodes)
        One array per term, replicates in the same order.

    Returns
    -------
    ndarray, shape (terms, terms, ..., nodes)
        Covariance of the means.

    Examples
    --------
    >>> covariance([np.array([[1.0], [3.0]])])[0, 0]
    array([1.])
    """
    stacked = np.array(rows)
    replicates = stacked.shape[-2]
    centred = stacked - stacked.mean(-2, keepdims=True)
    products = np.einsum("a...rn,b...rn->ab...n", centred, centred)
    return np.asarray(products / (replicates * (replicates - 1)))


def error(
    terms: Sequence[str],
    covariances: Floats,
    factors: Mapping[str, Any],
    branching: Floats,
    ctau: Lived,
) -> Floats:
    """Error of the events in all channels, with the covariance of the terms.

    Decays and channels are made of the same HNLs, so their errors add up, with the sign of the
    branching ratio of an interference: exactly so where they differ by an efficiency or an exposure
    only, and to no less than the error for other decays that add up.

    Parameters
    ----------
    terms : sequence of str
        Names, in the order of `covariances`.
    covariances : ndarray, shape (terms, terms, decays, channels, seconds, nodes)
        At the lifetime nodes, for unit factors.
    factors, branching, ctau
        As for `events`.

    Returns
    -------
    ndarray
        Standard error in events, over the couplings.
    """
    shape = np.broadcast_shapes(np.shape(ctau.ctau_cm), np.shape(ctau.second_cm))
    variance: Any = np.zeros((*covariances.shape[2:4], *shape))
    for i, first in enumerate(terms):
        for j, second in enumerate(terms):
            at_ctau = ctau.at(covariances[i, j], power=2)
            variance = variance + factors[first] * factors[second] * at_ctau
    each = branching[:, None] * np.sqrt(np.maximum(variance, 0.0))
    return np.asarray(np.abs(_in_order(each.reshape(-1, *shape))))


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
    terms = active_terms(model, processes.terms(model, experiment), point)
    sampled: Any = None
    if terms:
        sampler = processes.sampler(model, [experiment], terms, point, precision, seed)
        masses = {p.name: float(point[p.name]) for p in model.of_role("mass")}
        sampled = sampler.respond(masses, channels=True)
    responses = [sampled.response(view) for view in range(len(terms))]
    return _report(model, experiment)(model, experiment, point, terms, sampled, responses).as_dict()


def _report(model: Model, experiment: Experiment) -> Any:
    # imported when used: reports are made of what is here
    if experiment.process == "in_flight":
        from physics.in_flight.report import FlightReport

        return FlightReport
    if processes.makes_pairs(processes.terms(model, experiment)):
        from physics.pair_report import PairReport

        return PairReport
    from physics.upscattering_report import UpscatteringReport

    return UpscatteringReport
