"""Widths of an HNL that only mixes: quadrature, sampled amplitudes, and measured decays."""

import decay_phase_space as phase_space
import numpy as np
import pytest
import vegas
import weak_amplitudes as amplitudes
from hypothesis import given, settings
from hypothesis import strategies as st

from physics import models, quark_widths
from physics.electroweak import PDG, Constants, charged_lepton_couplings
from physics.leptonic_widths import charged_current_phase_space, dilepton_phase_space
from physics.meson_widths import (
    neutral_vector_width,
    pseudoscalar_width,
    vector_width,
    weak_charge,
)
from physics.minimal_widths import FLAVOURS, unit_widths
from physics.models import minimal
from physics.particles import mass
from physics.units import ALPHA, HBAR_C_GEV_CM

NODES, WEIGHTS = np.polynomial.legendre.leggauss(600)
UNIT = Constants(G_F=1.0)
LIGHT_SPEED = 2.99792458e10
SLOW = pytest.mark.slow


def point(m4, majorana=False, **mixings):
    return {"m4": m4, "hnl_type": "majorana" if majorana else "dirac", **mixings}


def threshold(state):
    """Sum of the masses of a final state, from its name."""
    first, _, others = state.partition("_")
    if others == "hadrons":
        return quark_widths.LOWEST_MASS
    if others == "eta_prime":
        return mass("eta'")
    names = {"pi": "pi+", "K": "K+", "rho": "rho0" if first == "nu" else "rho+", "Kstar": "K*+"}
    parts = [p for p in state.split("_") if p not in ("nu", "gamma")]
    return sum(mass(names.get(p, p)) for p in parts)


# --- phase space ---


def dilepton_by_quadrature(x, g_left, g_right):
    """Integral over y = q^2/m^2 = 4 x^2 cosh^2 t."""
    end = np.arccosh(0.5 / x)
    t = end * (NODES + 1) / 2
    y = 4 * x * x * np.cosh(t) ** 2
    dy = 8 * x * x * np.cosh(t) * np.sinh(t) * WEIGHTS * end / 2
    common = (1 - y) ** 2 * np.tanh(t) * dy
    f1 = (2 * (1 + 2 * y + 2 * x * x * (1 - y) / y) * common).sum()
    f2 = (24 * x * x * common).sum()
    return (g_left**2 + g_right**2) * f1 + g_left * g_right * f2


@pytest.mark.parametrize(
    "x", [1e-5, 1e-3, 0.05, 0.3, 0.42, 0.4329, 0.4331, 0.45, 0.49, 0.499, 0.49999]
)
@pytest.mark.parametrize("couplings", [(1.0, 0.0), (0.73, 0.23), (-0.27, 0.23), (1.0, 1.0)])
def test_factor_of_like_leptons_keeps_its_digits(x, couplings):
    exact = dilepton_by_quadrature(x, *couplings)
    assert dilepton_phase_space(x, *couplings) == pytest.approx(exact, rel=1e-11)


@pytest.mark.parametrize(
    "x, y", [(0.2, 0.001), (0.5, 0.005), (0.9, 0.05), (0.9, 0.0999), (0.3, 0.3), (0.6, 0.39999)]
)
def test_factor_of_unlike_leptons_does_not_depend_on_the_order_of_integration(x, y):
    """I(a, b, c) with the two charged leptons as the pair whose mass is integrated over."""
    a, b = x * x, y * y
    low = (x + y) ** 2
    # s - low from both ends: the roots there are linear in the angle
    half = (NODES + 1) * np.pi / 4
    s = low + (1 - low) * np.sin(half) ** 2
    ds = (1 - low) * 2 * np.sin(half) * np.cos(half) * WEIGHTS * np.pi / 4
    root = np.sqrt((s - low) * (s - (x - y) ** 2))
    exact = 12 * (ds / s * (s - a - b) * (1 - s) * root * (1 - s)).sum()
    assert charged_current_phase_space(x, y) == pytest.approx(exact, rel=2e-9)
    assert charged_current_phase_space(y, x) == charged_current_phase_space(x, y)


def test_both_factors_agree_where_they_must():
    for x in (0.01, 0.2, 0.45):
        same = dilepton_phase_space(x, 1.0, 0.0)
        assert charged_current_phase_space(x, x) == pytest.approx(same, rel=1e-11)


# --- amplitudes ---


def integrate(integrand, dimensions, evaluations, seed):
    """Mean and error of a batch integrand over the unit cube."""
    rng = np.random.default_rng(seed)
    integrator = vegas.Integrator(dimensions * [[0, 1]], ran_array_generator=rng.random)
    batch = vegas.lbatchintegrand(integrand)
    integrator(batch, nitn=5, neval=evaluations)
    result = integrator(batch, nitn=10, neval=evaluations, adapt=False)
    return result.mean, result.sdev


def agrees(closed, sampled):
    value, error = sampled
    assert error < 1e-3 * value
    assert closed == pytest.approx(value, rel=5e-3)
    assert abs(closed - value) < 5 * error


def leptonic_width(m, masses, evaluations=7000, seed=1, **couplings):
    def integrand(x):
        nu, minus, plus, weight = phase_space.three(m, *masses, x)
        squared = amplitudes.leptonic(m, nu, minus, plus, masses, **couplings)
        return amplitudes.mean(squared) * weight

    return integrate(integrand, 5, evaluations, seed)


@pytest.mark.parametrize("m4", [pytest.param(0.22, marks=SLOW), 0.3, pytest.param(1.5, marks=SLOW)])
@pytest.mark.parametrize("flavour", ["e", "mu"])
@pytest.mark.parametrize("lepton", ["e", "mu"])
def test_like_leptons_are_the_integrated_amplitude(flavour, lepton, m4):
    """Z and, for the mixing's own flavour, W: the couplings of the Z alone go in, not their sum."""
    neutral = charged_lepton_couplings("tau", lepton)
    charged = 1.0 if flavour == lepton else 0.0
    masses = (mass(lepton), mass(lepton))
    sampled = leptonic_width(m4, masses, neutral=neutral, charged=charged)
    state = f"nu_{lepton}_{lepton}"
    agrees(float(unit_widths(m4, UNIT)[state, flavour]), sampled)


@pytest.mark.parametrize(
    "state, flavour, other, m4",
    [
        ("nu_e_mu", "mu", "e", 0.12),
        pytest.param("nu_e_mu", "e", "mu", 0.3, marks=SLOW),
        pytest.param("nu_e_mu", "mu", "e", 1.5, marks=SLOW),
        pytest.param("nu_e_tau", "tau", "e", 1.85, marks=SLOW),
        ("nu_mu_tau", "mu", "tau", 1.95),
    ],
)
def test_unlike_leptons_are_the_integrated_amplitude(state, flavour, other, m4):
    sampled = leptonic_width(m4, (mass(flavour), mass(other)), charged=1.0)
    agrees(float(unit_widths(m4, UNIT)[state, flavour]), sampled)


def test_three_neutrinos_are_the_integrated_amplitudes():
    """Two flavours that differ from the mixing's; its own doubles the amplitude of a pair, 1/2!."""
    other = np.array(leptonic_width(0.1, (0.0, 0.0), neutral=(0.5, 0.0)))
    agrees(float(unit_widths(0.1, UNIT)["nu_nu_nu", "mu"]), (2 + 4 / 2) * other)


def two_body_width(m, m_lepton, m_meson, squared):
    def integrand(x):
        cos, azimuth = 2 * x[:, 0] - 1, 2 * np.pi * x[:, 1]
        lepton, meson, density = phase_space.two(m, m_lepton, m_meson, cos, azimuth)
        return amplitudes.mean(squared(lepton, meson)) * density * 4 * np.pi

    return integrate(integrand, 2, 1000, 2)[0]


@pytest.mark.parametrize("m_lepton", [0.0, 0.000511, 0.10566])
@pytest.mark.parametrize("m_meson, m4", [(0.13957, 0.25), (0.4937, 0.7), (0.775, 0.9), (0.9, 1.8)])
def test_mesons_are_the_squared_amplitudes(m_lepton, m_meson, m4):
    sampled = two_body_width(
        m4, m_lepton, m_meson, lambda lep, mes: amplitudes.pseudoscalar(m4, lep, mes, m_lepton)
    )
    closed = pseudoscalar_width(m4, m_lepton, m_meson, 1.0, UNIT)
    assert closed == pytest.approx(sampled, rel=1e-10)
    sampled = two_body_width(
        m4, m_lepton, m_meson, lambda lep, mes: amplitudes.vector(m4, lep, mes, m_lepton, m_meson)
    )
    assert vector_width(m4, m_lepton, m_meson, 1.0, UNIT) == pytest.approx(sampled, rel=1e-10)


# --- decay constants and measured decays of the standard model ---


def test_muon_lifetime():
    """Muon decay is N -> l l' nu with other names; radiation takes 0.42 %."""
    m = mass("mu")
    width = PDG.G_F**2 * m**5 / (192 * np.pi**3) * charged_current_phase_space(mass("e") / m, 0)
    lifetime = HBAR_C_GEV_CM / width / LIGHT_SPEED
    assert lifetime == pytest.approx(2.1969811e-6 * (1 - 0.0042), rel=3e-4)


@pytest.mark.parametrize(
    "width, branching, tolerance",
    [
        (lambda m: pseudoscalar_width(m, 0, mass("pi+"), PDG.f_pi * PDG.V_ud), 0.1082, 0.025),
        (lambda m: pseudoscalar_width(m, 0, mass("K+"), PDG.f_kaon * PDG.V_us), 0.00697, 0.025),
        (lambda m: vector_width(m, 0, mass("rho+"), PDG.g_rho * PDG.V_ud), 0.2549, 0.015),
        (lambda m: vector_width(m, 0, mass("K*+"), PDG.g_kstar * PDG.V_us), 0.0120, 0.015),
    ],
)
def test_tau_decays_to_one_meson(width, branching, tolerance):
    """tau -> nu meson is the amplitude of N -> nu meson by a W (PDG 2026)."""
    lifetime = HBAR_C_GEV_CM / LIGHT_SPEED / 290.3e-15
    assert width(mass("tau")) == pytest.approx(branching * lifetime, rel=tolerance)


def test_tau_decays_to_hadrons():
    """R = hadrons / electrons of the tau, 3.64; short-distance radiation, 2 %, is left out."""
    free = Constants(V_ud=PDG.V_ud, V_us=PDG.V_us)
    m = mass("tau")
    width = quark_widths.charged_current_width(m, "e", free)
    electrons = PDG.G_F**2 * m**5 / (192 * np.pi**3) * charged_current_phase_space(3e-4, 0)
    assert width / electrons * 1.019 == pytest.approx(3.64, rel=0.02)


@pytest.mark.parametrize(
    "meson, g, charge, width",
    [
        ("rho0", PDG.g_rho0, 1 / np.sqrt(2), 7.04e-6),
        ("omega", PDG.g_omega, 1 / (3 * np.sqrt(2)), 0.643e-6),
        ("phi", PDG.g_phi, 1 / 3, 1.266e-6),
    ],
)
def test_neutral_vectors_decay_to_electrons(meson, g, charge, width):
    """Width of V -> e e, and the weak charge from isospin and the electric one."""
    electric = 4 * np.pi * ALPHA**2 * (g * charge) ** 2 / (3 * mass(meson) ** 3)
    assert electric == pytest.approx(width, rel=0.01)


def test_weak_charges_follow_from_electric_ones():
    """T3/2 - s2 Q: the omega has no T3; without mixing with the photon the rho has nothing else."""
    s2 = PDG.sin2_theta_w
    assert weak_charge("rho0") == pytest.approx(1 - 2 * s2)
    assert weak_charge("omega") == pytest.approx(-2 * s2 / 3)
    assert weak_charge("phi") == pytest.approx(-np.sqrt(2) * (0.5 - 2 * s2 / 3))
    isovector = neutral_vector_width(
        2.0, 0.77, 0.17 * weak_charge("rho0", Constants(sin2_theta_w=0))
    )
    assert isovector == pytest.approx(vector_width(2.0, 0.0, 0.77, 0.17) / 2)


# --- the model ---


@settings(deadline=None, max_examples=30)
@given(m4=st.floats(0.002, 1.87), mixings=st.tuples(*3 * [st.floats(1e-12, 1e-2)]))
def test_widths_are_linear_in_the_mixings_and_double_for_majorana(m4, mixings):
    named = {f"U2_{f}4": u for f, u in zip(FLAVOURS, mixings, strict=True)}
    dirac, majorana = (minimal.widths(point(m4, majorana, **named)) for majorana in (False, True))
    assert set(dirac) == set(minimal.CHANNELS)
    units = unit_widths(m4)
    for state in dirac:
        each = sum(u * units.get((state, f), 0) for f, u in zip(FLAVOURS, mixings, strict=True))
        assert dirac[state] == pytest.approx(each, rel=1e-12)
        assert majorana[state] == pytest.approx(2 * dirac[state], rel=1e-12)
        assert dirac[state] >= 0
    modes = minimal.decay_modes(point(m4, **named))
    for state in dirac:
        parts = [w for mode, w in modes.items() if mode.split(":")[0] == state]
        assert dirac[state] == pytest.approx(sum(parts), rel=1e-12)


@pytest.mark.parametrize("state", minimal.CHANNELS)
def test_channels_open_at_their_thresholds(state):
    mixings = {f"U2_{f}4": 1e-6 for f in FLAVOURS}
    opens = threshold(state)
    if opens:
        assert minimal.widths(point(opens * (1 - 1e-9), **mixings))[state] == 0.0
    above = max(opens, 1e-3) * (1.03 if state.endswith("hadrons") else 1 + 1e-4)
    assert minimal.widths(point(above, **mixings))[state] > 0


def test_widths_grow_with_the_fifth_and_third_power_of_the_mass():
    low, high = (unit_widths(m) for m in (0.3, 0.6))
    assert high["nu_nu_nu", "tau"] == pytest.approx(2**5 * low["nu_nu_nu", "tau"])
    assert high["nu_gamma", "tau"] == pytest.approx(2**5 * low["nu_gamma", "tau"])
    # up to about 16 (m_e / m)^2
    assert high["nu_e_e", "mu"] == pytest.approx(2**5 * low["nu_e_e", "mu"], rel=1e-4)
    low, high = (unit_widths(m) for m in (50.0, 100.0))
    assert high["e_pi", "e"] == pytest.approx(2**3 * low["e_pi", "e"], rel=3e-5)
    assert high["nu_rho", "e"] == pytest.approx(2**3 * low["nu_rho", "e"], rel=1e-3)


def test_hadrons_are_continuous_where_quarks_take_over():
    """At 1 GeV the quarks give what single mesons do, within the error of perturbation theory."""
    below, above = (unit_widths(m) for m in (1.0 - 1e-9, 1.0))
    for particle, flavour in (("nu", "tau"), ("e", "e"), ("mu", "mu")):
        mesons = [
            w
            for (state, f), w in below.items()
            if f == flavour and state.startswith(f"{particle}_") and _one_meson(state)
        ]
        assert len(mesons) in (4, 6)
        step = above[f"{particle}_hadrons", flavour] - below[f"{particle}_hadrons", flavour]
        assert 0 <= step < 0.1 * sum(mesons)


def _one_meson(state):
    last = state.split("_", 1)[1]
    return last in ("pi", "K", "rho", "Kstar", "pi0", "eta", "eta_prime", "omega", "phi")


@pytest.mark.parametrize("scale", [1.0, 1.5, 3.0])
def test_strong_coupling_runs_by_two_loops(scale):
    """(33 - 2n)/12 pi and (153 - 19n)/24 pi^2 for n = 3, by the midpoint rule from the tau."""
    alpha, steps = quark_widths.ALPHA_S_TAU, 4000
    step = 2 * np.log(scale / mass("tau")) / steps

    def slope(a):
        return -(9 / (4 * np.pi)) * a**2 - 4 / np.pi**2 * a**3

    for _ in range(steps):
        alpha += step * slope(alpha + step / 2 * slope(alpha))
    assert quark_widths.alpha_s(scale) == pytest.approx(alpha, rel=1e-6)


def test_hadrons_never_shrink():
    m4 = np.linspace(1.0, 1.87, 200)
    for (state, _), width in unit_widths(m4).items():
        assert (width >= 0).all(), state
    total = sum(w for (s, f), w in unit_widths(m4).items() if f == "mu")
    assert (np.diff(total) > 0).all()


def test_masses_and_couplings_broadcast():
    m4, mixing = np.array([[0.05], [0.3], [1.2]]), np.array([1e-9, 1e-6])
    cube = minimal.widths(point(m4, U2_mu4=mixing, U2_e4=1e-8))
    modes = minimal.decay_modes(point(m4, U2_mu4=mixing, U2_e4=1e-8))
    for i, m in enumerate(m4[:, 0]):
        for j, u in enumerate(mixing):
            one = minimal.widths(point(m, U2_mu4=u, U2_e4=1e-8))
            for state, width in one.items():
                assert cube[state].shape == (3, 2)
                assert cube[state][i, j] == pytest.approx(width, rel=1e-12)
    assert modes["nu_e_e:mu"].shape == (3, 2)


def test_the_model_is_registered():
    model = models.get("minimal")
    assert [t.name for t in model.terms] == ["U2_e4", "U2_mu4"]
    assert model.polarised(point(0.1))
    assert not model.polarised(point(0.1, majorana=True))
    assert model.cosmology
