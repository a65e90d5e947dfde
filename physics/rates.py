"""Events of a model in an experiment: responses times couplings and branching ratios.

The scan's cube and the single point of the command line both come from `events`, so they agree
bit for bit.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from physics import lifetime, processes
from physics.decays import Decay
from physics.experiments.schema import Experiment
from physics.models import Model, Point, Term
from physics.precision import Precision

Floats = NDArray[np.float64]


def events(
    response: Mapping[str, Floats], factors: Mapping[str, Any], branching: Floats, ctau: Any
) -> Floats:
    """Events at some couplings: sum over terms and decays of factor, branching ratio and R(c tau).

    Parameters
    ----------
    response : mapping
        {term: (decays, channels, nodes)}, the response at the lifetime nodes for unit factor.
    factors : mapping
        {term: coupling factor}, scalars or arrays of one shape.
    branching : ndarray (decays, ...)
        Branching ratio of each decay, over the couplings.
    ctau : array_like
        Proper decay length in cm, over the couplings.

    Returns
    -------
    ndarray (channels, ...)
        Events over the exposure in each counting channel.
    """
    total: Any = 0.0
    for term, values in response.items():
        each = branching[:, None] * lifetime.interpolate(values, ctau)
        total = total + factors[term] * each.sum(0)
    return np.asarray(total)


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
    ctau: Any,
) -> Floats:
    """Error of the events in all channels, with the covariance of the terms.

    Decays and channels are made of the same HNLs, so their errors add up: exactly so where they
    differ by an efficiency or an exposure only, and to no less than the error otherwise.

    Parameters
    ----------
    terms : sequence of str
        Names, in the order of `covariances`.
    covariances : ndarray, shape (terms, terms, decays, channels, nodes)
        At the lifetime nodes, for unit factors.
    factors, branching, ctau
        As for `events`.

    Returns
    -------
    ndarray
        Standard error in events, over the couplings.
    """
    variance: Any = np.zeros((*covariances.shape[2:4], *np.shape(ctau)))
    for i, first in enumerate(terms):
        for j, second in enumerate(terms):
            at_ctau = lifetime.interpolate(covariances[i, j], ctau, power=2)
            variance = variance + factors[first] * factors[second] * at_ctau
    each = branching[:, None] * np.sqrt(np.maximum(variance, 0.0))
    return np.asarray(each.sum((0, 1)))


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
        sampled = sampler.respond(float(point["m4"]), channels=True)
    responses = [sampled.response(view) for view in range(len(terms))]
    return _report(experiment)(model, experiment, point, terms, sampled, responses).as_dict()


def _report(experiment: Experiment) -> Any:
    # imported when used: reports are made of what is here
    if experiment.process == "in_flight":
        from physics.in_flight.report import FlightReport

        return FlightReport
    from physics.upscattering_report import UpscatteringReport

    return UpscatteringReport
