"""The compiled event loop for HNLs from vector exchange that decay to pairs of leptons.

As `physics.kernel`, with several weights on each event: a row for each exchange (the squares of
the two amplitudes and their interference) and each mode of the decay. Weights may be negative.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from physics import flight
from physics.block import (
    ACROSS_1,
    ACROSS_2,
    BLOCK,
    DRAWN,
    EFFICIENCY,
    ENERGY,
    FAR,
    HNL,
    KNOT,
    NEAR,
    ROW,
    S_ACROSS_1,
    S_ACROSS_2,
    S_HNL,
    S_SLOWNESS,
    SLOWNESS,
    U1,
    padded,
)
from physics.events import draw
from physics.jit import jit
from physics.kernel import block_end, fill, flux_at, interpolate
from physics.pair_block import (
    ANTINEUTRINOS,
    MINUS,
    MOST_ROWS,
    NEUTRINOS,
    PAIR_SIZE,
    PLUS,
    REACHED,
    ROWS,
    SEEN,
    TOTAL,
    VALUE,
    WEIGHTS,
)
from physics.pair_selection import measure, merge
from physics.pair_visible import at, smeared_lepton
from physics.pair_weights import record, split, weigh
from physics.second_flight import fly_twice
from physics.vector_events import IMAGES, decay, scatter, turn

SMEARING = (8, 13)
"""First of the two uniform numbers that smear each lepton."""


class PairTallies(NamedTuple):
    """What the loop adds to; rows are exchanges times modes, the modes running fastest."""

    histogram: NDArray[np.float64]  # (views, replicates, second lifetimes, bins, rows, 2)
    produced: NDArray[np.float64]  # (views, replicates, exchanges)
    flow: NDArray[np.float64]  # (views, rows, steps): lost at each step, kept by all, detected
    accepted: NDArray[np.float64]  # (views, 3): sum w, sum w^2, number, of the first row
    channels: NDArray[np.float64]  # (volumes, projectiles, helicities, seconds, bins, rows, 2)


@jit
def look(e, rows, detectors, work):
    """Fill the flux of view e at the energies of a block."""
    low, high = detectors.energy_offset[e], detectors.energy_offset[e + 1]
    for i in range(rows):
        knot, fraction = interpolate(work[ENERGY + i], detectors.energy, low, high)
        work[KNOT + i] = knot
        there = knot >= 0
        work[NEUTRINOS + i] = flux_at(detectors.flux, knot, fraction, 0) if there else 0.0
        work[ANTINEUTRINOS + i] = flux_at(detectors.flux, knot, fraction, 1) if there else 0.0


@jit
def reconstruct(e, rows, detectors, work):
    """Fill the leptons of a block as view e sees them, and how well."""
    bright, brightest = detectors.efficiency_offset[e], detectors.efficiency_offset[e + 1]
    if brightest - bright == 1:
        for i in range(rows):
            work[EFFICIENCY + i] = detectors.efficiency[bright, 1]
    else:
        for i in range(rows):
            visible = work[MINUS + i] + work[PLUS + i]
            work[EFFICIENCY + i] = at(visible, detectors.efficiency, bright, brightest)
    if not detectors.smeared[e]:
        for part in range(8):
            for i in range(rows):
                work[SEEN + part * BLOCK + i] = work[MINUS + part * BLOCK + i]
        return
    for lepton in range(2):
        true, seen, first = MINUS + 4 * lepton * BLOCK, SEEN + 4 * lepton * BLOCK, SMEARING[lepton]
        for i in range(rows):
            energy, x, y, z = smeared_lepton(
                work[true + i], work[true + BLOCK + i], work[true + 2 * BLOCK + i],
                work[true + 3 * BLOCK + i], detectors.smearing, e,
                work[first * BLOCK + i], work[(first + 1) * BLOCK + i],
            )  # fmt: skip
            work[seen + i], work[seen + BLOCK + i] = energy, x
            work[seen + 2 * BLOCK + i], work[seen + 3 * BLOCK + i] = y, z


@jit
def _sum_where(column, value, rows, work):
    """Sum a column over the events that reached one step; rows beyond the last weigh nothing.

    Four sums, since one would wait for each addition.
    """
    a, b, c, d = 0.0, 0.0, 0.0, 0.0
    for i in range(0, rows, 4):
        a += work[column + i] if work[REACHED + i] == value else 0.0
        b += work[column + i + 1] if work[REACHED + i + 1] == value else 0.0
        c += work[column + i + 2] if work[REACHED + i + 2] == value else 0.0
        d += work[column + i + 3] if work[REACHED + i + 3] == value else 0.0
    return (a + b) + (c + d)


@jit
def count(e, replicate, rows, targets, exchanges, modes, steps, work, tallies):
    """Add a block to what view e counts: produced, lost at each step, and detected."""
    produced, flow, accepted = tallies.produced, tallies.flow, tallies.accepted
    wide = padded(rows)
    for x in range(exchanges):
        total = 0.0
        for i in range(rows):
            total += work[TOTAL + x * BLOCK + i]
        produced[e, replicate, x] += total * targets
    for r in range(exchanges * modes):
        column = WEIGHTS + r * BLOCK
        for i in range(rows, wide):
            work[column + i] = 0.0
        for step in range(steps + 1):
            flow[e, r, step] += _sum_where(column, step, wide, work) * targets
        for i in range(wide):
            work[column + i] *= work[EFFICIENCY + i] if work[REACHED + i] == steps else 0.0
        flow[e, r, steps + 1] += _sum_where(column, steps, wide, work) * targets
    for i in range(rows):
        weight = work[WEIGHTS + i] * targets
        accepted[e, 0] += weight
        accepted[e, 1] += weight * weight
        accepted[e, 2] += 1.0 if weight != 0.0 else 0.0


@jit
def gather(rows, number, steps, work):
    """Gather the events of a block that are seen, close together: their number."""
    selected = 0
    for i in range(rows):
        alive = (work[SLOWNESS + i] > 0.0) & (work[EFFICIENCY + i] > 0.0)
        if work[REACHED + i] < steps or not alive or work[KNOT + i] < 0:
            continue
        for r in range(number):
            work[ROWS + r * BLOCK + selected] = work[WEIGHTS + r * BLOCK + i]
        work[ROW + selected] = i
        work[S_HNL + selected], work[S_SLOWNESS + selected] = work[HNL + i], work[SLOWNESS + i]
        work[S_ACROSS_1 + selected] = work[ACROSS_1 + i]
        work[S_ACROSS_2 + selected] = work[ACROSS_2 + i]
        for axis in range(3):
            work[U1 + axis * BLOCK + selected] = work[(5 + axis) * BLOCK + i]
        selected += 1
    fill(selected, work)
    return selected


@jit
def select(e, replicate, rows, targets, exchanges, modes, detectors, work, tallies):
    """Count the events of view e after each cut, and gather those that are seen: their number."""
    start, stop = detectors.cut_offset[e], detectors.cut_offset[e + 1]
    first = 1 if detectors.merging[e, 0] > 0.0 else 0
    steps = first + stop - start
    wide = padded(rows)
    for i in range(wide):
        work[REACHED + i] = 0.0
    if first:
        begin, end = detectors.overlap_offset[e], detectors.overlap_offset[e + 1]
        merge(wide, detectors.merging, e, detectors.overlap, begin, end, work)
    for row in range(start, stop):
        measure(int(detectors.cuts[row, 0]), wide, work)
        low, high, before = detectors.cuts[row, 1], detectors.cuts[row, 2], first + row - start
        for i in range(wide):
            value = work[VALUE + i]
            good = (work[REACHED + i] == before) & (value >= low) & (value <= high)
            work[REACHED + i] += 1.0 if good else 0.0
    weigh(wide, exchanges, modes, work)
    count(e, replicate, rows, targets, exchanges, modes, steps, work, tallies)
    return gather(rows, exchanges * modes, steps, work)


@jit
def fly(e, volume, count, selected, detectors, replicate, number, work, weights, tallies):
    """Send the selected events of view e from one of its volumes through its decay volumes."""
    start, stop = detectors.decay_offset[e], detectors.decay_offset[e + 1]
    volumes, decays, baseline = detectors.volumes, detectors.decays, detectors.baseline[e]
    rows = padded(selected)
    images = flight.images_of_image(volumes, volume)
    for image in range(images):
        flight.start(volumes, volume, baseline, detectors.aim[e], image, rows, work)
        for volume_of_decay in range(start, stop):
            flight.cross(decays, volume_of_decay, baseline, rows, work)
            for i in range(selected):
                near, far = work[NEAR + i], work[FAR + i]
                if far <= near:
                    continue
                factor = work[DRAWN + i] / images
                for r in range(number):
                    weights[r] = work[ROWS + r * BLOCK + i]
                record(tallies.histogram[e, replicate, 0], near, far, weights[:number],
                       factor * count)  # fmt: skip
                if tallies.channels.size > 0:
                    _channels(volume, work, i, near, far, factor, weights, tallies)


@jit
def _channels(volume, work, i, near, far, factor, weights, tallies):
    """Record a decay interval by projectile and helicity, per target of a volume."""
    channels = tallies.channels
    number = channels.shape[5]
    modes = number // tallies.produced.shape[2]
    for projectile in range(2):
        for helicity in range(2):
            split(work, i, projectile, helicity, modes, weights[:number])
            record(channels[volume, projectile, helicity, 0], near, far, weights[:number], factor)


@jit
def sample_pairs(
    points, shifts, starts, stops, m, polarised, stream, mapping, shape, seconds, counts,
    detectors, tallies,
):  # fmt: skip
    """Run points [starts[e], stops[e]) of every replicate through one stream for view e.

    As `physics.kernel.sample`, with the shape of the decay and the proper decay lengths of a real
    Z' in cm, `seconds`: 0, which comes first, is a Z' that does not fly.
    """
    work, weights = np.zeros(PAIR_SIZE), np.empty(MOST_ROWS)
    exchanges, inside = len(stream.pairs), np.empty((2, len(seconds)))
    for replicate in range(len(shifts)):
        first = starts.min()
        while first < stops.max():
            last = block_end(first, starts, stops)
            rows = last - first
            draw(points, shifts[replicate], first, rows, work)
            scatter(padded(rows), m, polarised, stream, mapping, work)
            for image in range(IMAGES):
                if image > 0:
                    turn(padded(rows), work)
                decay(padded(rows), m, shape, work)
                for e in range(len(starts)):
                    if starts[e] <= first < stops[e]:
                        _view(
                            e, image, replicate, rows, m, shape, seconds, counts, detectors,
                            exchanges, work, weights, inside, tallies,
                        )  # fmt: skip
            first = last


@jit
def _view(
    e, image, replicate, rows, m, shape, seconds, counts, detectors, exchanges, work, weights,
    inside, tallies,
):  # fmt: skip
    """Add a block of events to the tallies of view e."""
    low, high = detectors.volume_offset[e], detectors.volume_offset[e + 1]
    modes = len(shape.norm)
    number = exchanges * modes
    if len(detectors.baseline) > 1 or image == 0:
        # a single view has the same flux for all images
        look(e, padded(rows), detectors, work)
    reconstruct(e, padded(rows), detectors, work)
    selected = select(
        e, replicate, rows, counts[low:high].sum(), exchanges, modes, detectors, work, tallies
    )
    if selected == 0:
        return
    for volume in range(low, high):
        if counts[volume] > 0.0 and seconds[0] == 0.0:
            fly(
                e, volume, counts[volume], selected, detectors, replicate, number, work, weights,
                tallies,
            )  # fmt: skip
        if counts[volume] > 0.0 and seconds[-1] > 0.0:
            fly_twice(
                e, volume, counts[volume], selected, detectors, replicate, seconds,
                m * np.sqrt(shape.y), work, weights[:number], inside, tallies,
            )  # fmt: skip
