r"""Upscattering nu + target -> N + target by exchange of a photon with a transition dipole.

Amplitude squared for a fixed helicity of N in the centre-of-mass frame, summed over the spins of
a spin-1/2 target. With K = k3 + h m s (k3, s: momentum and spin vector of N), q = k1 - k3,
P = p + p', the lepton tensor contracted with P P and with -g gives

.. math::
    L_P = 4d^2\,[2Q^2 (k_1P)(KP) - P^2(Q^2\,Kk_1 - (m^2+Q^2)\,Kq)], \quad
    L_g = 4d^2\,[2(m^2+Q^2)\,Kq - Q^2\,Kk_1],

and the hadron tensor is :math:`(2G_M^2 + c_2) P^\mu P^\nu - 2 G_M^2 Q^2 g^{\mu\nu}` up to terms
in q. For a nucleus G_M -> Z F and c2 -> 0.
"""

import numpy as np

from physics.form_factors import interpolate_squared, nucleon_structure
from physics.jit import jit
from physics.nuclei import nucleus
from physics.units import ALPHA, GEV2_TO_CM2

COHERENT, NUCLEON = 0, 1

_PREFACTOR = 4 * np.pi * ALPHA * 4.0 / (2 * 16 * np.pi) * GEV2_TO_CM2


@jit
def threshold(m, M):
    """Least neutrino energy in GeV that makes an HNL of mass m on a target of mass M."""
    return m + m * m / (2.0 * M)


def largest_mass(E: float, nucleus_name: str) -> float:
    """Mass in GeV of the heaviest HNL that neutrinos of energy E make on a nucleus at rest.

    Parameters
    ----------
    E : float
        Neutrino energy in GeV.
    nucleus_name : str
        Target, such as ``"Ar40"``.

    Returns
    -------
    float
        M (sqrt(1 + 2 E / M) - 1), the inverse of `threshold`.

    Examples
    --------
    >>> M = nucleus("H1").mass
    >>> round(float(threshold(largest_mass(1.0, "H1"), M)), 12)
    1.0
    """
    M = nucleus(nucleus_name).mass
    return M * float(np.sqrt(1 + 2 * E / M) - 1)


@jit
def q2_limits(E, m, M):
    """Least and largest Q2 in GeV^2 at neutrino energy E; (0, 0) below threshold.

    The lower limit uses Q2min Q2max = M^2 m^4 / s, which has no cancellation.
    """
    s = M * M + 2.0 * M * E
    root = (s - (M + m) ** 2) * (s - (M - m) ** 2)
    allowed = (root > 0.0) & (threshold(m, M) < E)
    E3p3 = (s + m * m - M * M + np.sqrt(max(0.0, root))) / (2.0 * np.sqrt(s))
    upper = (s - M * M) / np.sqrt(s) * E3p3 - m * m
    lower = M * M * m**4 / (s * upper)
    return (lower, upper) if allowed else (0.0, 0.0)


@jit
def spin_products(E, Q2, m, M):
    """Products of k1, q and P with k3, and of k1 and P with m s: (k1 k3, q k3, P k3, k1 s, P s).

    P k1 = P k3 because P q = 0. The spin is that of positive helicity in the centre of mass.
    """
    s = M * M + 2.0 * M * E
    root_s = np.sqrt(s)
    E1 = M * E / root_s
    E2 = root_s - E1
    E3 = (s + m * m - M * M) / (2.0 * root_s)
    p3 = np.sqrt(max(0.0, E3 * E3 - m * m))
    p3c3 = E3 - (Q2 + m * m) / (2.0 * E1)
    c3 = p3c3 / p3 if p3 > 0.0 else 0.0
    k1s = E1 * (p3 - E3 * c3)
    Ps = 2.0 * (E2 * p3 + E1 * E3 * c3) + k1s
    return 0.5 * (m * m + Q2), 0.5 * (Q2 - m * m), 2.0 * M * E - 0.5 * (m * m + Q2), k1s, Ps


@jit
def dipole_helicities(E, Q2, m, M, GM2, c2):
    """Differential cross-section d sigma / d Q2 for unit d in cm^2: (conserving, flipping)."""
    k1k3, qk3, Pk, k1s, Ps = spin_products(E, Q2, m, M)
    unpolarised = _contract(k1k3, qk3, Pk, Pk, Q2, m, M, GM2, c2)
    polarised = _contract(k1s, k1s, Ps, Pk, Q2, m, M, GM2, c2)
    norm = _PREFACTOR / (Q2 * Q2 * (2.0 * M * E) ** 2)
    conserving = max(0.0, unpolarised - polarised) * norm
    return conserving, max(0.0, unpolarised + polarised) * norm


@jit
def _contract(Kk1, Kq, KP, Pk1, Q2, m, M, GM2, c2):
    mQ = m * m + Q2
    along = 2.0 * Q2 * Pk1 * KP - (4.0 * M * M + Q2) * (Q2 * Kk1 - mQ * Kq)
    metric = 2.0 * mQ * Kq - Q2 * Kk1
    return (2.0 * GM2 + c2) * along - 2.0 * GM2 * Q2 * metric


@jit
def differential(E, Q2, m, M, kind, charge, moment, table):
    """Differential cross-section on one target for unit d, for both helicities of N.

    `kind` chooses a nucleus (Z^2 F^2 from `table`) or a nucleon (`charge`, `moment`).
    """
    if kind == COHERENT:
        return dipole_helicities(E, Q2, m, M, interpolate_squared(table, Q2), 0.0)
    GM2, c2 = nucleon_structure(Q2, charge, moment, M)
    return dipole_helicities(E, Q2, m, M, GM2, c2)
