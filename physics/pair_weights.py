"""Weights of events with several rows: what they are in a view, by channel, and in histograms.

A row is an exchange and a mode of decay, the modes running fastest.
"""

from physics.block import BLOCK, EFFICIENCY, ROW
from physics.jit import jit
from physics.lifetime import U_CENTRES_CM, bin_of
from physics.pair_block import (
    ANTINEUTRINOS,
    DIFFERENCE,
    EVEN,
    NEUTRINOS,
    ODD,
    SUM,
    TOTAL,
    TURNED,
    WEIGHTS,
)
from physics.vector_events import IMAGES


@jit
def weigh(rows, exchanges, modes, work):
    """Fill the weights of all rows of a block in the flux of a view, without efficiency.

    The images of a decay share the weight of their upscattering.
    """
    share = 1.0 / IMAGES
    for x in range(exchanges):
        sums, differences = SUM + 2 * x * BLOCK, DIFFERENCE + 2 * x * BLOCK
        for i in range(rows):
            plain, anti = share * work[NEUTRINOS + i], share * work[ANTINEUTRINOS + i]
            work[TOTAL + x * BLOCK + i] = work[sums + i] * plain + work[sums + BLOCK + i] * anti
            work[TURNED + i] = work[differences + i] * plain + work[differences + BLOCK + i] * anti
        for mode in range(modes):
            column = WEIGHTS + (x * modes + mode) * BLOCK
            even, odd = EVEN + mode * BLOCK, ODD + mode * BLOCK
            for i in range(rows):
                total, turned = work[TOTAL + x * BLOCK + i], work[TURNED + i]
                work[column + i] = total * work[even + i] + turned * work[odd + i]


@jit
def split(work, i, projectile, helicity, modes, weights):
    """Fill the rows of a selected event with what one projectile and helicity of N add."""
    row = int(work[ROW + i])
    flux = work[(NEUTRINOS if projectile == 0 else ANTINEUTRINOS) + row] * work[EFFICIENCY + row]
    flux *= 1.0 / IMAGES
    turn = 2.0 * helicity - 1.0
    for r in range(len(weights)):
        x, mode = r // modes, r % modes
        column = (2 * x + projectile) * BLOCK + row
        part = 0.5 * (work[SUM + column] + turn * work[DIFFERENCE + column])
        odd = work[ODD + mode * BLOCK + row]
        weights[r] = flux * part * (work[EVEN + mode * BLOCK + row] + turn * odd)


@jit
def record(histogram, near, far, weights, factor):
    """Add a decay interval to all rows of one histogram (bins, rows, 2)."""
    index = bin_of(far)
    departure = far / U_CENTRES_CM[index] - 1.0
    for r in range(len(weights)):
        histogram[index, r, 0] += factor * weights[r]
        histogram[index, r, 1] += factor * weights[r] * departure
    if near > 0.0:
        index = bin_of(near)
        departure = near / U_CENTRES_CM[index] - 1.0
        for r in range(len(weights)):
            histogram[index, r, 0] -= factor * weights[r]
            histogram[index, r, 1] -= factor * weights[r] * departure


@jit
def add_rows(histogram, rows, factor, total):
    """Add some rows of a histogram (replicates, seconds, bins, rows, 2), times a factor.

    `total` has shape (rows, seconds, replicates, 2, bins).
    """
    replicates, seconds, bins = histogram.shape[:3]
    for replicate in range(replicates):
        for second in range(seconds):
            for bin_ in range(bins):
                for r in range(len(rows)):
                    for moment in range(2):
                        value = histogram[replicate, second, bin_, rows[r], moment]
                        if value != 0.0:
                            total[r, second, replicate, moment, bin_] += value * factor
