"""The upper limit on signal events of an experiment, in one or several counting channels."""

import numpy as np
from numpy.typing import NDArray

from physics.experiments.schema import Signature
from physics.statistics import combined_upper_limit

Floats = NDArray[np.float64]


def n_up(
    signature: Signature, method: str, level: float, mass: float, by_channel: Floats
) -> Floats:
    """Upper limit on the events of all channels together.

    Parameters
    ----------
    signature : Signature
        Counts, backgrounds and uncertainties.
    method : str
        One of `physics.statistics.METHODS`.
    level : float
        Confidence level.
    mass : float
        HNL mass in GeV, on which the uncertainty of the signal may depend.
    by_channel : ndarray (channels, ...)
        Expected signal; only its shares count, and where there is none every channel has the same.

    Returns
    -------
    ndarray (...)
        Events excluded at `level`.

    Examples
    --------
    Nothing seen by T2K: ln 10, raised by the uncertainty of 15 %.

    >>> from physics import experiments
    >>> signature = experiments.load("nd280_dif").signature
    >>> n_up(signature, "cls", 0.9, 0.2, np.array([[1.0, 0.0], [1.0, 0.0]])).round(3).tolist()
    [2.362, 2.362]
    """
    channels = signature.channels
    shares = _shares(by_channel)
    if len(channels) == 1 or not signature.observed:
        # the shares do not matter: one limit serves all
        shares = np.full(len(channels), 1.0 / len(channels))
    found = combined_upper_limit(
        method,
        np.moveaxis(shares, 0, -1),
        [channel.observed for channel in channels],
        [channel.background.mean for channel in channels],
        [channel.background.uncertainty for channel in channels],
        signature.signal_relative_uncertainty(mass),
        level,
    )
    return np.broadcast_to(found, by_channel.shape[1:])


def _shares(by_channel: Floats) -> Floats:
    """Part of the events in each channel."""
    total = by_channel.sum(0)
    even = np.full(by_channel.shape, 1.0 / len(by_channel))
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.where(total > 0, by_channel / total, even)
