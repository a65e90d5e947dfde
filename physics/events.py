"""Drawing events: the upscattering through a frozen vegas map, the HNL and its photon."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from physics.block import (
    ACROSS_1,
    ACROSS_2,
    BLOCK,
    C2,
    COSINE,
    ENERGY,
    FLIPPED,
    GM2,
    HNL,
    JACOBIAN,
    LOW,
    PHOTON,
    Q2,
    SLOWNESS,
    SPAN,
    WEIGHT,
    Y,
    padded,
)
from physics.form_factors import interpolate_squared, nucleon_structure
from physics.jit import jit
from physics.kinematics import (
    cosine,
    flipping_share,
    outgoing_hnl,
    photon_cosine,
    photon_in_lab,
    sine,
)
from physics.upscattering import COHERENT, differential, dipole_helicities, q2_limits

DIMENSIONS = 10
"""Uniform numbers per event: E, Q2, photon cosine and azimuth, HNL azimuth, vertex (3), smearing
(2)."""


class Stream(NamedTuple):
    """What is hit: target mass (GeV), kind, charge, moment, Z^2 F^2 table, energy range (GeV)."""

    M: float
    kind: int
    charge: float
    moment: float
    table: NDArray[np.float64]
    E_min: float
    E_max: float


class Map(NamedTuple):
    """A frozen two-dimensional vegas map of (E, ln Q2): grid nodes, increments, their number."""

    grid: NDArray[np.float64]
    increments: NDArray[np.float64]
    number: NDArray[np.int64]


@jit
def mapped(x, axis, mapping):
    """Send a uniform number through one axis of a vegas map: (coordinate, jacobian)."""
    number = mapping.number[axis]
    scaled = x * number
    index = min(int(scaled), number - 1)
    step = mapping.increments[axis, index]
    return mapping.grid[axis, index] + step * (scaled - index), step * number


@jit
def production(x0, x1, m, stream, mapping):
    """Draw (E, Q2) and return them with the weights d sigma dE dQ2 of both helicities."""
    y0, j0 = mapped(x0, 0, mapping)
    y1, j1 = mapped(x1, 1, mapping)
    width = stream.E_max - stream.E_min
    E = stream.E_min + width * y0
    low, high = q2_limits(E, m, stream.M)
    if high <= low:
        return E, 0.0, 0.0, 0.0
    span = np.log(high / low)
    Q2 = low * np.exp(span * y1)
    conserving, flipping = differential(
        E, Q2, m, stream.M, stream.kind, stream.charge, stream.moment, stream.table
    )
    jacobian = width * span * Q2 * j0 * j1
    return E, Q2, conserving * jacobian, flipping * jacobian


@jit
def draw(points, shift, first, rows, work):
    """Fill the uniform numbers of a block: base points plus shift, modulo 1."""
    for axis in range(len(shift)):
        column, step = axis * BLOCK, shift[axis]
        for i in range(rows):
            value = points[first + i, axis] + step
            work[column + i] = value - 1.0 if value >= 1.0 else value
        for i in range(rows, padded(rows)):
            work[column + i] = 0.5


@jit
def place(rows, m, stream, mapping, work):
    """Draw E and Q2 of a block, with what they weigh; `stream` tells M, E_min and E_max."""
    width = stream.E_max - stream.E_min
    for i in range(rows):
        y0, j0 = mapped(work[i], 0, mapping)
        y1, j1 = mapped(work[BLOCK + i], 1, mapping)
        work[ENERGY + i], work[Y + i] = stream.E_min + width * y0, y1
        work[JACOBIAN + i] = width * j0 * j1
    for i in range(rows):
        low, high = q2_limits(work[ENERGY + i], m, stream.M)
        allowed = high > low
        work[LOW + i] = low if allowed else 1.0
        work[SPAN + i] = high / low if allowed else 1.0
        work[JACOBIAN + i] = work[JACOBIAN + i] if allowed else 0.0
    for i in range(rows):
        work[SPAN + i] = np.log(work[SPAN + i])
        work[Q2 + i] = work[LOW + i] * np.exp(work[SPAN + i] * work[Y + i])


@jit
def _look_up(rows, stream, work):
    """Look up the structure of the target of a block."""
    if stream.kind == COHERENT:
        for i in range(rows):
            work[GM2 + i] = interpolate_squared(stream.table, work[Q2 + i])
            work[C2 + i] = 0.0
    else:
        for i in range(rows):
            work[GM2 + i], work[C2 + i] = nucleon_structure(
                work[Q2 + i], stream.charge, stream.moment, stream.M
            )


@jit
def produce(rows, m, polarised, stream, mapping, work):
    """Fill the events of a block from its uniform numbers."""
    place(rows, m, stream, mapping, work)
    _look_up(rows, stream, work)
    M, alignment = stream.M, 1.0 if polarised else 0.0
    for i in range(rows):
        E, Q2_ = work[ENERGY + i], work[Q2 + i]
        conserving, flipping = dipole_helicities(E, Q2_, m, M, work[GM2 + i], work[C2 + i])
        base = conserving + flipping
        EN, pN, cosN = outgoing_hnl(E, Q2_, m, M)
        alive = (base > 0.0) & (pN > 0.0)
        asymmetry = (flipping - conserving) / base if alive else 0.0
        cos = photon_cosine(work[2 * BLOCK + i], alignment * asymmetry)
        work[FLIPPED + i] = flipping_share(cos, asymmetry, polarised)
        azimuth = 2 * np.pi * work[3 * BLOCK + i]
        work[PHOTON + i], work[COSINE + i] = photon_in_lab(EN, pN, m, cos, cosN, azimuth)
        work[WEIGHT + i] = base * work[JACOBIAN + i] * work[SPAN + i] * Q2_ if alive else 0.0
        work[HNL + i], work[SLOWNESS + i] = cosN, m / pN if alive else 0.0
    for i in range(rows):
        across = np.sqrt(max(0.0, 1.0 - work[HNL + i] * work[HNL + i]))
        azimuth = 2 * np.pi * work[4 * BLOCK + i]
        work[ACROSS_1 + i], work[ACROSS_2 + i] = across * cosine(azimuth), across * sine(azimuth)
