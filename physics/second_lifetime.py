"""Lifetimes of a second flight: which nodes a scan needs, and the response between them."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

from physics import lifetime
from physics.errors import InputError

Floats = NDArray[np.float64]

NODES_PER_DECADE = 4
NODES_CM = 10.0 ** (np.arange(-8, 29) / NODES_PER_DECADE)
"""The universal lattice of the proper decay length of a real Z' in cm; below, it does not fly."""

PROMPT_CM = 0.0
"""Stands for all lengths below the lattice."""

ONE_FLIGHT = (PROMPT_CM,)
"""Nodes where nothing flies twice."""


def needed(ctau_cm: ArrayLike) -> tuple[float, ...]:
    """Nodes that are needed for some proper decay lengths.

    Parameters
    ----------
    ctau_cm : array_like
        In cm; below the lattice, beyond it, or infinite as well.

    Returns
    -------
    tuple of float
        `PROMPT_CM`, where any is below the lattice, and then nodes of it.

    Examples
    --------
    >>> needed([1e-9, 1e-7])
    (0.0,)
    >>> [round(c, 3) for c in needed(1.2)]
    [0.562, 1.0, 1.778, 3.162]
    """
    ctau = np.asarray(ctau_cm, dtype=float)
    flying = ctau[ctau >= NODES_CM[0]]
    prompt = ONE_FLIGHT if flying.size < ctau.size else ()
    if not flying.size:
        return prompt
    starts = _stencil(flying)[0]
    return (*prompt, *NODES_CM[starts.min() : starts.max() + 4].tolist())


def interpolate(
    values: Floats, nodes: Sequence[float], ctau_cm: ArrayLike, power: int = 1
) -> Floats:
    """Response at any lifetime of the second flight: cubic in the logarithms, as the first.

    Parameters
    ----------
    values : ndarray (..., nodes, *shape of ctau_cm)
        At `nodes`.
    nodes : sequence of float
        As `needed` gives them.
    ctau_cm : array_like
        Proper decay lengths in cm.
    power : int
        Fall-off beyond the lattice, (1/c tau)^power.

    Returns
    -------
    ndarray (..., *shape of ctau_cm)
        Linear where a neighbour is zero or has the other sign.

    Raises
    ------
    InputError
        When a lifetime needs nodes that are not there.

    Examples
    --------
    >>> nodes = needed(1.2)
    >>> f"{float(interpolate(1 / np.array(nodes), nodes, 1.2)):.6f}"
    '0.833333'
    """
    ctau = np.asarray(ctau_cm, dtype=float)
    first = values.ndim - ctau.ndim - 1
    prompt = not nodes[0] > 0
    below = ctau < NODES_CM[0]
    if len(nodes) == 1 and prompt:
        _hold(ctau[~below])
        return np.asarray(values.take(0, axis=first))
    start, t = _stencil(ctau)
    # places of the four nodes among those that are there
    lead = 1 if prompt else 0
    own = start - int(np.searchsorted(NODES_CM, nodes[lead] * (1 - 1e-9))) + lead
    there = np.where(below, prompt, (own >= lead) & (own + 4 <= len(nodes)))
    _hold(ctau[~there])
    picked = np.where(below, 0, own)
    last = len(nodes) - 1
    four = [_pick(values, first, np.minimum(picked + k, last)) for k in range(4)]
    found = lifetime.between(np.stack(four, axis=-1), t)
    for _ in range(power):
        found = found * (NODES_CM[-1] / np.maximum(ctau, NODES_CM[-1]))
    return np.asarray(np.where(below, four[0], found))


def _stencil(ctau: Floats) -> tuple[NDArray[np.int64], Floats]:
    """First of four nodes about each length, and the position from it in units of their step."""
    inside = np.clip(ctau, NODES_CM[0], NODES_CM[-1])
    position = (np.log10(inside) - np.log10(NODES_CM[0])) * NODES_PER_DECADE
    start = np.clip(np.floor(position + 1e-9).astype(int) - 1, 0, len(NODES_CM) - 4)
    return start, position - start


def _pick(values: Floats, axis: int, index: NDArray[np.int64]) -> Floats:
    """Take from an axis what belongs to each of the last axes."""
    moved = np.moveaxis(values, axis, 0)
    lead = moved.ndim - 1 - index.ndim
    full = np.broadcast_to(index.reshape((1,) * lead + index.shape), moved.shape[1:])
    return np.asarray(np.take_along_axis(moved, full[None], 0)[0])


def _hold(missing: Floats) -> None:
    if missing.size:
        raise InputError(
            f"there are no responses for a Z' of c tau = {missing.flat[0]:.3g} cm, which flies "
            "before it decays; scan a grid with these masses and couplings into another store"
        )
