"""Widths and angular distributions of N, from explicit traces over spins and polarisations."""

import numpy as np
import pytest
from gamma_matrices import (
    GAMMA,
    GAMMA5,
    METRIC,
    RIGHT,
    bar,
    dipole_vertex,
    dot,
    slash,
    spin_vector,
)
from hypothesis import given, settings
from hypothesis import strategies as st

from physics import models
from physics.kinematics import photon_cosine
from physics.particles import mass
from physics.units import ALPHA, HBAR_C_GEV_CM
from physics.widths import ctau_cm, dilepton_ratio, dipole_width_gamma

NODES, WEIGHTS = np.polynomial.legendre.leggauss(40)


def polarisations(k):
    """Two transverse polarisation vectors of a photon of momentum k."""
    n = k[1:] / k[0]
    first = np.cross(n, [0.3, -0.8, 0.5])
    first /= np.linalg.norm(first)
    return [np.concatenate([[0.0], e]) for e in (first, np.cross(n, first))]


def squared(m, cos, spin):
    """|M|^2 of N -> nu gamma for d = 1, photon at `cos` to the axis along which `spin` is given."""
    sin = np.sqrt(1 - cos * cos)
    k = m / 2 * np.array([1.0, sin, 0.0, cos])
    N = np.array([m, 0.0, 0.0, 0.0])
    projector = (np.eye(4) + spin * GAMMA5 @ slash(np.array([0.0, 0.0, 0.0, 1.0]))) / 2
    total = 0.0
    for e in polarisations(k):
        vertex = np.einsum("m,mij->ij", METRIC @ e, dipole_vertex(k)) @ RIGHT
        total += np.trace(
            slash(N - k) @ vertex @ (slash(N) + m * np.eye(4)) @ projector @ bar(vertex)
        )
    return total.real


@pytest.mark.parametrize("m", [0.01, 0.47, 2.0])
def test_width_to_a_photon_is_the_trace(m):
    mean = np.mean([WEIGHTS @ [squared(m, c, s) for c in NODES] / 2 for s in (-1, 1)])
    traced = mean / (16 * np.pi * m)
    assert traced == pytest.approx(m**3 / (4 * np.pi), rel=1e-12)
    # the moment is twice the coefficient d
    assert dipole_width_gamma(m, 2.0) == pytest.approx(traced, rel=1e-12)
    assert dipole_width_gamma(m, 2.0, majorana=True) == pytest.approx(2 * traced, rel=1e-12)


@pytest.mark.parametrize("helicity", [-1, 1])
def test_photon_of_positive_helicity_goes_backward(helicity):
    values = np.array([squared(0.3, c, helicity) for c in NODES])
    values /= WEIGHTS @ values
    assert values == pytest.approx((1 - helicity * NODES) / 2, abs=1e-12)
    # the sampled cosine: -1 and 1 are the ends, and the mean is -h/3
    u = (np.arange(2000) + 0.5) / 2000
    sampled = np.array([photon_cosine(x, float(helicity)) for x in u])
    assert sampled.mean() == pytest.approx(WEIGHTS @ (values * NODES), abs=1e-3)


def test_spin_vector_is_the_boosted_axis():
    p = np.array([np.hypot(0.4, 0.3), 0.0, 0.0, 0.3])
    s = spin_vector(p, 0.4, 1)
    assert (dot(s, s), dot(s, p)) == pytest.approx((-1.0, 0.0), abs=1e-14)


def dilepton_width(m, m_l):
    """Width of N -> nu l+ l- for d = 1 from the trace, over q^2 and the angle of the lepton."""
    low, high = 4 * m_l**2, m * m
    N, total = np.array([m, 0, 0, 0]), 0.0
    for x, w in zip(NODES, WEIGHTS, strict=True):
        # q^2 = low (high/low)^(t^2): the square root at threshold becomes smooth
        t = (1 + x) / 2
        q2 = low * (high / low) ** (t * t)
        jacobian = q2 * np.log(high / low) * 2 * t * w / 2
        size = (m * m - q2) / (2 * m)
        q = np.array([np.hypot(size, np.sqrt(q2)), 0, 0, size])
        vertex = dipole_vertex(q) @ RIGHT
        L = np.array(
            [[np.trace(slash(N - q) @ a @ (slash(N) + m * np.eye(4)) @ bar(b)) for b in vertex]
             for a in vertex]
        )  # fmt: skip
        beta = np.sqrt(1 - low / q2)
        # the square is a polynomial of second degree in the angle: three nodes are exact
        for c, weight in zip(*np.polynomial.legendre.leggauss(3), strict=True):
            e, p = np.sqrt(q2) / 2, np.sqrt(q2) / 2 * beta
            along = (q[0] * p * c + size * e) / np.sqrt(q2)
            l1 = np.array(
                [(q[0] * e + size * p * c) / np.sqrt(q2), p * np.sqrt(1 - c * c), 0, along]
            )
            l2 = q - l1
            H = np.array(
                [[np.trace((slash(l1) + m_l * np.eye(4)) @ a @ (slash(l2) - m_l * np.eye(4)) @ b)
                  for b in GAMMA] for a in GAMMA]
            )  # fmt: skip
            value = np.einsum("ab,ac,bd,cd->", L, METRIC, METRIC, H).real / 2
            value *= 4 * np.pi * ALPHA / q2**2
            phase_space = size / m / (4 * np.pi) * beta / (8 * np.pi) / (2 * np.pi)
            total += value / (2 * m) * phase_space * jacobian * weight / 2
    return total


@pytest.mark.parametrize(("m", "lepton"), [(0.1, "e"), (0.47, "e"), (0.3, "mu"), (0.8, "mu")])
def test_dileptons_are_the_trace_with_a_virtual_photon(m, lepton):
    expected = dilepton_width(m, mass(lepton)) / (m**3 / (4 * np.pi))
    assert dilepton_ratio(m, lepton) == pytest.approx(expected, rel=1e-5)


@settings(deadline=None)
@given(m=st.floats(0.05, 5.0))
def test_dileptons_far_above_threshold(m):
    asymptotic = 2 * np.log(m / mass("e")) - 3
    ratio = dilepton_ratio(m, "e") / (ALPHA / (3 * np.pi))
    assert ratio == pytest.approx(asymptotic, abs=12 * (mass("e") / m) ** 2 + 1e-8)


def test_dileptons_open_at_threshold():
    assert dilepton_ratio(2 * mass("mu"), "mu") == 0.0
    above = dilepton_ratio(np.array([0.2115, 0.22, 0.3, 1.0]), "mu")
    assert (np.diff(above) > 0).all()
    assert above[0] > 0


@settings(deadline=None)
@given(m=st.floats(1e-3, 10.0), mu=st.floats(1e-12, 1e-2))
def test_decay_length_is_hbar_c_over_the_width(m, mu):
    width = dipole_width_gamma(m, mu)
    assert ctau_cm(width) * width == pytest.approx(HBAR_C_GEV_CM, rel=1e-12)
    assert width == pytest.approx(mu**2 * m**3 / (16 * np.pi), rel=1e-12)


def test_nothing_decays_without_a_width():
    assert ctau_cm(0.0) == np.inf


@pytest.mark.parametrize(("hnl_type", "final_states"), [("dirac", 1), ("majorana", 2)])
def test_moments_of_all_flavours_add_in_quadrature(hnl_type, final_states):
    point = {"m4": 0.3, "mu_tr_e4": 3e-7, "mu_tr_mu4": 4e-7, "mu_tr_tau4": 1.2e-6}
    widths = models.get("dipole").widths({**point, "hnl_type": hnl_type})
    gamma = final_states * (1.3e-6) ** 2 * 0.3**3 / (16 * np.pi)
    assert widths["nu_gamma"] == pytest.approx(gamma, rel=1e-12)
    assert widths["nu_mu_mu"] == pytest.approx(gamma * dilepton_ratio(0.3, "mu"), rel=1e-12)
    assert widths["nu_tau_tau"] == 0.0
