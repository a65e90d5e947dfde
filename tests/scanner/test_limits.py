import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.special import lambertw

from scanner.curves.limits import SAMPLES, Limit, document, edges, excluded


@given(
    n_up=st.floats(0.01, 1e3),
    peak=st.floats(-6.0, -3.0),
    height=st.floats(1.02, 1e6),
)
def test_both_edges_of_a_lifetime_curve_are_the_branches_of_lambert_w(n_up, peak, height):
    """N = h (c/c0)^2 exp(2 - 2 c/c0) is n_up at c = -c0 W(-sqrt(n_up / h) / e)."""
    c0 = 10.0**peak
    top = n_up * height
    found = edges(lambda c: top * (c / c0) ** 2 * np.exp(2 - 2 * c / c0), n_up, 1e-11, 1e-1)
    argument = -np.sqrt(1 / height) / np.e
    exact = [-c0 * lambertw(argument, k).real for k in (0, -1)]
    np.testing.assert_allclose(found, exact, rtol=1e-7)


def test_islands_and_gaps_between_two_points_of_the_lattice_are_found():
    lattice = np.linspace(np.log(1e-8), np.log(1e-3), SAMPLES)
    centre, spacing = (lattice[80] + lattice[81]) / 2, lattice[1] - lattice[0]
    sigma = spacing / 2
    half = sigma * np.sqrt(np.log(2.0))
    assert half < spacing / 2

    def island(c):
        return 2.0 * np.exp(-(((np.log(c) - centre) / sigma) ** 2))

    found = edges(island, 1.0, 1e-8, 1e-3)
    np.testing.assert_allclose(np.log(found) - centre, [-half, half], rtol=1e-7)
    gap = excluded(lambda c: 1 / (island(c) + 1e-12), 1.0, 1e-8, 1e-3)
    assert gap == [(None, pytest.approx(found[0])), (pytest.approx(found[1]), None)]


def test_intervals_that_leave_the_axis_have_no_edge_there():
    assert excluded(lambda c: c, 1e-9, 1e-6, 1e-3) == [(None, None)]
    assert excluded(lambda c: c, 1.0, 1e-6, 1e-3) == []
    [(lower, upper)] = excluded(lambda c: 1 / c, 1e4, 1e-6, 1e-3)
    assert lower is None
    assert upper == pytest.approx(1e-4, rel=1e-9)


def test_a_jump_to_exactly_nothing_is_an_edge():
    found = edges(lambda c: np.where(c < 2e-5, 100.0, 0.0), 3.0, 1e-6, 1e-3)
    assert found == pytest.approx((2e-5,), rel=1e-9)


def test_unknown_events_are_no_limit():
    with pytest.raises(ValueError, match="NaN"):
        edges(lambda c: np.where(c < 1e-5, 1.0, np.nan), 3.0, 1e-6, 1e-3)


def test_the_json_keys_are_the_contract():
    limits = [
        Limit("sbnd", "cls", 0.9, 1e-7, None, {"m4": 0.1, "U2_D4": 1.0}),
        Limit("sbnd", "cls", 0.9, 1e-8, 2e-8, {"m4": 0.2, "U2_D4": 1.0}),
    ]
    result = json.loads(json.dumps(document(("m4", "mu_tr_mu4", "U2_D4"), limits)))
    assert list(result) == ["axes", "limits"]
    assert result["axes"] == ["m4", "mu_tr_mu4", "U2_D4"]
    assert result["limits"][0] == {
        "experiment": "sbnd",
        "statistic": "cls",
        "confidence_level": 0.9,
        "point": {"m4": 0.1, "U2_D4": 1.0},
        "lower": 1e-7,
        "upper": None,
    }
