"""Drawing events of vector exchange: all exchanges as weights on one (E, Q2), and the pair."""

import numpy as np

from physics.block import (
    ACROSS_1,
    ACROSS_2,
    BLOCK,
    ENERGY,
    GM2,
    HNL,
    JACOBIAN,
    Q2,
    SLOWNESS,
    SPAN,
)
from physics.events import place
from physics.form_factors import interpolate_squared
from physics.jit import jit
from physics.kinematics import cosine, outgoing_hnl, sine
from physics.pair_block import (
    DIFFERENCE,
    E_HNL,
    MINUS,
    P_HNL,
    PLAIN,
    PLUS,
    S_HNL_SINE,
    SPIN,
    SUM,
)
from physics.pair_decay import draw_pairs, to_lab, weigh_mode
from physics.target_charges import nucleon_current
from physics.upscattering import COHERENT
from physics.vector_exchange import contractions, structure

PAIR_DIMENSIONS = 16
"""Uniform numbers per event: those of a photon (`physics.events.DIMENSIONS`, the smearing for the
first lepton), mass of the pair, direction of the leptons (2), smearing of the second lepton (2),
flight of N before a Z' that flies itself."""

IMAGES = 4
"""Decays of each upscattering, which share its weight."""

DECAY_AXES = (2, 3, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15)
DECAY_STEPS = (0.25, 0.25, 0.25, 0.25, 0.75, 0.25, 0.75, 0.25, 0.75, 0.25, 0.75, 0.25, 0.25)
"""Uniform numbers of a decay, its vertex, resolution and flight, and their steps from image to
image, modulo 1."""


@jit
def scatter(rows, m, polarised, stream, mapping, work):
    """Fill the upscattering of a block from its uniform numbers.

    Column by column: short loops without branches, as `physics.block` explains.
    """
    place(rows, m, stream, mapping, work)
    M = stream.M
    for i in range(rows):
        EN, pN, cosN = outgoing_hnl(work[ENERGY + i], work[Q2 + i], m, M)
        alive = (work[JACOBIAN + i] > 0.0) & (pN > 0.0)
        work[E_HNL + i], work[P_HNL + i], work[HNL + i] = EN, pN, cosN
        work[SLOWNESS + i] = m / pN if alive else 0.0
        jacobian = work[JACOBIAN + i] * work[SPAN + i] * work[Q2 + i]
        work[JACOBIAN + i] = jacobian if alive else 0.0
    for i in range(rows):
        across = np.sqrt(max(0.0, 1.0 - work[HNL + i] * work[HNL + i]))
        azimuth = 2 * np.pi * work[4 * BLOCK + i]
        work[S_HNL_SINE + i] = across
        work[ACROSS_1 + i], work[ACROSS_2 + i] = across * cosine(azimuth), across * sine(azimuth)
    fill_helicities(rows, m, 1.0 if polarised else 0.0, stream, work)


@jit
def fill_helicities(rows, m, alignment, stream, work):
    """Fill flipping plus and minus conserving d sigma / d Q2 times the jacobian of a block.

    For unit couplings, by exchange, for neutrinos and antineutrinos; an interference counts half,
    as its factor has the 2. The difference is multiplied by `alignment`.
    """
    if stream.hit.kind == COHERENT:
        _coherent(rows, m, alignment, stream, work)
    else:
        _nucleon(rows, m, alignment, stream, work)


@jit
def _coherent(rows, m, alignment, stream, work):
    """Fill sums and differences of helicities for a nucleus: one tensor for all exchanges."""
    M, hit = stream.M, stream.hit
    for i in range(rows):
        work[GM2 + i] = interpolate_squared(hit.table, work[Q2 + i]) / (hit.Z * hit.Z)
    for i in range(rows):
        even, odd = contractions(work[ENERGY + i], work[Q2 + i], m, M)
        # twice for two helicities, and the tensor of a vector current has a 2
        scale = 4.0 * work[GM2 + i] * work[JACOBIAN + i]
        work[PLAIN + i] = scale * (even.P + even.q + work[Q2 + i] * even.g)
        work[SPIN + i] = -alignment * scale * (odd.P + odd.q + work[Q2 + i] * odd.g)
    for pair in range(len(stream.pairs)):
        a = stream.zprime if stream.pairs[pair, 0] == 0 else stream.z
        b = stream.zprime if stream.pairs[pair, 1] == 0 else stream.z
        charge, a2, b2 = a.charges.charge * b.charges.charge, a.mass * a.mass, b.mass * b.mass
        sums, differences = SUM + 2 * pair * BLOCK, DIFFERENCE + 2 * pair * BLOCK
        for i in range(rows):
            factor = charge / ((work[Q2 + i] + a2) * (work[Q2 + i] + b2))
            total, turned = factor * work[PLAIN + i], factor * work[SPIN + i]
            work[sums + i], work[sums + BLOCK + i] = total, total
            work[differences + i], work[differences + BLOCK + i] = turned, turned


@jit
def _nucleon(rows, m, alignment, stream, work):
    """Fill sums and differences of helicities for a nucleon, whose axial charge tells neutrinos."""
    M = stream.M
    for pair in range(len(stream.pairs)):
        a = stream.zprime if stream.pairs[pair, 0] == 0 else stream.z
        b = stream.zprime if stream.pairs[pair, 1] == 0 else stream.z
        sums, differences = SUM + 2 * pair * BLOCK, DIFFERENCE + 2 * pair * BLOCK
        for i in range(rows):
            Q2_, jacobian = work[Q2 + i], 2.0 * work[JACOBIAN + i]
            even, odd = contractions(work[ENERGY + i], Q2_, m, M)
            one, other = nucleon_current(a.charges, Q2_, M), nucleon_current(b.charges, Q2_, M)
            tensor = structure(one, other, Q2_, M)
            factor = jacobian / ((Q2_ + a.mass * a.mass) * (Q2_ + b.mass * b.mass))
            plain = tensor.P * even.P + tensor.q * even.q + tensor.g * even.g
            spin = tensor.P * odd.P + tensor.q * odd.q + tensor.g * odd.g
            work[sums + i] = factor * (plain + tensor.A * even.A)
            work[sums + BLOCK + i] = factor * (plain - tensor.A * even.A)
            turn = -alignment * factor
            work[differences + i] = turn * (spin + tensor.A * odd.A)
            work[differences + BLOCK + i] = turn * (spin - tensor.A * odd.A)


@jit
def turn(rows, work):
    """Move the uniform numbers of a decay on to those of its next image.

    The images of one event stratify every variable of the decay in `IMAGES` parts.
    """
    for k in range(len(DECAY_AXES)):
        column, step = DECAY_AXES[k] * BLOCK, DECAY_STEPS[k]
        for i in range(rows):
            value = work[column + i] + step
            work[column + i] = value - 1.0 if value >= 1.0 else value


@jit
def decay(rows, m, shape, work):
    """Fill the decay of a block to a pair, in all modes."""
    draw_pairs(rows, shape, work)
    for mode in range(len(shape.norm)):
        weigh_mode(rows, shape, mode, work)
    for i in range(rows):
        EN, pN, cosN, sinN = work[E_HNL + i], work[P_HNL + i], work[HNL + i], work[S_HNL_SINE + i]
        minus = (
            work[MINUS + i], work[MINUS + BLOCK + i], work[MINUS + 2 * BLOCK + i],
            work[MINUS + 3 * BLOCK + i],
        )  # fmt: skip
        plus = (
            work[PLUS + i], work[PLUS + BLOCK + i], work[PLUS + 2 * BLOCK + i],
            work[PLUS + 3 * BLOCK + i],
        )  # fmt: skip
        a, b = to_lab(minus, EN, pN, m, cosN, sinN), to_lab(plus, EN, pN, m, cosN, sinN)
        work[MINUS + i], work[MINUS + BLOCK + i] = a[0], a[1]
        work[MINUS + 2 * BLOCK + i], work[MINUS + 3 * BLOCK + i] = a[2], a[3]
        work[PLUS + i], work[PLUS + BLOCK + i] = b[0], b[1]
        work[PLUS + 2 * BLOCK + i], work[PLUS + 3 * BLOCK + i] = b[2], b[3]
