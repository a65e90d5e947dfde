"""Several counting channels that share one signal.

The channels' backgrounds are independent; one factor (flux) moves the signal of all of them. Given
that factor the channels' counts are independent, so only it needs a quadrature: the gamma density
of a background makes its counts negative binomial, and the Poisson counts of a signal come on top
by a finite sum.
"""

from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import toeplitz

from physics.errors import InputError
from physics.statistics_nodes import (
    SMALLEST_PROBABILITY,
    CountingNodes,
    FloatArray,
    counting_nodes,
    signal_nodes,
)

_LEAST_BACKGROUND = 1e-6  # events; keeps the weight of a channel without background finite
_NEGLIGIBLE = 1e-15  # probability of counts that need no term of their own
_ROUNDING = 1e-9  # of sums of weights that are equal
_MOST_TERMS = 100_000
_POISSON_SHAPE = 1e6  # of a gamma density, from which on it moves no quantile
_LARGEST_SIGNAL = 4.0  # in sizes of a limit, for which counts are enumerated


@dataclass(frozen=True)
class Channels:
    r"""Counting channels with a common signal, and the probability of what was seen.

    The test statistic is :math:`T = \sum_b w_b n_b` with :math:`w_b = \ln(1 + s_b/b_b)`, the
    likelihood ratio of signal and background for one fixed reference signal: twice the standard
    deviation of the signal's estimate when nothing but background is expected. Neither the tested
    signal nor the data enter the weights. One channel is its count (`physics.statistics_nodes`).

    Parameters
    ----------
    share : ndarray (b,)
        Fractions of the signal, positive, with sum 1.
    count : ndarray (b,)
        Observed events.
    mean, sdev : ndarray (b,)
        Backgrounds in events.
    relative : float
        Standard deviation of the log-normal factor on the signal.
    """

    share: FloatArray
    count: FloatArray
    mean: FloatArray
    sdev: FloatArray
    relative: float

    @cached_property
    def spread(self) -> float:
        """Standard deviation of the signal's estimate, in events."""
        return float(1.0 / np.sqrt(np.sum(self.share**2 / self._variance(self.count))))

    @cached_property
    def scale(self) -> float:
        """Events: the excess and twice its spread, the size of a limit."""
        pull = self.share * (self.count - self.mean) / self._variance(self.count)
        return max(float(pull.sum()) * self.spread**2, 0.0) + 2.0 * self.spread

    @cached_property
    def factors(self) -> tuple[FloatArray, FloatArray]:
        """Nodes (f,) and weights (f,) of the factor on the signal."""
        return signal_nodes(self.relative, self.spread / self.scale)

    @cached_property
    def weights(self) -> FloatArray:
        """Weights (b,) of the counts in the test statistic."""
        reference = 2.0 / np.sqrt(np.sum(self.share**2 / self._variance(self.mean)))
        return np.log1p(self.share * reference / np.maximum(self.mean, _LEAST_BACKGROUND))

    @cached_property
    def background_only(self) -> float:
        """P(T <= what was seen) without signal; InputError when that is impossible."""
        if self._only is not None:
            return self._only.background_only
        total = float(self.probability(np.zeros(1))[0])
        if not total > SMALLEST_PROBABILITY:
            raise InputError(
                "the observed counts have no measurable probability for their backgrounds; "
                "check the backgrounds and their uncertainties"
            )
        return total

    def probability(self, signal: FloatArray) -> FloatArray:
        """P(T <= what was seen) for each expected signal, nuisances averaged over.

        Parameters
        ----------
        signal : ndarray (k,)
            Expected signal events in all channels, >= 0.

        Returns
        -------
        ndarray (k,)
            Probabilities.
        """
        if self._only is not None:
            return self._only.probability(signal)
        factor, weight = self.factors
        return np.array([self._given(s * factor) @ weight for s in signal])

    @cached_property
    def _only(self) -> CountingNodes | None:
        """Quadrature of a single channel, for which counts need not be enumerated."""
        if self.share.size > 1:
            return None
        return counting_nodes(*np.hstack([self.count, self.mean, self.sdev]), self.relative)

    def _given(self, signal: FloatArray) -> FloatArray:
        """P(T <= what was seen) for known signals (f,): the sum over all counts."""
        from scipy.stats import poisson  # slow to import: sampling needs no statistics

        chances = [
            table @ poisson.pmf(np.arange(len(table))[:, None], share * signal)
            for share, table in zip(self.share[self._order], self._tables, strict=True)
        ]
        below = np.cumsum(chances[-1], axis=0)
        total = np.zeros_like(signal)
        chunks = [*range(0, len(self._terms), 4096), len(self._terms)]
        for start, stop in pairwise(chunks):
            terms = self._terms[start:stop]
            product = below[terms[:, -1]]
            for channel, chance in enumerate(chances[:-1]):
                product = product * chance[terms[:, channel]]
            total += product.sum(axis=0)
        return total

    @cached_property
    def _seen(self) -> float:
        """T of what was seen; rounding must not put it above itself."""
        return float(self.weights @ self.count) * (1.0 + _ROUNDING)

    @cached_property
    def _most(self) -> NDArray[np.int64]:
        """Largest counts (b,) that alone do not exceed what was seen."""
        from scipy.stats import poisson  # slow to import: sampling needs no statistics

        allowed = np.floor(self._seen / self.weights)
        extra = poisson.isf(_NEGLIGIBLE, self.share * _LARGEST_SIGNAL * self.scale)
        likely = [
            _most_background(mean, sdev) for mean, sdev in zip(self.mean, self.sdev, strict=True)
        ]
        enough = np.maximum(self.count, np.add(likely, extra))
        return np.minimum(allowed, enough).astype(np.int64)

    @cached_property
    def _order(self) -> NDArray[np.int64]:
        """Channels with the one of most counts last, whose sum needs no terms."""
        return np.argsort(self._most, kind="stable")

    @cached_property
    def _tables(self) -> list[FloatArray]:
        """Matrices from signal counts to all counts, from the backgrounds' probabilities."""
        tables = []
        for b in self._order:
            chance = _background_chances(self.mean[b], self.sdev[b], self._most[b])
            tables.append(toeplitz(chance, np.zeros_like(chance)))
        return tables

    @cached_property
    def _terms(self) -> NDArray[np.int64]:
        """Counts (terms, b) of all channels but the last, and the most that it may have."""
        most, weights = self._most[self._order], self.weights[self._order]
        counts = np.zeros((1, 0), dtype=np.int64)
        room = np.array([self._seen])
        for n, weight in zip(most[:-1], weights[:-1], strict=True):
            if len(room) * (n + 1) > _MOST_TERMS:
                raise InputError(
                    f"these counts need more than {_MOST_TERMS} terms to combine exactly; "
                    "merge channels or choose the method 'bayes_flat_u2'"
                )
            row, new = (grid.ravel() for grid in np.indices((len(room), n + 1)))
            left = room[row] - weight * new
            keep = left >= 0.0
            counts = np.column_stack([counts[row], new])[keep]
            room = left[keep]
        last = np.minimum(np.floor(room / weights[-1]), most[-1]).astype(np.int64)
        return np.column_stack([counts, last])

    def _variance(self, events: FloatArray) -> FloatArray:
        return np.asarray(events + 1.0 + self.sdev**2)


def _background_chances(mean: float, sdev: float, most: int) -> FloatArray:
    """Probabilities of 0 to `most` background counts, Poisson with a gamma-distributed mean.

    Negative binomial, by the ratio of neighbours, which holds down to the Poisson limit.
    """
    excess = sdev**2 / mean if sdev > 0.0 else 0.0
    first = -mean * (np.log1p(excess) / excess if excess > 0.0 else 1.0)
    k = np.arange(most)
    with np.errstate(divide="ignore"):  # without background the first count has no chance
        ratios = np.log(mean + k * excess) - np.log((k + 1.0) * (1.0 + excess))
    return np.exp(np.cumsum(np.append(first, ratios)))


def _most_background(mean: float, sdev: float) -> float:
    """Count that the background exceeds with negligible probability."""
    from scipy.stats import nbinom, poisson  # slow to import: sampling needs no statistics

    shape = (mean / sdev) ** 2 if sdev > 0.0 else np.inf
    if shape > _POISSON_SHAPE:
        return float(poisson.isf(_NEGLIGIBLE, mean))
    return float(nbinom.isf(_NEGLIGIBLE, shape, shape / (shape + mean)))
