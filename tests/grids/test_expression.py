"""Tied quantities: the arithmetic is Python's, and nothing but arithmetic is possible."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from grids.expression import ExpressionError, parse

VALUES = {"m4": 0.3, "delta": 0.7, "x": 2.5}

leaves = st.one_of(
    st.sampled_from(sorted(VALUES)),
    st.floats(0.01, 100).map(lambda x: f"{x:.3f}"),
    st.integers(1, 9).map(str),
)
expressions = st.recursive(
    leaves,
    lambda inner: st.one_of(
        st.tuples(inner, st.sampled_from(["+", "-", "*", "/", " + ", " - "]), inner).map("".join),
        inner.map("({})".format),
        inner.map("-{}".format),
    ),
    max_leaves=12,
)


@given(text=expressions)
def test_values_are_those_of_python(text):
    try:
        expected = eval(text, {}, dict(VALUES))
    except ZeroDivisionError:
        return
    assert parse(text).evaluate(VALUES) == pytest.approx(expected, rel=1e-12, abs=1e-300)


@given(text=expressions, n=st.integers(1, 5))
def test_arrays_are_scalars_side_by_side(text, n):
    expression = parse(text)
    masses = np.linspace(0.1, 0.9, n)
    together = np.broadcast_to(expression.evaluate({**VALUES, "m4": masses}), n)
    alone = [expression.evaluate({**VALUES, "m4": m}) for m in masses]
    assert np.array_equal(together, alone, equal_nan=True)


def test_arrays_broadcast():
    masses, deltas = np.array([0.1, 0.2])[:, None], np.array([0.0, 1.0, 2.0])
    assert parse("m4 * (1 + delta)").evaluate({"m4": masses, "delta": deltas}).shape == (2, 3)


@pytest.mark.parametrize(
    ("text", "value"),
    [("1 - 2 - 3", -4), ("8 / 4 / 2", 1), ("2 + 3 * 4", 14), ("(2 + 3) * 4", 20), ("--2", 2),
     ("2 * -3", -6), ("1e-3", 1e-3), (".5", 0.5), ("5.", 5.0), ("\t1\n+ 1 ", 2)],
)  # fmt: skip
def test_order_of_operations(text, value):
    assert parse(text).evaluate({}) == value


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "is needed at the end"),
        ("m4 +", "is needed at the end"),
        ("* m4", "is needed at '* m4'"),
        ("(m4", "a ) is missing at the end"),
        ("m4)", "an operator or the end is needed at ')'"),
        ("m4 m5", "an operator or the end is needed at 'm5'"),
        ("3m4", "an operator or the end is needed at 'm4'"),
        ("m4 ** 2", "is needed at '* 2'"),
        ("m4 ^ 2", "or an operator is needed at"),
        ("m4[0]", "or an operator is needed at"),
        ("m4.real", "or an operator is needed at"),
        ("__import__('os')", "an operator or the end"),
        ("log(m4)", "an operator or the end is needed at '(m4)'"),
        ("sqrt(m4", "a ) is missing at the end"),
        ("sqrt m4", "an operator or the end is needed at 'm4'"),
        ("m4; 1", "or an operator is needed at"),
        ("lambda: 1", "or an operator is needed at"),
        ("1e999", "too large"),
        ("µ * 2", "or an operator is needed at"),
        ("(" * 41 + "1" + ")" * 41, "nested more than 40"),
        ("1+" * 300 + "1", "601 characters where 500"),
    ],
)
def test_what_is_no_expression(text, words):
    with pytest.raises(ExpressionError) as caught:
        parse(text)
    assert words in str(caught.value)


@given(text=st.text(alphabet="m4x()+-*/. 1e\n", max_size=40))
def test_any_text_is_an_expression_or_an_error(text):
    try:
        parse(text).evaluate(dict.fromkeys(parse(text).names, 1.0))
    except ExpressionError:
        return


def test_longest_chains_evaluate():
    assert parse("1" + "-1" * 249).evaluate({}) == -248


def test_dividing_by_zero_is_infinite_and_warns_of_nothing():
    assert parse("1 / (m4 - m4)").evaluate(VALUES) == np.inf
