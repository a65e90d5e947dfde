"""Values of axes: right, and the same bits in every grid that shares them."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from grids import axes

ends = st.tuples(st.floats(1e-9, 1e3), st.floats(1.01, 1e4)).map(lambda t: (t[0], t[0] * t[1]))


@given(ends=ends, n=st.integers(2, 200))
def test_log_is_numpys_geomspace(ends, n):
    assert axes.log(*ends, n) == pytest.approx(np.geomspace(*ends, n), rel=1e-11)


@given(ends=ends, n=st.integers(2, 200))
def test_linear_is_numpys_linspace(ends, n):
    assert axes.linear(*ends, n) == pytest.approx(np.linspace(*ends, n), rel=1e-11)


@given(
    ends=ends,
    n=st.integers(2, 40),
    finer=st.integers(2, 5),
    kind=st.sampled_from(["log", "linear"]),
)
def test_a_finer_axis_contains_the_coarser_one_to_the_bit(ends, n, finer, kind):
    spaced = getattr(axes, kind)
    fine = spaced(*ends, (n - 1) * finer + 1)
    assert fine[::finer] == spaced(*ends, n)


@given(decades=st.integers(1, 5), longer=st.integers(1, 5), per_decade=st.integers(1, 20))
def test_an_extended_axis_keeps_the_values_it_had(decades, longer, per_decade):
    short = axes.log(0.01, float(f"1e{decades - 2}"), decades * per_decade + 1)
    end = float(f"1e{decades + longer - 2}")
    long = axes.log(0.01, end, (decades + longer) * per_decade + 1)
    assert long[: len(short)] == short


def test_ends_are_exact():
    values = axes.log(1e-8, 1e-3, 40)
    assert (values[0], values[-1], len(values)) == (1e-8, 1e-3, 40)


@given(value=st.floats(allow_nan=False, allow_infinity=False))
def test_rounding_twice_is_rounding_once(value):
    once = axes.rounded(value)
    assert axes.rounded(once) == once
    assert once == pytest.approx(value, rel=1e-11)


def test_rounding_keeps_the_shape_of_arrays():
    values = axes.rounded_array(np.array([[0.1 + 0.2, 1.0], [2.0, 3.0]]))
    assert values.tolist() == [[0.3, 1.0], [2.0, 3.0]]
    assert axes.rounded_array(0.1 + 0.2) == 0.3
