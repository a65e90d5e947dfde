r"""Two flights in a row: N to where it decays, and from there the Z' to where that decays.

With :math:`u_1 = l_1 m_4/p` the proper length that N flew, R is the mean of
:math:`\int \frac{du_1}{c\tau_1} e^{-u_1/c\tau_1} g(u_1)`, g being the part of the Z' that decays in
the decay volumes, at each node of :math:`c\tau_2`. Flights of N below `SHORT_CM` all start the Z'
where N was made: :math:`(1 - e^{-u/c\tau_1}) g(0)`. Longer ones are drawn, and count
:math:`\frac{u_1}{c\tau_1} e^{-u_1/c\tau_1}` over the density of :math:`\ln l_1`. Both are what the
two moments of the histogram of `physics.lifetime` multiply.
"""

import numpy as np

from physics import flight
from physics.block import (
    ACROSS_1,
    ACROSS_2,
    BLOCK,
    DRAWN,
    HNL,
    ROW,
    SLOWNESS,
    VX,
    VY,
    VZ,
    padded,
)
from physics.geometry import direction, path, unpacked
from physics.jit import jit
from physics.lifetime import U_CENTRES_CM, bin_of
from physics.pair_block import MINUS, PLUS, ROWS
from physics.pair_weights import split

SHORT_CM = 0.01
"""A flight of N that moves nothing."""

MARGIN = 2.0
"""N is followed to this many times the distance of the far end of the decay volumes: from beyond
few Z' come back."""


@jit
def fly_twice(
    e, volume, count, selected, detectors, replicate, seconds, mass2, work, weights, inside,
    tallies,
):  # fmt: skip
    """Send the selected events of view e from one of its volumes along both flights.

    `mass2` is the mass of the Z' in GeV; `weights` (rows,) and `inside` (2, seconds) are working
    space.
    """
    volumes, baseline = detectors.volumes, detectors.baseline[e]
    images = flight.images_of_image(volumes, volume)
    for image in range(images):
        flight.start(volumes, volume, baseline, detectors.aim[e], image, padded(selected), work)
        for i in range(selected):
            row = int(work[ROW + i])
            x, y, z = work[VX + i], work[VY + i], work[VZ + i]
            first = direction(
                x, y, z, baseline, work[HNL + row], work[ACROSS_1 + row], work[ACROSS_2 + row]
            )
            onward, slowness2 = _second(row, x, y, z, baseline, mass2, work)
            slowness = work[SLOWNESS + row]
            length, stretch = _flown(e, detectors, x, y, z, first, work[15 * BLOCK + row])
            _part(e, detectors, x, y, z, onward, slowness2, seconds, inside[0])
            x, y, z = x + length * first[0], y + length * first[1], z + length * first[2]
            _part(e, detectors, x, y, z, onward, slowness2, seconds, inside[1])
            u, u_short = length * slowness, SHORT_CM * slowness
            for r in range(len(weights)):
                weights[r] = work[ROWS + r * BLOCK + i]
            factor = work[DRAWN + i] / images
            histogram = tallies.histogram[e, replicate]
            _record(histogram, u_short, u, stretch, inside, weights, factor * count)
            if tallies.channels.size > 0:
                modes = len(weights) // tallies.produced.shape[2]
                for projectile in range(2):
                    for helicity in range(2):
                        split(work, i, projectile, helicity, modes, weights)
                        histogram = tallies.channels[volume, projectile, helicity]
                        _record(histogram, u_short, u, stretch, inside, weights, factor)


@jit
def _record(histogram, u_short, u, stretch, inside, weights, factor):
    """Record a Z' that starts where N was made, and one that starts on the way."""
    _at_start(histogram, u_short, inside[0], weights, factor)
    _on_the_way(histogram, u, inside[1], weights, factor * stretch)


@jit
def _second(row, x, y, z, baseline, mass2, work):
    """Direction of the Z' in the detector, and its mass over momentum."""
    px = work[MINUS + BLOCK + row] + work[PLUS + BLOCK + row]
    py = work[MINUS + 2 * BLOCK + row] + work[PLUS + 2 * BLOCK + row]
    pz = work[MINUS + 3 * BLOCK + row] + work[PLUS + 3 * BLOCK + row]
    sine = np.sqrt(max(0.0, 1.0 - work[HNL + row] * work[HNL + row]))
    size = np.sqrt(px * px + py * py + pz * pz)
    # the leptons were made with N in the plane of x and z
    c = work[ACROSS_1 + row] / sine if sine > 0.0 else 1.0
    s = work[ACROSS_2 + row] / sine if sine > 0.0 else 0.0
    if size == 0.0:
        return (0.0, 0.0, 1.0), np.inf
    across_1, across_2 = (px * c - py * s) / size, (px * s + py * c) / size
    return direction(x, y, z, baseline, pz / size, across_1, across_2), mass2 / size


@jit
def _reach(e, detectors, x, y, z):
    """Distance in cm from a point to the far end of the decay volumes of view e, at most."""
    far = 0.0
    for row in range(detectors.decay_offset[e], detectors.decay_offset[e + 1]):
        volume = unpacked(detectors.decays, row)
        away = np.sqrt((volume[1] - x) ** 2 + (volume[2] - y) ** 2 + (volume[3] - z) ** 2)
        far = max(far, away + np.sqrt(volume[4] ** 2 + volume[5] ** 2 + volume[6] ** 2))
    return far


@jit
def _flown(e, detectors, x, y, z, first, u):
    """Draw how far N flies in cm: (length, 1 over length times its density).

    Half of the lengths are even in the logarithm, half on the way through the decay volumes, which
    Z' that live shortly need.
    """
    span = np.log(MARGIN * _reach(e, detectors, x, y, z) / SHORT_CM)
    near, far = np.inf, 0.0
    for row in range(detectors.decay_offset[e], detectors.decay_offset[e + 1]):
        one, other = path(unpacked(detectors.decays, row), x, y, z, first[0], first[1], first[2])
        if other > one:
            near, far = min(near, one), max(far, other)
    near = max(near, SHORT_CM)
    if far <= near:
        return SHORT_CM * np.exp(span * u), span
    length = SHORT_CM * np.exp(span * 2.0 * u) if u < 0.5 else near + (far - near) * (2.0 * u - 1.0)
    inside = length / (far - near) if near <= length <= far else 0.0
    return length, 2.0 / (1.0 / span + inside)


@jit
def _part(e, detectors, x, y, z, onward, slowness, seconds, inside):
    """Fill the part of the Z' from a point that decays in the decay volumes, by lifetime."""
    inside[:] = 0.0
    for row in range(detectors.decay_offset[e], detectors.decay_offset[e + 1]):
        near, far = path(unpacked(detectors.decays, row), x, y, z, onward[0], onward[1], onward[2])
        if far <= near:
            continue
        for k in range(len(seconds)):
            if seconds[k] > 0.0:
                rate = slowness / seconds[k]
                # no cancellation where the Z' lives long
                inside[k] -= np.exp(-near * rate) * np.expm1((near - far) * rate)


@jit
def _at_start(histogram, u, inside, weights, factor):
    """Record Z' that start where N was made; histogram (seconds, bins, rows, 2)."""
    index = bin_of(u)
    departure = u / U_CENTRES_CM[index] - 1.0
    for k in range(len(inside)):
        if inside[k] > 0.0:
            for r in range(len(weights)):
                histogram[k, index, r, 0] += factor * inside[k] * weights[r]
                histogram[k, index, r, 1] += factor * inside[k] * weights[r] * departure


@jit
def _on_the_way(histogram, u, inside, weights, factor):
    """Record Z' that start where N has flown to."""
    index = bin_of(u)
    for k in range(len(inside)):
        if inside[k] > 0.0:
            for r in range(len(weights)):
                histogram[k, index, r, 1] += factor * inside[k] * weights[r]
