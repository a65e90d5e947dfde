"""Rates of vector exchange without Monte Carlo: the exact check of every sampled point.

As `physics.quadrature`, for all exchanges at once: squares of the amplitudes and interferences, of
neutrinos and antineutrinos, by helicity.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from physics.block import BLOCK, ENERGY, JACOBIAN, Q2
from physics.jit import jit
from physics.pair_block import DIFFERENCE, PAIR_SIZE, SUM
from physics.quadrature import CUBED_NODES, ENERGY_NODES, TO_COEFFICIENTS
from physics.upscattering import q2_limits
from physics.vector_events import fill_helicities
from physics.vector_streams import VectorStream

_GL_X, _GL_W = np.polynomial.legendre.leggauss(BLOCK)


class VectorCrossSection(NamedTuple):
    """Chebyshev coefficients of sigma(E) in cm^2 for unit couplings.

    Parameters
    ----------
    coefficients : ndarray (ENERGY_NODES, columns)
        Columns are pairs of exchanges, neutrinos and antineutrinos, and helicities (conserving and
        flipping), the last running fastest.
    E_min, E_max : float
        Energies in GeV; zero outside.
    """

    coefficients: NDArray[np.float64]
    E_min: float
    E_max: float


@jit
def cross_sections(E, m, stream, work, total):
    """Fill total cross-sections in cm^2 for unit couplings, by column of `VectorCrossSection`.

    The nodes in Q2 are one block of the event loop, `work`.
    """
    low, high = q2_limits(E, m, stream.M)
    total[:] = 0.0
    if high <= low:
        return
    span = np.log(high / low)
    for node in range(BLOCK):
        Q2_ = low * np.exp(0.5 * span * (1.0 + _GL_X[node]))
        work[ENERGY + node], work[Q2 + node] = E, Q2_
        # each helicity is half of sum or difference
        work[JACOBIAN + node] = 0.25 * span * _GL_W[node] * Q2_
    fill_helicities(BLOCK, m, 1.0, stream, work)
    for column in range(2 * len(stream.pairs)):
        plus, minus = 0.0, 0.0
        for node in range(BLOCK):
            plus += work[SUM + column * BLOCK + node]
            minus += work[DIFFERENCE + column * BLOCK + node]
        total[2 * column], total[2 * column + 1] = plus - minus, plus + minus


@jit
def _at_nodes(m, stream):
    sigma, work = np.empty((ENERGY_NODES, 4 * len(stream.pairs))), np.zeros(PAIR_SIZE)
    for node in range(ENERGY_NODES):
        E = stream.E_min + (stream.E_max - stream.E_min) * CUBED_NODES[node]
        cross_sections(E, m, stream, work, sigma[node])
    return sigma


def tabulate(m4: float, stream: VectorStream) -> VectorCrossSection:
    """Tabulate the total cross-sections of a stream over its energy range.

    Parameters
    ----------
    m4 : float
        HNL mass in GeV.
    stream : VectorStream
        Target, exchanges and energy range.

    Returns
    -------
    VectorCrossSection
        All zero below threshold.
    """
    shape = (ENERGY_NODES, 4 * len(stream.pairs))
    if stream.E_min >= stream.E_max:
        return VectorCrossSection(np.zeros(shape), stream.E_min, stream.E_max)
    return VectorCrossSection(TO_COEFFICIENTS @ _at_nodes(m4, stream), stream.E_min, stream.E_max)


@jit
def _evaluate(E, table, one, other, values):
    """Fill the cross-sections at E from their Chebyshev table (Clenshaw)."""
    x = 2.0 * ((E - table.E_min) / (table.E_max - table.E_min)) ** (1.0 / 3.0) - 1.0
    one[:], other[:] = 0.0, 0.0
    for k in range(ENERGY_NODES - 1, 0, -1):
        for c in range(len(values)):
            next_ = 2.0 * x * one[c] - other[c] + table.coefficients[k, c]
            other[c] = one[c]
            one[c] = next_
    for c in range(len(values)):
        values[c] = x * one[c] - other[c] + table.coefficients[0, c]


@jit
def folded(energy, flux, table):
    """Integral of flux times cross-sections over the table's range.

    Parameters
    ----------
    energy : ndarray, shape (n,)
        Knots in GeV.
    flux : ndarray, shape (n, 2)
        Piecewise linear flux of neutrinos and antineutrinos.
    table : VectorCrossSection
        Over its own energy range.

    Returns
    -------
    ndarray, shape (2, pairs, 2)
        Upscatterings per target, unit couplings and unit of exposure: projectile, pair of
        exchanges, helicity.
    """
    columns = table.coefficients.shape[1]
    result = np.zeros((2, columns // 4, 2))
    if table.E_min >= table.E_max:
        return result
    one, other, values = np.empty(columns), np.empty(columns), np.empty(columns)
    half = 0.5 / np.sqrt(3.0)
    for left in range(len(energy) - 1):
        low, high = max(energy[left], table.E_min), min(energy[left + 1], table.E_max)
        if high <= low:
            continue
        for sign in (-half, half):
            E = 0.5 * (low + high) + sign * (high - low)
            _evaluate(E, table, one, other, values)
            part = (E - energy[left]) / (energy[left + 1] - energy[left])
            for projectile in range(2):
                phi = flux[left, projectile]
                phi += part * (flux[left + 1, projectile] - phi)
                for pair in range(columns // 4):
                    for helicity in range(2):
                        value = values[4 * pair + 2 * projectile + helicity]
                        result[projectile, pair, helicity] += 0.5 * (high - low) * phi * value
    return result
