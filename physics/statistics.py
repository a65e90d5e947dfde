r"""Counting statistics: from an observed count and a background to the largest allowed signal.

Two methods turn one counting experiment into an upper limit `n_up` on its expected signal.

``cls``
    The modified frequentist method of Read (J. Phys. G 28 (2002) 2693) and Junk
    (hep-ex/9902006) with the count n as test statistic,

    .. math:: CL_s(s) = P(n \le n_{obs} | s + b) / P(n \le n_{obs} | b) ,

    a signal being excluded at confidence level CL when CLs < 1 - CL. Systematic uncertainties
    are averaged over in numerator and denominator (Cousins and Highland, NIM A 320 (1992) 331;
    the hybrid method): the background follows a gamma density with the given mean and standard
    deviation, what an auxiliary Poisson measurement gives (Cousins, Linnemann and Tucker,
    arXiv:physics/0702156), so it stays positive and is nearly Gaussian when well known; the
    signal is multiplied by a log-normal factor of mean 1 and the given standard deviation.

    There is no Gaussian or asymptotic approximation at any count (`physics.statistics_nodes`).

``poisson_zero_background``
    exp(-s) = 1 - CL whatever was observed: 2.302585 events at 90 %.
"""

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.optimize import brentq

from physics.errors import InputError, nearest
from physics.statistics_nodes import FloatArray, counting_nodes

METHODS = ("cls", "poisson_zero_background")

_LARGEST_SIGNAL_UNCERTAINTY = 1.0


def upper_limit(
    method: str,
    observed: ArrayLike,
    background: ArrayLike,
    background_uncertainty: ArrayLike,
    signal_relative_uncertainty: ArrayLike,
    confidence_level: ArrayLike,
) -> FloatArray:
    """Upper limit on the expected number of signal events.

    Solves CLs(n_up) = 1 - CL by root finding (see the module for the methods).

    Parameters
    ----------
    method : {"cls", "poisson_zero_background"}
        Statistic; the second ignores all but the confidence level.
    observed : array_like of int
        Observed events; for a projection, the expected background rounded.
    background, background_uncertainty : array_like
        Mean and standard deviation of the expected background, in events.
    signal_relative_uncertainty : array_like
        Relative standard deviation of the signal, 0 to 1.
    confidence_level : array_like
        Between 0 and 1, exclusive. All arrays broadcast against one another.

    Returns
    -------
    ndarray
        Expected signal events excluded at `confidence_level`, of the broadcast shape.

    Raises
    ------
    InputError
        For an unknown method, numbers out of range, or an observation that the background
        alone makes impossible.

    Examples
    --------
    Nothing seen and nothing expected: ln 10. One seen: (1 + s) exp(-s) = 0.1.

    >>> f"{upper_limit('cls', 0, 0.0, 0.0, 0.0, 0.9):.6f}"
    '2.302585'
    >>> f"{upper_limit('cls', 1, 0.0, 0.0, 0.0, 0.9):.4f}"
    '3.8897'
    >>> upper_limit("poisson_zero_background", 7, 5.0, 1.0, 0.1, [0.9, 0.95]).round(4).tolist()
    [2.3026, 2.9957]
    """
    _require_method(method)
    rows = np.broadcast_arrays(
        *_as_floats(observed, background, background_uncertainty, signal_relative_uncertainty),
        np.asarray(confidence_level, dtype=np.float64),
    )
    levels = rows[-1]
    _require_levels(levels)
    if method == "poisson_zero_background":
        return np.asarray(-np.log1p(-levels), dtype=np.float64)
    flat = (tuple(float(v) for v in row) for row in zip(*(r.flat for r in rows), strict=True))
    limits = [_solve(*row) for row in flat]
    return np.array(limits, dtype=np.float64).reshape(levels.shape)


def cls(
    method: str,
    signal: ArrayLike,
    observed: ArrayLike,
    background: ArrayLike,
    background_uncertainty: ArrayLike,
    signal_relative_uncertainty: ArrayLike,
) -> FloatArray:
    """CLs of a signal: it is excluded at confidence level CL where this is below 1 - CL.

    Parameters
    ----------
    method : {"cls", "poisson_zero_background"}
        Statistic; for the second the result is exp(-signal).
    signal : array_like
        Expected signal events, >= 0, of any shape.
    observed, background, background_uncertainty, signal_relative_uncertainty : scalar
        The counting experiment, as for `upper_limit`.

    Returns
    -------
    ndarray
        CLs between 0 and 1, of the shape of `signal`; NaN where the signal is NaN.

    Raises
    ------
    InputError
        As `upper_limit`, and for a negative signal.

    Examples
    --------
    Without background CLs is the Poisson probability: (1 + 2) exp(-2) for one event seen.

    >>> f"{cls('cls', 2.0, 1, 0.0, 0.0, 0.0):.6f}"
    '0.406006'
    >>> cls("cls", [0.0, 2.302585093], 0, 3.0, 0.0, 0.0).round(6).tolist()
    [1.0, 0.1]
    """
    _require_method(method)
    signals = np.asarray(signal, dtype=np.float64)
    if np.any(signals < 0.0):
        raise InputError(f"signal is {np.nanmin(signals):g} events; it must not be negative")
    if method == "poisson_zero_background":
        return np.exp(-signals)
    case = _as_floats(observed, background, background_uncertainty, signal_relative_uncertainty)
    if any(np.size(v) != 1 for v in case):
        raise InputError(
            "cls takes one counting experiment at a time; call it once for each experiment"
        )
    nodes = counting_nodes(*(v.item() for v in case))
    return (nodes.probability(signals.ravel()) / nodes.background_only).reshape(signals.shape)


def _solve(count: float, mean: float, sdev: float, relative: float, level: float) -> float:
    """Return the signal whose CLs is 1 - level."""
    nodes = counting_nodes(count, mean, sdev, relative)
    target = (1.0 - level) * nodes.background_only

    def excess(signal: float) -> float:
        return float(nodes.probability(np.array([signal]))[0]) / target - 1.0

    highest = nodes.scale
    while excess(highest) > 0.0:
        highest *= 2.0
    return float(brentq(excess, 0.0, highest, rtol=1e-12, xtol=1e-12))


def _require_levels(levels: FloatArray) -> None:
    """Hold that confidence levels are between 0 and 1."""
    allowed = (levels > 0.0) & (levels < 1.0)
    if not np.all(allowed):
        raise InputError(
            f"confidence_level is {_culprit(levels, allowed)}; "
            "give a number between 0 and 1, such as 0.9"
        )


def _require_method(method: str) -> None:
    if method not in METHODS:
        raise InputError(
            f"statistic '{method}' is unknown; known are {', '.join(METHODS)}"
            f"{nearest(method, METHODS)}"
        )


def _as_floats(
    observed: ArrayLike,
    background: ArrayLike,
    background_uncertainty: ArrayLike,
    signal_relative_uncertainty: ArrayLike,
) -> tuple[FloatArray, FloatArray, FloatArray, FloatArray]:
    """Convert and check a counting experiment."""
    count, mean, sdev, relative = (
        np.asarray(value, dtype=np.float64)
        for value in (observed, background, background_uncertainty, signal_relative_uncertainty)
    )
    _require("observed", count, (count >= 0) & (count == np.floor(count)), "an integer >= 0")
    _require("background", mean, (mean >= 0) & np.isfinite(mean), "a number of events >= 0")
    _require("background_uncertainty", sdev, (sdev >= 0) & np.isfinite(sdev), "events >= 0")
    _require("background_uncertainty", sdev, (sdev == 0) | (mean > 0), "0 when the background is 0")
    _require(
        "signal_relative_uncertainty",
        relative,
        (relative >= 0) & (relative <= _LARGEST_SIGNAL_UNCERTAINTY),
        f"a fraction between 0 and {_LARGEST_SIGNAL_UNCERTAINTY:g}",
    )
    return count, mean, sdev, relative


def _require(name: str, values: FloatArray, allowed: NDArray[np.bool_], rule: str) -> None:
    if not np.all(allowed):
        raise InputError(f"{name} is {_culprit(values, allowed)}; give {rule}")


def _culprit(values: FloatArray, allowed: NDArray[np.bool_]) -> str:
    """Write the first value that is not allowed."""
    wide, mask = np.broadcast_arrays(values, allowed)
    return f"{wide[~mask][0]:g}"
