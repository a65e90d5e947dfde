"""Where events are drawn: anchors, frozen vegas maps, seeds and base points.

Everything here is a pure function of the physics (sampling group, target, masses, root seed):
no grid index, block, neighbour or worker enters.
"""

import hashlib
from collections.abc import Callable
from functools import cache, lru_cache
from math import log10

import numpy as np
import vegas
from numpy.typing import NDArray

from physics.beams.schema import Envelope
from physics.block import BLOCK, ENERGY, SIZE, SLOWNESS, WEIGHT
from physics.events import DIMENSIONS, Map, draw, produce
from physics.jit import jit
from physics.kernel import interpolate
from physics.sobol import sobol
from physics.streams import stream, target

ANCHORS_PER_DECADE = 20
"""Maps are trained at masses 10^(j/20) GeV, j integer."""

RESERVED_DIMENSIONS = 16
"""Uniform shifts set aside per replicate, so that a further dimension keeps the others' bits."""

TRAINING_POINTS, TRAINING_ROUNDS, DAMPING = 256, 4, 1.0
TINY = 1e-300
INCREMENTS = 64
"""Increments per axis of a map; finer ones fit the noise of so short a training."""


def stable_words(*parts: object) -> tuple[int, ...]:
    """Hash names and numbers to four 32-bit words, the same on every machine and run.

    Parameters
    ----------
    *parts : str, int or float
        Floats enter with 12 significant digits.

    Returns
    -------
    tuple of int
        Words for `numpy.random.SeedSequence`.

    Examples
    --------
    >>> stable_words("bnb", 0.1) == stable_words("bnb", 0.1 + 1e-15)
    True
    """
    text = "|".join(f"{p:.12g}" if isinstance(p, float) else str(p) for p in parts)
    return tuple(np.frombuffer(hashlib.sha256(text.encode()).digest()[:16], "<u4").tolist())


def shifts(
    seed: int,
    group: str,
    channel: str,
    masses: tuple[float, ...],
    replicates: int,
    dimensions: int = DIMENSIONS,
) -> NDArray[np.float64]:
    """Random shift of the base points, for each replicate.

    Parameters
    ----------
    seed : int
        Root seed of the scan.
    group, channel : str
        Sampling group and target.
    masses : tuple of float
        Masses of the point in GeV.
    replicates : int
        Number of replicates; replicate r does not depend on it.
    dimensions : int
        Of the points, at most `RESERVED_DIMENSIONS`; the first ones do not depend on it.

    Returns
    -------
    ndarray
        Shape (replicates, dimensions), in [0, 1).

    Examples
    --------
    >>> bool((shifts(1, "g", "p", (0.1,), 16)[3] == shifts(1, "g", "p", (0.1,), 32)[3]).all())
    True
    """
    sequence = np.random.SeedSequence(seed, spawn_key=stable_words(group, channel, *masses))
    words = _state(sequence.pool, 2 * replicates * RESERVED_DIMENSIONS).view("<u8")
    uniform = (words >> np.uint64(11)) * 2.0**-53
    return uniform.reshape(replicates, RESERVED_DIMENSIONS)[:, :dimensions]


@jit
def _state(pool, number):
    """`SeedSequence.generate_state`, compiled: numpy's takes a third of a millisecond per mass."""
    words = np.empty(number, dtype=np.uint32)
    constant = np.uint32(0x8B51F9DD)
    for i in range(number):
        word = pool[i % len(pool)] ^ constant
        constant = np.uint32(constant * np.uint32(0x58F38DED))
        word = np.uint32(word * constant)
        words[i] = word ^ (word >> np.uint32(16))
    return words


@lru_cache(maxsize=4)
def base_points(number: int, dimensions: int = DIMENSIONS) -> NDArray[np.float64]:
    """First points of the Sobol sequence, shared by all replicates.

    Parameters
    ----------
    number : int
        A power of two.
    dimensions : int
        Of the points; the first ones do not depend on it.

    Returns
    -------
    ndarray
        Shape (number, dimensions), read-only; a longer sequence starts with the shorter one.

    Examples
    --------
    >>> bool((base_points(8) == base_points(16)[:8]).all())
    True
    """
    points = sobol(number, dimensions)
    points.flags.writeable = False
    return points


def anchor(mass: float) -> float:
    """Return the anchor mass nearest to `mass` on the universal log lattice.

    Parameters
    ----------
    mass : float
        In GeV.

    Returns
    -------
    float
        In GeV.

    Examples
    --------
    >>> anchor(0.101)
    0.1
    """
    return float(f"{10 ** (round(log10(mass) * ANCHORS_PER_DECADE) / ANCHORS_PER_DECADE):.12g}")


@lru_cache(maxsize=4096)
def trained_map(seed: int, group: str, channel: str, mass: float, envelope: Envelope) -> Map:
    """Train the vegas map of (E, ln Q2) of a channel at an anchor, cold, and freeze it.

    Parameters
    ----------
    seed, group, channel
        As for `shifts`.
    mass : float
        Anchor mass in GeV.
    envelope : Envelope
        Energy spectrum of the sampling group.

    Returns
    -------
    Map
        Flat where the beam is below threshold.
    """
    packed = stream(target(channel), mass, envelope.energy_GeV[0], envelope.energy_GeV[-1])
    if packed.E_min >= packed.E_max:
        return flat_map()
    energy, weight = np.asarray(envelope.energy_GeV), np.asarray(envelope.weight)

    def weigh(x: NDArray[np.float64]) -> NDArray[np.float64]:
        return for_all_lifetimes(*_production_weights(x, mass, packed, flat_map(), energy, weight))

    return train(weigh, seed, (group, channel, mass))


def train(
    weigh: Callable[[NDArray[np.float64]], NDArray[np.float64]], seed: int, key: tuple[object, ...]
) -> Map:
    """Train a two-dimensional vegas map, cold, and freeze it.

    Parameters
    ----------
    weigh : callable
        Points (n, 2) of the unit square to their weights (n,), >= 0.
    seed : int
        Root seed of the scan.
    key : tuple of str and float
        What the map is for; fixes the random numbers.

    Returns
    -------
    Map
        Ready for the kernel.
    """
    sequence = np.random.SeedSequence(seed, spawn_key=stable_words("map", *key))
    rng = np.random.Generator(np.random.PCG64DXSM(sequence))
    trained = vegas.AdaptiveMap([[0.0, 1.0], [0.0, 1.0]], ninc=INCREMENTS)
    points = base_points(TRAINING_POINTS)[:, :2]
    x, jacobian = np.empty(points.shape), np.empty(TRAINING_POINTS)
    for _ in range(TRAINING_ROUNDS):
        uniform = (points + rng.random(2)) % 1.0
        trained.map(uniform, x, jacobian)
        integrand = jacobian * weigh(x)
        # vegas is made for integrals of order one
        trained.add_training_data(uniform, (integrand / (integrand.mean() or 1.0)) ** 2)
        trained.adapt(alpha=DAMPING)
    return Map(
        np.ascontiguousarray(trained.grid),
        np.ascontiguousarray(trained.inc),
        np.asarray(trained.ninc, dtype=np.int64),
    )


@cache
def flat_map() -> Map:
    """Return the map that changes nothing."""
    return Map(np.array([[0.0, 1.0], [0.0, 1.0]]), np.ones((2, 1)), np.ones(2, dtype=np.int64))


def for_all_lifetimes(
    weights: NDArray[np.float64], slowness: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Weigh events for short and for long lifetimes, where they count with m/p, in equal parts.

    Parameters
    ----------
    weights : ndarray (n,)
        Of production.
    slowness : ndarray (n,)
        m/p of the HNL.

    Returns
    -------
    ndarray (n,)
        Of both.

    Examples
    --------
    >>> for_all_lifetimes(np.array([1.0, 1.0]), np.array([1.0, 3.0])).tolist()
    [1.5, 2.5]
    """
    mean = (weights * slowness).sum() / max(weights.sum(), TINY)
    return weights * (1.0 + slowness / max(mean, TINY))


@jit
def _production_weights(x, m, packed, mapping, energy, spectrum):
    """Weight of production in the spectrum, and m/p of the HNL, of each point."""
    weights, slowness, work = np.zeros(len(x)), np.zeros(len(x)), np.zeros(SIZE)
    for first in range(0, len(x), BLOCK):
        draw(x, np.zeros(2), first, min(BLOCK, len(x) - first), work)
        produce(BLOCK, m, False, packed, mapping, work)
        for i in range(min(BLOCK, len(x) - first)):
            knot, part = interpolate(work[ENERGY + i], energy, 0, len(energy))
            if knot >= 0:
                flux = spectrum[knot] + part * (spectrum[knot + 1] - spectrum[knot])
                weights[first + i] = work[WEIGHT + i] * flux
                slowness[first + i] = work[SLOWNESS + i]
    return weights, slowness
