"""Excluded regions as polygons: contours closed along the frame of the scanned plane."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from scanner.curves.contours import Contour

FloatArray = NDArray[np.float64]
Frame = tuple[float, float, float, float]

_ON_FRAME = 1e-6  # of the frame's size: how near the end of a path counts as on it


def outlines(contours: Sequence[Contour], frame: Frame) -> list[FloatArray]:
    """Close the contours of one experiment on one plane to polygons.

    Open paths end on the frame. As the excluded region is on their left, it goes on
    anticlockwise along the frame from the end of each path to the start of the next.

    Parameters
    ----------
    contours : sequence of Contour
        All paths of one experiment, statistic, confidence level and slice.
    frame : (float, float, float, float)
        Least and greatest x, least and greatest y of the scanned plane.

    Returns
    -------
    list of ndarray (k, 2)
        Closed polygons, holes running clockwise, to be filled together.

    Examples
    --------
    Everything above a line from left to right: the frame's two upper corners close it.

    >>> path = Contour("sbnd", "cls", 0.9, "lower", False, np.array([[1.0, 2.0], [10.0, 2.0]]))
    >>> outlines([path], (1.0, 10.0, 1.0, 100.0))[0].tolist()
    [[1.0, 2.0], [10.0, 2.0], [10.0, 100.0], [1.0, 100.0], [1.0, 2.0]]
    """
    closed = [c.points for c in contours if c.closed]
    open_paths = [c.points for c in contours if not c.closed]
    polygons = _joined(open_paths, frame) + closed
    if polygons and not open_paths and _area(max(closed, key=lambda p: abs(_area(p)))) < 0.0:
        polygons.insert(0, _corners(frame))
    return polygons


def _joined(paths: Sequence[FloatArray], frame: Frame) -> list[FloatArray]:
    """Join open paths by pieces of the frame until each polygon closes."""
    starts = np.array([_along(path[0], frame) for path in paths])
    left = set(range(len(paths)))
    polygons = []
    while left:
        first = current = min(left)
        pieces = []
        while current in left:
            left.remove(current)
            end = _along(paths[current][-1], frame)
            following = int(np.argmin((starts - end) % 4.0))
            pieces += [paths[current], _between(end, float(starts[following]), frame)]
            current = following
        polygons.append(np.concatenate([*pieces, paths[first][:1]]))
    return polygons


def _along(point: FloatArray, frame: Frame) -> float:
    """Position on the frame, 0 to 4 anticlockwise from the lower left corner.

    The end of a path inside the plane, next to unknown points, is taken to the nearest side.
    """
    u, v = _unit(point, frame)
    distance = np.array([v, 1.0 - u, 1.0 - v, u])
    position = (u, 1.0 + v, 3.0 - u, 4.0 - v)
    return float(position[int(np.argmin(distance))]) % 4.0


def _between(start: float, stop: float, frame: Frame) -> FloatArray:
    """Corners passed on the way from one position on the frame to another."""
    travel = (stop - start) % 4.0
    first = int(np.floor(start + _ON_FRAME)) + 1
    passed = [k % 4 for k in range(first, first + 4) if k < start + travel - _ON_FRAME]
    return _corners(frame)[:4][passed]


def _corners(frame: Frame) -> FloatArray:
    x0, x1, y0, y1 = frame
    return np.array([[x0, y0], [x1, y0], [x1, y1], [x0, y1], [x0, y0]])


def _unit(point: FloatArray, frame: Frame) -> tuple[float, float]:
    """Position within the frame as fractions of its logarithmic sides."""
    x0, x1, y0, y1 = np.log(frame)
    u, v = np.log(point)
    return float((u - x0) / (x1 - x0)), float((v - y0) / (y1 - y0))


def _area(polygon: FloatArray) -> float:
    """Signed area in logarithms, positive anticlockwise."""
    x, y = np.log(polygon).T
    return float(0.5 * np.sum(x[:-1] * y[1:] - x[1:] * y[:-1]))
