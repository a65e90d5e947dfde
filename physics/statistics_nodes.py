"""Averages of Poisson probabilities over uncertain backgrounds and efficiencies.

With G a gamma variate of shape n_obs + 1, P(n <= n_obs | mu) = P(G > mu), the regularised
incomplete gamma function of mu. Its average over the background and over a factor on the signal
is an integral over two unit Gaussians, summed by the trapezoidal rule with a step fixed by the
narrowest structure: the error falls exponentially with the number of nodes (Trefethen and
Weideman, SIAM Rev. 56 (2014) 385), here to 1e-10 or better.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray
from scipy.special import gammaincc, gammainccinv, gammaincinv, gammaln, ndtr, xlogy

from physics.errors import InputError

FloatArray = NDArray[np.float64]

_WIDEST_STEP = 0.4  # in standard deviations: what smooth integrands need for 1e-12
_STEP_PER_WIDTH = 0.6  # of the Gaussian that a Poisson step of some width looks like
_LOWEST, _HIGHEST = -36.0, 9.0  # beyond these, in standard deviations, weights are < 1e-19
_NEGLIGIBLE = 1e-20  # relative to the probability without signal
_CHUNK = 1_000_000  # incomplete gamma functions in memory at a time
SMALLEST_PROBABILITY = 1e-250
"""Of what was seen, without signal; below this an observation contradicts its background."""


@dataclass(frozen=True)
class CountingNodes:
    """Quadrature of one counting experiment: where nuisances are put, and with what weights.

    Parameters
    ----------
    count : float
        Observed events.
    background, background_weight : ndarray (nb,)
        Backgrounds in events, and their weights, which sum to 1.
    factor, factor_weight : ndarray (nf,)
        Factors on the signal, and their weights.
    background_only : float
        P(n <= count) without signal.
    scale : float
        Events: the excess and twice its spread, the size of a limit.
    """

    count: float
    background: FloatArray
    background_weight: FloatArray
    factor: FloatArray
    factor_weight: FloatArray
    background_only: float
    scale: float

    def probability(self, signal: FloatArray) -> FloatArray:
        """P(n <= count) for each expected signal, nuisances averaged over.

        Parameters
        ----------
        signal : ndarray (k,)
            Expected signal events, >= 0.

        Returns
        -------
        ndarray (k,)
            Probabilities.
        """
        rows = max(1, _CHUNK // (self.background.size * self.factor.size))
        parts = [self._probability(signal[a:b]) for a, b in _spans(signal.size, rows)]
        return np.concatenate(parts) if parts else np.empty(0)

    def likelihood(self, signal: FloatArray) -> FloatArray:
        """P(n = count) for each expected signal, the background averaged over.

        Parameters
        ----------
        signal : ndarray (k,)
            Expected signal events, >= 0.

        Returns
        -------
        ndarray (k,)
            Likelihoods.
        """
        mean = signal[:, None] + self.background
        log = xlogy(self.count, mean) - mean - gammaln(self.count + 1.0)
        return np.asarray(np.exp(log) @ self.background_weight, dtype=np.float64)

    def _probability(self, signal: FloatArray) -> FloatArray:
        mean = signal[:, None, None] * self.factor[:, None] + self.background
        below = np.asarray(gammaincc(self.count + 1.0, mean), dtype=np.float64)
        return below @ self.background_weight @ self.factor_weight


@lru_cache(maxsize=256)
def counting_nodes(count: float, mean: float, sdev: float, relative: float) -> CountingNodes:
    """Place the nodes for one counting experiment.

    Parameters
    ----------
    count : float
        Observed events, a whole number.
    mean, sdev : float
        Background in events: gamma density with this mean and standard deviation.
    relative : float
        Standard deviation of the log-normal factor on the signal, whose mean is 1.

    Returns
    -------
    CountingNodes
        Ready to average.

    Raises
    ------
    InputError
        When the background alone makes `count` impossible.

    Examples
    --------
    An exponential density of the background, mean 1: P(0) = 1 / (1 + 1).

    >>> f"{counting_nodes(0.0, 1.0, 1.0, 0.0).background_only:.10f}"
    '0.5000000000'
    """
    spread = float(np.hypot(np.sqrt(count + 1.0), sdev))
    scale = max(count - mean, 0.0) + 2.0 * spread
    background, weight, total = _background_nodes(count, mean, sdev)
    if not total > SMALLEST_PROBABILITY:
        raise InputError(
            f"observed = {count:g} has no measurable probability for a background of {mean:g} "
            f"+- {sdev:g}; check the background and its uncertainty"
        )
    factor, factor_weight = signal_nodes(relative, spread / scale)
    return CountingNodes(count, background, weight, factor, factor_weight, total, scale)


def _background_nodes(
    count: float, mean: float, sdev: float
) -> tuple[FloatArray, FloatArray, float]:
    """Nodes and weights of the gamma density, and P(n <= count) without signal."""
    if sdev == 0.0:
        return np.array([mean]), np.ones(1), float(gammaincc(count + 1.0, mean))
    # the density's upper tail, where an excess puts the step, is wider than sdev
    stretch = np.sqrt(max(1.0, (count + 1.0) / mean))
    z, weight = _gaussian_rule(np.sqrt(count + 1.0) / (sdev * stretch))
    shape, scale = (mean / sdev) ** 2, sdev**2 / mean
    # each tail from its own side: 1 - 1e-17 is 1
    nodes = scale * np.where(z < 0.0, gammaincinv(shape, ndtr(z)), gammainccinv(shape, ndtr(-z)))
    below = np.asarray(weight * gammaincc(count + 1.0, nodes), dtype=np.float64)
    total = float(below.sum())
    # a signal moves the bulk of the integrand to smaller backgrounds, never to larger ones
    left = np.arange(z.size) <= int(np.argmax(below))
    keep = np.where(left, weight, below) > _NEGLIGIBLE * total
    return nodes[keep], weight[keep], total


def signal_nodes(relative: float, relative_width: float) -> tuple[FloatArray, FloatArray]:
    """Nodes and weights of a log-normal factor on the signal, whose mean is 1.

    Parameters
    ----------
    relative : float
        Standard deviation.
    relative_width : float
        Width of the narrowest structure in the signal, relative to the signal.

    Returns
    -------
    nodes, weights : ndarray (f,)
        Weights sum to 1.

    Examples
    --------
    >>> factor, weight = signal_nodes(0.3, 0.5)
    >>> f"{weight @ factor:.10f} {weight @ (factor - 1) ** 2:.10f}"
    '1.0000000000 0.0900000000'
    """
    sigma = float(np.sqrt(np.log1p(relative**2)))
    if sigma == 0.0:
        return np.ones(1), np.ones(1)
    z, weight = _gaussian_rule(relative_width / sigma)
    keep = weight > _NEGLIGIBLE
    return np.exp(sigma * z[keep] - 0.5 * sigma**2), weight[keep]


def _gaussian_rule(width: float) -> tuple[FloatArray, FloatArray]:
    """Trapezoidal rule of the unit Gaussian for functions with a step `width` wide."""
    step = min(_WIDEST_STEP, _STEP_PER_WIDTH * width / np.hypot(1.0, width))
    z = step * np.arange(np.floor(_LOWEST / step), np.ceil(_HIGHEST / step) + 1.0)
    return z, step * np.exp(-0.5 * z**2) / np.sqrt(2.0 * np.pi)


def _spans(total: int, length: int) -> Iterator[tuple[int, int]]:
    return pairwise([*range(0, total, length), total])
