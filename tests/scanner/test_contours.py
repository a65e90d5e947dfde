import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from scanner.curves.contours import contours, document
from scanner.curves.limits import edges

LABEL = {"experiment": "sbnd", "statistic": "cls", "confidence_level": 0.9}
MASS = np.geomspace(0.01, 1.0, 25)
COUPLING = np.geomspace(1e-8, 1e-3, 31)


def events(m, c):
    """Rate that grows as c^4 m^2 and is cut by the lifetime: a region with a tip."""
    return 1e23 * c**4 * m**2 * np.exp(-((c / 2e-4) ** 2) * (m / 0.1) ** 4)


def plane(rate, x=MASS, y=COUPLING):
    return rate(x[None, :], y[:, None])


def is_left_of(points, inside):
    """Check that a small step to the left of each segment goes to where `inside` is true."""
    logs = np.log(points)
    middle, step = (logs[1:] + logs[:-1]) / 2, np.diff(logs, axis=0)
    length = np.hypot(*step.T)
    keep = length > 1e-6
    normal = np.column_stack([-step[:, 1], step[:, 0]])[keep] / length[keep, None]
    probe = np.exp(middle[keep] + 0.02 * normal)
    return np.mean(inside(probe[:, 0], probe[:, 1]))


def test_refined_vertices_on_lines_of_fixed_mass_are_exact_roots():
    def refine(m):
        return edges(lambda c: events(m, c), 5.0, 1e-8, 1e-3)

    [path] = contours(MASS, COUPLING, plane(events), 5.0, refine=refine, **LABEL)
    [rough] = contours(MASS, COUPLING, plane(events), 5.0, **LABEL)
    on_line = np.isin(path.points[:, 0], MASS)
    assert on_line.sum() >= 30
    np.testing.assert_allclose(events(*path.points[on_line].T), 5.0, rtol=1e-8)
    # interpolated vertices are left where the path turns or ends, and nowhere else
    assert 0 < (~on_line).sum() < 15
    assert len(path.converged) == len(path.points) < len(rough.points)
    on_line = np.isin(rough.points[:, 0], MASS)
    assert np.abs(np.log(events(*rough.points[on_line].T) / 5.0)).max() > 0.1


def test_refined_islands_stay_closed():
    def island(m, c):
        return np.exp(1 - np.hypot(np.log(m / 0.1), np.log(c / 3e-6)))

    def refine(m):
        return edges(lambda c: island(m, c), 1.0, 1e-8, 1e-3)

    [path] = contours(MASS, COUPLING, plane(island), 1.0, refine=refine, **LABEL)
    assert path.closed
    assert np.all(path.points[0] == path.points[-1])
    on_line = np.isin(path.points[:, 0], MASS)
    assert on_line.sum() == 2 * np.sum(np.abs(np.log(MASS / 0.1)) < 1) + 1
    np.testing.assert_allclose(island(*path.points[on_line].T), 1.0, rtol=1e-8)


def test_a_path_that_turns_has_both_sides_and_the_excluded_region_on_its_left():
    [path] = contours(MASS, COUPLING, plane(events), 5.0, **LABEL)
    assert (path.side, path.closed) == ("both", False)
    assert is_left_of(path.points, lambda m, c: events(m, c) > 5.0) > 0.98


def test_lower_and_upper_edges():
    [lower] = contours(MASS, COUPLING, plane(lambda m, c: m * c), 1e-7, **LABEL)
    assert (lower.side, lower.closed) == ("lower", False)
    assert np.all(np.diff(lower.points[:, 0]) > 0)
    np.testing.assert_allclose(lower.points.prod(axis=1), 1e-7, rtol=1e-9)
    [upper] = contours(MASS, COUPLING, plane(lambda m, c: 1 / (m * c)), 1e7, **LABEL)
    assert upper.side == "upper"
    assert np.all(np.diff(upper.points[:, 0]) < 0)


@given(
    centre=st.tuples(st.floats(-3.8, -0.8), st.floats(-16, -9)),
    radius=st.floats(0.4, 1.0),
    sign=st.sampled_from([1, -1]),
)
def test_islands_and_holes_close_and_keep_the_excluded_region_on_the_left(centre, radius, sign):
    def rate(m, c):
        distance = np.hypot(np.log(m) - centre[0], np.log(c) - centre[1])
        return np.exp(sign * (radius - distance))

    found = contours(MASS, COUPLING, plane(rate), 1.0, **LABEL)
    closed = [path for path in found if path.closed]
    assert len(found) == 1
    for path in closed:
        assert path.side == "both"
        assert np.all(path.points[0] == path.points[-1])
        x, y = np.log(path.points).T
        area = 0.5 * np.sum(x[:-1] * y[1:] - x[1:] * y[:-1])
        assert np.sign(area) == sign


def test_masses_beyond_threshold_close_the_path_before_it():
    def rate(m, c):
        return np.where(m < 0.3, c**2 * 1e12, 0.0)

    [path] = contours(MASS, COUPLING, plane(rate), 3.0, threshold=0.3, **LABEL)
    last = MASS[MASS < 0.3][-1]
    assert last < path.points[:, 0].max() < 0.3
    [free] = contours(MASS, COUPLING, plane(rate), 3.0, **LABEL)
    assert last < free.points[:, 0].max() < MASS[MASS > 0.3][0]
    # a threshold beyond the axis changes nothing
    [same] = contours(MASS, COUPLING, plane(rate), 3.0, threshold=5.0, **LABEL)
    np.testing.assert_array_equal(same.points, free.points)
    assert contours(MASS, COUPLING, plane(rate), 3.0, threshold=0.001, **LABEL) == []


def test_unknown_points_end_a_path_and_unconverged_ones_mark_it():
    rate = plane(lambda m, c: m * c)
    unknown = rate.copy()
    unknown[:, 10] = np.nan
    found = contours(MASS, COUPLING, unknown, 1e-7, **LABEL)
    assert len(found) == 2
    flags = np.zeros(rate.shape, dtype=bool)
    flags[:, 10] = True
    [path] = contours(MASS, COUPLING, rate, 1e-7, unconverged=flags, **LABEL)
    marked = path.points[~path.converged, 0]
    assert MASS[10] in marked
    assert marked.min() >= MASS[9]
    assert marked.max() <= MASS[11]


def test_mass_mass_planes_and_huge_rates():
    found = contours(
        MASS,
        MASS,
        np.where(MASS[:, None] > MASS, np.inf, 1e-300),
        1.0,
        **LABEL,
        point={"U2_D4": 1.0},
    )
    assert len(found) == 1
    assert np.isfinite(found[0].points).all()
    assert found[0].point == {"U2_D4": 1.0}


def test_an_axis_that_reaches_zero_is_linear():
    splitting = np.linspace(-0.5, 0.5, 11)
    height = np.exp(splitting[:, None] - 0.13 + 0 * MASS)
    [path] = contours(MASS, splitting, height, 1.0, **LABEL)
    np.testing.assert_allclose(path.points[:, 1], 0.13, rtol=1e-12)
    [path] = contours(MASS, splitting, height, 1.0, refine=lambda m: [0.131], **LABEL)
    np.testing.assert_array_equal(path.points[:, 1], 0.131)
    np.testing.assert_array_equal(path.points[:, 0], MASS)


@pytest.mark.parametrize("level", [0.0, 1e9])
def test_no_change_of_sign_is_no_contour(level):
    assert contours(MASS, COUPLING, np.full((31, 25), level), 2.3, **LABEL) == []


def test_the_json_keys_are_the_contract():
    [path] = contours(MASS, COUPLING, plane(events), 5.0, **LABEL)
    result = json.loads(json.dumps(document([path], "m4", "mu_tr_mu4")))
    assert list(result) == ["x", "y", "contours"]
    keys = ["experiment", "statistic", "confidence_level", "side", "closed", "points"]
    assert list(result["contours"][0]) == keys
    np.testing.assert_array_equal(result["contours"][0]["points"], path.points)
    flags = np.ones((31, 25), dtype=bool)
    [path] = contours(
        MASS, COUPLING, plane(events), 5.0, **LABEL, unconverged=flags, point={"U2_D4": 0.5}
    )
    one = document([path], "m4", "mu_tr_mu4")["contours"][0]
    assert one["point"] == {"U2_D4": 0.5}
    assert one["converged"] == [False] * len(path.points)
