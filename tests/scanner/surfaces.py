"""Surfaces of heights to refine, and the rounds without a store."""

import numpy as np
from numpy.typing import NDArray

from scanner.refine.refinement import Rule, following

FloatArray = NDArray[np.float64]


def places(*sizes: int) -> list[FloatArray]:
    """Indices along each axis, shaped to broadcast."""
    return [np.asarray(x, float) for x in np.ix_(*(np.arange(n) for n in sizes))]


def bump(centre: tuple[float, ...], width: float, top: float, sizes: tuple[int, ...]) -> FloatArray:
    """A Gaussian in ln(N / N_up) on a flat ground of -1, `top` above 0 at its peak."""
    squares = sum((x - c) ** 2 for x, c in zip(places(*sizes), centre, strict=True))
    return np.asarray((1.0 + top) * np.exp(-squares / (2.0 * width**2)) - 1.0)[..., None]


def levels(
    heights: FloatArray, rule: Rule, pairs: NDArray[np.intp] | None = None
) -> NDArray[np.int8]:
    """Run all rounds: 0 where nothing was asked, else 1 + the round."""
    found = np.zeros(heights.shape[:-1], np.int8)
    for number in range(100):
        asked = found > 0
        # what has not been asked must not be looked at
        new = following(asked, np.where(asked[..., None], heights, 1e9), rule, pairs)
        if not new.any():
            return found
        found[new] = 1 + number
    raise AssertionError("refinement does not end")
