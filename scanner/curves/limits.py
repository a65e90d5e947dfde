"""Limits along a coupling axis: exact roots of n_events = n_up, and the intervals they bound.

The number of events is an exact function of the couplings at each mass point, so an edge is
found by root finding on that function, not by interpolation in a grid of couplings.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import brentq, minimize_scalar

FloatArray = NDArray[np.float64]
Events = Callable[[FloatArray], FloatArray]
Interval = tuple[float | None, float | None]

SAMPLES = 193  # of the search lattice; 32 per decade on an axis of six decades
_NO_EVENTS = -1e3  # stands for ln 0: brentq needs numbers
_TOLERANCE = 1e-10  # relative, of an edge


@dataclass(frozen=True)
class Limit:
    """One excluded interval of a coupling at fixed values of everything else.

    Parameters
    ----------
    experiment, statistic : str
        Names as in the experiment file and in `physics.statistics`.
    confidence_level : float
        Between 0 and 1.
    lower, upper : float or None
        Edges of the excluded interval, in the unit of the axis; None where it leaves the axis.
    point : dict
        Values of the other axes.
    """

    experiment: str
    statistic: str
    confidence_level: float
    lower: float | None
    upper: float | None
    point: dict[str, float] = field(default_factory=dict)


def edges(
    n_events: Events, n_up: float, low: float, high: float, samples: int = SAMPLES
) -> tuple[float, ...]:
    """Find every coupling between `low` and `high` at which n_events = n_up.

    A logarithmic lattice brackets the crossings; between its points, maxima below and minima
    above n_up are followed to their tops and bottoms, so that a narrow island or gap is found
    when the lattice sees its slopes. Brent's method does the rest.

    Parameters
    ----------
    n_events : callable
        Couplings (k,) to expected events (k,).
    n_up : float
        Events of the upper limit.
    low, high : float
        Ends of the axis, positive.
    samples : int
        Points of the lattice.

    Returns
    -------
    tuple of float
        Crossings in ascending order, to a relative precision of 1e-10.

    Raises
    ------
    ValueError
        When `n_events` gives NaN: what is not known has no limit.

    Examples
    --------
    Events rise as c up to 10 at c = 1 and fall as 1/c: two edges.

    >>> [round(c, 9) for c in edges(lambda c: 10 * np.minimum(c, 1 / c), 5.0, 1e-3, 10.0)]
    [0.5, 2.0]
    """
    return _edges(_Height(n_events, n_up), low, high, samples)[0]


def excluded(
    n_events: Events, n_up: float, low: float, high: float, samples: int = SAMPLES
) -> list[Interval]:
    """Intervals of the coupling in which n_events > n_up.

    Parameters
    ----------
    n_events, n_up, low, high, samples
        As for `edges`.

    Returns
    -------
    list of (lower, upper)
        In ascending order; None where an interval leaves the axis, so that ``(None, None)`` is
        an axis that is excluded altogether and an empty list one that is not excluded anywhere.

    Raises
    ------
    ValueError
        As for `edges`.

    Examples
    --------
    >>> excluded(lambda c: c**2, 4.0, 0.1, 10.0)
    [(2.0, None)]
    >>> excluded(lambda c: 0 * c, 4.0, 0.1, 10.0)
    []
    """
    roots, starts_excluded = _edges(_Height(n_events, n_up), low, high, samples)
    bounds: list[float | None] = [*([None] if starts_excluded else []), *roots]
    if len(bounds) % 2:
        bounds.append(None)
    return list(zip(bounds[::2], bounds[1::2], strict=True))


def document(axes: Sequence[str], limits: Iterable[Limit]) -> dict[str, Any]:
    """Limits as one JSON object with the keys `axes` and `limits`.

    Parameters
    ----------
    axes : sequence of str
        Axes of the grid; the one that `point` lacks is the one that the edges are on.
    limits : iterable of Limit
        In the order to be written.

    Returns
    -------
    dict
        Of str, float and None only.

    Examples
    --------
    >>> one = Limit("sbnd", "cls", 0.9, 1e-7, None, {"m4": 0.1})
    >>> document(["m4", "mu_tr_mu4"], [one])["limits"][0]["upper"] is None
    True
    """
    return {
        "axes": list(axes),
        "limits": [
            {
                "experiment": limit.experiment,
                "statistic": limit.statistic,
                "confidence_level": limit.confidence_level,
                "point": dict(limit.point),
                "lower": limit.lower,
                "upper": limit.upper,
            }
            for limit in limits
        ],
    }


@dataclass(frozen=True)
class _Height:
    """ln(n_events / n_up) as a function of the logarithm of the coupling."""

    n_events: Events
    n_up: float

    def __call__(self, log_coupling: FloatArray) -> FloatArray:
        events = np.asarray(self.n_events(np.exp(log_coupling)), dtype=np.float64)
        if np.isnan(events).any():
            raise ValueError("n_events is NaN, so there is no limit at this point")
        ratio = np.maximum(events, 0.0) / self.n_up
        safe = np.log(np.where(ratio > 0.0, ratio, 1.0))
        return np.where(ratio > 0.0, np.maximum(safe, _NO_EVENTS), _NO_EVENTS)

    def at(self, log_coupling: float) -> float:
        """Evaluate at one coupling."""
        return float(self(np.array([log_coupling]))[0])


def _edges(
    height: _Height, low: float, high: float, samples: int
) -> tuple[tuple[float, ...], bool]:
    """Return the crossings, and whether the lower end of the axis is excluded."""
    lattice = np.linspace(np.log(low), np.log(high), samples)
    lattice, values = _with_turning_points(height, lattice, height(lattice))
    above = values > 0.0
    roots = [
        brentq(height.at, *bracket, xtol=0.1 * _TOLERANCE, rtol=_TOLERANCE)
        for bracket, changes in zip(pairwise(lattice), above[1:] != above[:-1], strict=True)
        if changes
    ]
    return tuple(float(np.exp(root)) for root in roots), bool(above[0])


def _with_turning_points(
    height: _Height, lattice: FloatArray, values: FloatArray
) -> tuple[FloatArray, FloatArray]:
    """Add the turning points of `height` that lie across n_up from the lattice around them."""
    found = []
    for sign in (1.0, -1.0):
        z = sign * values
        inner = (z[1:-1] >= z[:-2]) & (z[1:-1] >= z[2:]) & (z[1:-1] <= 0.0)
        # far below n_up nothing rises above it between neighbouring points of a smooth curve
        curved = 2.0 * z[1:-1] - z[:-2] - z[2:]
        for i in np.flatnonzero(inner & (z[1:-1] + curved > 0.0)) + 1:
            top = _top(height, sign, lattice[i - 1], lattice[i + 1])
            if sign * height.at(top) > 0.0:
                found.append(top)
    points = np.unique(np.concatenate([lattice, np.array(found, dtype=np.float64)]))
    return (points, height(points)) if found else (lattice, values)


def _top(height: _Height, sign: float, left: float, right: float) -> float:
    """Locate the maximum (or, for sign -1, the minimum) of `height` in an interval."""
    result = minimize_scalar(
        lambda t: -sign * height.at(t),
        bounds=(left, right),
        method="bounded",
        options={"xatol": 1e-6 * (right - left)},
    )
    return float(result.x)
