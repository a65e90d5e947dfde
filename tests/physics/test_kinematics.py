"""One event against four-vectors, closed forms and the distribution it should follow."""

import numpy as np
import plain_monte_carlo as plain
import pytest
from gamma_matrices import dot
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from scipy.stats import kstest, norm

from physics.kinematics import (
    flipping_share,
    outgoing_hnl,
    photon_cosine,
    photon_in_lab,
    quasi_elastic_energy,
    smeared,
)
from physics.upscattering import q2_limits, threshold

unit = st.floats(0.0, 0.999999)
asymmetries = st.floats(-1.0, 1.0)


@settings(deadline=None)
@given(
    E=st.floats(0.05, 20.0), m=st.floats(0.01, 2.0), fraction=unit,
    M=st.sampled_from([0.938, 11.17, 37.2]),
)  # fmt: skip
def test_four_momentum_is_conserved(E, m, fraction, M):
    assume(1.001 * threshold(m, M) < E)
    low, high = q2_limits(E, m, M)
    Q2 = low * (high / low) ** fraction
    EN, pN, cos = outgoing_hnl(E, Q2, m, M)
    N = np.array([EN, pN * np.sqrt(1 - cos * cos), 0.0, pN * cos])
    k = np.array([E, 0.0, 0.0, E])
    recoil = k + np.array([M, 0.0, 0.0, 0.0]) - N
    tolerance = 1e-10 * (E * E + M * M)
    assert dot(N, N) == pytest.approx(m * m, abs=tolerance)
    assert dot(recoil, recoil) == pytest.approx(M * M, abs=tolerance)
    assert -dot(k - N, k - N) == pytest.approx(Q2, abs=tolerance)


@settings(deadline=None)
@given(
    m=st.floats(0.01, 2.0), boost=st.floats(1e-3, 50.0), rest=st.floats(-1.0, 1.0),
    cos=st.floats(-1.0, 1.0), azimuth=st.floats(0.0, 6.28),
)  # fmt: skip
def test_photon_is_the_boosted_one(m, boost, rest, cos, azimuth):
    p = boost * m
    EN = np.hypot(p, m)
    axis = np.array([np.sqrt(1 - cos * cos), 0.0, cos])
    across = np.array([cos, 0.0, -np.sqrt(1 - cos * cos)])
    sin = np.sqrt(1 - rest * rest)
    star = m / 2 * (
        rest * axis + sin * np.cos(azimuth) * across + sin * np.sin(azimuth) * np.array([0, 1, 0])
    )  # fmt: skip
    k = star + ((EN / m - 1) * (star @ axis) + p / m * m / 2) * axis
    energy, angle = photon_in_lab(EN, p, m, rest, cos, azimuth)
    assert energy == pytest.approx(np.linalg.norm(k), rel=1e-9)
    assert angle == pytest.approx(k[2] / energy, abs=1e-7)


@pytest.mark.parametrize("asymmetry", [-1.0, -0.7, -1e-9, 0.0, 0.3, 1.0])
def test_photon_cosines_follow_their_distribution(asymmetry):
    rng = np.random.default_rng(5)
    sample = np.array([photon_cosine(u, asymmetry) for u in rng.random(20000)])
    test = kstest(sample, lambda c: (1 + c) / 2 - asymmetry * (c * c - 1) / 4)
    assert test.pvalue > 1e-4
    wrong = kstest(sample, lambda c: (1 + c) / 2 + (asymmetry + 0.3) * (c * c - 1) / 4)
    assert wrong.pvalue < 1e-4


@settings(deadline=None)
@given(u=unit, asymmetry=asymmetries)
def test_photon_cosine_inverts_the_cumulative_distribution(u, asymmetry):
    c = photon_cosine(u, asymmetry)
    assert -1 - 1e-12 <= c <= 1 + 1e-12
    assert (1 + c) / 2 - asymmetry * (c * c - 1) / 4 == pytest.approx(u, abs=1e-9)


@settings(deadline=None)
@given(cos=st.floats(-0.999, 0.999), asymmetry=st.floats(-0.999, 0.999))
def test_share_of_a_helicity_given_the_photon(cos, asymmetry):
    # Bayes: both helicities with their probability and their angular density
    plus, minus = (1 + asymmetry) / 2 * (1 - cos) / 2, (1 - asymmetry) / 2 * (1 + cos) / 2
    expected = plus / (plus + minus)
    assert flipping_share(cos, asymmetry, True) == pytest.approx(expected, abs=1e-12)
    assert flipping_share(cos, asymmetry, False) == pytest.approx((1 + asymmetry) / 2, abs=1e-15)


@settings(deadline=None)
@given(E=st.floats(0.16, 0.6), cos=st.floats(-0.5, 1.0))
def test_quasi_elastic_energy_closes_the_event(E, cos):
    nu = quasi_elastic_energy(E, cos)
    assume(nu > 0)
    p = np.sqrt(E**2 - plain.M_E**2)
    electron = np.array([E, p * np.sqrt(1 - cos * cos), 0.0, p * cos])
    proton = np.array([nu + plain.M_N, 0.0, 0.0, nu]) - electron
    assert dot(proton, proton) == pytest.approx(plain.M_P**2, rel=1e-6)


def test_smearing_has_the_widths_of_the_table():
    smearing = np.array([[0.12, 0.01, 2.7, 1.0]])
    rng = np.random.default_rng(11)
    E, theta = 0.4, 0.8
    drawn = np.array([smeared(E, np.cos(theta), smearing, 0, *u) for u in rng.random((20000, 2))])
    sigma_theta = np.radians(2.7 - np.log(E))
    pull = (drawn[:, 0] - E) / (0.12 * np.sqrt(E) + 0.01)
    turn = (np.arccos(drawn[:, 1]) - theta) / sigma_theta
    assert kstest(pull, norm.cdf).pvalue > 1e-4
    assert kstest(turn, norm.cdf).pvalue > 1e-4
    assert abs(np.corrcoef(pull, turn)[0, 1]) < 0.03


def test_no_energy_and_no_width_is_negative():
    # at 20 GeV the width in angle would be negative; far down the energy is cut at zero
    smearing = np.array([[0.5, 0.5, 2.7, 1.0]])
    assert smeared(20.0, 0.3, smearing, 0, 0.5, 0.7)[1] == pytest.approx(0.3, abs=1e-12)
    assert smeared(0.1, 0.3, smearing, 0, 0.999999, 0.5)[0] == 0.0
