"""Decays to pairs in the kernel: weights, spectra, observables, against the plain Monte Carlo."""

import numpy as np
import plain_pairs
import pytest

from physics.block import BLOCK
from physics.electroweak import charged_lepton_couplings
from physics.pair_block import DIFFERENCE, EVEN, MINUS, ODD, PAIR_SIZE, PLUS, SUM
from physics.pair_decay import draw_pairs, to_lab, weigh_mode
from physics.pair_shapes import open_modes, pair_shape
from physics.pair_visible import is_one_shower, observable, smeared_lepton
from physics.particles import mass

ALL = ("real", "virtual", "interference", "e", "mu", "tau")
POINTS = [
    ("nu_e_e", 0.1, 0.03),
    ("nu_e_e", 0.3, 0.29),
    ("nu_e_e", 0.14, 1.25),
    ("nu_e_e", 0.2, 0.2002),
    ("nu_mu_mu", 0.6, 0.3),
    ("nu_mu_mu", 0.3, 1.25),
    ("nu_mu_mu", 0.23, 0.25),
]
OBSERVABLES = ("E_vis", "cos_theta", "E_nu_QE", "theta_pair", "m_pair", "p_vis", "E_theta2", "t")


def decays(shape, helicity, u):
    """Weights (n, modes, 2) and momenta (n, 8) of many decays, block by block."""
    modes, n = len(shape.norm), len(u)
    weights, momenta = np.zeros((n, modes, 2)), np.zeros((n, 8))
    work = np.zeros(PAIR_SIZE)
    columns = work.reshape(-1, BLOCK)
    columns[SUM // BLOCK], columns[DIFFERENCE // BLOCK] = 1.0, helicity
    for first in range(0, n, BLOCK):
        part = slice(first, first + BLOCK)
        columns[[2, 3, 10, 11, 12]] = u[part].T
        draw_pairs(BLOCK, shape, work)
        for mode in range(modes):
            weigh_mode(BLOCK, shape, mode, work)
            weights[part, mode, 0] = columns[EVEN // BLOCK + mode]
            weights[part, mode, 1] = columns[ODD // BLOCK + mode]
        momenta[part, :4] = columns[MINUS // BLOCK : MINUS // BLOCK + 4].T
        momenta[part, 4:] = columns[PLUS // BLOCK : PLUS // BLOCK + 4].T
    return weights, momenta


def drawn(state, m4, mzprime, helicity, n=BLOCK * 800):
    modes = open_modes(state, ALL, m4, mzprime)
    shape = pair_shape(state, modes, m4, mzprime)
    u = np.random.default_rng(7).random((n, 5))
    return modes, *decays(shape, helicity, u)


@pytest.mark.parametrize("helicity", [-1.0, 0.0, 0.7])
@pytest.mark.parametrize(("state", "m4", "mzprime"), POINTS)
def test_weights_have_mean_one_and_helicity_adds_nothing(state, m4, mzprime, helicity):
    modes, weights, momenta = drawn(state, m4, mzprime, helicity)
    error = weights.std(0) / np.sqrt(len(weights))
    assert (np.abs(weights.mean(0) - [1.0, 0.0]) < 5 * error + 1e-12).all(), modes
    # both leptons are on their shell, and N leaves a massless neutrino
    light = mass(state.split("_")[1]) / m4
    for p in (momenta[:, :4], momenta[:, 4:]):
        assert p[:, 0] ** 2 - (p[:, 1:] ** 2).sum(1) == pytest.approx(light**2, abs=1e-9)
    pair = momenta[:, :4] + momenta[:, 4:]
    assert 1 - pair[:, 0] == pytest.approx(np.linalg.norm(pair[:, 1:], axis=1), abs=1e-9)


@pytest.mark.parametrize("helicity", [-1.0, 1.0])
@pytest.mark.parametrize(("state", "m4", "mzprime"), POINTS)
def test_moments_of_each_mode(state, m4, mzprime, helicity):
    """Means of energies, directions and masses against accept and reject by |M|^2."""
    particle = state.split("_")[1]
    light = mass(particle)
    modes, weights, momenta = drawn(state, m4, mzprime, -0.9)
    for k, mode in enumerate(modes):
        left, right = charged_lepton_couplings(mode, particle) if len(mode) < 4 else (1.0, 1.0)
        power = {"virtual": 2, "interference": 1}.get(mode, 0)
        _, minus, plus = plain_pairs.rest_frame(
            m4, np.full(40_000, helicity), light, np.random.default_rng(3), mzprime=mzprime,
            power=power, chi=2 * left * right / (left**2 + right**2),
        )  # fmt: skip
        weight = weights[:, k, 0] + helicity * weights[:, k, 1]
        ours = moments(momenta[:, :4], momenta[:, 4:])
        theirs = moments(minus / m4, plus / m4)
        for name, value in ours.items():
            mean = (weight * value).mean()
            error = np.hypot(
                (weight * value).std() / np.sqrt(len(value)),
                theirs[name].std() / np.sqrt(len(theirs[name])),
            )
            assert abs(mean - theirs[name].mean()) < 4.5 * error, (mode, name)


def moments(minus, plus):
    pair = minus + plus
    return {
        "hard": np.maximum(minus[:, 0], plus[:, 0]),
        "along": pair[:, 3],
        "along2": pair[:, 3] ** 2,
        "lepton along": minus[:, 3] + plus[:, 3] ** 3,
        "mass2": pair[:, 0] ** 2 - (pair[:, 1:] ** 2).sum(1),
        "angles": minus[:, 3] * plus[:, 3],
    }


def some_pairs(n):
    rng = np.random.default_rng(5)
    directions = rng.normal(size=(2, n, 3)) * [0.2, 0.2, 0.1] + [0, 0, 1]
    momenta = directions / np.linalg.norm(directions, axis=-1, keepdims=True)
    momenta *= rng.uniform(0.01, 2.0, (2, n, 1))
    energy = np.sqrt((momenta**2).sum(-1) + mass("e") ** 2)
    return [np.column_stack([e, p]) for e, p in zip(energy, momenta, strict=True)]


def test_observables_are_those_of_the_plain_monte_carlo():
    minus, plus = some_pairs(200)
    seen = plain_pairs.observables(minus, plus, None, np.random.default_rng(1))
    for kind, name in enumerate(OBSERVABLES):
        ours = [observable(kind, (*a, *b)) for a, b in zip(minus, plus, strict=True)]
        assert ours == pytest.approx(seen[name], rel=1e-6, abs=1e-9), name


def test_a_lepton_smeared_to_nothing_has_no_angle():
    nothing, other = (0.0, -0.0, 0.0, -0.0), (0.5, 0.1, -0.2, 0.4)
    angle = OBSERVABLES.index("theta_pair")
    assert observable(angle, (*nothing, *other)) == 0.0
    assert observable(angle, (*other, *nothing)) == 0.0


def test_one_shower_by_angle_and_by_table():
    minus, plus = some_pairs(400)
    seen = plain_pairs.observables(minus, plus, None, np.random.default_rng(1))
    table = np.array([[0.1, 0.6], [0.5, 0.3], [2.0, 0.1]])
    rules = [
        ({"opening_angle_deg": 13.0, "least_energy_GeV": 0.03}, (1, np.cos(np.radians(13)), 0.03)),
        ({"energy_GeV": tuple(table[:, 0]), "r": tuple(table[:, 1])}, (2, 0.0, 0.0)),
    ]
    for rule, packed in rules:
        expected = plain_pairs.merged(seen, rule)
        assert 0.1 < expected.mean() < 0.9
        found = [
            is_one_shower((*a, *b), *packed, table, 0, 3) for a, b in zip(minus, plus, strict=True)
        ]
        assert found == expected.tolist()


def test_resolution_turns_the_polar_angle_alone():
    smearing, n = np.array([[0.12, 0.01, 2.7, 1.0]]), 20_000
    u = np.random.default_rng(2).random((n, 2))
    E, theta, azimuth = 0.5, 0.4, 1.1
    p = E * np.array(
        [np.sin(theta) * np.cos(azimuth), np.sin(theta) * np.sin(azimuth), np.cos(theta)]
    )
    seen = np.array([smeared_lepton(E, *p, smearing, 0, *pair) for pair in u])
    assert seen[:, 0].mean() == pytest.approx(E, abs=0.004)
    assert seen[:, 0].std() == pytest.approx(0.12 * np.sqrt(E) + 0.01, rel=0.03)
    angle = np.arctan2(np.hypot(seen[:, 1], seen[:, 2]), seen[:, 3])
    assert angle.mean() == pytest.approx(theta, abs=2e-3)
    assert np.degrees(angle.std()) == pytest.approx(2.7 - np.log(E), rel=0.03)
    assert np.arctan2(seen[:, 2], seen[:, 1]) == pytest.approx(azimuth, abs=1e-9)
    assert np.linalg.norm(seen[:, 1:], axis=1) == pytest.approx(seen[:, 0], rel=1e-9)


def test_lab_is_a_boost_and_a_turn():
    m, momentum, cos = 0.3, 1.2, 0.8
    energy = np.hypot(m, momentum)
    # N itself, at rest, comes out along its flight
    E, x, y, z = to_lab((1.0, 0.0, 0.0, 0.0), energy, momentum, m, cos, 0.6)
    assert (E, x, y, z) == pytest.approx((energy, 0.6 * momentum, 0.0, cos * momentum))
    E, x, y, z = to_lab((0.5, 0.3, 0.1, 0.2), energy, momentum, m, cos, 0.6)
    assert E * E - x * x - y * y - z * z == pytest.approx(m * m * (0.25 - 0.14))
