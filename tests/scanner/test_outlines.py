import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from matplotlib.path import Path

from scanner.curves.contours import contours
from scanner.curves.outlines import outlines

LABEL = {"experiment": "sbnd", "statistic": "cls", "confidence_level": 0.9}
MASS = np.geomspace(0.01, 1.0, 60)
COUPLING = np.geomspace(1e-8, 1e-3, 61)
FRAME = (0.01, 1.0, 1e-8, 1e-3)


def coordinates(m, c):
    """Fractions of the frame."""
    return np.log(m / 0.01) / np.log(100), np.log(c / 1e-8) / np.log(1e5)


def wavy(phases, offset):
    """A smooth random height with several regions that touch every side of the frame."""

    def rate(m, c):
        u, v = coordinates(m, c)
        total = offset
        for k, (p, q) in enumerate(phases, start=1):
            total = total + np.sin(2.1 * k * u + p) * np.cos(1.7 * k * v + q)
        return np.exp(2 * total)

    return rate


def filled(polygons, points):
    """Non-zero winding of all polygons together."""
    winding = np.zeros(len(points))
    for polygon in polygons:
        logs = np.log(polygon)
        area = np.sum(logs[:-1, 0] * logs[1:, 1] - logs[1:, 0] * logs[:-1, 1])
        winding += np.sign(area) * Path(logs).contains_points(np.log(points))
    return winding > 0


PHASE = st.tuples(st.floats(0, 6.28), st.floats(0, 6.28))


@given(phases=st.tuples(PHASE, PHASE, PHASE), offset=st.floats(-0.7, 0.7))
def test_polygons_cover_what_is_excluded_and_nothing_else(phases, offset):
    rate = wavy(phases, offset)
    found = contours(MASS, COUPLING, rate(MASS, COUPLING[:, None]), 1.0, **LABEL)
    if not found:
        return
    rng = np.random.default_rng(5)
    points = np.exp(rng.uniform(np.log([0.01, 1e-8]), np.log([1.0, 1e-3]), (400, 2)))
    rates = rate(*points.T)
    clear = np.abs(np.log(rates)) > 0.1
    inside = filled(outlines(found, FRAME), points)
    assert np.mean(inside[clear] == (rates > 1.0)[clear]) > 0.99


@pytest.mark.parametrize("slope", [1, -1])
def test_edges_from_left_to_right_close_along_the_frame(slope):
    rate = (COUPLING[:, None] / 1e-5) ** slope * np.ones(MASS.size)
    [polygon] = outlines(contours(MASS, COUPLING, rate, 1.0, **LABEL), FRAME)
    assert polygon[:, 1].max() == pytest.approx(1e-3 if slope > 0 else 1e-5)
    assert polygon[:, 1].min() == pytest.approx(1e-5 if slope > 0 else 1e-8)
    np.testing.assert_array_equal(polygon[0], polygon[-1])


def test_nothing_to_close():
    assert outlines([], FRAME) == []
