"""Widths with a dark photon: explicit amplitudes, other quadratures, and closed forms."""

from itertools import pairwise

import decay_phase_space as phase_space
import numpy as np
import pytest
import vegas
import weak_amplitudes as amplitudes
from gamma_matrices import LEFT, METRIC, RIGHT
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.integrate import quad

from physics import dark_photon_widths
from physics.dark_photon_widths import CHANNELS, partial_widths
from physics.electroweak import PDG, Constants, charged_lepton_couplings
from physics.errors import InputError
from physics.leptonic_widths import dilepton_phase_space
from physics.minimal_widths import FLAVOURS, unit_widths
from physics.particles import mass
from physics.units import ALPHA, HBAR_C_GEV_CM
from physics.zprime_decays import zprime_ctau_cm, zprime_widths

CHARGE = np.sqrt(4 * np.pi * ALPHA)
UNIT = Constants(G_F=1.0)
PAIRS = {"nu_e_e": "e", "nu_mu_mu": "mu", "nu_pi_pi": "pi+"}


def product_for(kappa, mzprime, constants=PDG):
    """g_D |U_D4|^2 epsilon that makes the Z' kappa times as strong as G_F at s = 0."""
    return kappa * 2 * np.sqrt(2) * constants.G_F * mzprime**2 / CHARGE


def zprime_alone(m4, mzprime, state, mixings, dark=1.0, epsilon=1e-3):
    """Mean of both signs of epsilon without the weak interaction: the square of the Z'."""
    plus, minus, weak = (
        partial_widths(m4, mzprime, mixings, dark, e)[state] for e in (epsilon, -epsilon, 0.0)
    )
    return (plus + minus) / 2 - weak


# --- the virtual Z' ---


@pytest.mark.parametrize("kappa", [-2.0, -0.3, 0.5, 40.0])
@pytest.mark.parametrize("flavour", FLAVOURS)
@pytest.mark.parametrize("state, m4", [("nu_e_e", 0.002), ("nu_e_e", 0.3), ("nu_mu_mu", 0.22)])
def test_a_very_heavy_zprime_shifts_the_couplings(state, m4, flavour, kappa):
    """The charge of a lepton is -1; same closed form as in the minimal model."""
    lepton, mzprime = PAIRS[state], 1e6
    left, right = charged_lepton_couplings(flavour, lepton)
    phase_space_factor = dilepton_phase_space(mass(lepton) / m4, left - kappa, right - kappa)
    exact = 1e-3 * PDG.G_F**2 * m4**5 / (192 * np.pi**3) * phase_space_factor
    dark = product_for(kappa, mzprime) / 1e-4
    found = partial_widths(m4, mzprime, {flavour: 1e-3}, dark, 1e-4)[state]
    assert found == pytest.approx(exact, rel=1e-10)


@pytest.mark.parametrize("ratio", [1.001, 1.2, 3.0, 30.0])
def test_massless_electrons_have_a_closed_form(ratio):
    m4, mzprime, dark, epsilon = 1.0, ratio, 0.7, 1e-3
    x = ratio**-2.0
    braces = 6 * (x - x * x / 2 + (1 - x) * np.log1p(-x)) - x**3
    exact = 1e-2 * dark**2 / (4 * np.pi) * ALPHA * epsilon**2 * m4 / (24 * np.pi * x**2) * braces
    found = zprime_alone(m4, mzprime, "nu_e_e", {"mu": 1e-2}, dark, epsilon)
    # masses of electrons take 10 m_e^2/m_4^2
    assert found == pytest.approx(exact, rel=5e-6)


@pytest.mark.parametrize("heavier, length", [(1.0, 0.53897), (100.0, 0.54105)])
def test_known_decay_lengths(heavier, length):
    """In cm for massless electrons, |U|^2 = 1, alpha_D = 0.4, eps^2 = 4.6e-4, m_Z' = 1.25 GeV.

    Contact interaction: the same m_Z'^2 over epsilon.
    """
    dark, epsilon = np.sqrt(4 * np.pi * 0.4), np.sqrt(4.6e-4) * heavier**2
    width = zprime_alone(0.1, 1.25 * heavier, "nu_e_e", {"mu": 1.0}, dark, epsilon)
    assert HBAR_C_GEV_CM / width == pytest.approx(
        length * (1 + 10 * (mass("e") / 0.1) ** 2), rel=6e-5
    )


def rho_form_factor(s):
    """Gounaris and Sakurai as they print it, with a width and a real shift."""
    m, width, light = 0.77526, 0.1474, mass("pi+")
    k = np.sqrt(s / 4 - light**2)
    k_m = np.sqrt(m * m / 4 - light**2)

    def h(s):
        k = np.sqrt(s / 4 - light**2)
        return 2 / np.pi * k / np.sqrt(s) * np.log((np.sqrt(s) + 2 * k) / (2 * light))

    slope = h(m * m) * (1 / (8 * k_m**2) - 1 / (2 * m * m)) + 1 / (2 * np.pi * m * m)
    shift = k**2 * (h(s) - h(m * m)) + (m * m - s) * k_m**2 * slope
    d = 3 / np.pi * light**2 / k_m**2 * np.log((m + 2 * k_m) / (2 * light))
    d += m / (2 * np.pi * k_m) - light**2 * m / (np.pi * k_m**3)
    running = width * (k / k_m) ** 3 * m / np.sqrt(s)
    below = m * m - s + width * m * m / k_m**3 * shift - 1j * m * running
    return (m * m + d * m * width) / below


def spectrum(particle, s, beta):
    if particle == "pi+":
        return beta**3 * abs(rho_form_factor(s)) ** 2 / 4
    return beta * (1 + 2 * mass(particle) ** 2 / s)


def by_quadrature(m4, mzprime, particle, power):
    """Integral of 4 (1-y)^2 (1+2y) rho P^n with y = y_0 + (1 - y_0) u^2, in many pieces."""
    light = 2 * mass(particle) / m4
    low, span = light**2, (1 - light) * (1 + light)
    gap = (mzprime - m4) * (mzprime + m4) / m4**2

    def integrand(u):
        above, rest = span * u * u, span * (1 - u) * (1 + u)
        y = low + above
        rho = spectrum(particle, y * m4**2, np.sqrt(above / y))
        pole = ((1 + gap) / (gap + rest)) ** power
        return 4 * rest**2 * (1 + 2 * y) * rho * pole * 2 * span * u

    left = [min(0.5, light * 3.0**k) for k in range(-1, 8)]
    right = [max(0.5, 1 - gap * 10.0**k) for k in range(8)]
    inner = [np.sqrt((0.76**2 / m4**2 - low) / span)] if particle == "pi+" and m4 > 0.8 else []
    ends = sorted({0.0, 1.0, *left, *right, *inner})
    return sum(quad(integrand, a, b, epsabs=0, epsrel=1e-10)[0] for a, b in pairwise(ends))


@pytest.mark.parametrize("ratio", [1.0000001, 1.0001, 1.1, 4.0, 1e4])
@pytest.mark.parametrize(
    "state, m4",
    [("nu_e_e", 0.0011), ("nu_e_e", 0.1), ("nu_e_e", 1.8), ("nu_mu_mu", 0.2114), ("nu_mu_mu", 1.8)],
)
def test_leptons_by_another_quadrature(state, m4, ratio):
    """Linear and quadratic in the Z', up to its pole and to threshold."""
    lepton, mzprime = PAIRS[state], ratio * m4
    kappa, mixing = 0.7, {"e": 0.3, "tau": 0.2}
    dark = product_for(kappa, mzprime) / 1e-3
    plus, minus, weak = (
        partial_widths(m4, mzprime, mixing, dark, e)[state] for e in (1e-3, -1e-3, 0.0)
    )
    scale = PDG.G_F**2 * m4**5 / (192 * np.pi**3)
    vector = sum(u * sum(charged_lepton_couplings(f, lepton)) for f, u in mixing.items())
    linear = -scale * kappa * vector * by_quadrature(m4, mzprime, lepton, 1)
    assert (plus - minus) / 2 == pytest.approx(linear, rel=1e-8)
    quadratic = scale * kappa**2 * 0.5 * by_quadrature(m4, mzprime, lepton, 2)
    assert (plus + minus) / 2 - weak == pytest.approx(quadratic, rel=1e-8)


@pytest.mark.parametrize("m4", [0.28, 0.5, 0.9, 1.85])
@pytest.mark.parametrize("ratio", [1.0000001, 1.05, 5.0])
def test_pions_by_another_quadrature(m4, ratio):
    """The published form of the rho; nothing is linear in the Z'."""
    mzprime = ratio * m4
    plus, minus = (
        partial_widths(m4, mzprime, {"mu": 0.1}, 0.5, e)["nu_pi_pi"] for e in (1e-3, -1e-3)
    )
    contact = 0.5 * 1e-3 * CHARGE / (2 * np.sqrt(2) * mzprime**2)
    scale = m4**5 / (192 * np.pi**3) * contact**2
    assert plus == pytest.approx(0.1 * scale * by_quadrature(m4, mzprime, "pi+", 2), rel=1e-8)
    assert plus == minus


# --- amplitudes ---


def coherent_width(m4, mzprime, lepton, neutral, charged, dark_epsilon, seed=3):
    """Sample Z, W and Z' together; dark_epsilon is g_D |U_D4|^2 epsilon."""
    m = mass(lepton)

    def integrand(x):
        nu, minus, plus, weight = phase_space.three(m4, m, m, x)
        N, n = amplitudes.at_rest(m4, len(nu)), amplitudes.particles(nu, 0.0)
        u, v = amplitudes.particles(minus, m), amplitudes.antiparticles(plus, m)
        pair = minus + plus
        s = np.einsum("na,ab,nb->n", pair, METRIC, pair)
        weak = amplitudes.currents(u, neutral[0] * LEFT + neutral[1] * RIGHT, v)
        vector = amplitudes.currents(u, amplitudes.ONE, v)
        exchange = -CHARGE * dark_epsilon / (mzprime**2 - s)
        pairs = 2 * np.sqrt(2) * weak + exchange[:, None, None, None] * vector
        z = np.einsum("nahm,mk,nbck->habcn", amplitudes.currents(n, LEFT, N), METRIC, pairs)
        w = np.einsum(
            "nbhm,mk,nack->habcn",
            amplitudes.currents(u, LEFT, N),
            METRIC,
            amplitudes.currents(n, LEFT, v),
        )
        amplitude = z - 2 * np.sqrt(2) * charged * w
        return amplitudes.mean((np.abs(amplitude) ** 2).sum((1, 2, 3))) * weight

    rng = np.random.default_rng(seed)
    integrator = vegas.Integrator(5 * [[0, 1]], ran_array_generator=rng.random)
    batch = vegas.lbatchintegrand(integrand)
    integrator(batch, nitn=5, neval=14000)
    result = integrator(batch, nitn=10, neval=14000, adapt=False)
    return result.mean, result.sdev


@pytest.mark.parametrize("kappa", [0.6, -0.9])
@pytest.mark.parametrize(
    "state, flavour, m4", [("nu_e_e", "e", 0.15), ("nu_e_e", "mu", 0.15), ("nu_mu_mu", "mu", 0.35)]
)
def test_w_z_and_zprime_are_the_integrated_amplitude(state, flavour, m4, kappa):
    """For the mixing's own flavour the W too; the couplings of the Z alone go in."""
    lepton, mzprime = PAIRS[state], 1.15 * m4
    charged = 1.0 if flavour == lepton else 0.0
    product = product_for(kappa, mzprime, UNIT)
    neutral = charged_lepton_couplings("tau", lepton)
    value, error = coherent_width(m4, mzprime, lepton, neutral, charged, product)
    assert error < 1e-3 * value
    closed = partial_widths(m4, mzprime, {flavour: 1.0}, product, 1.0, UNIT)[state]
    assert closed == pytest.approx(value, rel=5e-3)
    assert abs(closed - value) < 5 * error


def polarisations(momentum, m):
    """Sum over polarisations of a vector."""
    return -METRIC + np.einsum("na,nb->nab", momentum, momentum) / m**2


@pytest.mark.parametrize("m4, mzprime", [(0.1, 0.03), (0.4, 0.39), (1.5, 0.9)])
def test_real_zprime_is_the_squared_amplitude(m4, mzprime):
    cos, azimuth = np.array([0.3]), np.array([0.7])
    nu, zprime, density = phase_space.two(m4, 0.0, mzprime, cos, azimuth)
    # the amplitude of a meson has sqrt2 G_F g V for the coupling of the Z'
    squared = amplitudes.mean(amplitudes.vector(m4, nu, zprime, 0.0, mzprime)) / 2
    exact = 0.6**2 * 1e-4 * float(squared[0] * density[0]) * 4 * np.pi
    closed = partial_widths(m4, mzprime, {"e": 4e-5, "tau": 6e-5}, 0.6, 1e-4)
    weak = partial_widths(m4, mzprime, {"e": 4e-5, "tau": 6e-5}, 0.0, 0.0)
    assert sum(closed.values()) - sum(weak.values()) == pytest.approx(exact, rel=1e-8)


@pytest.mark.parametrize("m", [0.25, 0.6, 1.4, 3.7])
@pytest.mark.parametrize("particle", ["e", "mu", "tau", "pi"])
def test_pairs_of_the_zprime_are_squared_amplitudes(particle, m):
    light = mass("pi+" if particle == "pi" else particle)
    found = zprime_widths(m, 1e-2)[f"{particle}_{particle}"]
    if m < 2 * light:
        assert found == 0.0
        return
    cos, azimuth = np.array([0.3]), np.array([0.7])
    minus, plus, density = phase_space.two(m, light, light, cos, azimuth)
    sums = polarisations((minus + plus) @ METRIC, m)
    if particle == "pi":
        current = (abs(rho_form_factor(m * m)) * (minus - plus))[:, None, None]
    else:
        u, v = amplitudes.particles(minus, light), amplitudes.antiparticles(plus, light)
        current = amplitudes.currents(u, amplitudes.ONE, v)
    squared = np.einsum("nabm,nmk,nabk->n", current, sums, current.conj()).real / 3
    exact = (CHARGE * 1e-2) ** 2 * float(squared[0] * density[0]) * 4 * np.pi
    assert found == pytest.approx(exact, rel=1e-10)


def test_the_rho_of_the_pions_decays_to_electrons():
    """|F|^2 = 36 Gamma_ee/(alpha^2 beta^3 Gamma) at the peak, 7.04 keV: one rho makes 17 % less."""
    widths = zprime_widths(0.77526, 1.0)
    measured = 36 * 7.04e-6 / (ALPHA**2 * 0.1474) / 4 * ALPHA * 0.77526 / 3
    assert widths["pi_pi"] / measured == pytest.approx(0.83, abs=0.01)


# --- the real Z' and its neighbourhood ---


@pytest.mark.parametrize("m4, mzprime", [(0.1, 0.03), (0.5, 0.3), (1.8, 0.7)])
def test_branching_ratios_multiply_the_real_zprime(m4, mzprime):
    """Any epsilon, even of the other sign, gives the same; the rest is the minimal model."""
    mixings = {"e": 1e-6, "mu": 2e-6}
    first, second = (partial_widths(m4, mzprime, mixings, 1.0, e) for e in (1e-7, -1e-2))
    weak = partial_widths(m4, mzprime, mixings, 0.0, 0.0)
    pairs = zprime_widths(mzprime, 1e-4)
    whole = sum(first.values()) - sum(weak.values())
    for state in CHANNELS:
        assert first[state] == second[state]
        pair = state.removeprefix("nu_")
        share = pairs[pair] / sum(pairs.values()) if state in PAIRS else 0.0
        assert first[state] == pytest.approx(weak[state] + share * whole, rel=1e-12)


@pytest.mark.parametrize(
    "state, m4, mzprime",
    [("nu_e_e", 0.1, 0.03), *((state, *m) for state in PAIRS for m in ((0.4, 0.3), (1.5, 0.8)))],
)
def test_the_real_zprime_is_a_narrow_peak_of_the_virtual_one(state, m4, mzprime):
    """Squared propagator of a width G: integral of m^4/((m^2 - s)^2 + m^2 G^2) is pi m^3/G."""
    particle = PAIRS[state]
    width, s = sum(zprime_widths(mzprime, 1.0).values()), mzprime**2
    y = s / m4**2
    peak = 4 * (1 - y) ** 2 * (1 + 2 * y)
    peak *= spectrum(particle, s, np.sqrt(1 - 4 * mass(particle) ** 2 / s))
    contact = CHARGE / (2 * np.sqrt(2) * s)
    exact = contact**2 * m4**3 / (192 * np.pi**3) * peak * np.pi * mzprime**3 / width
    with_zprime, weak = (partial_widths(m4, mzprime, {"tau": 1.0}, g, 1.0) for g in (1.0, 0.0))
    assert with_zprime[state] - weak[state] == pytest.approx(exact, rel=1e-8)


def test_the_virtual_zprime_is_finite_down_to_the_mass_of_n():
    """Equal masses are the limit; just below, the real Z' has no phase space."""
    m4 = 0.4
    mzprime = m4 * (1 + np.array([0.0, 1e-14, 1e-10, 1e-7]))
    widths = partial_widths(m4, mzprime, {"mu": 1.0}, 1.0, 0.1)
    weak = partial_widths(m4, 1.0, {"mu": 1.0}, 0.0, 0.0)
    for state in PAIRS:
        assert widths[state] == pytest.approx(float(widths[state][0]), rel=1e-4)
        assert widths[state][0] > 1e6 * weak[state]
        below = partial_widths(m4, m4 * (1 - 1e-14), {"mu": 1.0}, 1.0, 0.1)[state]
        assert below < 1e-8 * widths[state][0]


def test_real_and_virtual_zprime_cross_where_the_documentation_says():
    """N -> nu Z' outweighs the limit of the virtual one from 1 - r = epsilon/90."""
    for epsilon in (1e-3, 1e-2):
        m4 = 0.1
        virtual = sum(zprime_alone(m4, m4, s, {"mu": 1.0}, 1.0, epsilon) for s in PAIRS)
        gap = epsilon / np.array([120.0, 60.0])
        real = partial_widths(m4, m4 * (1 - gap), {"mu": 1.0}, 1.0, epsilon)["nu_e_e"]
        assert real[0] < virtual < real[1]


# --- the interface ---


def test_without_a_zprime_it_is_the_minimal_model():
    mixings = {"e": 1e-6, "mu": 3e-7, "tau": 2e-5}
    for m4 in (0.1, 0.6, 1.8):
        units = unit_widths(m4)
        for mzprime in (0.05, 5.0):
            widths = partial_widths(m4, mzprime, mixings, 0.0, 0.0)
            assert tuple(widths) == CHANNELS == (*dict.fromkeys(s for s, _ in units), "nu_pi_pi")
            for state, width in widths.items():
                each = sum(u * units.get((state, f), 0) for f, u in mixings.items())
                assert width == pytest.approx(each, rel=1e-12)


@pytest.mark.parametrize("particle", ["e", "mu", "pi+"])
def test_closed_channels_are_zero(particle):
    """Of a virtual Z' by the mass of N, of a real one by its own."""
    state = next(s for s, p in PAIRS.items() if p == particle)
    threshold = 2 * mass(particle)
    for m4 in (0.5 * threshold, threshold * (1 - 1e-12)):
        assert partial_widths(m4, 1.0, {"mu": 1.0}, 1.0, 0.1)[state] == 0.0
    assert partial_widths(threshold * (1 + 1e-6), 1.0, {"mu": 1.0}, 1.0, 0.1)[state] > 0.0
    for mzprime in (0.5 * threshold, threshold * (1 - 1e-12)):
        assert zprime_widths(mzprime, 0.1)[f"{particle.rstrip('+')}_{particle.rstrip('+')}"] == 0.0
    if particle == "e":
        return
    dark, weak = (partial_widths(0.9, 0.999 * threshold, {"mu": 1.0}, g, 1.0) for g in (1.0, 0.0))
    assert dark[state] == weak[state]


@settings(deadline=None, max_examples=60)
@given(
    m4=st.floats(0.002, 1.87),
    ratio=st.floats(-3.0, 3.0),
    kappa=st.floats(-3.0, 3.0),
    mixings=st.tuples(*3 * [st.floats(0, 1)]),
)
def test_interference_never_makes_a_width_negative(m4, ratio, kappa, mixings):
    mzprime = max(0.0011, m4 * 10**ratio)
    named = dict(zip(FLAVOURS, mixings, strict=True))
    dark = product_for(kappa, mzprime) / 1e-4
    for state, width in partial_widths(m4, mzprime, named, dark, 1e-4).items():
        assert width >= 0, state


def test_sign_of_epsilon():
    """The vector coupling of the Z to leptons is negative like their charge; the W's is not."""
    dark = product_for(0.3, 5.0) / 1e-3
    for state, flavour, more in (("nu_e_e", "mu", 1e-3), ("nu_e_e", "e", -1e-3)):
        strong, weak = (partial_widths(0.1, 5.0, {flavour: 1}, dark, e) for e in (more, -more))
        assert strong[state] > weak[state]


def test_arrays_and_scalars_agree():
    """Masses of N and Z' broadcast with each other and with couplings: real and virtual."""
    m4 = np.array([0.05, 0.4, 1.5])[:, None, None]
    mzprime = np.array([0.03, 0.7])[:, None]
    mixing, epsilon = np.array([1e-8, 1e-4, 1e-2]), np.array([1e-6, -1e-3, 1e-2])
    cube = partial_widths(m4, mzprime, {"mu": mixing, "e": 1e-5}, 0.3, epsilon)
    for (i, j, k), _ in np.ndenumerate(np.zeros((3, 2, 3))):
        one = partial_widths(
            m4[i, 0, 0], mzprime[j, 0], {"mu": mixing[k], "e": 1e-5}, 0.3, epsilon[k]
        )
        for state, width in one.items():
            assert np.shape(width) == ()
            assert cube[state].shape == (3, 2, 3)
            assert cube[state][i, j, k] == pytest.approx(float(width), rel=1e-12)
    many = partial_widths(0.4, 0.7, {"mu": 1e-5}, np.array([[0.1], [0.2]]), epsilon)
    assert many["nu_e_e"].shape == (2, 3)


def test_scalars_do_not_see_each_other():
    """What is remembered of masses depends on constants, and cannot be written to."""
    weak = [
        partial_widths(0.3, 1.0, {"mu": 1.0}, 0.0, 0.0, c)["nu_nu_nu"] for c in (PDG, UNIT, PDG)
    ]
    assert weak[0] == weak[2]
    assert weak[1] == pytest.approx(weak[0] / PDG.G_F**2)
    first = partial_widths(0.3, 1.0, {"mu": 1.0}, 1.0, 1e-3)
    before = float(first["nu_e_e"])
    first["nu_e_e"] *= 2
    assert partial_widths(0.3, 1.0, {"mu": 1.0}, 1.0, 1e-3)["nu_e_e"] == before
    with pytest.raises(ValueError, match="read-only"):
        dark_photon_widths._table(0.3, 1.0, PDG)[...] = 0.0


def test_decay_length_of_the_zprime():
    mzprime = np.array([0.001, 0.03, 0.5])
    lengths = zprime_ctau_cm(mzprime, 1e-4)
    assert lengths[0] == np.inf
    for m, length in zip(mzprime[1:], lengths[1:], strict=True):
        assert length * sum(zprime_widths(m, 1e-4).values()) == pytest.approx(HBAR_C_GEV_CM)
    assert zprime_ctau_cm(0.03, 0.0) == np.inf
    assert zprime_ctau_cm(0.03, 1e-3) == pytest.approx(1e-2 * lengths[1])


def test_wrong_input_is_named():
    with pytest.raises(InputError, match="'nu_mu'"):
        partial_widths(0.1, 1.0, {"nu_mu": 1e-6}, 1.0, 1e-3)
    with pytest.raises(InputError, match="two electrons"):
        partial_widths(0.1, 0.001, {"mu": 1e-6}, 1.0, 1e-3)
