"""Upscattering rates without Monte Carlo: the exact check of every sampled point.

The cross-section is tabulated at Chebyshev nodes in ((E - E_0)/(E_1 - E_0))^(1/3), where it is
smooth from threshold on, and integrated with the piecewise linear flux bin by bin.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from physics.events import Stream
from physics.form_factors import interpolate_squared, nucleon_structure
from physics.jit import jit
from physics.upscattering import COHERENT, dipole_helicities, q2_limits

ENERGY_NODES = 40
Q2_NODES = 64
_GL_X, _GL_W = np.polynomial.legendre.leggauss(Q2_NODES)
_ANGLES = (np.arange(ENERGY_NODES) + 0.5) * np.pi / ENERGY_NODES
CUBED_NODES = (0.5 * (np.cos(_ANGLES) + 1.0)) ** 3
"""Chebyshev nodes as parts of the range of energies."""
TO_COEFFICIENTS = np.cos(np.outer(np.arange(ENERGY_NODES), _ANGLES)) * (2.0 / ENERGY_NODES)
TO_COEFFICIENTS[0] *= 0.5


class CrossSection(NamedTuple):
    """Chebyshev coefficients (ENERGY_NODES, 2) of sigma(E) in cm^2 for unit factor, by helicity."""

    coefficients: NDArray[np.float64]
    E_min: float
    E_max: float


@jit
def cross_section(E, m, stream):
    """Total cross-section in cm^2 for unit coupling factor: (conserving, flipping)."""
    low, high = q2_limits(E, m, stream.M)
    if high <= low:
        return 0.0, 0.0
    span = np.log(high / low)
    values = np.empty((5, Q2_NODES))
    for node in range(Q2_NODES):
        Q2 = low * np.exp(0.5 * span * (1.0 + _GL_X[node]))
        values[0, node] = Q2
        if stream.kind == COHERENT:
            values[1, node], values[2, node] = interpolate_squared(stream.table, Q2), 0.0
        else:
            values[1, node], values[2, node] = nucleon_structure(
                Q2, stream.charge, stream.moment, stream.M
            )
    for node in range(Q2_NODES):
        Q2 = values[0, node]
        a, b = dipole_helicities(E, Q2, m, stream.M, values[1, node], values[2, node])
        values[3, node], values[4, node] = _GL_W[node] * Q2 * a, _GL_W[node] * Q2 * b
    return 0.5 * span * values[3].sum(), 0.5 * span * values[4].sum()


@jit
def _sigma_at_nodes(m, stream):
    sigma = np.empty((ENERGY_NODES, 2))
    for node in range(ENERGY_NODES):
        E = stream.E_min + (stream.E_max - stream.E_min) * CUBED_NODES[node]
        sigma[node, 0], sigma[node, 1] = cross_section(E, m, stream)
    return sigma


def tabulate(m4: float, stream: Stream) -> CrossSection:
    """Tabulate the total cross-section of a stream over its energy range.

    Parameters
    ----------
    m4 : float
        HNL mass in GeV.
    stream : Stream
        Target and energy range.

    Returns
    -------
    CrossSection
        All zero below threshold.
    """
    if stream.E_min >= stream.E_max:
        return CrossSection(np.zeros((ENERGY_NODES, 2)), stream.E_min, stream.E_max)
    return CrossSection(TO_COEFFICIENTS @ _sigma_at_nodes(m4, stream), stream.E_min, stream.E_max)


@jit
def evaluate(E, table):
    """Cross-section of both helicities at E from its Chebyshev table (Clenshaw)."""
    y = ((E - table.E_min) / (table.E_max - table.E_min)) ** (1.0 / 3.0)
    x = 2.0 * y - 1.0
    b1, b2, c1, c2 = 0.0, 0.0, 0.0, 0.0
    for k in range(ENERGY_NODES - 1, 0, -1):
        b1, b2 = 2.0 * x * b1 - b2 + table.coefficients[k, 0], b1
        c1, c2 = 2.0 * x * c1 - c2 + table.coefficients[k, 1], c1
    conserving = x * b1 - b2 + table.coefficients[0, 0]
    return max(0.0, conserving), max(0.0, x * c1 - c2 + table.coefficients[0, 1])


@jit
def folded(energy, flux, table):
    """Integral of flux times cross-section over the table's range, for each column of `flux`.

    Parameters
    ----------
    energy : ndarray, shape (n,)
        Knots in GeV.
    flux : ndarray, shape (n, columns)
        Piecewise linear flux.
    table : CrossSection
        Over its own energy range.

    Returns
    -------
    ndarray, shape (columns, 2)
        Upscatterings per target and unit of exposure, by helicity.
    """
    result = np.zeros((flux.shape[1], 2))
    if table.E_min >= table.E_max:
        return result
    half = 0.5 / np.sqrt(3.0)
    for left in range(len(energy) - 1):
        low, high = max(energy[left], table.E_min), min(energy[left + 1], table.E_max)
        if high <= low:
            continue
        for sign in (-half, half):
            E = 0.5 * (low + high) + sign * (high - low)
            sigma = evaluate(E, table)
            part = (E - energy[left]) / (energy[left + 1] - energy[left])
            for column in range(flux.shape[1]):
                phi = flux[left, column] + part * (flux[left + 1, column] - flux[left, column])
                result[column, 0] += 0.5 * (high - low) * phi * sigma[0]
                result[column, 1] += 0.5 * (high - low) * phi * sigma[1]
    return result
