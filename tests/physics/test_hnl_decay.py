"""Decay of polarised HNLs at rest against amplitudes from spinors and another sampling."""

import decay_phase_space as phase_space
import numba
import numpy as np
import pytest
import weak_amplitudes as amplitudes
from gamma_matrices import LEFT, RIGHT, dot
from scipy.stats import qmc

from physics.electroweak import charged_lepton_couplings
from physics.errors import InputError
from physics.hnl_decay import CLOSED, decay_at_rest, shape
from physics.particles import mass

DILEPTONS = [
    ("nu_e_e", "mu", 0.1),
    ("nu_e_e", "e", 0.3),
    ("nu_e_e", "tau", 0.0012),
    ("nu_mu_mu", "mu", 0.45),
    ("nu_mu_mu", "e", 0.22),
    ("nu_e_mu", "mu", 0.3),
    ("nu_e_mu", "e", 0.3),
    ("nu_e_mu", "mu", 0.11),
]
TWO_BODY = [("e_pi", "e", 0.2), ("mu_pi", "mu", 0.3), ("e_K", "e", 0.7), ("mu_K", "mu", 0.65)]
OTHERS = [*TWO_BODY, ("nu_pi0", "mu", 0.3), ("nu_gamma", "e", 0.1)]


@numba.njit
def _run(chosen, polarisation, u):
    out = np.empty((len(u), 9))
    for i in range(len(u)):
        first, second, weight = decay_at_rest(
            chosen, polarisation, u[i, 0], u[i, 1], u[i, 2], u[i, 3], u[i, 4]
        )
        for k in range(4):
            out[i, k], out[i, 4 + k] = first[k], second[k]
        out[i, 8] = weight
    return out


def run(decay, polarisation, power=14, seed=1):
    """Momenta of both particles and weights, from shifted Sobol points."""
    u = qmc.Sobol(5, seed=seed).random(2**power)
    out = _run(shape(*decay), polarisation, u)
    return out[:, :4], out[:, 4:8], out[:, 8]


def couplings(state, flavour):
    """Arguments of `amplitudes.leptonic`: masses of l- and l+, couplings of Z and W alone."""
    if state == "nu_e_mu":
        other = "mu" if flavour == "e" else "e"
        return {"masses": (mass(flavour), mass(other)), "charged": 1.0}
    lepton = state.split("_")[1]
    neutral = charged_lepton_couplings("tau", lepton)  # no W for e and mu
    charged = 1.0 if flavour == lepton else 0.0
    return {"masses": (mass(lepton), mass(lepton)), "neutral": neutral, "charged": charged}


def missing(m, *seen):
    """Momentum of what is not seen."""
    return np.array([m, 0.0, 0.0, 0.0]) - sum(seen)


def rest_frame(m, cos):
    """N decaying at given cosines of the first particle, in a plane."""
    return phase_space.two(m, 0.0, 0.0, cos, np.full(len(cos), 0.7))


# --- particles ---


@pytest.mark.parametrize("decay", [*DILEPTONS, *OTHERS], ids=str)
def test_particles_are_on_their_mass_shells(decay):
    state, flavour, m = decay
    first, second, weight = run(decay, 0.6, power=10)
    squares = [dot(p, p) for p in (first, second, missing(m, first, second))]
    expected = {
        "nu_pi0": (0.0, 0.0, 0.0),
        "nu_gamma": (0.0, 0.0, 0.0),
        "e_pi": (mass("e") ** 2, mass("pi+") ** 2, 0.0),
        "mu_pi": (mass("mu") ** 2, mass("pi+") ** 2, 0.0),
        "e_K": (mass("e") ** 2, mass("K+") ** 2, 0.0),
        "mu_K": (mass("mu") ** 2, mass("K+") ** 2, 0.0),
    }
    if state in expected:
        wanted = expected[state]
    else:
        minus, plus = couplings(state, flavour)["masses"]
        wanted = (minus**2, plus**2, 0.0)
    for found, square in zip(squares, wanted, strict=True):
        np.testing.assert_allclose(found, square, atol=1e-13 * max(m * m, 1e-3))
    if state == "nu_pi0":
        np.testing.assert_allclose(dot(first + second, first + second), mass("pi0") ** 2)
    if decay in TWO_BODY:
        np.testing.assert_allclose(missing(m, first, second), 0.0, atol=1e-15)
    if state == "nu_gamma":
        np.testing.assert_array_equal(second, 0.0)
        np.testing.assert_allclose(first[:, 0], m / 2)
    assert (weight >= 0).all()


@pytest.mark.parametrize("decay", DILEPTONS, ids=str)
@pytest.mark.parametrize("polarisation", [-1.0, 0.0, 0.4, 1.0])
def test_weights_average_to_one_and_are_bounded(decay, polarisation):
    weight = run(decay, polarisation, power=17)[2]
    assert weight.mean() == pytest.approx(1, abs=2e-4)
    assert weight.min() >= 0
    assert weight.max() < 15


@pytest.mark.parametrize("decay", OTHERS, ids=str)
def test_two_body_decays_have_no_weights(decay):
    np.testing.assert_array_equal(run(decay, -0.7, power=8)[2], 1.0)


# --- angular distributions ---


def asymmetry(squared, cos):
    """Slope of the density in the cosine for spin up; a straight line, mirrored for spin down."""
    up, down = squared / squared.sum(0)
    np.testing.assert_allclose(up + down, 1.0)
    slope = (up - down) / cos
    np.testing.assert_allclose(slope, slope[0], atol=1e-10)
    return slope[0]


COSINES = np.array([-0.9, -0.4, 0.2, 0.55, 1.0])


@pytest.mark.parametrize("decay", TWO_BODY, ids=str)
def test_lepton_asymmetry_is_the_amplitude(decay):
    state, flavour, m = decay
    m_lepton = mass(flavour)
    m_meson = mass("pi+" if state.endswith("pi") else "K+")
    lepton, meson, _ = phase_space.two(m, m_lepton, m_meson, COSINES, 0.7 + 0 * COSINES)
    traced = asymmetry(amplitudes.pseudoscalar(m, lepton, meson, m_lepton), COSINES)
    assert shape(*decay).asymmetry == pytest.approx(traced, rel=1e-10)
    conjugate = amplitudes.pseudoscalar(m, lepton, meson, m_lepton, chirality=RIGHT)
    assert asymmetry(conjugate, COSINES) == pytest.approx(-traced, rel=1e-10)


def test_pion_goes_with_the_spin_and_photon_against_it():
    m = 0.3
    pion, nu, _ = phase_space.two(m, mass("pi0"), 0.0, COSINES, 0.7 + 0 * COSINES)
    assert asymmetry(amplitudes.pseudoscalar(m, nu, pion, 0.0), COSINES) == pytest.approx(1)
    photon, nu, _ = rest_frame(m, COSINES)
    assert asymmetry(amplitudes.radiative(m, nu, photon), COSINES) == pytest.approx(-1)
    assert shape("nu_pi0", "mu", m).asymmetry == 1.0
    assert shape("nu_gamma", "mu", m).asymmetry == -1.0


@pytest.mark.parametrize("polarisation", [-1.0, -0.3, 0.0, 0.8, 1.0])
@pytest.mark.parametrize("decay", OTHERS, ids=str)
def test_two_body_cosines_follow_their_density(decay, polarisation):
    """Mean and mean square of (1 + a P cos)/2: a P/3 and 1/3; azimuths are even."""
    first, second, _ = run(decay, polarisation, power=14)
    p = first + second if decay[0] == "nu_pi0" else first
    n = p[:, 1:] / np.linalg.norm(p[:, 1:], axis=1)[:, None]
    slope = shape(*decay).asymmetry * polarisation
    assert n[:, 2].mean() == pytest.approx(slope / 3, abs=1e-4)
    assert (n[:, 2] ** 2).mean() == pytest.approx(1 / 3, abs=1e-4)
    assert (n[:, 2] ** 3).mean() == pytest.approx(slope / 5, abs=2e-4)
    np.testing.assert_allclose(n[:, :2].mean(0), 0.0, atol=2e-3)
    np.testing.assert_allclose((n[:, 0] * n[:, 1]).mean(), 0.0, atol=2e-3)


def test_photons_of_the_pion_are_even_in_its_rest_frame():
    m = 0.5
    first, second, _ = run(("nu_pi0", "mu", m), 0.5)
    pion = first + second
    moved = phase_space.boost(first, -pion[:, 1:] / pion[:, :1])
    np.testing.assert_allclose(moved[:, 0], mass("pi0") / 2)
    n = moved[:, 1:] / moved[:, :1]
    np.testing.assert_allclose(n.mean(0), 0.0, atol=1e-3)
    np.testing.assert_allclose(n.T @ n / len(n), np.eye(3) / 3, atol=2e-3)


# --- three bodies ---


@pytest.mark.parametrize("decay", DILEPTONS, ids=str)
@pytest.mark.parametrize("polarisation", [-1.0, 0.3, 1.0])
def test_weights_are_the_squared_amplitude(decay, polarisation):
    """Event by event: |M|^2 times phase space over the density of what is drawn."""
    state, flavour, m = decay
    minus, plus, weight = run(decay, polarisation, power=9)
    given = couplings(state, flavour)
    nu = missing(m, minus, plus)
    squared = amplitudes.leptonic(m, nu, minus, plus, **given)
    q2 = dot(minus + plus, minus + plus)
    # d Phi is momentum in N's frame times momentum in the pair's over q, per q^2; drawn as (1-y)^2
    rest = phase_space.momentum(np.sqrt(q2), *given["masses"])
    density = rest / np.sqrt(q2) / (1 - q2 / m**2)
    ratio = weight / (amplitudes.mean(squared, polarisation) * density)
    np.testing.assert_allclose(ratio, np.median(ratio), rtol=1e-6)


def accept_reject(decay, polarisation, events, seed):
    """Unweighted decays from spinors over phase space built the other way round."""
    state, flavour, m = decay
    given = couplings(state, flavour)
    rng = np.random.default_rng(seed)
    nu, minus, plus, weight = phase_space.three(m, *given["masses"], rng.random((events, 5)))
    squared = amplitudes.leptonic(m, nu, minus, plus, **given)
    weight = weight * amplitudes.mean(squared, polarisation)
    kept = rng.random(events) * weight.max() < weight
    return minus[kept], plus[kept]


def observables(minus, plus):
    """Energies, cosines to the spin, cosine between the leptons, squared mass."""
    p, q = (np.linalg.norm(x[:, 1:], axis=1) for x in (minus, plus))
    between = (minus[:, 1:] * plus[:, 1:]).sum(1) / (p * q)
    square = dot(minus + plus, minus + plus)
    return np.stack(
        [minus[:, 0], plus[:, 0], minus[:, 3] / p, plus[:, 3] / q, between, square,
         minus[:, 0] * minus[:, 3], plus[:, 0] * plus[:, 3]]
    )  # fmt: skip


@pytest.mark.parametrize("decay", DILEPTONS, ids=str)
@pytest.mark.parametrize("polarisation", [-1.0, 0.5])
def test_distributions_are_those_of_another_monte_carlo(decay, polarisation):
    unweighted = observables(*accept_reject(decay, polarisation, 60_000, 5))
    error = unweighted.std(1) / np.sqrt(unweighted.shape[1])
    minus, plus, weight = run(decay, polarisation, power=16)
    found = observables(minus, plus) @ weight / weight.sum()
    assert (np.abs(found - unweighted.mean(1)) < 5 * error).all()
    fifth = 0.2
    tolerance = 5 * np.sqrt(fifth * (1 - fifth) / unweighted.shape[1])
    for x, own in zip(unweighted, observables(minus, plus), strict=True):
        edges = np.quantile(x, np.linspace(0, 1, 6))
        edges[0], edges[-1] = -np.inf, np.inf
        shares = np.histogram(own, bins=edges, weights=weight)[0] / weight.sum()
        np.testing.assert_allclose(shares, fifth, atol=tolerance)


def test_far_above_threshold_the_decay_is_that_of_the_muon():
    """l- has the spectrum 2 x^2 (3 - 2x) of the electron, l+ 12 x^2 (1 - x) of the nu_e, and their
    asymmetries -1/3 and +1; x = 2E/m."""
    m = 40.0
    minus, plus, weight = run(("nu_e_mu", "mu", m), 1.0, power=16)
    x, y = 2 * minus[:, 0] / m, 2 * plus[:, 0] / m
    assert (x @ weight) / len(x) == pytest.approx(0.7, abs=1e-3)
    assert (y @ weight) / len(x) == pytest.approx(0.6, abs=1e-3)
    cosines = [p[:, 3] / np.linalg.norm(p[:, 1:], axis=1) for p in (minus, plus)]
    assert [(c @ weight) / len(x) for c in cosines] == pytest.approx([-1 / 9, 1 / 3], abs=1e-3)


def test_a_majorana_hnl_decays_evenly_for_who_does_not_see_charges():
    """nu l- l+ and nubar l- l+ add up to no dependence on the spin once l- and l+ are not told
    apart; each alone depends on it."""
    m, masses = 0.45, (mass("mu"), mass("mu"))
    u = np.random.default_rng(3).random((50, 5))
    nu, minus, plus, _ = phase_space.three(m, *masses, u)
    neutral = charged_lepton_couplings("mu", "mu")

    def blind(chirality):
        ways = [(minus, plus), (plus, minus)]
        return sum(
            amplitudes.leptonic(m, nu, a, b, masses, neutral, chirality=chirality) for a, b in ways
        )

    left, right = blind(LEFT), blind(RIGHT)
    up, down = left + right
    np.testing.assert_allclose(up, down, rtol=1e-10)
    np.testing.assert_allclose(up, left.sum(0), rtol=1e-10)  # twice the mean over spins
    assert np.abs(left[0] / left[1] - 1).max() > 0.3


# --- words ---


@pytest.mark.parametrize(
    "decay",
    [("nu_e_e", "e", 0.001), ("nu_e_mu", "e", 0.1), ("nu_pi0", "e", 0.1), ("e_pi", "e", 0.1)],
)
def test_closed_decays_weigh_nothing(decay):
    assert shape(*decay).kind == CLOSED
    first, second, weight = run(decay, 0.5, power=4)
    assert not first.any()
    assert not second.any()
    assert not weight.any()


@pytest.mark.parametrize("state", ["nu_rho", "e_rho", "nu_nu_nu", "tau_pi", "nu_e_tau"])
def test_states_that_are_not_followed_are_named(state):
    with pytest.raises(InputError, match=state):
        shape(state, "e", 1.8)
