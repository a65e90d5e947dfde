"""The compiled event loop: production, decay, reconstruction, selection, flight, histogram.

One call runs a range of points of every replicate of one *stream* (one target nucleus or nucleon)
through the stream's frozen vegas map and adds to the tallies of every view (an experiment with the
flux of one production term) that has that target. Nothing a view adds depends on other views.
Events go in blocks, column by column (`physics.block`).

The proper flight lengths u = l m / p at which the HNL would enter and leave the decay volumes are
histogrammed in ln u with weight and first moment, so that the response at every lifetime is one
sum over bins (`physics.lifetime`).
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from physics import flight
from physics.block import (
    ACROSS_1,
    ACROSS_2,
    BLOCK,
    COSINE,
    DETECTED,
    DRAWN,
    EFFICIENCY,
    ENERGY,
    FAR,
    FLIPPED,
    FLUX,
    FRACTION,
    HNL,
    KNOT,
    NEAR,
    PHOTON,
    ROW,
    S_ACROSS_1,
    S_ACROSS_2,
    S_HNL,
    S_SLOWNESS,
    SEEN_COS,
    SEEN_E,
    SIZE,
    SLOWNESS,
    U1,
    U2,
    U3,
    WEIGHT,
    padded,
)
from physics.events import draw, produce
from physics.jit import jit
from physics.kinematics import smeared
from physics.lifetime import U_CENTRES_CM, bin_of
from physics.pair_visible import at, of_photon


class Detectors(NamedTuple):
    """Views as arrays: a view is one experiment seen by one production term's projectiles.

    The `offset` arrays delimit the rows of each view.
    """

    energy: NDArray[np.float64]  # knots of the flux tables, one table per view
    flux: NDArray[np.float64]  # (knots, projectiles of the term) per cm^2 GeV POT
    energy_offset: NDArray[np.int64]
    volumes: NDArray[np.float64]  # target volumes (rows of physics.geometry)
    volume_offset: NDArray[np.int64]
    decays: NDArray[np.float64]  # decay volumes
    decay_offset: NDArray[np.int64]
    cuts: NDArray[np.float64]  # observable, min, max
    cut_offset: NDArray[np.int64]
    efficiency: NDArray[np.float64]  # energy, value
    efficiency_offset: NDArray[np.int64]
    smearing: NDArray[np.float64]  # (views, 4)
    smeared: NDArray[np.bool_]  # whether a view smears at all
    merging: NDArray[np.float64]  # (views, 3): rule, cosine, energy of physics.pair_visible
    overlap: NDArray[np.float64]  # energy, largest overlap of its rule by a table
    overlap_offset: NDArray[np.int64]
    baseline: NDArray[np.float64]  # cm
    aim: NDArray[np.float64]  # (views, 4): a disc about the decay volumes, x, y, z, radius


class Tallies(NamedTuple):
    """What the loop adds to; views first, then replicates where they are kept apart."""

    histogram: NDArray[np.float64]  # (views, replicates, 2, bins)
    produced: NDArray[np.float64]  # (views, replicates)
    flow: NDArray[np.float64]  # (views, steps): produced, after each cut, efficiency
    accepted: NDArray[np.float64]  # (views, 3): sum w, sum w^2, number
    channels: NDArray[np.float64]  # (volumes, projectiles, helicities, 2, bins) or size 0


@jit
def interpolate(E, knots, start, stop):
    """Index and fraction of E among increasing knots[start:stop]; (-1, 0) outside."""
    first, last = knots[start], knots[stop - 1]
    if first > E or last < E:
        return -1, 0.0
    # right at once where the knots are equidistant
    low = min(start + int((E - first) / (last - first) * (stop - start - 1)), stop - 2)
    while knots[low] > E:
        low -= 1
    while low < stop - 2 and knots[low + 1] <= E:
        low += 1
    return low, (E - knots[low]) / (knots[low + 1] - knots[low])


@jit
def passed_cuts(E_vis, cos, cuts, start, stop):
    """Count the leading rows of the selection that a photon passes."""
    for row in range(start, stop):
        if not cuts[row, 1] <= of_photon(int(cuts[row, 0]), E_vis, cos) <= cuts[row, 2]:
            return row - start
    return stop - start


@jit
def _record(histogram, i, j, near, far, weight):
    """Add a decay interval: leaving at `far` counts, having entered at `near` is taken off.

    The two moments of a bin are the weight and the weight times (u / centre - 1).
    """
    index = bin_of(far)
    histogram[i, j, 0, index] += weight
    histogram[i, j, 1, index] += weight * (far / U_CENTRES_CM[index] - 1.0)
    if near > 0.0:
        index = bin_of(near)
        histogram[i, j, 0, index] -= weight
        histogram[i, j, 1, index] -= weight * (near / U_CENTRES_CM[index] - 1.0)


@jit
def reconstruct(e, rows, detectors, work):
    """Fill what view e sees of a block: flux, reconstructed photon, efficiency."""
    low, high = detectors.energy_offset[e], detectors.energy_offset[e + 1]
    bright, brightest = detectors.efficiency_offset[e], detectors.efficiency_offset[e + 1]
    energy, flux, efficiency = detectors.energy, detectors.flux, detectors.efficiency
    for i in range(rows):
        knot, fraction = interpolate(work[ENERGY + i], energy, low, high)
        work[KNOT + i], work[FRACTION + i] = knot, fraction
        work[FLUX + i] = total_flux(flux, knot, fraction) if knot >= 0 else 0.0
        work[EFFICIENCY + i] = at(work[PHOTON + i], efficiency, bright, brightest)
    if detectors.smeared[e]:
        smearing = detectors.smearing
        for i in range(rows):
            work[SEEN_E + i], work[SEEN_COS + i] = smeared(
                work[PHOTON + i], work[COSINE + i], smearing, e,
                work[8 * BLOCK + i], work[9 * BLOCK + i],
            )  # fmt: skip
    else:
        for i in range(rows):
            work[SEEN_E + i], work[SEEN_COS + i] = work[PHOTON + i], work[COSINE + i]


@jit
def select(e, replicate, rows, targets, detectors, work, tallies):
    """Count the events of view e after each cut, and gather those that are seen: their number."""
    start, stop = detectors.cut_offset[e], detectors.cut_offset[e + 1]
    cuts = stop - start
    selection, flow, accepted = detectors.cuts, tallies.flow, tallies.accepted
    selected = 0
    for i in range(rows):
        base = work[WEIGHT + i] * work[FLUX + i]
        weight = base * targets
        if weight == 0.0:
            continue
        passed = passed_cuts(work[SEEN_E + i], work[SEEN_COS + i], selection, start, stop)
        tallies.produced[e, replicate] += weight
        for step in range(passed + 1):
            flow[e, step] += weight
        detected = weight * work[EFFICIENCY + i]
        if passed < cuts or detected == 0.0:
            continue
        flow[e, cuts + 1] += detected
        accepted[e, 0] += detected
        accepted[e, 1] += detected * detected
        accepted[e, 2] += 1.0
        work[ROW + selected] = i
        work[DETECTED + selected] = base * work[EFFICIENCY + i]
        work[S_HNL + selected], work[S_SLOWNESS + selected] = work[HNL + i], work[SLOWNESS + i]
        work[S_ACROSS_1 + selected] = work[ACROSS_1 + i]
        work[S_ACROSS_2 + selected] = work[ACROSS_2 + i]
        for axis in range(3):
            work[U1 + axis * BLOCK + selected] = work[(5 + axis) * BLOCK + i]
        selected += 1
    fill(selected, work)
    return selected


@jit
def fill(selected, work):
    """Complete a block of selected events with harmless ones."""
    for i in range(selected, padded(selected)):
        work[S_HNL + i], work[S_ACROSS_1 + i], work[S_ACROSS_2 + i] = 1.0, 0.0, 0.0
        work[S_SLOWNESS + i] = 0.0
        work[U1 + i], work[U2 + i], work[U3 + i] = 0.5, 0.5, 0.5


@jit
def fly(e, volume, count, selected, detectors, replicate, work, tallies):
    """Send the selected events of view e from one of its volumes through its decay volumes.

    Each event starts at several vertices that share its weight. In a volume around its centre these
    are a point and its mirror image: the two paths about add up to a chord, which halves the error.
    """
    start, stop = detectors.decay_offset[e], detectors.decay_offset[e + 1]
    volumes, decays, baseline = detectors.volumes, detectors.decays, detectors.baseline[e]
    rows = padded(selected)
    images = flight.images(volumes, volume)
    for image in range(images):
        flight.start(volumes, volume, baseline, detectors.aim[e], image, rows, work)
        for decay in range(start, stop):
            flight.cross(decays, decay, baseline, rows, work)
            for i in range(selected):
                if work[FAR + i] > work[NEAR + i]:
                    weight = work[DETECTED + i] * work[DRAWN + i] / images
                    near, far = work[NEAR + i], work[FAR + i]
                    _record(tallies.histogram, e, replicate, near, far, weight * count)
                    if tallies.channels.size > 0:
                        _record_channels(
                            tallies.channels, volume, detectors.flux, work, i, near, far, weight
                        )


@jit
def _record_channels(channels, volume, flux, work, selected, near, far, weight):
    """Record a decay interval by projectile and helicity, per target of a volume."""
    i = int(work[ROW + selected])
    knot, fraction = int(work[KNOT + i]), work[FRACTION + i]
    for p in range(flux.shape[1]):
        each = weight * flux_at(flux, knot, fraction, p) / work[FLUX + i]
        _record(channels[volume], p, 0, near, far, each * (1.0 - work[FLIPPED + i]))
        _record(channels[volume], p, 1, near, far, each * work[FLIPPED + i])


@jit
def flux_at(flux, knot, fraction, projectile):
    """Flux of one projectile between two knots."""
    left = flux[knot, projectile]
    return left + fraction * (flux[knot + 1, projectile] - left)


@jit
def total_flux(flux, knot, fraction):
    """Flux of all projectiles between two knots."""
    total = 0.0
    for projectile in range(flux.shape[1]):
        total += flux_at(flux, knot, fraction, projectile)
    return total


@jit
def block_end(first, starts, stops):
    """End of the block that begins at a point: where some view's range ends, at the latest."""
    last = min(first + BLOCK, stops.max())
    for e in range(len(starts)):
        for edge in (starts[e], stops[e]):
            if first < edge < last:
                last = edge
    return last


@jit
def sample(
    points, shifts, starts, stops, m, polarised, stream, mapping, counts, detectors, tallies
):
    """Run points [starts[e], stops[e]) of every replicate through one stream for view e.

    `points` are base points in [0, 1) of shape (n, DIMENSIONS), `shifts` (replicates, DIMENSIONS)
    their shifts modulo 1; `counts` gives the targets of this stream in each volume times exposure.
    Weights are not divided by the number of points.
    """
    work = np.zeros(SIZE)
    for replicate in range(len(shifts)):
        first = starts.min()
        while first < stops.max():
            last = block_end(first, starts, stops)
            rows = last - first
            draw(points, shifts[replicate], first, rows, work)
            produce(padded(rows), m, polarised, stream, mapping, work)
            for e in range(len(starts)):
                if starts[e] <= first < stops[e]:
                    _view(e, replicate, rows, counts, detectors, work, tallies)
            first = last


@jit
def _view(e, replicate, rows, counts, detectors, work, tallies):
    """Add a block of events to the tallies of view e."""
    low, high = detectors.volume_offset[e], detectors.volume_offset[e + 1]
    reconstruct(e, rows, detectors, work)
    selected = select(e, replicate, rows, counts[low:high].sum(), detectors, work, tallies)
    if selected == 0:
        return
    for volume in range(low, high):
        if counts[volume] > 0.0:
            fly(e, volume, counts[volume], selected, detectors, replicate, work, tallies)
