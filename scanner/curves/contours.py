"""Contours of n_events = n_up on a plane of two axes.

contourpy finds the topology on ln(n_events / n_up) over the logarithms of the axes, in which
rates are nearly linear; an axis that reaches zero is taken as it is. On a plane of a mass and a
coupling the vertices on the lines of fixed mass are then replaced by exact roots. Every path is
stored so that, walking along its points with x to the right and y upwards, the excluded region
lies on the left.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from scanner.curves import tracing
from scanner.curves.tracing import BoolArray, FloatArray, Refine, Side


@dataclass(frozen=True)
class Contour:
    """One connected path along which n_events = n_up.

    Parameters
    ----------
    experiment, statistic : str
        Names as in the experiment file and in `physics.statistics`.
    confidence_level : float
        Between 0 and 1.
    side : {"lower", "upper", "both"}
        "lower": y is a function of x and the excluded region lies above, so that the path is
        its lower edge; "upper": it lies below; "both": the path closes or turns around.
    closed : bool
        Whether the last point equals the first.
    points : ndarray (k, 2)
        x and y in the units of the axes, the excluded region on the left.
    point : dict
        Values of the axes that are not drawn, on grids with more than two.
    converged : ndarray (k,) of bool
        False next to a grid point whose rate has not met its precision.
    """

    experiment: str
    statistic: str
    confidence_level: float
    side: Side
    closed: bool
    points: FloatArray
    point: dict[str, float] = field(default_factory=dict)
    converged: BoolArray = field(default_factory=lambda: np.empty(0, dtype=np.bool_))


def contours(
    x: ArrayLike,
    y: ArrayLike,
    n_events: ArrayLike,
    n_up: float,
    *,
    experiment: str,
    statistic: str,
    confidence_level: float,
    point: dict[str, float] | None = None,
    refine: Refine | None = None,
    threshold: float | None = None,
    unconverged: ArrayLike = False,
) -> list[Contour]:
    """Trace the contours of one experiment on one plane.

    Parameters
    ----------
    x, y : array_like (nx,), (ny,)
        Axes, strictly increasing; logarithmic where all values are positive, else linear.
    n_events : array_like (ny, nx)
        Expected events; NaN where unknown, and no path goes there.
    n_up : float
        Events of the upper limit.
    experiment, statistic, confidence_level, point
        Copied to the contours.
    refine : callable, optional
        A value of x to all exact roots in y there, as `scanner.curves.limits.edges` finds them;
        vertices interpolated between two exact ones are then left out.
    threshold : float, optional
        Value of x at and beyond which there are no events: the path closes before it.
    unconverged : array_like (ny, nx) of bool, optional
        Grid points whose rate has not met its precision; paths next to them are marked.

    Returns
    -------
    list of Contour
        Empty when n_events - n_up does not change sign.

    Examples
    --------
    Events m^2 c^2 / 1e-6 reach 4 at c = 2e-3 / m, and everything above is excluded.

    >>> m, c = np.geomspace(0.1, 1, 5), np.geomspace(1e-4, 1, 9)
    >>> [path] = contours(m, c, (m * c[:, None]) ** 2 / 1e-6, 4.0,
    ...                   experiment="sbnd", statistic="cls", confidence_level=0.9)
    >>> path.side, path.closed, np.unique((path.points.prod(axis=1)).round(12)).tolist()
    ('lower', False, [0.002])
    """
    x, y = np.asarray(x, dtype=np.float64), np.asarray(y, dtype=np.float64)
    height = tracing.height(np.asarray(n_events, dtype=np.float64), n_up)
    flags = np.broadcast_to(np.asarray(unconverged, dtype=np.bool_), height.shape)
    if threshold is not None:
        x, height, flags = tracing.cut(x, height, flags, threshold)
    if min(height.shape) < 2:
        return []
    make = partial(Contour, experiment, statistic, confidence_level, point=dict(point or {}))
    return [_contour(make, line, x, y, refine, flags) for line in tracing.lines(height)]


def _contour(
    make: Callable[..., Contour],
    line: FloatArray,
    x: FloatArray,
    y: FloatArray,
    refine: Refine | None,
    flags: BoolArray,
) -> Contour:
    """Place the vertices of one path, on exact roots if there are any."""
    points = tracing.place(line, x, y)
    if refine is not None:
        line, points = tracing.refined(line, x, y, refine)
    closed = len(points) > 2 and bool(np.all(points[0] == points[-1]))
    return make(
        side=tracing.side(points, closed),
        closed=closed,
        points=points,
        converged=~tracing.beside(line, flags),
    )


def document(contours: Iterable[Contour], x: str, y: str) -> dict[str, Any]:
    """Contours as one JSON object with the keys `x`, `y` and `contours`.

    Parameters
    ----------
    contours : iterable of Contour
        In the order to be written.
    x, y : str
        Names of the axes.

    Returns
    -------
    dict
        Each contour has the keys experiment, statistic, confidence_level, side, closed and
        points; `point` is added on grids with more axes and `converged` where not all are.

    Examples
    --------
    >>> document([], "m4", "mu_tr_mu4")
    {'x': 'm4', 'y': 'mu_tr_mu4', 'contours': []}
    """
    return {"x": x, "y": y, "contours": [_as_json(contour) for contour in contours]}


def _as_json(contour: Contour) -> dict[str, Any]:
    result: dict[str, Any] = {
        "experiment": contour.experiment,
        "statistic": contour.statistic,
        "confidence_level": contour.confidence_level,
        "side": contour.side,
        "closed": contour.closed,
        "points": contour.points.tolist(),
    }
    if contour.point:
        result["point"] = dict(contour.point)
    if not contour.converged.all():
        result["converged"] = contour.converged.tolist()
    return result
