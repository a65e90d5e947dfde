"""Lifetimes of a second flight: nodes and what is between them."""

import numpy as np
import pytest

from physics.errors import InputError
from physics.second_lifetime import NODES_CM, ONE_FLIGHT, interpolate, needed


def inside(ctau, near=5.0, far=300.0):
    """Part that decays between two lengths."""
    return np.exp(-near / ctau) - np.exp(-far / ctau)


def test_nodes_that_are_needed():
    assert needed([1e-9, 1e-5]) == ONE_FLIGHT
    assert needed(np.inf) == tuple(NODES_CM[-4:])
    wide = needed([1e-5, 1.0, 1e3])
    assert wide[0] == 0.0
    assert wide[1] < 1.0 < 1e3 < wide[-1]
    assert set(wide[1:]) <= set(NODES_CM)


@pytest.mark.parametrize("ctau", [0.013, 0.4, 3.0, 47.0, 1e3, 5e5, 2e9])
def test_a_flight_through_a_detector(ctau):
    nodes = needed(ctau)
    values = np.array([inside(c) for c in nodes])
    if inside(ctau) > 1e-2:
        assert interpolate(values, nodes, ctau) == pytest.approx(inside(ctau), rel=0.01)
    if ctau > 1e3:
        assert interpolate(values, nodes, ctau) == pytest.approx(inside(ctau), rel=1e-3)


def test_all_nodes_or_few_make_no_difference():
    ctau = np.array([[1e-4, 0.1, 1.0], [30.0, 1e3, 1e6]])
    every = (0.0, *NODES_CM)
    values = np.array([[1.0, *inside(NODES_CM)], [0.5, *(-inside(NODES_CM))]])[..., None, None]
    values = np.broadcast_to(values, (2, len(every), *ctau.shape))
    found = interpolate(values, every, ctau)
    for place in np.ndindex(ctau.shape):
        nodes = needed(ctau[place])
        own = values[:, [every.index(n) for n in nodes], 0, 0]
        assert np.array_equal(interpolate(own, nodes, ctau[place]), found[:, *place])
    assert found[:, 0, 0].tolist() == [1.0, 0.5]


def test_a_node_is_its_value():
    nodes = needed([1.0, 50.0])
    values = np.arange(1.0, len(nodes) + 1)
    for node, value in zip(nodes[1:-2], values[1:-2], strict=True):
        assert interpolate(values, nodes, node) == pytest.approx(value, rel=1e-9)


@pytest.mark.parametrize(
    ("nodes", "ctau"), [(ONE_FLIGHT, 1.0), (needed(1.0), 1e-4), (needed(1.0), 1e4)]
)
def test_lifetimes_that_are_not_there(nodes, ctau):
    with pytest.raises(InputError, match="there are no responses for a Z' of c tau = "):
        interpolate(np.ones(len(nodes)), nodes, ctau)
