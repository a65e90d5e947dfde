"""Cross-sections: explicit traces of gamma matrices, published closed forms, limits."""

import numpy as np
import plain_monte_carlo as plain
import pytest
from gamma_matrices import (
    LEFT,
    centre_of_mass,
    dipole_share,
    dipole_vertex,
    nucleon_vertex,
    summed,
)
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from physics.form_factors import nucleon_parameters, nucleon_structure, squared_table
from physics.nuclei import nucleus
from physics.units import ALPHA, GEV2_TO_CM2
from physics.upscattering import (
    COHERENT,
    NUCLEON,
    differential,
    dipole_helicities,
    q2_limits,
    threshold,
)


def traced(E, Q2, m, M, F1, F2):
    """d sigma / d Q2 of both helicities from traces, on a spin-1/2 target with F1 and F2."""
    momenta = centre_of_mass(np.float64(E), np.float64(Q2), m, M)
    k1, p, k3, after = momenta
    lepton = dipole_vertex(k1 - k3) @ LEFT
    hadron = nucleon_vertex(after - p, M, F1, F2)
    result = []
    for helicity in (-1, 1):
        squared = summed(lepton, hadron, hadron, momenta, m, M, helicity)
        squared *= 4 * np.pi * ALPHA / Q2**2
        assert abs(squared.imag) < 1e-9 * abs(squared.real) + 1e-30
        # average over the spins of the target; the neutrino has one
        result.append(squared.real / 2 / (16 * np.pi * (2 * M * E) ** 2) * GEV2_TO_CM2)
    return np.array(result)


POINTS = [
    (E, m, fraction)
    for E in (0.3, 0.7, 1.5, 6.0)
    for m in (0.05, 0.1, 0.25, 0.5)
    for fraction in (0.02, 0.2, 0.5, 0.9)
    # above a tenth, where the traces themselves keep nine digits
    if m + m * m / 1.8 < E < 50 * m
]


def momentum_transfer(E, m, M, fraction):
    """Q2 at a fraction of the way from the least to the largest, on a log scale."""
    low, high = q2_limits(E, m, M)
    return low * (high / low) ** fraction


@pytest.mark.parametrize(("E", "m", "fraction"), POINTS)
def test_proton_helicities_are_the_traces(E, m, fraction):
    charge, moment, M = nucleon_parameters("p")
    Q2 = momentum_transfer(E, m, M, fraction)
    D, tau = (1 + Q2 / 0.843**2) ** -2, Q2 / (4 * M * M)
    F1, F2 = D * (charge + tau * moment) / (1 + tau), D * (moment - charge) / (1 + tau)
    expected = traced(E, Q2, m, M, F1, F2)
    ours = np.array(differential(E, Q2, m, M, NUCLEON, charge, moment, np.zeros(2)))
    assert np.abs(ours - expected).max() < 1e-8 * expected.sum()


@pytest.mark.parametrize(("E", "m", "fraction"), POINTS)
def test_pointlike_helicities_are_the_traces(E, m, fraction):
    # a spin-1/2 nucleus as light as a proton, so that recoil matters
    Q2 = momentum_transfer(E, m, 0.9, fraction)
    expected = traced(E, Q2, m, 0.9, 6.0, 0.0)
    ours = np.array(dipole_helicities(E, Q2, m, 0.9, 36.0, 0.0))
    assert np.abs(ours - expected).max() < 1e-8 * expected.sum()


@pytest.mark.parametrize(("E", "m", "fraction"), POINTS)
def test_share_of_the_null_vectors_is_that_of_the_traces(E, m, fraction):
    M = 0.9
    Q2 = momentum_transfer(E, m, M, fraction)
    conserving, flipping = traced(E, Q2, m, M, 1.0, 0.0)
    share = dipole_share(np.float64(E), np.float64(Q2), m, M, 1.0, 0.0)
    assert share == pytest.approx(flipping / (conserving + flipping), abs=1e-8)


@settings(deadline=None)
@given(
    E=st.floats(0.02, 20.0), m=st.floats(1e-3, 2.0), fraction=st.floats(0.001, 0.999),
    name=st.sampled_from(["p", "n", "C12", "O16", "Ar40", "Si28"]),
)  # fmt: skip
def test_sum_of_helicities_is_the_closed_form(E, m, fraction, name):
    M = nucleon_parameters(name)[2] if name in "pn" else nucleus(name).mass
    assume(1.0001 * threshold(m, M) < E)
    Q2 = momentum_transfer(E, m, M, fraction)
    assume(Q2 < 3.9 if name in "pn" else Q2 < 0.05)
    if name in "pn":
        ours = differential(E, Q2, m, M, NUCLEON, *nucleon_parameters(name)[:2], np.zeros(2))
    else:
        ours = differential(E, Q2, m, M, COHERENT, 0.0, 0.0, squared_table(name))
    total, share = plain.dsigma(np.float64(E), np.float64(Q2), m, name)
    # the published form cancels at the edges, and masses of nuclei differ in the seventh digit
    charge = 1 if name in "pn" else plain.CHARGE[name]
    leading = plain.HBARC2 * 4 * plain.ALPHA / Q2 * charge**2
    assume(total > 1e-4 * leading)
    assert sum(ours) == pytest.approx(total, rel=3e-3)
    assert ours[1] / sum(ours) == pytest.approx(share, abs=1e-4)


@settings(deadline=None)
@given(E=st.floats(0.02, 20.0), m=st.floats(1e-3, 2.0), M=st.sampled_from([0.938, 11.17, 193.7]))
def test_limits_of_the_momentum_transfer(E, m, M):
    low, high = q2_limits(E, m, M)
    if threshold(m, M) >= E:
        assert (low, high) == (0.0, 0.0)
        return
    expected = plain.q2_range(np.float64(E), m, M)
    assert high == pytest.approx(expected[1], rel=1e-6, abs=1e-9 * m * m)
    s = M * M + 2 * M * E
    assert low * high * s == pytest.approx(M * M * m**4, rel=1e-12)
    assert low <= high


def test_threshold_makes_both_at_rest_in_the_centre_of_mass():
    s = 0.938**2 + 2 * 0.938 * threshold(0.5, 0.938)
    assert np.sqrt(s) == pytest.approx(0.938 + 0.5, rel=1e-14)


def test_dipole_flips_the_helicity_of_a_light_hnl():
    M = nucleus("C12").mass
    conserving, flipping = dipole_helicities(1.0, 0.01, 1e-4, M, 36.0, 0.0)
    assert conserving < 1e-4 * flipping


def test_massless_limit():
    # m -> 0: d sigma / d Q2 -> 4 alpha d^2 Z^2 (1/Q2 - 1/(2 M E))
    M, E, Q2 = 37.2, 1.0, 1e-3
    expected = 4 * ALPHA * 18**2 * (1 / Q2 - 1 / (2 * M * E)) * GEV2_TO_CM2
    assert sum(dipole_helicities(E, Q2, 1e-6, M, 18.0**2, 0.0)) == pytest.approx(expected, rel=1e-6)


def test_neutron_scatters_by_its_magnetic_moment_only():
    GM2, c2 = nucleon_structure(1e-9, *nucleon_parameters("n"))
    assert np.sqrt(GM2) == pytest.approx(1.9130427, rel=1e-6)
    # at rest only the charge is left along P P: 2 GM2 + c2 -> 2 GE^2
    assert 2 * GM2 + c2 == pytest.approx(0.0, abs=1e-7)
    GM2, c2 = nucleon_structure(1e-9, *nucleon_parameters("p"))
    assert 2 * GM2 + c2 == pytest.approx(2.0, rel=1e-7)
