"""Exact production, against small steps and the plain vegas integrator."""

import numpy as np
import pytest
import vegas
from hypothesis import given, settings
from hypothesis import strategies as st

from physics.beams import load
from physics.events import Map, production
from physics.quadrature import cross_section, evaluate, folded, tabulate
from physics.streams import stream, target
from physics.upscattering import differential, q2_limits, threshold

TARGETS = ["C12", "Ar40", "Si28", "Pb208", "p", "n"]


def summed(E, m, packed, steps=20000):
    """Both cross-sections by many small steps in ln Q2."""
    low, high = q2_limits(E, m, packed.M)
    step = np.log(high / low) / steps
    Q2 = low * np.exp(step * (np.arange(steps) + 0.5))
    return step * Q2 @ np.array([differential(E, x, m, *packed[:5]) for x in Q2])


@pytest.mark.parametrize("name", TARGETS)
@pytest.mark.parametrize("m", [0.01, 0.1, 0.4, 1.0])
def test_cross_sections(name, m):
    packed = stream(target(name), m, 0.025, 7.0)
    for E in (0.3, 0.9, 3.0, 7.0):
        if 1.01 * threshold(m, packed.M) < E:
            expected = summed(E, m, packed)
            ours = np.array(cross_section(E, m, packed))
            assert ours == pytest.approx(expected, rel=2e-4, abs=1e-5 * expected.sum())


@settings(deadline=None, max_examples=60)
@given(m=st.floats(0.005, 1.5), name=st.sampled_from(TARGETS), fraction=st.floats(0.001, 1.0))
def test_table_in_energy(m, name, fraction):
    packed = stream(target(name), m, 0.025, 7.25)
    table = tabulate(m, packed)
    E = packed.E_min + (packed.E_max - packed.E_min) * fraction
    ours, expected = np.array(evaluate(E, table)), np.array(cross_section(E, m, packed))
    largest = sum(cross_section(7.25, m, packed))
    assert ours == pytest.approx(expected, rel=1e-3, abs=1e-5 * largest)


@pytest.mark.parametrize(
    ("beam", "name", "m"),
    [
        ("bnb_at_miniboone", "C12", 0.05), ("bnb_at_miniboone", "p", 0.47),
        ("bnb_at_miniboone", "Si28", 0.2), ("bnb_at_sbnd", "Ar40", 0.3),
        ("bnb_at_microboone", "Ar40", 1.0), ("bnb_at_microboone", "n", 0.7),
    ],
)  # fmt: skip
def test_folded_with_the_flux(beam, name, m):
    flux = load(beam).flux
    packed = stream(target(name), m, flux.energy[0], flux.energy[-1])
    values = np.column_stack([flux.values["nu_mu"], flux.values["nu_e"]])
    ours = folded(flux.energy, values, tabulate(m, packed))
    # fine steps, crowded at threshold
    t = (np.arange(6000) + 0.5) / 6000
    E = packed.E_min + (packed.E_max - packed.E_min) * t**2
    width = (packed.E_max - packed.E_min) * 2 * t / 6000
    sigma = np.array([cross_section(e, m, packed) for e in E])
    for column, projectile in enumerate(("nu_mu", "nu_e")):
        expected = (flux.at(projectile, E) * width) @ sigma
        # a helicity that hardly occurs is part of the interpolation of both
        assert ours[column] == pytest.approx(expected, rel=1e-3, abs=1e-5 * expected.sum())
        assert ours[column].sum() == pytest.approx(expected.sum(), rel=3e-4)


@pytest.mark.parametrize(("name", "m"), [("C12", 0.1), ("p", 0.4), ("Ar40", 0.02)])
def test_plain_vegas_on_the_same_kernel(name, m):
    flux = load("bnb_at_miniboone").flux
    packed = stream(target(name), m, flux.energy[0], flux.energy[-1])
    identity = Map(np.array([[0.0, 1.0]] * 2), np.ones((2, 1)), np.ones(2, dtype=np.int64))
    scale = 1 / folded(flux.energy, flux.values["nu_mu"][:, None], tabulate(m, packed)).sum()

    @vegas.lbatchintegrand
    def integrand(x):
        events = [production(a, b, m, packed, identity) for a, b in x]
        return scale * np.array([flux.at("nu_mu", E) * (c + f) for E, _, c, f in events])

    integrator = vegas.Integrator(
        [[0, 1], [0, 1]], ran_array_generator=np.random.default_rng(3).random
    )
    integrator(integrand, nitn=5, neval=1500)
    result = integrator(integrand, nitn=8, neval=4000)
    assert result.sdev < 2e-3
    assert result.mean == pytest.approx(1.0, abs=5 * result.sdev)


def test_nothing_below_threshold():
    packed = stream(target("p"), 5.0, 0.1, 7.0)
    assert packed.E_min >= packed.E_max
    table = tabulate(5.0, packed)
    assert not table.coefficients.any()
    assert not folded(np.array([0.1, 7.0]), np.ones((2, 1)), table).any()
    assert cross_section(1.0, 5.0, packed) == (0.0, 0.0)
