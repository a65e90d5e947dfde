"""How much heights bend over the cells of a lattice: second differences of the nodes around."""

import numpy as np

from scanner.refine.lattice import FloatArray, Lattice, corners

Bends = tuple[FloatArray, FloatArray]

RISE_AT_END = 0.4
"""What a rise towards the end of an axis adds to its second difference, which there can be small on
the slope of a hill whose top lies between the last two nodes: at least 0.36 for a Gaussian whose
width is half their distance."""


def bends(lattice: Lattice, nodes: FloatArray, depth: int, inherited: Bends) -> Bends:
    """Second differences over each cell, added over its axes: downwards and upwards.

    Along each edge those centred at its two ends count; where the nodes for these are not known,
    the nearest towards one side; where no edge along an axis has any, what the parent had. At depth
    0 a part of a rise towards the end of an axis is added, since there is nothing on its other
    side. Only sides longer than 1 have something between their ends.

    Parameters
    ----------
    lattice : Lattice
        The cells.
    nodes : ndarray (corners..., slices)
        Heights at the corners of the cells of `depth`, NaN where unknown.
    depth : int
        Which cells.
    inherited : (ndarray, ndarray)
        Result for the parents, given to their children; infinite at depth 0.

    Returns
    -------
    (ndarray (cells..., slices), ndarray (cells..., slices))
        How far heights bend down from the corners on both sides, as over a hill, and up.

    Examples
    --------
    >>> unknown = np.full((2, 1), np.inf)
    >>> z = np.array([[0.0], [5.0], [0.0]])
    >>> down, up = bends(Lattice((5,), 2), z, 0, (unknown, unknown))
    >>> down.ravel().tolist(), up.ravel().tolist()
    ([10.0, 10.0], [2.0, 2.0])
    """
    down, up = (np.zeros_like(part) for part in inherited)
    for axis, bounds in enumerate(lattice.bounds(depth)):
        side = lattice.sides(depth, axis)[..., None]
        z = np.moveaxis(nodes, axis, 0)
        curvature, ends = _curvature(z, bounds.astype(float)), _towards_ends(z)
        for total, sign, before in ((down, -1.0, inherited[0]), (up, 1.0, inherited[1])):
            own = _over_lines(_over_edges(sign * curvature), axis, lattice) * side**2
            if depth == 0:
                own += RISE_AT_END * np.nan_to_num(_over_lines(-sign * ends, axis, lattice))
            total += np.where(side > 1, np.where(np.isnan(own), before, own), 0.0)
    return down, up


def _curvature(z: FloatArray, x: FloatArray) -> FloatArray:
    """Second derivative of the parabola through each node and its neighbours; NaN at the ends."""
    found = np.full_like(z, np.nan)
    steps = np.diff(x).reshape(-1, *[1] * (z.ndim - 1))
    finite = np.where(np.isfinite(z), z, np.nan)
    slopes = np.diff(finite, axis=0) / steps
    found[1:-1] = 2.0 * np.diff(slopes, axis=0) / (steps[1:] + steps[:-1])
    return found


def _over_edges(curvature: FloatArray) -> FloatArray:
    """Largest curvature at the ends of each edge, or else at the nodes next to them."""
    ends = np.fmax(curvature[:-1], curvature[1:])
    beyond = np.full((1, *curvature.shape[1:]), np.nan)
    wide = np.concatenate([beyond, curvature, beyond])
    return np.where(np.isnan(ends), np.fmax(wide[:-3], wide[3:]), ends)


def _towards_ends(z: FloatArray) -> FloatArray:
    """Rise of the first and the last edge towards the end of the axis, 0 for all others."""
    finite = np.where(np.isfinite(z), z, np.nan)
    found = np.zeros_like(z[1:])
    found[-1] = finite[-1] - finite[-2]
    if len(found) > 1:
        found[0] = finite[0] - finite[1]
    return found


def _over_lines(edges: FloatArray, axis: int, lattice: Lattice) -> FloatArray:
    """Largest over the parallel edges of each cell, at least 0; NaN where none is known.

    The edges come with their own axis first and leave with it in its place.
    """
    axes = len(lattice.sizes)
    found = np.moveaxis(edges, 0, axes - 1)
    found = corners(found, axes - 1, np.fmax)
    return np.clip(np.moveaxis(found, axes - 1, axis), 0.0, None)
