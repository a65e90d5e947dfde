"""Cross-sections of vector exchange: closed forms, quadrature by another rule, and symmetries."""

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from physics import models
from physics.cross_sections import per_nucleus
from physics.electroweak import PDG
from physics.models.dark_photon import factors
from physics.nuclei import nucleus
from physics.target_charges import Charges, electric, weak
from physics.units import GEV2_TO_CM2
from physics.upscattering import q2_limits, threshold
from physics.vector_cross_sections import (
    Exchange,
    cross_section,
    differential,
    exchange,
    scatterer,
)

POINT = {"m4": 0.1, "mzprime": 1.25, "U2_mu4": 1e-6, "U2_D4": 1.0, "alphaD": 0.25,
         "epsilon": 1e-3, "hnl_type": "dirac"}  # fmt: skip


def pair(target, mzprime=0.03):
    """Exchanges of Z' and Z."""
    return [exchange(boson, {"mzprime": mzprime}, target) for boson in ("zprime", "z")]


@pytest.mark.parametrize("target", ["p", "n", "C12", "Ar40", "Pb208"])
@pytest.mark.parametrize("energy", [0.3, 1.0, 8.0])
def test_quadrature_is_that_of_many_panels(target, energy):
    hit, m = scatterer(target), 0.1
    edges = np.linspace(*np.log(q2_limits(energy, m, hit.M)), 2001)
    half = np.diff(edges)[0] / 2
    Q2 = np.exp((edges[:-1] + half)[:, None] + half * np.array([-1, 1]) / np.sqrt(3)).ravel()
    for first, second in ((0, 0), (0, 1), (1, 1)):
        both = [pair(target)[i] for i in (first, second)]
        values = np.array([differential(energy, q, m, hit, *both, 1.0) for q in Q2])
        expected = half * Q2 @ values
        ours = np.array(cross_section(energy, m, hit, *both, 1.0))
        # a helicity much rarer than the other, by its own size
        assert np.abs(ours / expected - 1).max() < 2e-4


def test_massless_limit_is_neutrino_nucleon_scattering():
    # constant form factors: d sigma / dT = G_F^2 M / 2 pi [(V+A)^2 + (V-A)^2 (1-T/E)^2
    # - (V^2-A^2) M T / E^2], V and A half of the couplings to the Z; dQ2 = 2 M dT
    E, M = 2e-3, scatterer("p").M
    T = 0.4 * 2 * E * E / (M + 2 * E)
    V, A = 0.3, 0.8
    left = Exchange(91.19, Charges(V, V, A))
    prefactor = PDG.G_F**2 / (4 * np.pi) * GEV2_TO_CM2
    expected = prefactor * (
        (V + A) ** 2 + (V - A) ** 2 * (1 - T / E) ** 2 - (V**2 - A**2) * M * T / E**2
    )
    coupling = (np.sqrt(2) * PDG.G_F * left.mass**2) ** 2
    ours = differential(E, 2 * M * T, 1e-7, scatterer("p"), left, left, 1.0)
    assert coupling * sum(ours) == pytest.approx(expected, rel=1e-4)
    reverse = differential(E, 2 * M * T, 1e-7, scatterer("p"), left, left, -1.0)
    expected += 4 * V * A * prefactor * ((1 - T / E) ** 2 - 1)
    assert coupling * sum(reverse) == pytest.approx(expected, rel=1e-4)


def test_neutrons_make_nuclei_scatter_by_the_z():
    # as the square of N - (1 - 4 s_W^2) Z
    charge = weak("Ar40").charge
    assert charge == pytest.approx(-0.5 * (22 - (1 - 4 * PDG.sin2_theta_w) * 18))


@settings(deadline=None)
@given(
    E=st.floats(0.02, 20.0), m=st.floats(1e-3, 2.0), mzprime=st.floats(1e-3, 10.0),
    name=st.sampled_from(["p", "n", "C12", "Ar40"]), sign=st.sampled_from([1.0, -1.0]),
)  # fmt: skip
def test_interference_is_at_most_the_geometric_mean(E, m, mzprime, name, sign):
    hit, (a, b) = scatterer(name), pair(name, mzprime)
    assume(threshold(m, hit.M) * 1.0001 < E)
    squares = [cross_section(E, m, hit, x, x, sign) for x in (a, b)]
    mixed = cross_section(E, m, hit, a, b, sign)
    total = sum(squares[0]), sum(squares[1])
    for helicity in (0, 1):
        # traces cancel for the helicity that light HNLs do not have
        floor = 1e-9 * np.sqrt(total[0] * total[1])
        assert squares[0][helicity] > -1e-9 * total[0]
        bound = np.sqrt(max(0.0, squares[0][helicity]) * max(0.0, squares[1][helicity]))
        assert abs(mixed[helicity]) <= bound * (1 + 1e-6) + floor


def test_nothing_below_threshold():
    hit = scatterer("C12")
    assert cross_section(0.1, 0.2, hit, *pair("C12"), 1.0) == (0.0, 0.0)


def test_light_hnls_keep_their_helicity():
    hit, (a, _) = scatterer("C12"), pair("C12")
    conserving, flipping = cross_section(1.0, 1e-4, hit, a, a, 1.0)
    assert 0 <= flipping < 1e-5 * conserving


def test_antineutrinos_differ_by_the_axial_current_alone():
    energy = 1.0
    for target, alike in (("C12", True), ("p", False)):
        hit, (a, b) = scatterer(target), pair(target)
        for x, y, same in ((a, a, True), (a, b, alike), (b, b, alike)):
            nu, nubar = (sum(cross_section(energy, 0.1, hit, x, y, s)) for s in (1.0, -1.0))
            assert (nu == pytest.approx(nubar, rel=1e-12)) == same
            assert nu >= nubar * (1 - 1e-12) or x is not y


def test_cross_section_of_a_nucleus_is_the_quadratic_form():
    model = models.get("dark_photon")
    total = per_nucleus(model, POINT, "C12", 1.0, "nu_mu")
    coherent = sum(c["sigma_cm2"] for c in total["channels"] if c["regime"] == "coherent")
    a, b = pair("C12", 1.25)
    hit = scatterer("C12")
    g = factors(POINT)
    expected = sum(
        g[f"U2_mu4 {name}"] * sum(cross_section(1.0, 0.1, hit, *both, 1.0))
        for name, both in (("zprime^2", (a, a)), ("zprime*z", (a, b)), ("z^2", (b, b)))
    )
    assert coherent == pytest.approx(expected, rel=1e-12)
    # positive epsilon: destructive on nuclei
    without = g["U2_mu4 zprime^2"] * sum(cross_section(1.0, 0.1, hit, a, a, 1.0))
    assert coherent < without


def test_without_kinetic_mixing_the_z_remains():
    model = models.get("dark_photon")
    found = per_nucleus(model, {**POINT, "epsilon": 0.0}, "C12", 1.0, "nu_mu_bar")
    b = pair("C12")[1]
    expected = 1e-6 * 2 * PDG.G_F**2 * b.mass**4
    expected *= sum(cross_section(1.0, 0.1, scatterer("C12"), b, b, -1.0))
    coherent = sum(c["sigma_cm2"] for c in found["channels"] if c["regime"] == "coherent")
    assert coherent == pytest.approx(expected, rel=1e-12)


def test_charges_of_the_nucleons():
    assert electric("n").charge == 0.0
    assert weak("p").axial == -weak("n").axial
    assert nucleus("C12").Z * (weak("p").charge + weak("n").charge) == pytest.approx(
        weak("C12").charge
    )
