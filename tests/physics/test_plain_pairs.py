"""The plain Monte Carlo of pairs, by itself: matrix elements, angles, spectra and flights."""

from types import SimpleNamespace

import numpy as np
import plain_pairs as pairs
import pytest
from gamma_matrices import (
    GAMMA,
    LEFT,
    METRIC,
    bar,
    centre_of_mass,
    nucleon_vertex,
    slash,
    spin_vector,
    summed,
)
from gamma_matrices import GAMMA5 as G5
from plain_monte_carlo import M_E, MASS, MOMENT

from physics.experiments import load
from physics.experiments.schema import Cut, Smearing
from physics.experiments.shapes import Cylinder, Sphere

ONE = np.eye(4)
POWERS = (0, 1, 2)


def generator():
    return np.random.Generator(np.random.SFC64(7))


def flying(n, m, rng):
    """Momenta of N in random directions."""
    n_ = pairs.about(
        np.tile([0.0, 0.0, 1.0], (n, 1)), 2 * rng.random(n) - 1, 2 * np.pi * rng.random(n)
    )
    size = rng.exponential(size=n)
    return np.column_stack([np.sqrt(size**2 + m * m), size[:, None] * n_])


def traced(N, s, nu, minus, plus, m, ml):
    """|M|^2 summed over spins but that of N, for unit couplings and propagator."""
    first = np.einsum("ij,ajk->aik", slash(nu), GAMMA @ LEFT)
    spin = (slash(N) + m * ONE) @ (ONE + G5 @ slash(s)) / 2
    conjugate = np.array([bar(x @ LEFT) for x in GAMMA])
    H = np.einsum("aij,jk,bki->ab", first, spin, conjugate)
    one, two = slash(minus) + ml * ONE, slash(plus) - ml * ONE
    L = np.einsum("ij,ajk,kl,bli->ab", one, GAMMA, two, np.array([bar(x) for x in GAMMA]))
    return np.einsum("ab,ac,bd,cd->", H, METRIC, METRIC, L)


@pytest.mark.parametrize("helicity", [-1, 1])
@pytest.mark.parametrize(
    ("m", "mzprime", "lepton"), [(0.1, 0.03, "e"), (0.3, 0.9, "e"), (0.4, 0.6, "mu")]
)
def test_matrix_element_is_the_trace_in_any_frame(m, mzprime, lepton, helicity):
    rng, n, ml = generator(), 30, pairs.LEPTON[lepton]
    h = np.full(n, float(helicity))
    rest = pairs.rest_frame(m, h, ml, rng, mzprime=mzprime)
    N = flying(n, m, rng)
    lab = pairs.in_flight(rest, N, m)
    assert lab.sum(0) == pytest.approx(N, rel=1e-11, abs=1e-14)
    for p, mass in zip(lab, (0.0, ml, ml), strict=True):
        assert np.abs(pairs.dot(p, p) - mass**2).max() < 1e-12 * N[:, 0].max() ** 2
    s = np.array([spin_vector(p, m, helicity) for p in N])
    ours = pairs.squared(N - m * s, *lab, ml)
    standing = m * np.array([1.0, 0.0, 0.0, -helicity])
    assert ours == pytest.approx(pairs.squared(standing, *rest, ml), rel=1e-8)
    expected = np.array([traced(*each, m, ml) for each in zip(N, s, *lab, strict=True)])
    assert np.abs(expected.imag).max() < 1e-9 * np.abs(expected).max()
    assert 8 * ours == pytest.approx(expected.real, rel=1e-7)


@pytest.mark.parametrize("name", ["C12", "p", "n"])
@pytest.mark.parametrize(("E", "m", "mzprime"), [(0.4, 0.1, 0.03), (1.0, 0.3, 1.25)])
def test_cross_section_and_share_are_the_traces(name, E, m, mzprime):
    M = MASS[name]
    low, high = pairs.q2_range(E, m, M)
    Q2 = low * (high / low) ** np.array([0.2, 0.6, 0.8])
    total, share = pairs.dsigma(E, Q2, m, mzprime, name)
    for i in range(3):
        momenta = centre_of_mass(np.float64(E), Q2[i], m, M)
        if name == "C12":
            q, F2 = pairs.form_factor(name)
            GM, F = 6 * np.sqrt(np.interp(np.sqrt(Q2[i]), q, F2)), 0.0
        else:
            charge, moment = MOMENT[name]
            D = (1 + Q2[i] / 0.843**2) ** -2
            GM, F = moment * D, (moment - charge) * D / (1 + Q2[i] / (4 * M * M))
        vertex = nucleon_vertex(momenta[3] - momenta[1], M, GM - F, F)
        found = np.array(
            [summed(GAMMA @ LEFT, vertex, vertex, momenta, m, M, h).real for h in (-1, 1)]
        )
        norm = pairs.HBARC2 / (32 * np.pi * (2 * M * E) ** 2 * (Q2[i] + mzprime**2) ** 2)
        assert total[i] == pytest.approx(norm * found.sum(), rel=1e-7)
        assert share[i] == pytest.approx(found[1] / found.sum(), rel=1e-5, abs=1e-9)


@pytest.mark.parametrize("helicity", [-1, 1])
@pytest.mark.parametrize("ratio", [0.1, 0.5, 0.9])
def test_asymmetry_and_energy_of_a_dark_photon_on_shell(ratio, helicity):
    rng, n, m = generator(), 200_000, 0.2
    mzprime = ratio * m
    momenta = pairs.rest_frame(m, np.full(n, float(helicity)), M_E, rng, mzprime=mzprime)
    q = momenta[1] + momenta[2]
    assert np.sqrt(pairs.dot(q, q)) == pytest.approx(mzprime, rel=1e-6)
    cos = q[:, 3] / np.linalg.norm(q[:, 1:], axis=1)
    a = (1 - 2 * ratio**2) / (1 + 2 * ratio**2)
    error = 1 / np.sqrt(3 * n)
    assert abs(cos.mean() - helicity * a / 3) < 4 * error
    # and so backward for the helicity of neutrinos, if it is light
    assert np.sign(cos.mean()) == helicity * np.sign(a)
    N = np.tile([np.hypot(0.7, m), 0.42, 0.0, 0.56], (n, 1))
    energy, size = (m * m + mzprime**2) / (2 * m), (m * m - mzprime**2) / (2 * m)
    expected = (N[0, 0] * energy + 0.7 * size * helicity * a / 3) / m
    lab = pairs.in_flight(momenta, N, m)
    assert abs((lab[1] + lab[2])[:, 0].mean() - expected) < 4 * error * 0.7 * size / m
    assert lab[0, :, 0].mean() == pytest.approx(N[0, 0] - (lab[1] + lab[2])[:, 0].mean(), rel=1e-9)


@pytest.mark.parametrize(
    ("m", "mzprime", "ml"), [(0.2, 0.03, M_E), (0.2, 1.25, M_E), (0.4, 0.23, 0.1056583755)]
)
def test_accepted_events_are_the_weighted_ones(m, mzprime, ml):
    rng, n = generator(), 200_000
    if mzprime < m:
        q2 = np.full(n, mzprime**2)
    else:
        q2 = m * m * pairs.squared_masses(m, ml, (mzprime / m) ** 2, 2, n, rng)
    flat, h = pairs.chain(m, q2, ml, rng), np.full(n, -1.0)
    weight = pairs.chain_chance(m, q2, ml, h, flat)
    assert weight.min() >= 0
    assert weight.max() <= 1
    accepted = pairs.rest_frame(m, h, ml, rng, mzprime=mzprime)
    # how the pair shares its energy, and where a lepton goes: both lean on the polarisation
    for measure in (
        lambda p: np.abs(p[1][:, 0] - p[2][:, 0]) / (p[1][:, 0] + p[2][:, 0]),
        lambda p: p[1][:, 3] / np.linalg.norm(p[1][:, 1:], axis=1),
    ):
        value, ours = measure(flat), measure(accepted)
        expected = np.average(value, weights=weight)
        spread = (weight * (value - expected)).std() / np.sqrt(n) / weight.mean()
        assert abs(ours.mean() - expected) < 4 * np.hypot(spread, ours.std() / np.sqrt(n))


@pytest.mark.parametrize("power", POWERS)
@pytest.mark.parametrize(
    ("m", "mzprime", "ml", "chi"),
    [(0.14, 1.25, M_E, 1.0), (0.3, 0.31, M_E, 1.0), (0.5, 0.6, 0.1056583755, 1.0),
     (0.3, 0.6, 0.1056583755, -0.8)],
)  # fmt: skip
def test_spectrum_of_three_body_decays(m, mzprime, ml, chi, power):
    n, h = 100_000, -np.ones(100_000)
    least, r = 4 * (ml / m) ** 2, (m / mzprime) ** 2
    edges = least + (1 - least) * np.linspace(0, 1, 21)
    fine = (least + (1 - least) * (np.arange(200_000) + 0.5) / 200_000).reshape(20, -1)
    # without chi this is (1 + 2y)(1 + least/2y)
    density = (1 + 2 * fine) * (1 + least / (2 * fine)) - 1.5 * (1 - chi) * least
    density *= (1 - fine) ** 2 * np.sqrt(1 - least / fine) / (1 - r * fine) ** power
    expected = n * density.sum(1) / density.sum()
    used = expected > 20
    for aligned in (True, False):
        momenta = pairs.rest_frame(
            m, h, ml, generator(), mzprime=mzprime, power=power, chi=chi, aligned=aligned
        )
        q = momenta[1] + momenta[2]
        found = np.histogram(pairs.dot(q, q) / m**2, edges)[0]
        chi2 = ((found - expected) ** 2 / expected)[used].sum()
        assert chi2 < used.sum() + 5 * np.sqrt(2 * used.sum())


def test_published_samples_turn_the_pair_or_forget_its_polarisation():
    n, m = 200_000, 0.2
    mean = {}
    for sense in (1, -1):
        for aligned in (True, False):
            momenta = pairs.rest_frame(
                m, -np.ones(n), M_E, generator(), mzprime=0.1, sense=sense, aligned=aligned
            )
            q = momenta[1] + momenta[2]
            cos = q[:, 3] / np.linalg.norm(q[:, 1:], axis=1)
            # along the Z', of the lepton's momentum in its rest frame
            half = (momenta[1] - momenta[2])[:, 0] / np.linalg.norm(q[:, 1:], axis=1)
            mean[sense, aligned] = cos.mean(), (half**2).mean()
    a = (1 - 2 * 0.25) / (1 + 2 * 0.25)
    for (sense, aligned), (cos, square) in mean.items():
        assert cos == pytest.approx(-sense * a / 3, abs=4 / np.sqrt(3 * n))
        # longitudinal : transverse = 1 : 2 r^2 with sin^2 and (1 + cos^2)/2 of the lepton
        expected = (0.2 + 0.5 * 0.4) / (1 + 0.5) if aligned else 1 / 3
        assert square == pytest.approx(expected, abs=0.003)


def test_cylinder_is_crossed_where_it_contains_the_ray():
    rng, n = generator(), 2000
    volume = SimpleNamespace(shape=Cylinder(radius_cm=2.0, length_cm=5.0), centre_cm=(0.5, 0, 1.0))
    x, d = 4 * rng.standard_normal((n, 3)), flying(n, 1.0, rng)[:, 1:]
    d /= np.linalg.norm(d, axis=1, keepdims=True)
    near, far = pairs.ahead(volume, x, d)
    steps = (np.arange(4000) + 0.5) * 0.01
    points = (x[:, None] + steps[:, None] * d[:, None] - np.array(volume.centre_cm)).reshape(-1, 3)
    length = 0.01 * volume.shape.contains(points).reshape(n, -1).sum(1)
    assert np.abs(far - near - length).max() < 0.03
    assert 0.1 < (far > near).mean() < 0.9


@pytest.mark.parametrize(("first", "second"), [(3.0, 1e-9), (3.0, 2.0), (300.0, 5.0), (1e-6, 4.0)])
def test_flight_of_the_dark_photon(first, second):
    rng, n = generator(), 200_000
    volumes = [SimpleNamespace(shape=Sphere(radius_cm=3.0), centre_cm=(0.0, 0.0, 1.0))]
    x = np.tile([0.3, 0.0, -7.0], (n, 1))
    along = np.tile([0.0, 0.0, 1.0], (n, 1))
    d, after = (
        pairs.about(along, 1 - 0.2 * rng.random(n), 2 * np.pi * rng.random(n)) for _ in range(2)
    )
    chance = pairs.inside_after(volumes, x, d, first, after, second, rng)
    end = x + (first * rng.exponential(size=n))[:, None] * d
    end = end + (second * rng.exponential(size=n))[:, None] * after
    hit = volumes[0].shape.contains(end - np.array(volumes[0].centre_cm))
    error = np.hypot(hit.std(), chance.std()) / np.sqrt(n)
    assert abs(chance.mean() - hit.mean()) < 4 * error
    if second < 1e-6:
        straight = pairs.inside(volumes, x, d, first)
        assert abs(straight.mean() - chance.mean()) < 4 * chance.std() / np.sqrt(n)


def two(E1, n1, E2, n2):
    """Two massless momenta, as arrays of one event."""
    return [
        np.array([[E, *(E * np.array(n) / np.linalg.norm(n))]]) for E, n in ((E1, n1), (E2, n2))
    ]


def test_observables_of_a_pair_by_hand():
    seen = pairs.observables(*two(0.5, (0, 0, 1), 0.5, (1, 0, 0)), None, generator())
    expected = {
        "E_vis": 1.0, "cos_theta": np.sqrt(0.5), "theta_pair": np.pi / 2, "m_pair": np.sqrt(0.5),
        "p_vis": np.sqrt(0.5), "E_theta2": (np.pi / 4) ** 2, "t": 0.25 + 0.25,
    }  # fmt: skip
    for name, value in expected.items():
        assert seen[name][0] == pytest.approx(value, rel=1e-12), name


def test_masses_of_leptons_are_dropped_with_a_resolution():
    rng, n, ml = generator(), 1000, pairs.LEPTON["mu"]
    momenta = pairs.rest_frame(0.4, np.full(n, -1.0), ml, rng, mzprime=0.3)
    _, minus, plus = pairs.in_flight(momenta, flying(n, 0.4, rng), 0.4)
    assert pairs.observables(minus, plus, None, rng)["m_pair"] == pytest.approx(0.3, rel=1e-6)
    perfect = Smearing(
        energy_stochastic=0.0, energy_constant=0.0, angle_constant_deg=0.0, angle_log_deg=0.0
    )
    seen = pairs.observables(minus, plus, perfect, rng)
    E = 2 * np.sqrt(minus[:, 0] * plus[:, 0])
    assert seen["m_pair"] == pytest.approx(E * np.sin(seen["theta_pair"] / 2), rel=1e-6)


def test_resolution_of_each_lepton():
    n = 200_000
    smearing = Smearing(
        energy_stochastic=0.1, energy_constant=0.01, angle_constant_deg=2.0, angle_log_deg=1.0
    )
    p = np.tile(0.25 * np.array([1.0, 0.6, 0.0, 0.8]), (n, 1))
    E, direction = pairs.smeared(p, smearing, generator())
    assert E.std() == pytest.approx(0.06, rel=0.01)
    theta = np.arctan2(direction[:, 0], direction[:, 2])
    assert np.degrees(theta.std()) == pytest.approx(2 + np.log(4), rel=0.01)
    assert theta.mean() == pytest.approx(np.arctan2(0.6, 0.8), abs=1e-3)
    assert not direction[:, 1].any()


def test_pairs_merge_by_angle_by_share_or_by_the_table():
    near = pairs.observables(*two(0.5, (0, 0, 1), 0.5, (0.1, 0, 1)), None, generator())
    wide = pairs.observables(*two(0.5, (0, 0, 1), 0.5, (1, 0, 1)), None, generator())
    uneven = pairs.observables(*two(0.02, (0, 0, 1), 0.5, (1, 0, 1)), None, generator())
    rule = {"opening_angle_deg": 13.0, "least_energy_GeV": 0.03}
    assert [pairs.merged(x, rule)[0] for x in (near, wide, uneven)] == [True, False, True]
    # r is sqrt((1 - cos)^2/4 + (1 - E_max/E)^2): 0.5000, 0.521, 0.151
    rule = SimpleNamespace(energy_GeV=(0.1, 2.0), r=(0.51, 0.51), opening_angle_deg=None)
    assert [pairs.merged(x, rule)[0] for x in (near, wide, uneven)] == [True, False, True]
    assert pairs.merged(wide, None)[0]


def test_acceptance_of_everything_is_one_and_of_cuts_their_product():
    experiment = load("microboone")
    plain = SimpleNamespace(
        smearing=None, efficiency=SimpleNamespace(energy_GeV=(1.0,), value=(1.0,)),
        selection=(), merging=None,
    )  # fmt: skip
    setup = SimpleNamespace(
        beam=experiment.beam, targets=experiment.targets, exposure_pot=experiment.exposure_pot,
        decay_volumes=experiment.targets, signature=plain,
    )  # fmt: skip
    found = pairs.acceptance(setup, 0.1, 0.03, "Ar40", [1e-6, 1.0, 1e8], 20_000, 1)
    assert found["selected"] == 1
    assert found["acceptance"][0] == pytest.approx(1, abs=1e-5)
    assert 0.9 < found["acceptance"][1] < 1
    assert found["acceptance"][2] < 1e-4
    plain.selection = (Cut(observable="E_vis", min=0.14, max=3.0),)
    half = pairs.acceptance(setup, 0.1, 0.03, "Ar40", [1e-6], 20_000, 1)
    assert half["flow"]["0.14 < E_vis < 3"] == half["selected"]
    assert half["acceptance"][0] == pytest.approx(half["selected"], rel=1e-4)
    # a displaced Z' leaves the detector
    away = pairs.acceptance(setup, 0.1, 0.03, "Ar40", [1e-6], 20_000, 1, ctau_2=100.0)
    assert away["acceptance"][0] < 0.5 * half["acceptance"][0]
