r"""From a histogram of proper flight lengths to the response at every lifetime.

With f(x) = 1 - exp(-x), an HNL that may leave at proper length u (and had entered at u') decays
inside with probability f(u/c tau) - f(u'/c tau). The histogram of u on a log lattice, with moments
of d = u/u_b - 1, gives the sum over events as sum_b [H0_b f(x_b) + H1_b x_b f'(x_b) + H2_b x_b^2
f''(x_b)/2], x_b = u_b/c tau: with the first moment exact to second order in the bin width and exact
where f is linear, with the second to third order, which HNLs need that fly far to a thin detector.
Both lattices share a step, so f is tabulated once.
"""

from math import log

import numpy as np
from numpy.typing import ArrayLike, NDArray

from physics.jit import jit

NODES_PER_DECADE = 12
LOG10_CTAU_MIN, LOG10_CTAU_MAX = -6, 10
CTAU_NODES_CM = 10.0 ** (
    np.arange(LOG10_CTAU_MIN * NODES_PER_DECADE, LOG10_CTAU_MAX * NODES_PER_DECADE + 1)
    / NODES_PER_DECADE
)
"""The universal lattice of c tau in cm at which responses are stored."""

BINS_PER_DECADE = 36
LOG10_U_MIN, LOG10_U_MAX = -6, 8
BINS = (LOG10_U_MAX - LOG10_U_MIN) * BINS_PER_DECADE
"""Bins of the proper flight length u."""

LN_U_MIN, BINS_PER_E = LOG10_U_MIN * log(10.0), BINS_PER_DECADE / log(10.0)
"""Lower end in ln(u / 1 cm), and bins per unit of it."""

U_CENTRES_CM = 10.0 ** (LOG10_U_MIN + (np.arange(BINS) + 0.5) / BINS_PER_DECADE)
"""Logarithmic centres of the bins of u in cm."""

_RATIO = BINS_PER_DECADE // NODES_PER_DECADE
_NODES = len(CTAU_NODES_CM)
# x_b of bin b and node k is 10^((b - RATIO k + offset)/BINS_PER_DECADE): one table serves all
_LAST = (_NODES - 1) * _RATIO
_X = 10.0 ** (
    (np.arange(BINS + _LAST) - _LAST + 0.5) / BINS_PER_DECADE + LOG10_U_MIN - LOG10_CTAU_MIN
)


def _by_remainder(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Tables (RATIO, -1): those of shift = remainder + RATIO k, from the largest k downwards."""
    whole = values[: len(values) // _RATIO * _RATIO]
    return np.ascontiguousarray(whole.reshape(-1, _RATIO).T[:, ::-1])


_F = _by_remainder(-np.expm1(-_X))
_G = _by_remainder(_X * np.exp(-_X))
_H = _by_remainder(-0.5 * _X**2 * np.exp(-_X))


@jit
def bin_of(u):
    """Bin of a proper length u in cm; lengths outside the histogram go to its ends."""
    if u <= 0.0:
        return 0
    position = (np.log(u) - LN_U_MIN) * BINS_PER_E
    return min(max(int(position), 0), BINS - 1)


@jit
def record(histogram, u, weight):
    """Add a proper length u in cm to a histogram (moments, BINS) with all its moments."""
    index = bin_of(u)
    departure = u / U_CENTRES_CM[index] - 1.0
    for moment in range(len(histogram)):
        histogram[moment, index] += weight
        weight *= departure


@jit
def _add(weight, moment, F, G, out):
    for node in range(len(out)):
        out[node] += weight * F[node] + moment * G[node]


@jit
def _add_second(second, H, out):
    for node in range(len(out)):
        out[node] += second * H[node]


@jit
def _transform(histogram, F, G, H, out):
    rows, moments, bins = histogram.shape
    for row in range(rows):
        for bin_ in range(bins):
            weight, moment = histogram[row, 0, bin_], histogram[row, 1, bin_]
            second = histogram[row, 2, bin_] if moments > 2 else 0.0
            if weight == 0.0 and moment == 0.0 and second == 0.0:
                continue
            remainder = (bin_ + _LAST) % _RATIO
            first = F.shape[1] - 1 - (bin_ + _LAST) // _RATIO
            _add(weight, moment, F[remainder, first:], G[remainder, first:], out[row])
            if second != 0.0:
                _add_second(second, H[remainder, first:], out[row])


def at_nodes(histogram: NDArray[np.float64]) -> NDArray[np.float64]:
    """Response of each histogram at `CTAU_NODES_CM`.

    Parameters
    ----------
    histogram : ndarray
        Shape (rows, 2 or 3, BINS): weight and first moments of each bin of u.

    Returns
    -------
    ndarray
        Shape (rows, nodes), not negative.

    Examples
    --------
    One HNL leaving at u = 1 cm: at c tau = 1 cm it decays inside with probability 1 - 1/e.

    >>> h = np.zeros((1, 2, BINS))
    >>> h[0, 0, 216], h[0, 1, 216] = 1.0, 1.0 / U_CENTRES_CM[216] - 1.0
    >>> f"{at_nodes(h)[0, 72]:.3f}"
    '0.632'
    """
    return np.maximum(signed_at_nodes(histogram), 0.0)


def signed_at_nodes(histogram: NDArray[np.float64]) -> NDArray[np.float64]:
    """As `at_nodes`, for events whose weights may be negative."""
    out = np.zeros((len(histogram), _NODES))
    _transform(histogram, _F, _G, _H, out)
    return out


def at_ctau(histogram: NDArray[np.float64], ctau_cm: float) -> NDArray[np.float64]:
    """Response of each histogram at one lifetime, without interpolation.

    Parameters
    ----------
    histogram : ndarray
        Shape (..., 2 or 3, BINS).
    ctau_cm : float
        Proper decay length in cm; ``inf`` gives 0.

    Returns
    -------
    ndarray
        Shape (...).

    Examples
    --------
    >>> float(at_ctau(np.zeros((2, BINS)), 1.0))
    0.0
    """
    return np.maximum(signed_at_ctau(histogram, ctau_cm), 0.0)


def signed_at_ctau(histogram: NDArray[np.float64], ctau_cm: float) -> NDArray[np.float64]:
    """As `at_ctau`, for events whose weights may be negative."""
    x = U_CENTRES_CM / ctau_cm
    total = histogram[..., 0, :] @ -np.expm1(-x) + histogram[..., 1, :] @ (x * np.exp(-x))
    if histogram.shape[-2] > 2:
        total = total - histogram[..., 2, :] @ (0.5 * x**2 * np.exp(-x))
    return np.asarray(total)


def interpolate(
    response: NDArray[np.float64], ctau_cm: ArrayLike, power: int = 1
) -> NDArray[np.float64]:
    """Response at any lifetime: cubic in (ln c tau, ln R), with the exact limits outside.

    Parameters
    ----------
    response : ndarray
        Shape (..., nodes), at `CTAU_NODES_CM`.
    ctau_cm : array_like
        Proper decay lengths in cm. Shorter than the lattice: the prompt limit. Longer: R ~ 1/c tau.
    power : int
        Fall-off beyond the lattice, (1/c tau)^power: 1 for a response, 2 for a variance.

    Returns
    -------
    ndarray
        Shape (...) and then that of `ctau_cm`; linear where a neighbouring node is zero or has the
        other sign.

    Examples
    --------
    >>> r = 1 / CTAU_NODES_CM
    >>> f"{float(interpolate(r, 0.123)):.6f}"
    '8.130081'
    >>> f"{float(interpolate(r, 1e12)):.0e}"
    '1e-12'
    """
    ctau = np.asarray(ctau_cm, dtype=float)
    inside = np.clip(ctau, CTAU_NODES_CM[0], CTAU_NODES_CM[-1])
    position = (np.log10(inside) - LOG10_CTAU_MIN) * NODES_PER_DECADE
    start = np.clip(position.astype(int) - 1, 0, _NODES - 4)
    t = position - start
    stencil = response[..., start[..., None] + np.arange(4)]
    found = between(stencil, t)
    for _ in range(power):
        # not a power: its last bit depends on whether there is one lifetime or many
        found = found * (inside / np.maximum(ctau, inside))
    return np.asarray(found)


def between(stencil: NDArray[np.float64], t: NDArray[np.float64]) -> NDArray[np.float64]:
    """Interpolate between four nodes: cubic in logarithms where they have one sign, else linear.

    Parameters
    ----------
    stencil : ndarray (..., *shape of t, 4)
        Values at the nodes.
    t : ndarray
        Position, in steps from the first of them.

    Returns
    -------
    ndarray (..., *shape of t)
        At the position.

    Examples
    --------
    >>> float(between(np.array([1.0, 0.0, -1.0, -1.0]), np.array(0.5)))
    0.5
    """
    same = np.asarray((stencil > 0).all(-1) | (stencil < 0).all(-1))
    cubic = np.exp((_lagrange(t) * np.log(np.where(same[..., None], np.abs(stencil), 1.0))).sum(-1))
    low = np.clip(t.astype(int), 0, 2)
    place = np.broadcast_to(low, stencil.shape[:-1])[..., None]
    one, two = (np.take_along_axis(stencil, place + k, -1)[..., 0] for k in (0, 1))
    linear = one * (1 - (t - low)) + two * (t - low)
    return np.asarray(np.where(same, np.sign(stencil[..., 0]) * cubic, linear))


def _lagrange(t: NDArray[np.float64]) -> NDArray[np.float64]:
    """Weights of the cubic through nodes 0, 1, 2, 3 at position t."""
    return np.stack(
        [
            -(t - 1) * (t - 2) * (t - 3) / 6,
            t * (t - 2) * (t - 3) / 2,
            -t * (t - 1) * (t - 3) / 2,
            t * (t - 1) * (t - 2) / 6,
        ],
        axis=-1,
    )
