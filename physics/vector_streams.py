"""The streams of a sampling group for vector exchange: targets with what they exchange."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from physics.streams import Target
from physics.upscattering import threshold
from physics.vector_cross_sections import Exchange, Scatterer, exchange, scatterer

BOSONS = ("zprime", "z")
"""Vectors that are exchanged, in the order of a stream."""


class VectorStream(NamedTuple):
    """What is hit, by the exchange of what, for the kernel.

    Parameters
    ----------
    M : float
        Mass of the target in GeV.
    hit : Scatterer
        The target.
    zprime, z : Exchange
        Mass and charges of the two vectors.
    pairs : ndarray (pairs, 2)
        Vectors of the amplitude and of its conjugate, as places in `BOSONS`.
    E_min, E_max : float
        Energies at which the beam makes an HNL, in GeV.
    """

    M: float
    hit: Scatterer
    zprime: Exchange
    z: Exchange
    pairs: NDArray[np.int64]
    E_min: float
    E_max: float


def vector_stream(
    target: Target,
    m4: float,
    mzprime: float,
    pairs: tuple[tuple[str, str], ...],
    E_min: float,
    E_max: float,
) -> VectorStream:
    """Pack a target with what it exchanges.

    Parameters
    ----------
    target : Target
        What is hit.
    m4, mzprime : float
        Masses in GeV.
    pairs : tuple of (str, str)
        Vectors of the amplitude and of its conjugate, of `BOSONS`.
    E_min, E_max : float
        Energies of the beam in GeV.

    Returns
    -------
    VectorStream
        With ``E_min >= E_max`` when the beam is below threshold.

    Examples
    --------
    >>> from physics.streams import target
    >>> packed = vector_stream(target("p"), 0.5, 0.03, (("zprime", "z"),), 0.1, 9.0)
    >>> round(packed.E_min, 4), packed.pairs.tolist()
    (0.6332, [[0, 1]])
    """
    point = {"mzprime": mzprime}
    return VectorStream(
        M=target.mass,
        hit=scatterer(target.name),
        zprime=exchange("zprime", point, target.name),
        z=exchange("z", point, target.name),
        pairs=np.array([[BOSONS.index(b) for b in pair] for pair in pairs], dtype=np.int64),
        E_min=max(E_min, float(threshold(m4, target.mass))),
        E_max=E_max,
    )
