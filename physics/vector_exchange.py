r"""Upscattering nu + target -> N + target by exchange of vectors that couple to nubar gamma P_L N.

For a fixed helicity of N in the centre-of-mass frame, summed over the spins of a spin-1/2 target,
with K = k3 +- m s (k3, s: momentum and spin vector of N; + conserves the helicity, - flips it),
q = k1 - k3 and P = p + p', the lepton tensor is :math:`K^\mu k_1^\nu + k_1^\mu K^\nu -
g^{\mu\nu} Kk_1` and a part that is antisymmetric and changes sign for antineutrinos. A current
:math:`G_M\gamma^\mu - F_2 P^\mu/(2M) - G_A\gamma^\mu\gamma_5` of the target gives

.. math::
    H = W_P P^\mu P^\nu - W_q q^\mu q^\nu - W_g g^{\mu\nu} + \text{antisymmetric},\quad
    W_P = 2G_M^2 + c_2 + 2G_A^2,\; W_q = 2G_M^2 + 2G_A^2,\;
    W_g = 2G_M^2 Q^2 + 2G_A^2(4M^2 + Q^2),\; W_A = 8 G_M G_A,

with :math:`c_2 = F_2^2(2 + Q^2/2M^2) - 4G_MF_2`. All are bilinear, so that exchanges interfere by
their products; the form of arXiv:2207.04137 for nuclei follows with G_M = F_1 and the rest zero.
"""

from typing import NamedTuple

import numpy as np

from physics.jit import jit
from physics.units import GEV2_TO_CM2
from physics.upscattering import spin_products

_PREFACTOR = GEV2_TO_CM2 / (2 * 16 * np.pi)


class Current(NamedTuple):
    """Form factors of a target's current at one Q2: magnetic, Pauli and axial."""

    GM: float
    F2: float
    GA: float


class Structure(NamedTuple):
    """Coefficients of P P, -q q, -g and of the antisymmetric part of the hadron tensor."""

    P: float
    q: float
    g: float
    A: float


@jit
def structure(a, b, Q2, M):
    """Hadron tensor of two currents, symmetrised: of `a` with itself when both are the same."""
    magnetic, axial = 2.0 * a.GM * b.GM, 2.0 * a.GA * b.GA
    c2 = a.F2 * b.F2 * (2.0 + Q2 / (2.0 * M * M)) - 2.0 * (a.GM * b.F2 + b.GM * a.F2)
    return Structure(
        magnetic + c2 + axial,
        magnetic + axial,
        magnetic * Q2 + axial * (4.0 * M * M + Q2),
        4.0 * (a.GM * b.GA + b.GM * a.GA),
    )


@jit
def contractions(E, Q2, m, M):
    """Lepton tensor with each part of the hadron tensor, without and with the spin of N.

    Returned as two `Structure`, in cm^2 per unit of each coefficient: d sigma / d Q2 of the
    conserved helicity is the sum of both, that of the flipped one their difference.
    """
    k1k3, qk3, Pk, k1s, Ps = spin_products(E, Q2, m, M)
    k1q = -0.5 * (m * m + Q2)
    norm = _PREFACTOR / (2.0 * M * E) ** 2
    # s is orthogonal to k3, so that q s = k1 s
    even = _contract(k1k3, qk3, Pk, Pk, k1q, Q2, M, norm)
    return even, _contract(k1s, k1s, Ps, Pk, k1q, Q2, M, norm)


@jit
def _contract(Kk1, Kq, KP, Pk1, k1q, Q2, M, norm):
    return Structure(
        (2.0 * KP * Pk1 - (4.0 * M * M + Q2) * Kk1) * norm,
        -(2.0 * Kq * k1q + Q2 * Kk1) * norm,
        2.0 * Kk1 * norm,
        (Kq * Pk1 - KP * k1q) * norm,
    )


@jit
def vector_helicities(E, Q2, m, M, tensor, sign):
    """Differential cross-section d sigma / d Q2 in cm^2 GeV^-2: (conserving, flipping).

    `tensor` holds the propagators (GeV^-4 for a squared exchange) and couplings; `sign` is 1 for
    neutrinos and -1 for antineutrinos, whose helicities are opposite.
    """
    even, odd = contractions(E, Q2, m, M)
    plain, spin = _sum(even, tensor, sign), _sum(odd, tensor, sign)
    return plain + spin, plain - spin


@jit
def _sum(parts, tensor, sign):
    along = tensor.P * parts.P + tensor.q * parts.q
    return along + tensor.g * parts.g + sign * tensor.A * parts.A
