r"""Decay of a polarised N at rest: the visible particles of one event, from five uniform numbers.

:math:`|M|^2` of arXiv:2007.03701 with :math:`p_N \to p_N - m_N s` for the spin vector s, which is
exact since the W and the Z take the left-handed part of N alone. The antiparticle decays as the
mirror image under CP; mesons make it with the mirrored polarisation, so that it needs no code.

A Majorana N decays to a final state and, as often, to its antiparticles, with opposite asymmetries:
whoever does not tell charges apart sees the isotropic sum. Give it polarisation 0.
"""

from typing import NamedTuple

import numpy as np

from physics.electroweak import PDG, Constants, charged_lepton_couplings
from physics.errors import InputError
from physics.jit import jit
from physics.kinematics import cosine, photon_cosine, sine
from physics.leptonic_widths import charged_current_phase_space, dilepton_phase_space
from physics.minimal_widths import DILEPTONS
from physics.particles import mass

CLOSED, CHARGED, PHOTON, PION, DILEPTON = range(5)
"""Kinds of decay: none at this mass, l- P+, nu gamma, nu pi0 with the pi0 to photons, nu l- l+."""

_MESONS = {"pi": "pi+", "K": "K+"}


class Shape(NamedTuple):
    """What fixes how an HNL of one mass decays to one final state.

    Parameters
    ----------
    kind : int
        One of the kinds above.
    m : float
        HNL mass in GeV.
    m_minus, m_plus : float
        Masses in GeV of the lepton and of what goes with it: the meson or the positive lepton; of
        the photon or pi0 and of the neutrino, for these.
    asymmetry : float
        Of the first particle of two: its cosine to the spin has the density (1 + asymmetry cos)/2.
    g_left, g_right : float
        Couplings of the leptons of three-body decays to the current nu N.
    norm : float
        Integral of the squared amplitude over phase space, in GeV^4.
    """

    kind: int
    m: float
    m_minus: float
    m_plus: float
    asymmetry: float
    g_left: float
    g_right: float
    norm: float


def shape(state: str, flavour: str, m4: float, constants: Constants = PDG) -> Shape:
    """Shape of the decay of an HNL to a final state through the mixing of one flavour.

    Parameters
    ----------
    state : str
        ``"nu_e_e"``, ``"nu_mu_mu"``, ``"nu_e_mu"``, ``"e_pi"``, ``"mu_pi"``, ``"e_K"``, ``"mu_K"``,
        ``"nu_pi0"`` or ``"nu_gamma"``.
    flavour : {"e", "mu", "tau"}
        Of the mixing; it fixes the couplings of a pair, and that nu_e_mu is e- mu+ or mu- e+.
    m4 : float
        HNL mass in GeV.
    constants : Constants
        Weak angle.

    Returns
    -------
    Shape
        For `decay_at_rest`; of kind `CLOSED` below threshold.

    Raises
    ------
    InputError
        For a final state whose particles are not followed.

    Examples
    --------
    >>> shape("nu_pi0", "mu", 0.3).asymmetry, shape("nu_gamma", "mu", 0.3).asymmetry
    (1.0, -1.0)
    >>> shape("mu_pi", "mu", 0.2).kind == CLOSED
    True
    """
    if state == "nu_gamma":
        return Shape(PHOTON, m4, 0.0, 0.0, -1.0, 0.0, 0.0, 1.0)
    if state == "nu_pi0":
        return _open(Shape(PION, m4, mass("pi0"), 0.0, 1.0, 0.0, 0.0, 1.0))
    if state in DILEPTONS:
        m = mass(DILEPTONS[state])
        left, right = charged_lepton_couplings(flavour, DILEPTONS[state], constants)
        factor = float(dilepton_phase_space(m / m4, left, right))
        return _open(_dilepton(m4, m, m, left, right, factor))
    if state == "nu_e_mu":
        minus, plus = mass(flavour), mass("mu" if flavour == "e" else "e")
        factor = float(charged_current_phase_space(minus / m4, plus / m4))
        return _open(_dilepton(m4, minus, plus, 1.0, 0.0, factor))
    lepton, _, meson = state.partition("_")
    if lepton not in ("e", "mu") or meson not in _MESONS:
        raise InputError(
            f"the particles of the final state {state!r} are not followed in this version; leave "
            "it out of the final states, or the selection out of the experiment"
        )
    m_lepton, m_meson = mass(lepton), mass(_MESONS[meson])
    asymmetry = lepton_asymmetry(m4, m_lepton, m_meson)
    return _open(Shape(CHARGED, m4, m_lepton, m_meson, asymmetry, 0.0, 0.0, 1.0))


def lepton_asymmetry(m4: float, m_lepton: float, m_meson: float) -> float:
    r"""Asymmetry of the lepton of N -> l- P+ about the spin of N.

    :math:`-(1-x_l^2)\sqrt{\lambda(1,x_l^2,x_P^2)}/[(1-x_l^2)^2-x_P^2(1+x_l^2)]`, x = m/m4.

    Parameters
    ----------
    m4, m_lepton, m_meson : float
        Masses in GeV.

    Returns
    -------
    float
        From -1, for a lepton without mass, to 0 at and below threshold.

    Examples
    --------
    >>> lepton_asymmetry(1.0, 0.0, 0.5), lepton_asymmetry(1.0, 0.6, 0.5)
    (-1.0, 0.0)
    """
    if m_lepton + m_meson >= m4:
        return 0.0
    a, b = (m_lepton / m4) ** 2, (m_meson / m4) ** 2
    momentum = np.sqrt((1 - a - b) ** 2 - 4 * a * b)
    return float(-(1 - a) * momentum / ((1 - a) ** 2 - b * (1 + a)))


def _dilepton(
    m4: float, minus: float, plus: float, left: float, right: float, factor: float
) -> Shape:
    # muon decay has the factor 1 and the integral m^4/48
    return Shape(DILEPTON, m4, minus, plus, 0.0, left, right, factor * m4**4 / 48)


def _open(shape: Shape) -> Shape:
    """Mark a decay as closed where the masses leave no room."""
    room = shape.m - shape.m_minus - shape.m_plus
    return shape if room > 0.0 and shape.norm > 0.0 else shape._replace(kind=CLOSED)


@jit
def decay_at_rest(shape, polarisation, u1, u2, u3, u4, u5):
    """Decay an HNL at rest whose mean spin along z is `polarisation`, from -1 to 1.

    Parameters
    ----------
    shape : Shape
        Kind of decay.
    polarisation : float
        Of N; the same number serves the antiparticle that is made with the opposite one.
    u1, u2, u3, u4, u5 : float
        Uniform in [0, 1).

    Returns
    -------
    tuple
        Four-momenta (E, x, y, z) in GeV of the two visible particles: l- and the meson, l- and l+,
        the two photons of the pi0, or the photon and zeros; and a weight whose mean is 1: 1 for
        two-body decays, below 15 otherwise, 0 where the decay is closed.
    """
    if shape.kind == DILEPTON:
        return _three_body(shape, polarisation, u1, u2, u3, u4, u5)
    nothing = (0.0, 0.0, 0.0, 0.0)
    if shape.kind == CLOSED:
        return nothing, nothing, 0.0
    cos = photon_cosine(u1, -shape.asymmetry * polarisation)
    x, y, z = direction(cos, u2)
    m, a, b = shape.m, shape.m_minus, shape.m_plus
    E = 0.5 * (m + (a - b) * (a + b) / m)
    p = np.sqrt(max(0.0, (E - a) * (E + a)))
    first = (E, p * x, p * y, p * z)
    if shape.kind == PHOTON:
        return first, nothing, 1.0
    if shape.kind == CHARGED:
        return first, (m - E, -p * x, -p * y, -p * z), 1.0
    # the photons are even about the direction of the pi0, which has no spin
    kx, ky, kz = direction(2.0 * u3 - 1.0, u4)
    k = 0.5 * a
    photon = boosted((k, k * kx, k * ky, k * kz), x, y, z, E / a, p / a)
    return photon, _rest(first, photon), 1.0


@jit
def _three_body(shape, polarisation, u1, u2, u3, u4, u5):
    """Draw the squared mass of the pair as (1 - y)^2 and all angles evenly; weight by |M|^2."""
    m, a, b = shape.m, shape.m_minus, shape.m_plus
    room = 1.0 - ((a + b) / m) ** 2
    gap = room * np.cbrt(u1)  # 1 - y, y = q^2/m^2
    q = m * np.sqrt(max(1.0 - gap, 1.0 - room))
    x, y, z = direction(2.0 * u2 - 1.0, u3)
    kx, ky, kz = direction(2.0 * u4 - 1.0, u5)
    E = 0.5 * (q + (a - b) * (a + b) / q)
    k = np.sqrt(max(0.0, (E - a) * (E + a)))
    pair_energy, size = 0.5 * m * (2.0 - gap), 0.5 * m * gap
    pair = (pair_energy, size * x, size * y, size * z)
    minus = boosted((E, k * kx, k * ky, k * kz), x, y, z, pair_energy / q, size / q)
    plus = _rest(pair, minus)
    # of the neutrino's momentum, one factor of `gap` is in the density
    nu = (0.5 * m, -0.5 * m * x, -0.5 * m * y, -0.5 * m * z)
    spin = (m, 0.0, 0.0, -m * polarisation)
    left, right = shape.g_left, shape.g_right
    squared = left * left * _dot(spin, plus) * _dot(nu, minus)
    squared += right * right * _dot(spin, minus) * _dot(nu, plus)
    squared += left * right * a * b * _dot(spin, nu)
    return minus, plus, squared * (2.0 * k / q) * room**3 / (3.0 * shape.norm)


@jit
def direction(cos, u):
    """Return the unit vector at a cosine to z, its azimuth from a uniform number."""
    sin = np.sqrt(max(0.0, 1.0 - cos * cos))
    angle = 2.0 * np.pi * u
    return sin * cosine(angle), sin * sine(angle), cos


@jit
def boosted(p, x, y, z, gamma, gamma_beta):
    """Boost a four-momentum along the unit vector (x, y, z)."""
    along = p[1] * x + p[2] * y + p[3] * z
    shift = (gamma - 1.0) * along + gamma_beta * p[0]
    E = gamma * p[0] + gamma_beta * along
    return E, p[1] + shift * x, p[2] + shift * y, p[3] + shift * z


@jit
def _rest(whole, part):
    """Difference of two four-momenta."""
    return whole[0] - part[0], whole[1] - part[1], whole[2] - part[2], whole[3] - part[3]


@jit
def _dot(p, q):
    """Minkowski product."""
    return p[0] * q[0] - p[1] * q[1] - p[2] * q[2] - p[3] * q[3]
