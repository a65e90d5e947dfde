"""Drawing events of vector exchange: all exchanges as weights on one (E, Q2), and the pair."""

import numpy as np

from physics.block import (
    ACROSS_1,
    ACROSS_2,
    BLOCK,
    ENERGY,
    HNL,
    JACOBIAN,
    Q2,
    SLOWNESS,
    SPAN,
)
from physics.events import place
from physics.jit import jit
from physics.kinematics import cosine, outgoing_hnl, sine
from physics.pair_block import DIFFERENCE, EVEN, MINUS, ODD, PLUS, SUM
from physics.pair_decay import decay_pair, to_lab
from physics.vector_cross_sections import current
from physics.vector_exchange import contractions, structure

PAIR_DIMENSIONS = 16
"""Uniform numbers per event: those of a photon (`physics.events.DIMENSIONS`, the smearing for the
first lepton), mass of the pair, direction of the leptons (2), smearing of the second lepton (2),
flight of N before a Z' that flies itself."""


@jit
def helicities(E, Q2, m, stream, sums, differences):
    """Fill flipping plus and minus conserving d sigma / d Q2 of all exchanges for unit couplings.

    `sums` and `differences` have shape (pairs, 2): neutrinos, antineutrinos. An interference counts
    half, as its factor has the 2.
    """
    even, odd = contractions(E, Q2, m, stream.M)
    first, second = current(stream.zprime, stream.hit, Q2), current(stream.z, stream.hit, Q2)
    for pair in range(len(stream.pairs)):
        a = first if stream.pairs[pair, 0] == 0 else second
        b = first if stream.pairs[pair, 1] == 0 else second
        tensor = structure(a, b, Q2, stream.M)
        # the helicity that flips has the opposite sign of the part with the spin
        plain = tensor.P * even.P + tensor.q * even.q + tensor.g * even.g
        spin = tensor.P * odd.P + tensor.q * odd.q + tensor.g * odd.g
        sums[pair, 0] = 2.0 * (plain + tensor.A * even.A)
        sums[pair, 1] = 2.0 * (plain - tensor.A * even.A)
        differences[pair, 0] = -2.0 * (spin + tensor.A * odd.A)
        differences[pair, 1] = -2.0 * (spin - tensor.A * odd.A)


@jit
def scatter(rows, m, polarised, stream, mapping, work):
    """Fill the upscattering of a block from its uniform numbers."""
    place(rows, m, stream, mapping, work)
    pairs = len(stream.pairs)
    sums, differences = np.zeros((pairs, 2)), np.zeros((pairs, 2))
    for i in range(rows):
        _, pN, cosN = outgoing_hnl(work[ENERGY + i], work[Q2 + i], m, stream.M)
        alive = (work[JACOBIAN + i] > 0.0) & (pN > 0.0)
        work[HNL + i], work[SLOWNESS + i] = cosN, m / pN if alive else 0.0
        jacobian = work[JACOBIAN + i] * work[SPAN + i] * work[Q2 + i] if alive else 0.0
        helicities(work[ENERGY + i], work[Q2 + i], m, stream, sums, differences)
        for pair in range(pairs):
            for sign in range(2):
                column = (pair * 2 + sign) * BLOCK + i
                work[SUM + column] = sums[pair, sign] * jacobian
                work[DIFFERENCE + column] = differences[pair, sign] * jacobian if polarised else 0.0
    for i in range(rows):
        across = np.sqrt(max(0.0, 1.0 - work[HNL + i] * work[HNL + i]))
        azimuth = 2 * np.pi * work[4 * BLOCK + i]
        work[ACROSS_1 + i], work[ACROSS_2 + i] = across * cosine(azimuth), across * sine(azimuth)


@jit
def decay(rows, m, stream, shape, work):
    """Fill the decay of a block to a pair, in all modes."""
    modes = len(shape.norm)
    even, odd = np.zeros(modes), np.zeros(modes)
    for i in range(rows):
        EN, pN, cosN = outgoing_hnl(work[ENERGY + i], work[Q2 + i], m, stream.M)
        total, turned = work[SUM + i], work[DIFFERENCE + i]
        u = (
            work[2 * BLOCK + i], work[3 * BLOCK + i],
            work[10 * BLOCK + i], work[11 * BLOCK + i], work[12 * BLOCK + i],
        )  # fmt: skip
        minus, plus = decay_pair(shape, turned / total if total > 0.0 else 0.0, u, even, odd)
        for mode in range(modes):
            work[EVEN + mode * BLOCK + i], work[ODD + mode * BLOCK + i] = even[mode], odd[mode]
        sinN = np.sqrt(max(0.0, 1.0 - cosN * cosN))
        a, b = to_lab(minus, EN, pN, m, cosN, sinN), to_lab(plus, EN, pN, m, cosN, sinN)
        for part in range(4):
            work[MINUS + part * BLOCK + i], work[PLUS + part * BLOCK + i] = a[part], b[part]
