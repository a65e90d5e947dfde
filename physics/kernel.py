"""The compiled event loop: production, decay, reconstruction, selection, flight, histogram.

One call runs a range of points of every replicate of one *stream* (one target nucleus or nucleon)
through the stream's frozen vegas map and adds to the tallies of every view (an experiment with the
flux of one production term) that has that target. Nothing a view adds depends on other views.

The proper flight lengths u = l m / p at which the HNL would enter and leave the decay volumes are
histogrammed in ln u with weight and first moment, so that the response at every lifetime is one
sum over bins (`physics.lifetime`).
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from physics.geometry import CONE, direction, path, upstream_vertex, vertex
from physics.jit import jit
from physics.kinematics import (
    flipping_share,
    outgoing_hnl,
    photon_cosine,
    photon_in_lab,
    quasi_elastic_energy,
    smeared,
)
from physics.lifetime import BINS, BINS_PER_E, LN_U_MIN, U_CENTRES_CM
from physics.upscattering import differential, q2_limits

DIMENSIONS = 10
"""Uniform numbers per event: E, Q2, photon cosine and azimuth, HNL azimuth, vertex (3), smearing (2)."""

BLOCK = 256
"""Events between two looks at the arrays of a view; they stay in the first cache."""

OBSERVABLES = ("E_vis", "cos_theta", "E_nu_QE")


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
def interpolate(E, knots, start, stop):
    """Index and fraction of E among increasing knots[start:stop]; (-1, 0) outside."""
    if knots[start] > E or knots[stop - 1] < E:
        return -1, 0.0
    low, high = start, stop - 1
    while high - low > 1:
        middle = (low + high) // 2
        if knots[middle] > E:
            high = middle
        else:
            low = middle
    return low, (E - knots[low]) / (knots[high] - knots[low])


@jit
def efficiency_at(E, table, start, stop):
    """Efficiency at generated energy E: linear between its points, constant outside."""
    if table[start, 0] >= E:
        return table[start, 1]
    for row in range(start + 1, stop):
        if table[row, 0] > E:
            fraction = (E - table[row - 1, 0]) / (table[row, 0] - table[row - 1, 0])
            return table[row - 1, 1] + fraction * (table[row, 1] - table[row - 1, 1])
    return table[stop - 1, 1]


@jit
def passed_cuts(E_vis, cos, cuts, start, stop):
    """Count the leading rows of the selection that an event passes."""
    for row in range(start, stop):
        if cuts[row, 0] == 0:
            value = E_vis
        elif cuts[row, 0] == 1:
            value = cos
        else:
            value = quasi_elastic_energy(E_vis, cos)
        if not cuts[row, 1] <= value <= cuts[row, 2]:
            return row - start
    return stop - start


@jit
def bin_of(u):
    """Bin of a proper length u in cm; lengths outside the histogram go to its ends."""
    if u <= 0.0:
        return 0
    position = (np.log(u) - LN_U_MIN) * BINS_PER_E
    return min(max(int(position), 0), BINS - 1)


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
def produce(points, shift, first, m, polarised, stream, mapping, events):
    """Fill a block of events of one replicate, starting at base point `first`.

    Columns of `events`: E, weight, flipping share, photon energy, photon cosine, HNL cosine, m / p.
    """
    for row in range(len(events)):
        x0 = shifted(points, shift, first + row, 0)
        x1 = shifted(points, shift, first + row, 1)
        E, Q2, conserving, flipping = production(x0, x1, m, stream, mapping)
        base = conserving + flipping
        EN, pN, cosN = outgoing_hnl(E, Q2, m, stream.M)
        events[row, 0], events[row, 1] = E, base
        if base == 0.0 or pN == 0.0:
            events[row, 1] = 0.0
            continue
        asymmetry = (flipping - conserving) / base
        x2, x3 = shifted(points, shift, first + row, 2), shifted(points, shift, first + row, 3)
        cos_rest = photon_cosine(x2, asymmetry if polarised else 0.0)
        events[row, 2] = flipping_share(cos_rest, asymmetry, polarised)
        events[row, 3], events[row, 4] = photon_in_lab(EN, pN, m, cos_rest, cosN, 2 * np.pi * x3)
        events[row, 5], events[row, 6] = cosN, m / pN


@jit
def reconstruct(points, shift, first, e, detectors, events, seen):
    """Fill the columns of `seen` for view e: knot, fraction, cuts passed, efficiency."""
    low, high = detectors.energy_offset[e], detectors.energy_offset[e + 1]
    cut, last_cut = detectors.cut_offset[e], detectors.cut_offset[e + 1]
    bright, brightest = detectors.efficiency_offset[e], detectors.efficiency_offset[e + 1]
    energy, cuts, efficiency = detectors.energy, detectors.cuts, detectors.efficiency
    smearing, smear = detectors.smearing, detectors.smeared[e]
    for row in range(len(events)):
        seen[row, 0] = -1.0
        if events[row, 1] == 0.0:
            continue
        knot, fraction = interpolate(events[row, 0], energy, low, high)
        E, cos = events[row, 3], events[row, 4]
        if smear:
            x8, x9 = shifted(points, shift, first + row, 8), shifted(points, shift, first + row, 9)
            E, cos = smeared(E, cos, smearing, e, x8, x9)
        seen[row, 0], seen[row, 1] = knot, fraction
        seen[row, 2] = passed_cuts(E, cos, cuts, cut, last_cut)
        seen[row, 3] = efficiency_at(events[row, 3], efficiency, bright, brightest)


@jit
def tally_flow(e, replicate, targets, cuts, detectors, events, seen, tallies):
    """Count events as produced, after each cut they passed, and with the efficiency."""
    flux, produced, flow, accepted = (
        detectors.flux, tallies.produced, tallies.flow, tallies.accepted
    )
    for row in range(len(events)):
        if seen[row, 0] < 0.0:
            continue
        passed = int(seen[row, 2])
        weight = events[row, 1] * targets * total_flux(flux, seen, row)
        produced[e, replicate] += weight
        for step in range(passed + 1):
            flow[e, step] += weight
        detected = weight * seen[row, 3]
        if passed == cuts and detected > 0.0:
            flow[e, cuts + 1] += detected
            accepted[e, 0] += detected
            accepted[e, 1] += detected * detected
            accepted[e, 2] += 1.0


@jit
def fly(points, shift, first, e, volume, count, cuts, detectors, replicate, events, seen, tallies):
    """Send the selected events of view e from one of its volumes through its decay volumes."""
    volumes, decays, baseline = detectors.volumes, detectors.decays, detectors.baseline[e]
    start, stop = detectors.decay_offset[e], detectors.decay_offset[e + 1]
    flux, histogram, channels = detectors.flux, tallies.histogram, tallies.channels
    aim = detectors.aim[e]
    for row in range(len(events)):
        if seen[row, 0] < 0.0 or seen[row, 2] < cuts or seen[row, 3] == 0.0:
            continue
        point = first + row
        azimuth = 2 * np.pi * shifted(points, shift, point, 4)
        u1 = shifted(points, shift, point, 5)
        u2, u3 = shifted(points, shift, point, 6), shifted(points, shift, point, 7)
        drawn = 1.0
        if volumes[volume, 0] == CONE:
            x, y, z, drawn = upstream_vertex(
                volumes, volume, u1, u2, u3, events[row, 5], azimuth, baseline, aim
            )
        else:
            x, y, z = vertex(volumes, volume, u1, u2, u3)
        dx, dy, dz = direction(x, y, z, baseline, events[row, 5], azimuth)
        weight = events[row, 1] * seen[row, 3] * drawn
        for decay in range(start, stop):
            near, far = path(decays, decay, x, y, z, dx, dy, dz)
            if far <= near:
                continue
            near, far = near * events[row, 6], far * events[row, 6]
            phi = total_flux(flux, seen, row)
            _record(histogram, e, replicate, near, far, weight * phi * count)
            if channels.size > 0:
                _record_channels(channels, volume, flux, events, seen, row, near, far, weight)


@jit
def _record_channels(channels, volume, flux, events, seen, row, near, far, weight):
    """Record a decay interval by projectile and helicity, per target of a volume."""
    flipped = events[row, 2]
    for p in range(flux.shape[1]):
        each = weight * flux_at(flux, seen, row, p)
        _record(channels[volume], p, 0, near, far, each * (1.0 - flipped))
        _record(channels[volume], p, 1, near, far, each * flipped)


@jit
def shifted(points, shift, row, axis):
    """Base point plus shift, modulo 1."""
    value = points[row, axis] + shift[axis]
    return value - 1.0 if value >= 1.0 else value


@jit
def flux_at(flux, seen, row, projectile):
    """Flux of one projectile at the energy of an event."""
    knot = int(seen[row, 0])
    left = flux[knot, projectile]
    return left + seen[row, 1] * (flux[knot + 1, projectile] - left)


@jit
def total_flux(flux, seen, row):
    """Flux of all projectiles at the energy of an event."""
    total = 0.0
    for projectile in range(flux.shape[1]):
        total += flux_at(flux, seen, row, projectile)
    return total


@jit
def sample(points, shifts, starts, stops, m, polarised, stream, mapping, counts, detectors, tallies):
    """Run points [starts[e], stops[e]) of every replicate through one stream for view e.

    `points` are base points in [0, 1) of shape (n, DIMENSIONS), `shifts` (replicates, DIMENSIONS)
    their shifts modulo 1; `counts` gives the targets of this stream in each volume times exposure.
    Weights are not divided by the number of points.
    """
    block = np.empty((BLOCK, 7))
    block_seen = np.empty((BLOCK, 4))
    for replicate in range(len(shifts)):
        shift = shifts[replicate]
        first = starts.min()
        while first < stops.max():
            # blocks end where some view's range ends
            last = min(first + BLOCK, stops.max())
            for e in range(len(starts)):
                for edge in (starts[e], stops[e]):
                    if first < edge < last:
                        last = edge
            events, seen = block[: last - first], block_seen[: last - first]
            produce(points, shift, first, m, polarised, stream, mapping, events)
            for e in range(len(starts)):
                if not starts[e] <= first < stops[e]:
                    continue
                low, high = detectors.volume_offset[e], detectors.volume_offset[e + 1]
                cuts = detectors.cut_offset[e + 1] - detectors.cut_offset[e]
                reconstruct(points, shift, first, e, detectors, events, seen)
                targets = counts[low:high].sum()
                tally_flow(e, replicate, targets, cuts, detectors, events, seen, tallies)
                for volume in range(low, high):
                    if counts[volume] > 0.0:
                        fly(
                            points, shift, first, e, volume, counts[volume], cuts, detectors,
                            replicate, events, seen, tallies,
                        )
            first = last
