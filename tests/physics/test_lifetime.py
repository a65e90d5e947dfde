"""The response at every lifetime, against direct sums of exponentials over the same paths."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from physics import lifetime
from physics.kernel import _record
from physics.lifetime import BINS, CTAU_NODES_CM, U_CENTRES_CM


def histogram(near, far, weight):
    """Record decay intervals (proper lengths in cm) as the event loop does."""
    h = np.zeros((1, 1, 2, BINS))
    for interval in zip(near, far, weight, strict=True):
        _record(h, 0, 0, *interval)
    return h[0]


def direct(near, far, weight, ctau_cm):
    """Sum of weight x probability to decay between near and far."""
    x, y = np.divide.outer(near, ctau_cm), np.divide.outer(far, ctau_cm)
    return weight @ (np.exp(-x) * -np.expm1(x - y))


def intervals(seed, upstream, n=4000):
    """Random paths of a few metres and boosts of a few, in or ahead of the volume."""
    rng = np.random.default_rng(seed)
    boost = rng.lognormal(1.0, 0.8, n)
    near = rng.uniform(100.0, 5000.0, n) if upstream else np.zeros(n)
    far = near + 1000 * rng.random(n) ** (1 / 3)
    return near / boost, far / boost, rng.lognormal(0.0, 0.5, n)


@pytest.mark.parametrize("seed", range(4))
def test_paths_from_inside_at_every_lifetime(seed):
    paths = intervals(seed, upstream=False)
    ours, expected = lifetime.at_nodes(histogram(*paths))[0], direct(*paths, CTAU_NODES_CM)
    assert ours == pytest.approx(expected, rel=3e-4)


@pytest.mark.parametrize("seed", range(4))
def test_paths_from_upstream_at_every_lifetime_that_matters(seed):
    paths = intervals(seed, upstream=True)
    ours, expected = lifetime.at_nodes(histogram(*paths))[0], direct(*paths, CTAU_NODES_CM)
    # far below the maximum the curvature of exp(-x) within a bin shows: x^2 width^2 / 24
    for depth, tolerance in ((0.4, 3e-4), (0.1, 8e-4), (1e-2, 2e-3), (1e-5, 2e-2)):
        matters = expected > depth * expected.max()
        assert matters.sum() > 15
        assert ours[matters] == pytest.approx(expected[matters], rel=tolerance)


@settings(deadline=None)
@given(u=st.floats(1e-3, 1e6), ctau=st.floats(1e-4, 1e8))
def test_one_path_to_second_order(u, ctau):
    h = histogram([0.0], [u], [1.0])
    x = u / ctau
    width = np.log(10) / lifetime.BINS_PER_DECADE
    error = abs(lifetime.at_ctau(h[0], ctau) - (-np.expm1(-x)))
    assert error <= x * x * np.exp(-0.9 * x) * width**2 / 4 + 1e-15


def test_direct_evaluation_is_that_of_the_nodes():
    h = histogram(*intervals(1, upstream=True))
    nodes = lifetime.at_nodes(h)[0]
    each = [float(lifetime.at_ctau(h[0], c)) for c in CTAU_NODES_CM]
    assert nodes == pytest.approx(each, rel=1e-9, abs=1e-12 * nodes.max())


@pytest.mark.parametrize("upstream", [False, True])
def test_interpolation_between_nodes(upstream):
    h = histogram(*intervals(2, upstream=upstream))
    nodes = lifetime.at_nodes(h)[0]
    ctau = np.geomspace(1e-5, 1e9, 997)
    exact = np.array([float(lifetime.at_ctau(h[0], c)) for c in ctau])
    matters = exact > 1e-3 * exact.max() if upstream else np.ones(len(ctau), bool)
    ours = lifetime.interpolate(nodes, ctau)
    assert ours[matters] == pytest.approx(exact[matters], rel=1e-3)
    assert lifetime.interpolate(nodes, CTAU_NODES_CM[50]) == pytest.approx(nodes[50], rel=1e-12)


def test_limits_of_short_and_long_lifetimes():
    near, far, weight = intervals(3, upstream=False)
    nodes = lifetime.at_nodes(histogram(near, far, weight))[0]
    assert lifetime.interpolate(nodes, 1e-30) == pytest.approx(weight.sum(), rel=1e-12)
    long = np.array([1e11, 1e15, 1e30])
    assert lifetime.interpolate(nodes, long) * long == pytest.approx(weight @ far, rel=1e-4)
    assert lifetime.interpolate(nodes, np.inf) == 0.0


def test_nothing_from_upstream_when_it_decays_at_once():
    nodes = lifetime.at_nodes(histogram(*intervals(3, upstream=True)))[0]
    assert nodes[0] < 1e-12 * nodes.max()
    assert (nodes >= 0).all()
    assert (lifetime.interpolate(nodes, np.geomspace(1e-9, 1e12, 500)) >= 0).all()


@settings(deadline=None)
@given(u=st.one_of(st.just(0.0), st.floats(1e-12, 1e12)))
def test_every_length_has_a_bin(u):
    h = histogram([0.0], [u], [2.0])
    (index,) = np.flatnonzero(h[0, 0])
    assert h[0, 0, index] == 2.0
    if U_CENTRES_CM[0] < u < U_CENTRES_CM[-1]:
        assert abs(np.log10(U_CENTRES_CM[index] / u)) <= 0.5 / lifetime.BINS_PER_DECADE + 1e-12
