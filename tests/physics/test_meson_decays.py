"""HNLs of two-body decays against the published formulas, evaluated in another way."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from physics.meson_decays import (
    kallen,
    two_body_energy,
    two_body_polarisation,
    two_body_ratio,
)
from physics.particles import mass

RATIOS = {
    ("K+", "mu"): {0.02: 1.03897, 0.1: 1.89225, 0.25: 4.10097, 0.38: 1.21459},
    ("K+", "e"): {0.02: 0.0249 / 0.6356, 0.1: 0.5751 / 0.6356, 0.45: 0.3621 / 0.6356},
    ("pi+", "mu"): {0.02: 0.948482, 0.03: 0.646284},
    ("pi+", "e"): {0.02: 0.18871, 0.1: 1.16388},
}
"""Independent evaluation with the PDG masses of 2024, of three and more digits."""

NEGATIVE = {
    ("K+", "mu"): {0.02: 0.962, 0.1: 0.525, 0.3: 0.227, 0.38: 0.380},
    ("pi+", "mu"): {0.02: 0.829},
    ("K+", "e"): {0.02: 0.00065},
}


@pytest.mark.parametrize(
    ("parent", "lepton", "m4", "expected"),
    [(*key, m, v) for key, rows in RATIOS.items() for m, v in rows.items()],
)
def test_number_of_hnls_per_neutrino(parent, lepton, m4, expected):
    assert two_body_ratio(m4, parent, lepton) == pytest.approx(expected, rel=2.5e-3)


@pytest.mark.parametrize(
    ("parent", "lepton", "m4", "expected"),
    [(*key, m, v) for key, rows in NEGATIVE.items() for m, v in rows.items()],
)
def test_part_of_negative_helicity(parent, lepton, m4, expected):
    negative = (1 - two_body_polarisation(m4, parent, lepton)) / 2
    assert negative == pytest.approx(expected, rel=1e-2, abs=6e-4)


@given(st.floats(1e-4, 0.38))
def test_helicities_add_up_to_the_rate(m4):
    """The rate is p times the sum of both helicities, each (E_l -+ p)(E_N +- p)."""
    M, m_mu = mass("K+"), mass("mu")
    E = two_body_energy(m4, "K+", "mu")
    p = M * np.sqrt(kallen(1, (m_mu / M) ** 2, (m4 / M) ** 2)) / 2
    plus, minus = (M - E + p) * (E - p), (M - E - p) * (E + p)
    p0 = (M**2 - m_mu**2) / (2 * M)
    massless = p0 * (np.sqrt(p0**2 + m_mu**2) - p0) * 2 * p0
    assert two_body_ratio(m4, "K+", "mu") == pytest.approx(p * (plus + minus) / massless, rel=1e-9)


@pytest.mark.parametrize(("parent", "lepton"), list(RATIOS))
def test_threshold(parent, lepton):
    top = mass(parent) - mass(lepton)
    assert two_body_ratio(top * (1 + 1e-9), parent, lepton) == 0.0
    assert 0 < two_body_ratio(top * (1 - 1e-9), parent, lepton) < 1
