"""Write what an experiment answers at a point into the arrays of a block."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from physics.rates import covariance
from physics.response import Response
from scanner.blocks.blocks import STATUS, Arrays


def fill(
    arrays: Arrays,
    where: tuple[int, ...],
    responses: Sequence[Response],
    places: Sequence[int],
) -> None:
    """Write what one experiment answers at one point; what only others have is zero.

    Parameters
    ----------
    arrays : dict of str to ndarray
        Arrays of a block, changed in place.
    where : tuple of int
        Point and experiment.
    responses : sequence of Response
        One for each term.
    places : sequence of int
        Positions of its own decay modes.
    """
    spread = covariance([r.table for r in responses])
    for name in ("response", "response_covariance", "acceptance"):
        arrays[name][where] = 0.0
    for t, response in enumerate(responses):
        bins = slice(response.table.shape[1])
        for row, mode in enumerate(places):
            at: tuple[Any, ...] = (*where, t, mode, bins)
            arrays["response"][at] = response.table.mean(-2)[row].swapaxes(-1, -2)
            acceptance = response.acceptance.reshape(-1, response.acceptance.shape[-1])[row]
            arrays["acceptance"][(*where, t, mode)][: len(acceptance)] = acceptance
        for u in range(len(responses)):
            for i, mode in enumerate(places):
                pair: tuple[Any, ...] = (*where, t, u, mode, bins)
                arrays["response_covariance"][pair] = spread[t, u, i].swapaxes(-1, -2)
        arrays["n_produced"][(*where, t)] = response.n_produced
        arrays["production_ratio"][(*where, t)] = response.production_ratio
        arrays["n_eff"][(*where, t)] = response.n_eff
        arrays["events"][(*where, t)] = response.events
    arrays[STATUS][where] = max(response.status for response in responses)


def zero_elsewhere(
    arrays: Arrays, where: tuple[int, ...], modes: Sequence[int], bins: int, steps: int
) -> None:
    """Write the zeros of an experiment for what only others of its group have.

    A store that knew the experiment without them has nothing there.

    Parameters
    ----------
    arrays : dict of str to ndarray
        Arrays of a block, changed in place.
    where : tuple of int
        Point and experiment.
    modes : sequence of int
        Positions of its own decay modes.
    bins, steps : int
        Number of its own counting channels and steps of the cut flow.
    """
    foreign = np.ones(arrays["response"][where].shape[1:3], dtype=bool)
    foreign[np.ix_(modes, range(bins))] = False
    arrays["response"][where][:, foreign] = 0.0
    arrays["response_covariance"][where][:, :, foreign] = 0.0
    acceptance = arrays["acceptance"][where]
    acceptance[:, foreign.all(axis=1)] = 0.0
    acceptance[:, :, steps:] = 0.0
