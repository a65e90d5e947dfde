"""Decay of N to a neutrino and two leptons in the event loop: proposal, weights, and the lab.

The pair's squared mass and the side it goes to are drawn from what the square of the Z' gives, so
that all modes are weights on the same events. A mode's weight is linear in the mean helicity of N,
and so comes in two parts: that of an unpolarised N, and what the helicity multiplies.
"""

import numpy as np

from physics.block import BLOCK
from physics.hnl_decay import boosted, direction
from physics.jit import jit
from physics.kinematics import photon_cosine
from physics.pair_block import (
    BASE,
    COS_PAIR,
    DIFFERENCE,
    DRAWN_WITH,
    EVEN,
    LEANT,
    MASS2,
    MINUS,
    ODD,
    PLUS,
    STEP,
    SUM,
)

MOST_ASYMMETRIC = 0.95
"""Largest mean helicity of the proposal, which keeps the weights of other helicities bounded."""


@jit
def pair_mass(shape, u):
    """Draw the squared mass of the pair over that of N: (y, 1/density)."""
    if shape.y >= 0.0:
        return shape.y, 1.0
    cells = len(shape.edges) - 1
    scaled = u * cells
    cell = min(int(scaled), cells - 1)
    step = shape.edges[cell + 1] - shape.edges[cell]
    return shape.edges[cell] + step * (scaled - cell), step * cells


@jit
def mean_squared(y, x, chi):
    """Mean of the squared amplitude over the directions of the leptons, over 1 - y; x = m^2/q^2."""
    return 0.5 * ((1.0 + 2.0 * x) * (1.0 + 2.0 * y) / 6.0 - (1.0 - chi) * x * y)


@jit
def draw_pairs(rows, shape, work):
    """Decay N of a block at rest, each flying along z, in units of its mass.

    Fills both leptons, and what the weights of all modes have in common. The proposal is made for
    the mean helicity that the first exchange gives neutrinos.
    """
    mu = shape.lepton / shape.m
    for i in range(rows):
        work[MASS2 + i], work[STEP + i] = pair_mass(shape, work[10 * BLOCK + i])
    for i in range(rows):
        y = work[MASS2 + i]
        lean = (1.0 - 2.0 * y) / (1.0 + 2.0 * y)
        total = work[SUM + i]
        helicity = work[DIFFERENCE + i] / total if total > 0.0 else 0.0
        towards = min(MOST_ASYMMETRIC, max(-MOST_ASYMMETRIC, helicity)) * lean * shape.sense
        # photon_cosine has the density (1 - a cos)/2
        cos = photon_cosine(work[2 * BLOCK + i], -towards)
        work[COS_PAIR + i], work[DRAWN_WITH + i] = cos, 1.0 + towards * cos
        nx, ny, nz = direction(cos, work[3 * BLOCK + i])
        kx, ky, kz = direction(2.0 * work[11 * BLOCK + i] - 1.0, work[12 * BLOCK + i])
        q, pair, size = np.sqrt(y), 0.5 * (1.0 + y), 0.5 * (1.0 - y)
        k = 0.5 * q * np.sqrt(max(0.0, 1.0 - 4.0 * mu * mu / y))
        E, x, y_, z = boosted((0.5 * q, k * kx, k * ky, k * kz), nx, ny, nz, pair / q, size / q)
        work[MINUS + i], work[MINUS + BLOCK + i] = E, x
        work[MINUS + 2 * BLOCK + i], work[MINUS + 3 * BLOCK + i] = y_, z
        other, along = pair - E, size * nz - z
        work[PLUS + i], work[PLUS + BLOCK + i] = other, size * nx - x
        work[PLUS + 2 * BLOCK + i], work[PLUS + 3 * BLOCK + i] = size * ny - y_, along
        # k p-+ from the energies, and the parts of P p+- without and with the helicity
        work[BASE + i] = E * (0.5 - E) + other * (0.5 - other)
        work[LEANT + i] = z * (0.5 - E) + along * (0.5 - other)


@jit
def weigh_mode(rows, shape, mode, work):
    """Fill the weights of one mode: that of a mean helicity h is even + h odd, of mean 1."""
    mu2 = (shape.lepton / shape.m) ** 2
    chi, power, norm = shape.chi[mode], shape.power[mode], shape.norm[mode]
    even, odd = EVEN + mode * BLOCK, ODD + mode * BLOCK
    for i in range(rows):
        y, cos, proposal = work[MASS2 + i], work[COS_PAIR + i], work[DRAWN_WITH + i]
        x, size = mu2 / y, 0.5 * (1.0 - y)
        amplitude = work[BASE + i] + chi * mu2 * size
        spin = work[LEANT + i] - chi * mu2 * size * cos
        if not shape.aligned:
            amplitude = mean_squared(y, x, chi) * 2.0 * size
            spin = amplitude * (1.0 - 2.0 * y) / (1.0 + 2.0 * y) * cos
        # of the neutrino's momentum, a factor 1 - y of phase space and of the amplitude
        real = 1.0 / (mean_squared(y, x, 1.0) * 2.0 * size)
        propagator = shape.pole / (shape.pole - y) if shape.y < 0.0 else 1.0
        enhanced = 1.0 if power == 0 else (propagator if power == 1 else propagator * propagator)
        phase_space = 2.0 * size * np.sqrt(max(0.0, 1.0 - 4.0 * x))
        virtual = phase_space * enhanced * work[STEP + i] / norm
        scale = (real if shape.y >= 0.0 else virtual) / proposal
        work[even + i], work[odd + i] = amplitude * scale, spin * scale * shape.sense


@jit
def to_lab(p, energy, momentum, m, cos, sin):
    """Boost a momentum (in units of m) from the rest frame of N to the lab, z along the neutrino.

    The flight of N is in the plane of x and z, at `cos` to z.
    """
    gamma, gamma_beta = energy / m, momentum / m
    along = m * (gamma * p[3] + gamma_beta * p[0])
    across = m * p[1]
    return (
        m * (gamma * p[0] + gamma_beta * p[3]),
        cos * across + sin * along,
        m * p[2],
        cos * along - sin * across,
    )
