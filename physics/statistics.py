r"""Counting statistics: from observed counts and backgrounds to the largest allowed signal.

Three methods turn counting experiments into an upper limit `n_up` on their expected signal.

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
    Several channels are combined by a weighted sum of counts (`physics.statistics_channels`).

``poisson_zero_background``
    exp(-s) = 1 - CL whatever was observed: 2.302585 events at 90 %.

``bayes_flat_u2``
    A prior flat in :math:`|U|^2` where events go as :math:`|U|^4`, so flat in the root of the
    signal, as in T2K's search (arXiv:1902.07598),

    .. math:: \int_0^{\sqrt{n_{up}}} L(t^2) dt = CL \int_0^\infty L(t^2) dt ,

    the likelihood L being averaged over the same nuisances (`physics.statistics_bayes`). With
    nothing seen the backgrounds drop out and n_up = erfinv(CL)^2: 1.352772 events at 90 %. The
    lower number is the prior's, not the data's: never compare it with another method's limit.
"""

from collections.abc import Callable
from functools import lru_cache

import numpy as np
from numpy.typing import ArrayLike
from scipy.optimize import brentq

from physics.errors import InputError, nearest
from physics.statistic_names import METHODS
from physics.statistics_bayes import RootPosterior
from physics.statistics_channels import Channels
from physics.statistics_inputs import channels, confidence_levels, counting_experiment
from physics.statistics_nodes import FloatArray

_LEAST_SHARE = 1e-12  # of the signal; below it a channel only adds rounding errors

Values = tuple[float, ...]


def upper_limit(
    method: str,
    observed: ArrayLike,
    background: ArrayLike,
    background_uncertainty: ArrayLike,
    signal_relative_uncertainty: ArrayLike,
    confidence_level: ArrayLike,
) -> FloatArray:
    """Upper limit on the expected number of signal events in one counting channel.

    By root finding, for instance of CLs(n_up) = 1 - CL (see the module for the methods).

    Parameters
    ----------
    method : {"cls", "poisson_zero_background", "bayes_flat_u2"}
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
        For an unknown method, numbers out of range, or a count its background excludes.

    Examples
    --------
    Nothing expected, none seen: ln 10. One seen: (1 + s) exp(-s) = 0.1.

    >>> upper_limit("cls", [0, 1], 0.0, 0.0, 0.0, 0.9).round(4).tolist()
    [2.3026, 3.8897]
    >>> f"{upper_limit('bayes_flat_u2', 0, 3.0, 1.0, 0.0, 0.9):.6f}"
    '1.352772'
    >>> upper_limit("poisson_zero_background", 7, 5.0, 1.0, 0.1, [0.9, 0.95]).round(4).tolist()
    [2.3026, 2.9957]
    """
    _require_method(method)
    case = counting_experiment(
        observed, background, background_uncertainty, signal_relative_uncertainty
    )
    rows = np.broadcast_arrays(*case, confidence_levels(confidence_level))
    limits = [
        _limit(method, level, (1.0,), (count,), (mean,), (sdev,), relative)
        for count, mean, sdev, relative, level in zip(*(r.flat for r in rows), strict=True)
    ]
    return np.array(limits, dtype=np.float64).reshape(rows[0].shape)


def combined_upper_limit(
    method: str,
    shares: ArrayLike,
    observed: ArrayLike,
    background: ArrayLike,
    background_uncertainty: ArrayLike,
    signal_relative_uncertainty: float,
    confidence_level: float,
) -> FloatArray:
    """Upper limit on the expected signal events of several counting channels together.

    The channels have independent backgrounds and one log-normal factor on all of the signal. For
    CLs the test statistic is the sum of counts weighted by ln(1 + s_b/b_b) at a reference signal
    that depends neither on the tested signal nor on the data (`physics.statistics_channels`).

    Parameters
    ----------
    method : {"cls", "poisson_zero_background", "bayes_flat_u2"}
        Statistic; the second ignores all but the confidence level.
    shares : array_like (..., b)
        Fractions of the signal in each channel, with sum 1. A channel without a share drops out.
    observed : array_like of int (b,)
        Observed events.
    background, background_uncertainty : array_like (b,)
        Means and standard deviations of the expected backgrounds, in events.
    signal_relative_uncertainty, confidence_level : float
        As for `upper_limit`, common to the channels.

    Returns
    -------
    ndarray (...)
        Expected signal events, summed over channels, excluded at `confidence_level`; NaN for NaN.

    Raises
    ------
    InputError
        As `upper_limit`, for shares that are none, and for counts too many to combine by CLs.

    Examples
    --------
    Nothing seen: neither shares nor backgrounds matter. One event in either of two channels
    without background: as one channel with both, (1 + s) exp(-s) = 0.1.

    >>> combined_upper_limit("cls", [[0.2, 0.8], [1, 0]], 0, [0.1, 3], 0, 0, 0.9).round(4).tolist()
    [2.3026, 2.3026]
    >>> f"{combined_upper_limit('cls', [0.5, 0.5], [0, 1], 0, 0, 0, 0.9):.4f}"
    '3.8897'
    """
    _require_method(method)
    *case, relative = counting_experiment(
        observed, background, background_uncertainty, signal_relative_uncertainty
    )
    rows, seen = channels(shares, *case)
    level = confidence_levels(confidence_level).item()
    limits = [
        _limit(method, level, *_with_share(row, *seen), relative.item())
        for row in rows.reshape(-1, rows.shape[-1])
    ]
    return np.array(limits, dtype=np.float64).reshape(rows.shape[:-1])


def cls(
    method: str,
    signal: ArrayLike,
    observed: ArrayLike,
    background: ArrayLike,
    background_uncertainty: ArrayLike,
    signal_relative_uncertainty: ArrayLike,
) -> FloatArray:
    """CLs of a signal: it is excluded at confidence level CL where this is below 1 - CL.

    For the Bayesian method it is the posterior probability of larger signals, which is below
    1 - CL above the limit as well.

    Parameters
    ----------
    method : {"cls", "poisson_zero_background", "bayes_flat_u2"}
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
    case = counting_experiment(
        observed, background, background_uncertainty, signal_relative_uncertainty
    )
    if any(np.size(v) != 1 for v in case):
        raise InputError(
            "cls takes one counting experiment at a time; call it once for each experiment"
        )
    count, mean, sdev, relative = (v.ravel() for v in case)
    tail = _tail(method, Channels(np.ones(1), count, mean, sdev, relative.item()))
    return tail(signals.ravel()).reshape(signals.shape)


@lru_cache(maxsize=4096)
def _limit(
    method: str,
    level: float,
    share: Values,
    count: Values,
    mean: Values,
    sdev: Values,
    relative: float,
) -> float:
    """Return the signal whose tail is 1 - level; NaN when the shares are NaN."""
    if np.isnan(share).any():
        return np.nan
    if method == "poisson_zero_background":
        return float(-np.log1p(-level))
    seen = Channels(np.array(share), np.array(count), np.array(mean), np.array(sdev), relative)
    tail = _tail(method, seen)

    def excess(signal: float) -> float:
        return float(tail(np.array([signal]))[0]) / (1.0 - level) - 1.0

    highest = seen.scale
    while excess(highest) > 0.0:
        highest *= 2.0
    return float(brentq(excess, 0.0, highest, rtol=1e-12, xtol=1e-12))


def _tail(method: str, seen: Channels) -> Callable[[FloatArray], FloatArray]:
    """Give the function of the signal that falls from 1 to 0 and is 1 - CL at the limit."""
    if method == "bayes_flat_u2":
        return RootPosterior(seen).above
    return lambda signal: seen.probability(signal) / seen.background_only


def _with_share(share: FloatArray, *seen: FloatArray) -> tuple[Values, ...]:
    """Keep the channels that have a share of the signal.

    When no event was seen in any, likelihood and CLs are exp(-s) whatever was expected: one
    channel without background then stands for all shares, and is solved once.
    """
    rows = np.stack([share, *seen])[:, ~(share <= _LEAST_SHARE)]
    if not rows[1].any() and not np.isnan(share).any():
        return (1.0,), (0.0,), (0.0,), (0.0,)
    return tuple(map(tuple, rows.tolist()))


def _require_method(method: str) -> None:
    if method not in METHODS:
        raise InputError(
            f"statistic '{method}' is unknown; known are {', '.join(METHODS)}"
            f"{nearest(method, METHODS)}"
        )
