r"""Spectra of HNLs in the rest frames of the particles that make them.

K+ -> pi0 l+ N with the matrix element :math:`2 (H N')(H l) - H^2 (N' l)`, where
:math:`H = f_+ (k + p) + f_- (k - p)` is the hadron current and N' = p_N for the sum of helicities,
p_N - m s for a spin s (the current is left-handed). mu -> e nu N with
:math:`(\mu N')(e\,\nu)` when N takes the place of the electron's neutrino and
:math:`(\mu\,\nu)(e N')` when it takes that of the muon's.
"""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from physics.meson_decays import (
    BRANCHING_MU_NU,
    BRANCHING_PI0,
    two_body_energy,
    two_body_polarisation,
    two_body_ratio,
)
from physics.particles import mass

Floats = NDArray[np.float64]

F_PLUS_SLOPE, F_ZERO_SLOPE = 0.0296, 0.0176
"""Slopes of f_+ and f_0 in q^2/m_pi^2 (PDG 2026, K+- with mu-e universality)."""

PARENTS = {"K+": "K+", "K-": "K+", "pi+": "pi+", "pi-": "pi+", "mu+": "mu", "mu-": "mu"}
"""Particles of a beam and the mass that each has."""

PARTNERS = {"K+": ("", "pi0"), "pi+": ("",), "mu": ("nu",)}
"""What else comes out of each decay: nothing, a neutral pion, or a neutrino."""

POINTS = 257
"""Points of a tabulated three-body spectrum."""

_ENERGIES, _INNER = 513, 48
_GL_X, _GL_W = np.polynomial.legendre.leggauss(_INNER)
_MUON_NEUTRINO_MEAN = 0.35
"""Mean energy over m_mu of the muon's own neutrino in muon decay, 7/20."""


@dataclass(frozen=True)
class Spectrum:
    """HNLs of one decay in the rest frame of the parent, for unit mixing.

    Parameters
    ----------
    ratio : float
        HNLs per muon neutrino that the flux table counts for the parent.
    energy : ndarray (k,)
        Energies in GeV below which a part x^3 of the HNLs is, for equally spaced x from 0 to 1,
        since slow HNLs, of which there are few, matter most. One value for a two-body decay.
    polarisation : ndarray (k,)
        Mean helicity at these energies.
    """

    ratio: float
    energy: Floats
    polarisation: Floats

    def mean(self, values: Floats) -> float:
        """Average over the HNLs of something given at the points of `energy`.

        Examples
        --------
        >>> found = spectrum("K+", "mu", "", 0.2)
        >>> round((1 - found.mean(found.polarisation)) / 2, 3)
        0.267
        """
        if len(values) == 1:
            return float(values[0])
        parts = np.diff(np.linspace(0.0, 1.0, len(values)) ** 3)
        return float(0.5 * (values[1:] + values[:-1]) @ parts)


def neutrino_energy(parent: str) -> float:
    """Energy in GeV, in the parent's rest frame, of the neutrino that the flux table counts.

    For a muon, whose neutrinos have a spectrum, the mean.

    Examples
    --------
    >>> round(neutrino_energy("pi-"), 5), round(neutrino_energy("mu+"), 5)
    (0.02979, 0.03698)
    """
    particle = PARENTS[parent]
    if particle == "mu":
        return _MUON_NEUTRINO_MEAN * mass("mu")
    return two_body_energy(0.0, particle, "mu")


@lru_cache(maxsize=4096)
def spectrum(parent: str, lepton: str, partner: str, m4: float) -> Spectrum:
    """HNLs of one decay of a beam particle.

    Parameters
    ----------
    parent : str
        One of `PARENTS`.
    lepton : {"e", "mu"}
        Flavour that N mixes into: of the charged lepton made with it, or, for a muon, of the
        neutrino whose place it takes.
    partner : {"", "pi0", "nu"}
        One of the `PARTNERS` of the parent.
    m4 : float
        HNL mass in GeV.

    Returns
    -------
    Spectrum
        With ratio 0 above threshold.

    Examples
    --------
    The number of K_e3 decays falls with the mass of the neutrino.

    >>> light, heavy = (spectrum("K+", "e", "pi0", m).ratio for m in (0.001, 0.2))
    >>> round(heavy / light, 4)
    0.2143
    """
    particle = PARENTS[parent]
    if partner == "":
        return _two_body(m4, particle, lepton)
    if partner == "pi0":
        norm = BRANCHING_PI0[lepton] / BRANCHING_MU_NU[particle]
        return _three_body(_KaonToPion(lepton), m4, norm)
    return _three_body(_MuonDecay(lepton), m4, 1.0)


def _two_body(m4: float, particle: str, lepton: str) -> Spectrum:
    ratio = two_body_ratio(m4, particle, lepton)
    if ratio == 0.0:
        return _nothing()
    energy = two_body_energy(m4, particle, lepton)
    polarisation = two_body_polarisation(m4, particle, lepton)
    return Spectrum(ratio, np.array([energy]), np.array([polarisation]))


def _nothing() -> Spectrum:
    return Spectrum(0.0, np.ones(1), np.zeros(1))


@dataclass(frozen=True)
class _KaonToPion:
    """Matrix element of K+ -> pi0 l+ N."""

    lepton: str
    f_plus_slope: float = F_PLUS_SLOPE
    f_zero_slope: float = F_ZERO_SLOPE

    @property
    def masses(self) -> tuple[float, float, float]:
        """Masses of the parent, of what the inner integral runs over, and of the third."""
        return mass("K+"), mass("pi0"), mass(self.lepton)

    def squared(self, E: Floats, inner: Floats, m4: float) -> tuple[Floats, Floats]:
        """Return the sum over helicities, and the difference of positive and negative ones."""
        m_kaon, m_pion, m_lepton = self.masses
        p = np.sqrt(E * E - m4 * m4)
        pion_hnl = _product(m_kaon, m_pion, m4, m_lepton, inner, E)
        t = m_kaon**2 + m_pion**2 - 2.0 * m_kaon * inner
        f_plus = 1.0 + self.f_plus_slope * t / mass("pi+") ** 2
        f_zero = 1.0 + self.f_zero_slope * t / mass("pi+") ** 2
        f_minus = (f_zero - f_plus) * (m_kaon**2 - m_pion**2) / t
        a, b = f_plus + f_minus, f_plus - f_minus
        # products of the kaon and the pion with p_N and with m s
        along = (inner * E - pion_hnl) / p
        spin_kaon, spin_pion = m_kaon * p, inner * p - E * along
        squared = a * a * m_kaon**2 + b * b * m_pion**2 + 2.0 * a * b * m_kaon * inner
        current_kaon = a * m_kaon**2 + b * m_kaon * inner
        current_pion = a * m_kaon * inner + b * m_pion**2
        current_hnl = a * m_kaon * E + b * pion_hnl
        current_lepton = current_kaon - current_pion - current_hnl
        lepton_hnl = m_kaon * E - pion_hnl - m4 * m4
        total = 2.0 * current_hnl * current_lepton - squared * lepton_hnl
        current_spin = a * spin_kaon + b * spin_pion
        spin = 2.0 * current_spin * current_lepton - squared * (spin_kaon - spin_pion)
        return total, -spin


@dataclass(frozen=True)
class _MuonDecay:
    """Matrix element of mu -> e nu N, N in the place of the neutrino of flavour `lepton`."""

    lepton: str

    @property
    def masses(self) -> tuple[float, float, float]:
        """Masses of the parent, of what the inner integral runs over, and of the third."""
        return mass("mu"), mass("e"), 0.0

    def squared(self, E: Floats, inner: Floats, m4: float) -> tuple[Floats, Floats]:
        """Return the sum over helicities, and the difference of positive and negative ones.

        An HNL in the place of the muon's antineutrino is an antiparticle; like that of every
        antiparticle its polarisation is given as that of the particle of the mirrored decay.
        """
        m_mu, m_e, _ = self.masses
        p = np.sqrt(E * E - m4 * m4)
        electron_hnl = _product(m_mu, m_e, m4, 0.0, inner, E)
        if self.lepton == "e":
            pair = 0.5 * (m_mu**2 + m4**2 - 2.0 * m_mu * E - m_e**2)
            even = np.ones_like(inner)
            return m_mu * E * pair * even, -m_mu * p * pair * even
        neutrino = m_mu * (m_mu - E - inner)
        along = (inner * E - electron_hnl) / p
        return neutrino * electron_hnl, -neutrino * (inner * p - E * along)


def _product(M: float, m1: float, m2: float, m3: float, E1: Floats, E2: Floats) -> Floats:
    """Product of the momenta of two of three decay products of a mass M at rest."""
    third = M * M + m3 * m3 - 2.0 * M * (M - E1 - E2)
    return np.asarray(0.5 * (third - m1 * m1 - m2 * m2))


def _three_body(element: _KaonToPion | _MuonDecay, m4: float, norm: float) -> Spectrum:
    """Integrate a matrix element over its Dalitz plot, at each energy of N."""
    M, m1, m3 = element.masses
    if m4 + m1 + m3 >= M:
        return _nothing()
    energy, density, spin = _shape(element, m4)
    # what the same matrix element gives for a neutrino: almost no mass, so that E > 0 and p > 0
    ratio = np.trapezoid(density, energy) / _massless(element)
    cumulative = np.concatenate([[0.0], np.cumsum((density[1:] + density[:-1]) * np.diff(energy))])
    parts = np.linspace(0.0, 1.0, POINTS) ** 3
    quantiles = np.interp(parts, cumulative / cumulative[-1], energy)
    mean = np.divide(spin, density, out=np.zeros_like(spin), where=density > 0)
    mean[0], mean[-1] = mean[1], mean[-2]  # the ends have no density
    return Spectrum(float(norm * ratio), quantiles, np.interp(quantiles, energy, mean))


@lru_cache(maxsize=16)
def _massless(element: _KaonToPion | _MuonDecay) -> float:
    energy, density, _ = _shape(element, 1e-6 * element.masses[0])
    return float(np.trapezoid(density, energy))


def _shape(element: _KaonToPion | _MuonDecay, m4: float) -> tuple[Floats, Floats, Floats]:
    """Energies of N, and at each the density and the density times the mean helicity."""
    M, m1, m3 = element.masses
    top = (M * M + m4 * m4 - (m1 + m3) ** 2) / (2.0 * M)
    # dense at both ends, where the density has its square roots
    angles = np.linspace(0.0, np.pi, _ENERGIES)
    energy = m4 + (top - m4) * 0.5 * (1.0 - np.cos(angles))
    inside = np.clip(energy, m4 * (1 + 1e-12), top * (1 - 1e-12))
    pair = M * M + m4 * m4 - 2.0 * M * inside
    # the first of the pair: energy and momentum in the rest frame of the pair, then boosted
    own = (pair + m1 * m1 - m3 * m3) / (2.0 * np.sqrt(pair))
    root = np.sqrt(np.maximum(own * own - m1 * m1, 0.0))
    p = np.sqrt(inside * inside - m4 * m4)
    centre, half = own * (M - inside) / np.sqrt(pair), root * p / np.sqrt(pair)
    inner = centre[:, None] + half[:, None] * _GL_X
    total, spin = element.squared(inside[:, None], inner, m4)
    density, polarised = (half * (part @ _GL_W) for part in (total, spin))
    return energy, np.asarray(density), np.asarray(polarised)


def kaon_three_body_ratio(m4: float, lepton: str, f_zero_slope: float = F_ZERO_SLOPE) -> float:
    """Rate of K+ -> pi0 l+ N over that of K+ -> pi0 l+ nu, for unit mixing.

    Parameters
    ----------
    m4 : float
        HNL mass in GeV.
    lepton : {"e", "mu"}
        Charged lepton.
    f_zero_slope : float
        Slope of the scalar form factor.

    Returns
    -------
    float
        Between 0 and 1.

    Examples
    --------
    >>> round(kaon_three_body_ratio(0.1, "e"), 4)
    0.6946
    """
    element = _KaonToPion(lepton, f_zero_slope=f_zero_slope)
    return _three_body(element, m4, 1.0).ratio
