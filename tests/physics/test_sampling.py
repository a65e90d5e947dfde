"""Where events are drawn: pure functions of names, masses and the seed."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from physics.beams import load
from physics.events import DIMENSIONS, mapped, production
from physics.quadrature import folded, tabulate
from physics.sampling import (
    ANCHORS_PER_DECADE,
    anchor,
    base_points,
    shifts,
    stable_words,
    trained_map,
)
from physics.streams import stream, target

ENVELOPE = load("bnb_at_miniboone").envelope
mass = st.floats(1e-4, 1e3)


def test_words_are_those_of_sha256():
    # first 16 bytes of the digest of "bnb|C12|0.1", little end first
    assert stable_words("bnb", "C12", 0.1) == (1850842078, 2650426194, 3606456278, 825408147)


def used(mapping):
    """Nodes of a map that are in use; the rest of its array has no meaning."""
    return np.concatenate([mapping.grid[a, : n + 1] for a, n in enumerate(mapping.number)])


def fingerprint():
    """One shift and one map, as text."""
    trained = trained_map.__wrapped__(7, "g", "p", 0.1, load("bnb_at_miniboone").envelope)
    return shifts(7, "g", "p", (0.1,), 16).tobytes().hex() + used(trained).tobytes().hex()


def test_shifts_and_maps_are_the_same_in_a_fresh_process():
    program = (
        "import sys; sys.path.insert(0, sys.argv[1]);"
        "import test_sampling; print(test_sampling.fingerprint())"
    )
    command = [sys.executable, "-c", program, str(Path(__file__).parent)]
    run = subprocess.run(command, check=True, capture_output=True, text=True)
    assert run.stdout.strip() == fingerprint()


@settings(deadline=None)
@given(m=mass, n=st.integers(1, 64))
def test_shifts_depend_on_what_they_should(m, n):
    m = float(f"{m:.12g}")
    base = shifts(1, "g", "p", (m,), 64)
    assert base.shape == (64, DIMENSIONS)
    assert ((base >= 0) & (base < 1)).all()
    assert np.array_equal(shifts(1, "g", "p", (m * (1 + 1e-15),), n), base[:n])
    others = [
        (2, "g", "p", (m,)),
        (1, "h", "p", (m,)),
        (1, "g", "n", (m,)),
        (1, "g", "p", (2 * m,)),
    ]
    for other in others:
        assert not np.isin(shifts(*other, n), base).any()


def test_shifts_are_uniform_and_independent():
    sample = np.concatenate([shifts(s, "g", "p", (0.1,), 256) for s in range(40)])
    assert sample.mean(0) == pytest.approx(0.5, abs=0.015)
    assert sample.var(0) == pytest.approx(1 / 12, rel=0.05)
    correlation = np.corrcoef(sample.T) - np.eye(DIMENSIONS)
    assert np.abs(correlation).max() < 0.05


@pytest.mark.parametrize("power", [3, 9, 14])
def test_base_points_are_a_prefix_and_a_net(power):
    points = base_points(2**power)
    assert np.array_equal(points, base_points(2 ** (power + 1))[: 2**power])
    # one point in each of 2^power equal slices of every axis
    slices = np.sort((points * 2**power).astype(int), axis=0)
    assert np.array_equal(slices, np.tile(np.arange(2**power)[:, None], DIMENSIONS))
    assert not points.flags.writeable


@settings(deadline=None)
@given(m=mass)
def test_anchor_is_the_nearest_on_a_log_lattice(m):
    a = anchor(m)
    assert abs(np.log10(a / m)) <= 0.5 / ANCHORS_PER_DECADE + 1e-9
    assert anchor(a) == a
    j = np.log10(a) * ANCHORS_PER_DECADE
    assert j == pytest.approx(round(j), abs=1e-9)


def test_trained_map_is_reproducible_and_covers_the_square():
    first = trained_map.__wrapped__(1, "g", "C12", 0.1, ENVELOPE)
    again = trained_map.__wrapped__(1, "g", "C12", 0.1, ENVELOPE)
    other = trained_map.__wrapped__(2, "g", "C12", 0.1, ENVELOPE)
    assert np.array_equal(used(first), used(again))
    assert not np.array_equal(used(first), used(other))
    for axis in range(2):
        n = first.number[axis]
        assert (first.increments[axis, :n] > 0).all()
        assert first.increments[axis, :n].sum() == pytest.approx(1.0, abs=1e-12)
        assert (mapped(0.0, axis, first)[0], mapped(1.0, axis, first)[0]) == pytest.approx((0, 1))


def test_jacobian_is_the_slope_of_the_map():
    mapping = trained_map(1, "g", "C12", 0.1, ENVELOPE)
    for axis in range(2):
        for x in (0.0137, 0.31, 0.777):
            slope = (mapped(x + 1e-7, axis, mapping)[0] - mapped(x - 1e-7, axis, mapping)[0]) / 2e-7
            assert slope == pytest.approx(mapped(x, axis, mapping)[1], rel=1e-6)


@pytest.mark.parametrize("name", ["C12", "p", "n"])
def test_map_flattens_the_integrand_at_a_mass_beside_its_anchor(name):
    m = 0.105
    packed = stream(target(name), m, ENVELOPE.energy_GeV[0], ENVELOPE.energy_GeV[-1])
    mapping = trained_map(1, "g", name, anchor(m), ENVELOPE)
    spectrum = np.array(ENVELOPE.weight)
    x = np.random.default_rng(2).random((20000, 2))
    events = np.array([production(a, b, m, packed, mapping) for a, b in x])
    weights = events[:, 2:].sum(1) * np.interp(events[:, 0], ENVELOPE.energy_GeV, spectrum)
    exact = folded(np.array(ENVELOPE.energy_GeV), spectrum[:, None], tabulate(m, packed)).sum()
    spread = weights.std() / weights.mean()
    assert weights.mean() == pytest.approx(exact, rel=5 * spread / np.sqrt(len(x)))
    assert spread < 1.0


def test_flat_map_below_threshold():
    mapping = trained_map(1, "g", "p", 100.0, ENVELOPE)
    assert mapped(0.3, 0, mapping) == (pytest.approx(0.3), pytest.approx(1.0))
