"""Where events of vector exchange are drawn in (E, ln Q2): one map for all exchanges."""

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from physics.beams.schema import Envelope
from physics.block import BLOCK, ENERGY, SLOWNESS
from physics.events import Map, draw
from physics.jit import jit
from physics.kernel import interpolate
from physics.pair_block import PAIR_SIZE, SUM
from physics.sampling import TINY, flat_map, for_all_lifetimes, train
from physics.streams import target
from physics.vector_events import scatter
from physics.vector_streams import VectorStream, vector_stream

WEAK_PART = 0.25
"""Weight in the map of the square of the Z beside that of the Z', both of mean 1."""

_SQUARES = (("zprime", "zprime"), ("z", "z"))


@lru_cache(maxsize=4096)
def trained_vector_map(
    seed: int, group: str, channel: str, m4: float, mzprime: float, envelope: Envelope
) -> Map:
    """Train the vegas map of (E, ln Q2) of a channel at an anchor, cold, and freeze it.

    Parameters
    ----------
    seed, group, channel
        As for `physics.sampling.shifts`.
    m4, mzprime : float
        Anchor masses in GeV.
    envelope : Envelope
        Energy spectrum of the sampling group.

    Returns
    -------
    Map
        Flat where the beam is below threshold.
    """
    low, high = envelope.energy_GeV[0], envelope.energy_GeV[-1]
    packed = vector_stream(target(channel), m4, mzprime, _SQUARES, low, high)
    if packed.E_min >= packed.E_max:
        return flat_map()
    energy, weight = np.asarray(envelope.energy_GeV), np.asarray(envelope.weight)

    def weigh(x: NDArray[np.float64]) -> NDArray[np.float64]:
        squares, slowness = _weights(x, m4, packed, flat_map(), energy, weight)
        each = squares / np.maximum(squares.mean(0), TINY)
        return for_all_lifetimes(each[:, 0] + WEAK_PART * each[:, 1], slowness)

    return train(weigh, seed, (group, f"{channel} vector", m4, mzprime))


@jit
def _weights(x, m, packed: VectorStream, mapping, energy, spectrum):
    """Weights of production by squares in the spectrum, and m/p of the HNL, of each point."""
    squares, slowness, work = np.zeros((len(x), 2)), np.zeros(len(x)), np.zeros(PAIR_SIZE)
    for first in range(0, len(x), BLOCK):
        draw(x, np.zeros(2), first, min(BLOCK, len(x) - first), work)
        scatter(BLOCK, m, False, packed, mapping, work)
        for i in range(min(BLOCK, len(x) - first)):
            knot, part = interpolate(work[ENERGY + i], energy, 0, len(energy))
            if knot >= 0:
                flux = spectrum[knot] + part * (spectrum[knot + 1] - spectrum[knot])
                for square in range(2):
                    squares[first + i, square] = work[SUM + 2 * square * BLOCK + i] * flux
                slowness[first + i] = work[SLOWNESS + i]
    return squares, slowness
