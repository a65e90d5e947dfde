"""Refinement follows contours, misses no island, and depends on nothing but values."""

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from surfaces import bump, levels, places

from scanner.curves import tracing
from scanner.refine import refinement
from scanner.refine.interpolation import fill
from scanner.refine.refinement import Rule

SIGNS = (1.0, -1.0)


def circle(n: int, radius: float, centre: float) -> np.ndarray:
    """Distance into a disc, a closed contour with a smooth surface."""
    x, y = places(n, n)
    return np.asarray((radius**2 - (x - centre) ** 2 - (y - centre) ** 2) / radius**2)[..., None]


def test_a_closed_curve_is_closed_and_right_from_few_nodes() -> None:
    z = circle(129, 40.0, 61.3)
    found = levels(z, Rule(8, 0.01))
    dense = fill(found > 0, z, 8)[..., 0]
    assert (found > 0).mean() < 0.08
    [path] = tracing.lines(dense)
    assert (path[0] == path[-1]).all()
    radius = np.hypot(*(path - 61.3).T)
    # ln(N / N_up) of the true surface at the vertices
    assert np.abs(1.0 - (radius / 40.0) ** 2).max() < 0.01


def test_without_tolerance_every_crossed_cell_is_as_small_as_the_grid() -> None:
    z = circle(65, 22.2, 30.7)
    asked = levels(z, Rule(8, 0.0)) > 0
    dense = z[..., 0]
    for axis in (0, 1):
        low, high = (np.take(dense, range(i, 64 + i), axis) for i in (0, 1))
        crossed = (low <= 0) != (high <= 0)
        known = [np.take(asked, range(i, 64 + i), axis) for i in (0, 1)]
        assert (known[0] & known[1])[crossed].all()


def test_a_larger_tolerance_asks_for_less_and_only_for_what_a_smaller_one_asks() -> None:
    z = circle(129, 40.0, 61.3)
    asked = [levels(z, Rule(8, tolerance)) > 0 for tolerance in (0.0, 0.01, 0.1)]
    assert (asked[2] <= asked[1]).all()
    assert (asked[1] <= asked[0]).all()
    assert asked[2].sum() < asked[1].sum() < asked[0].sum()


@pytest.mark.parametrize("sign", SIGNS, ids=["island", "hole"])
@pytest.mark.parametrize("sizes", [(65,), (65, 65), (33, 17, 33), (60, 37)])
@pytest.mark.parametrize("top", [0.02, 0.3, 5.0])
def test_what_no_coarse_node_touches_is_found(
    sizes: tuple[int, ...], top: float, sign: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    z = sign * bump(tuple(12.0 for _ in sizes), 4.0, top if len(sizes) > 1 else top / 9, sizes)
    coarse = z[np.ix_(*(range(0, n, 8) for n in sizes))]
    if top < 1.0:
        assert (sign * coarse < 0).all()  # between four nodes that all say no
    asked = levels(z, Rule(8, 0.01)) > 0
    assert (sign * z[asked] > 0).any()
    assert asked.mean() < 0.45
    if top < 1.0:
        monkeypatch.setattr(refinement, "ISLAND_AT_FIRST", 0.0)
        monkeypatch.setattr(refinement, "ISLAND_LATER", 0.0)
        assert not (sign * z[levels(z, Rule(8, 0.01)) > 0] > 0).any()


@settings(max_examples=60, deadline=None)
@given(
    centre=st.tuples(st.floats(0, 40), st.floats(0, 32)),
    width=st.floats(4.0, 9.0),
    top=st.floats(0.01, 30.0),
    sign=st.sampled_from(SIGNS),
)
def test_bumps_of_half_a_cell_are_found_anywhere(
    centre: tuple[float, float], width: float, top: float, sign: float
) -> None:
    z = sign * bump(centre, width, top, (41, 33))
    if (sign * z > 0).any():
        asked = levels(z, Rule(8, 0.01)) > 0
        assert (sign * z[asked] > 0).any()


def test_a_path_that_leaves_through_a_side_is_followed() -> None:
    """A tongue crosses from small cells into a large one whose four corners all agree."""
    x, y = places(33, 33)
    tongue = 1.5 - np.abs(y - 12.0) - 0.08 * np.clip(x - 8.0, 0.0, None)
    z = np.asarray(np.where(x < 8.0, 4.0 - np.abs(y - 12.0), tongue))[..., None]
    found = levels(z, Rule(8, 0.0))
    dense = fill(found > 0, z, 8)
    assert ((dense > 0) == (z > 0)).all()


def test_failed_nodes_stop_nothing_and_cost_little() -> None:
    z = circle(65, 22.2, 30.7)
    good = levels(z, Rule(8, 0.01))
    failed = z.copy()
    failed[30, 8] = failed[8:17, 32] = failed[40, 40] = np.nan
    found = levels(failed, Rule(8, 0.01))
    assert (found > 0).sum() <= (good > 0).sum() + 81
    assert ((found > 0) == (good > 0))[40:, 48:].all()
    nothing = levels(np.full((65, 65, 1), np.nan), Rule(8, 0.01))
    assert (nothing > 0).sum() == 81


def test_beyond_a_kinematic_threshold_there_is_nothing_to_look_for() -> None:
    x, y = places(65, 65)
    far = np.asarray(-5.0 - 0.1 * x - 0.02 * y)[..., None]
    far[43:] = -np.inf
    assert (levels(far, Rule(8, 0.01)) > 0).sum() == 81
    near = far + 12.0
    found = levels(near, Rule(8, 0.01)) > 0
    assert found[42:44].all()  # the contour runs along the threshold: both sides of it are known
    assert found.sum() < 600
    dense = fill(found, near, 8)
    assert (np.isneginf(dense) == np.isneginf(near)).all()


def test_each_slice_is_judged_alone_and_any_may_ask() -> None:
    one, two = circle(65, 22.2, 30.7), circle(65, 9.1, 50.2)
    both = levels(np.concatenate([one, two], -1), Rule(8, 0.01)) > 0
    for z in (one, two):
        assert (both >= (levels(z, Rule(8, 0.01)) > 0)).all()
    flat = np.full_like(one, -9.0)
    np.testing.assert_array_equal(
        levels(np.concatenate([flat, one], -1), Rule(8, 0.01)), levels(one, Rule(8, 0.01))
    )


def test_a_contour_between_two_slices_is_followed_in_pairs() -> None:
    """Mass against coupling: the limit lies between two couplings and bends with the mass."""
    [x] = places(65)
    bent = 0.3 * np.sin(x / 9.0)
    z = np.stack([bent - 0.5, bent + 0.5], axis=-1)
    pairs = np.array([[0, 1]])
    apart = levels(z, Rule(8, 0.01)) > 0
    asked = levels(z, Rule(8, 0.01), pairs) > 0
    assert asked.sum() > apart.sum()
    assert np.abs(fill(asked, z, 8) - z).max() < 0.01 < np.abs(fill(apart, z, 8) - z).max()


def test_decisions_do_not_depend_on_the_order_or_on_what_was_not_asked() -> None:
    """`levels` puts nonsense where nothing was asked; here the axes change places."""
    z = np.concatenate([circle(65, 22.2, 30.7), bump((12.0, 12.0), 4.0, 0.1, (65, 65))], -1)
    found = levels(z, Rule(8, 0.01))
    np.testing.assert_array_equal(levels(z.transpose(1, 0, 2), Rule(8, 0.01)), found.T)
    np.testing.assert_array_equal(levels(z[..., ::-1], Rule(8, 0.01)), found)


@pytest.mark.parametrize("sizes", [(1,), (1, 1), (2,), (1, 20), (2, 3), (9, 1, 9), (5, 64)])
def test_all_lengths_of_axes(sizes: tuple[int, ...]) -> None:
    z = np.asarray(sum(places(*sizes)) - 0.7 * sum(sizes) / 2)[..., None]
    found = levels(z, Rule(4, 0.0))
    dense = fill(found > 0, z, 4)
    np.testing.assert_allclose(dense, z, atol=1e-12)
    for corner in itertools.product(*((0, n - 1) for n in sizes)):
        assert found[corner] == 1
