"""Momenta of two and three particles from N at rest, with the density of phase space.

Three particles come by another chain than in the package: first l+, then (nu, l-).
"""

import numpy as np


def direction(cos, azimuth):
    """Unit vectors of (events, 3)."""
    sin = np.sqrt(np.maximum(0.0, 1 - cos * cos))
    return np.stack([sin * np.cos(azimuth), sin * np.sin(azimuth), cos], axis=-1)


def momentum(M, a, b):
    """Momentum of two particles of masses a and b from one of mass M."""
    inside = (M - a - b) * (M + a + b) * (M - a + b) * (M + a - b)
    return np.sqrt(np.maximum(0.0, inside)) / (2 * M)


def boost(p, velocity):
    """Boost four-vectors (events, 4) by velocities (events, 3)."""
    gamma = 1 / np.sqrt(1 - (velocity**2).sum(-1))
    along = (velocity * p[:, 1:]).sum(-1)
    E = gamma * (p[:, 0] + along)
    factor = gamma * gamma / (1 + gamma) * along + gamma * p[:, 0]
    return np.column_stack([E, p[:, 1:] + factor[:, None] * velocity])


def two(m, a, b, cos, azimuth):
    """Momenta of both, and d Phi / (d cos d azimuth) with the factor 1/(2m) of a width."""
    p = momentum(m, a, b) + 0 * cos
    n = direction(cos, azimuth)
    first = np.column_stack([np.sqrt(p * p + a * a), p[:, None] * n])
    second = np.column_stack([np.sqrt(p * p + b * b), -p[:, None] * n])
    return first, second, p / (32 * np.pi**2 * m * m)


def three(m, m_minus, m_plus, x):
    """nu, l-, l+ from uniform numbers (events, 5), and d Gamma / (|M|^2 d^5 x)."""
    low, high = m_minus**2, (m - m_plus) ** 2
    # denser where l- and nu are slow to each other: any smooth map will do
    s = low + (high - low) * x[:, 0] ** 1.5
    jacobian = 1.5 * np.sqrt(x[:, 0]) * (high - low)
    M = np.sqrt(s)
    plus, pair, outer = two(m, m_plus, M, 2 * x[:, 1] - 1, 2 * np.pi * x[:, 2])
    inner = momentum(M, m_minus, 0.0)
    n = inner[:, None] * direction(2 * x[:, 3] - 1, 2 * np.pi * x[:, 4])
    velocity = pair[:, 1:] / pair[:, :1]
    minus = boost(np.column_stack([np.sqrt(inner**2 + m_minus**2), n]), velocity)
    nu = boost(np.column_stack([inner, -n]), velocity)
    # d Phi_3 = d Phi_2(outer) ds/(2 pi) d Phi_2(inner), d Phi_2 = p d Omega/(16 pi^2 M)
    weight = outer * jacobian / (2 * np.pi) * inner / (16 * np.pi**2 * M) * (4 * np.pi) ** 2
    return nu, minus, plus, weight
