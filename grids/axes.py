"""Values along an axis, equal to the last bit wherever two grids share a point."""

from dataclasses import dataclass
from decimal import Context, Decimal
from fractions import Fraction
from typing import Literal

import numpy as np
from numpy.typing import NDArray

DIGITS = 12
"""Significant digits of every value of an axis and of every mass."""

_EXACT = Context(prec=40)

Scale = Literal["log", "linear", "explicit"]


@dataclass(frozen=True)
class Axis:
    """One dimension of the cube.

    Parameters
    ----------
    name : str
        A parameter of the model, or a derived quantity that ties others.
    values : tuple of float
        Strictly increasing, of 12 significant digits.
    unit : str
        ``"GeV"``, ``"GeV^-1"`` or ``"1"``.
    scale : {"log", "linear", "explicit"}
        How the values were given.
    """

    name: str
    values: tuple[float, ...]
    unit: str
    scale: Scale

    @property
    def array(self) -> NDArray[np.float64]:
        """The values, shape (n,)."""
        return np.array(self.values)


def rounded(value: float) -> float:
    """Round to 12 significant digits, before any physics sees the value.

    Examples
    --------
    >>> rounded(0.1 + 0.2)
    0.3
    """
    return float(f"{value:.{DIGITS}g}")


def rounded_array(values: float | NDArray[np.float64]) -> float | NDArray[np.float64]:
    """Round a number or every number of an array to 12 significant digits.

    Examples
    --------
    >>> rounded_array(np.array([0.1 + 0.2, 1.0]))
    array([0.3, 1. ])
    """
    if np.ndim(values) == 0:
        return rounded(float(values))
    array = np.asarray(values, dtype=float)
    return np.array([rounded(v) for v in array.ravel()]).reshape(array.shape)


def linear(low: float, high: float, n: int) -> tuple[float, ...]:
    """Return `n` equally spaced values from `low` to `high`.

    Computed exactly and rounded once, so that a value does not depend on the grid it is part of.

    Examples
    --------
    >>> linear(0.0, 0.3, 4)
    (0.0, 0.1, 0.2, 0.3)
    """
    first, last = Fraction(repr(low)), Fraction(repr(high))
    return tuple(_nearest(first + (last - first) * i / (n - 1)) for i in range(n))


def log(low: float, high: float, n: int) -> tuple[float, ...]:
    """Return `n` logarithmically spaced values from `low` to `high`, both above zero.

    Computed with 40 digits and rounded once, so that a value does not depend on the grid.

    Examples
    --------
    >>> log(0.01, 1.0, 5)
    (0.01, 0.0316227766017, 0.1, 0.316227766017, 1.0)
    >>> set(log(0.01, 1.0, 5)) < set(log(0.01, 1.0, 9))
    True
    """
    first, last = (_EXACT.ln(Decimal(repr(end))) for end in (low, high))
    step = _EXACT.divide(_EXACT.subtract(last, first), Decimal(n - 1))
    exponents = (_EXACT.add(first, _EXACT.multiply(step, Decimal(i))) for i in range(n))
    return tuple(float(f"{_EXACT.exp(x):.{DIGITS}g}") for x in exponents)


def _nearest(value: Fraction) -> float:
    """Round an exact number to 12 significant digits."""
    exact = _EXACT.divide(Decimal(value.numerator), Decimal(value.denominator))
    return float(f"{exact:.{DIGITS}g}")
