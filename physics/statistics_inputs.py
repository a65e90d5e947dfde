"""What counting experiments may be: checks of their numbers, with errors in one sentence."""

import numpy as np
from numpy.typing import ArrayLike, NDArray

from physics.errors import InputError
from physics.statistics_nodes import FloatArray

_LARGEST_SIGNAL_UNCERTAINTY = 1.0
_ROUNDING = 1e-6  # of a sum of shares


def counting_experiment(
    observed: ArrayLike,
    background: ArrayLike,
    background_uncertainty: ArrayLike,
    signal_relative_uncertainty: ArrayLike,
) -> tuple[FloatArray, FloatArray, FloatArray, FloatArray]:
    """Convert the numbers of counting experiments to floats, and check them.

    Parameters
    ----------
    observed, background, background_uncertainty, signal_relative_uncertainty : array_like
        As for `physics.statistics.upper_limit`.

    Returns
    -------
    tuple of ndarray
        The four, not broadcast.

    Raises
    ------
    InputError
        For numbers out of range.

    Examples
    --------
    >>> [v.item() for v in counting_experiment(3, 2, 0.5, 0.1)]
    [3.0, 2.0, 0.5, 0.1]
    """
    count, mean, sdev, relative = (
        np.asarray(value, dtype=np.float64)
        for value in (observed, background, background_uncertainty, signal_relative_uncertainty)
    )
    _require("observed", count, (count >= 0) & (count == np.floor(count)), "an integer >= 0")
    _require("background", mean, (mean >= 0) & np.isfinite(mean), "a number of events >= 0")
    _require("background_uncertainty", sdev, (sdev >= 0) & np.isfinite(sdev), "events >= 0")
    _require("background_uncertainty", sdev, (sdev == 0) | (mean > 0), "0 when the background is 0")
    _require(
        "signal_relative_uncertainty",
        relative,
        (relative >= 0) & (relative <= _LARGEST_SIGNAL_UNCERTAINTY),
        f"a fraction between 0 and {_LARGEST_SIGNAL_UNCERTAINTY:g}",
    )
    return count, mean, sdev, relative


def confidence_levels(values: ArrayLike) -> FloatArray:
    """Convert confidence levels, and check that they lie between 0 and 1.

    Parameters
    ----------
    values : array_like
        Levels.

    Returns
    -------
    ndarray
        Levels as floats.

    Raises
    ------
    InputError
        For a level out of range.

    Examples
    --------
    >>> confidence_levels([0.9, 0.95]).tolist()
    [0.9, 0.95]
    """
    levels = np.asarray(values, dtype=np.float64)
    allowed = (levels > 0.0) & (levels < 1.0)
    _require("confidence_level", levels, allowed, "a number between 0 and 1, such as 0.9")
    return levels


def channels(shares: ArrayLike, *seen: FloatArray) -> tuple[FloatArray, tuple[FloatArray, ...]]:
    """Convert how a signal is shared among channels, and give each channel its numbers.

    Parameters
    ----------
    shares : array_like (..., b)
        Fractions, each row >= 0 with sum 1; a row with NaN is let through.
    *seen : ndarray (b,) or ()
        Numbers of the channels.

    Returns
    -------
    shares : ndarray (..., b)
        As floats.
    seen : tuple of ndarray (b,)
        One entry for each channel.

    Raises
    ------
    InputError
        For another number of channels, negative shares, or a sum that is not 1.

    Examples
    --------
    >>> channels([0.25, 0.75], np.array(3.0))[1][0].tolist()
    [3.0, 3.0]
    """
    rows = np.asarray(shares, dtype=np.float64)
    counts = {v.size for v in seen if v.ndim}
    if rows.ndim == 0 or counts - {rows.shape[-1]}:
        wanted = " or ".join(map(str, sorted(counts))) or "some"
        raise InputError(
            f"shares have shape {rows.shape}; their last axis must be the {wanted} channels"
        )
    _require("a share of the signal", rows, ~(rows < 0.0), "fractions >= 0")
    total = rows.sum(axis=-1)
    _require("the sum of shares", total, ~(np.abs(total - 1.0) > _ROUNDING), "shares with sum 1")
    return rows, tuple(np.broadcast_to(v, rows.shape[-1]) for v in seen)


def _require(name: str, values: FloatArray, allowed: NDArray[np.bool_], rule: str) -> None:
    """Hold a rule, or name the first value that breaks it."""
    if not np.all(allowed):
        raise InputError(f"{name} is {values[~allowed][0]:g}; give {rule}")
