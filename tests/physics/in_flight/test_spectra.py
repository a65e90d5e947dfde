"""Three-body spectra against published rates, traces and a Monte Carlo over phase space."""

import numpy as np
import pytest

from physics.in_flight.spectra import (
    PARTNERS,
    kaon_three_body_ratio,
    neutrino_energy,
    spectrum,
)
from physics.particles import mass

KE3 = {0.02: 0.98524, 0.05: 0.91261, 0.1: 0.69726, 0.2: 0.21672, 0.3: 0.01014}
KMU3 = {0.02: 0.98053, 0.1: 0.61239, 0.2: 0.08406, 0.25: 2.6e-4}
"""Rates relative to a massless neutrino by another formula, in q^2, with f_0 slope 0.0196."""

MUON = {0.005: 0.9825, 0.02: 0.7650, 0.05: 0.1963, 0.08: 0.0073}


@pytest.mark.parametrize(
    ("lepton", "m4", "expected"),
    [("e", m, v) for m, v in KE3.items()] + [("mu", m, v) for m, v in KMU3.items()],
)
def test_rate_of_kaons_to_pions(lepton, m4, expected):
    assert kaon_three_body_ratio(m4, lepton, 0.0196) == pytest.approx(expected, rel=2e-2, abs=3e-5)
    if expected > 0.01:
        assert kaon_three_body_ratio(m4, lepton, 0.0196) == pytest.approx(expected, rel=5e-4)


@pytest.mark.parametrize("lepton", ["e", "mu"])
@pytest.mark.parametrize(("m4", "expected"), MUON.items())
def test_rate_of_muon_decay(lepton, m4, expected):
    """1 - 8x + 8x^3 - x^4 - 12 x^2 ln x, whichever neutrino is replaced."""
    x = (m4 / mass("mu")) ** 2
    closed = 1 - 8 * x + 8 * x**3 - x**4 - 12 * x**2 * np.log(x)
    assert spectrum("mu+", lepton, "nu", m4).ratio == pytest.approx(closed, rel=3e-3)
    assert closed == pytest.approx(expected, rel=5e-3)


def test_light_hnls_have_the_spectra_of_neutrinos():
    """Mean energies 7/20 and 3/10 of the muon mass, and left-handed."""
    for lepton, mean in (("mu", 0.35), ("e", 0.3)):
        found = spectrum("mu+", lepton, "nu", 1e-6)
        assert found.mean(found.energy) / mass("mu") == pytest.approx(mean, rel=1e-3)
        assert found.polarisation[5:].max() < -0.999
    assert neutrino_energy("mu+") == pytest.approx(0.35 * mass("mu"), rel=1e-12)


def phase_space(M, m1, m2, m3, n, seed):
    """Flat three-body phase space by Dalitz variables and accept-reject: energies of 1 and 2."""
    rng = np.random.default_rng(seed)
    E1 = rng.uniform(m1, (M**2 + m1**2 - (m2 + m3) ** 2) / 2 / M, n)
    E2 = rng.uniform(m2, (M**2 + m2**2 - (m1 + m3) ** 2) / 2 / M, n)
    E3 = M - E1 - E2
    p1, p2 = np.sqrt(E1**2 - m1**2), np.sqrt(E2**2 - m2**2)
    p3 = np.sqrt(np.maximum(E3**2 - m3**2, 0))
    inside = (m3 < E3) & (p3 < p1 + p2) & (p3 > abs(p1 - p2))
    return E1[inside], E2[inside]


@pytest.mark.parametrize(("lepton", "m4"), [("mu", 0.1), ("e", 0.05), ("e", 0.25)])
def test_energy_and_helicity_against_traces(lepton, m4):
    """Explicit traces of (p + m)(1 + g5 s)/2 H P_L l H with four by four matrices."""
    M, m_pi, m_l = mass("K+"), mass("pi0"), mass(lepton)
    E, E_pi = phase_space(M, m4, m_pi, m_l, 4000, 3)
    rate, spin = np.array([traced(m4, lepton, a, b) for a, b in zip(E, E_pi, strict=True)]).T
    found = spectrum("K+", lepton, "pi0", m4)
    mean, error = np.average(E, weights=rate), np.sqrt(np.cov(E, aweights=rate) / len(E))
    assert abs(found.mean(found.energy) - mean) < 5 * error
    expected = spin.sum() / rate.sum()
    spread = np.sqrt(np.sum((spin - expected * rate) ** 2)) / rate.sum()
    assert abs(found.mean(found.polarisation) - expected) < 5 * spread


def traced(m4, lepton, E, E_pi):
    """Rate summed over helicities of N, and the difference of + and -, in K+ -> pi0 l+ N."""
    from gamma_matrices import GAMMA, GAMMA5, slash

    M, m_pi, m_l = mass("K+"), mass("pi0"), mass(lepton)
    p, q = np.sqrt(E**2 - m4**2), np.sqrt(E_pi**2 - m_pi**2)
    E_l = M - E - E_pi
    cos = (E_l**2 - m_l**2 - p**2 - q**2) / (2 * p * q)
    hnl = np.array([E, 0, 0, p])
    pion = np.array([E_pi, q * np.sqrt(1 - min(1, cos**2)), 0, q * cos])
    kaon = np.array([M, 0, 0, 0])
    anti = kaon - hnl - pion
    t = M**2 + m_pi**2 - 2 * M * E_pi
    plus, zero = (1 + slope * t / mass("pi+") ** 2 for slope in (0.0296, 0.0176))
    minus = (zero - plus) * (M**2 - m_pi**2) / t
    current = slash((plus + minus) * kaon + (plus - minus) * pion)
    left = (np.eye(4) - GAMMA5) / 2
    spin = slash(np.array([p, 0, 0, E]) / m4)

    def squared(h):
        u = (slash(hnl) + m4 * np.eye(4)) @ (np.eye(4) + h * GAMMA5 @ spin) / 2
        v = slash(anti) - m_l * np.eye(4)
        right = (np.eye(4) + GAMMA5) / 2
        return np.trace(u @ current @ left @ v @ right @ current).real

    assert len(GAMMA) == 4
    return squared(1) + squared(-1), squared(1) - squared(-1)


@pytest.mark.parametrize("parent", ["K+", "pi+"])
def test_every_decay_closes(parent):
    for partner in PARTNERS[parent]:
        for lepton in ("e", "mu"):
            assert spectrum(parent, lepton, partner, 0.6).ratio == 0.0
