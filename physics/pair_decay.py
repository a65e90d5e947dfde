"""Decay of N to a neutrino and two leptons in the event loop: proposal, weights, and the lab.

The pair's squared mass and the side it goes to are drawn from what the square of the Z' gives, so
that all modes are weights on the same events. A mode's weight is linear in the mean helicity of N,
and so comes in two parts: that of an unpolarised N, and what the helicity multiplies.
"""

import numpy as np

from physics.hnl_decay import boosted, direction
from physics.jit import jit
from physics.kinematics import photon_cosine

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
def decay_pair(shape, helicity, u, even, odd):
    """Decay N at rest, its direction of flight along z.

    Parameters
    ----------
    shape : PairShape
        What the modes are.
    helicity : float
        Mean helicity of N that the proposal is made for.
    u : tuple of float (5,)
        Uniform in [0, 1): cosine and azimuth of the pair, its mass, direction of the leptons.
    even, odd : ndarray (modes,)
        Filled with the weights: that of a mean helicity h is even + h odd, of mean 1.

    Returns
    -------
    tuple
        Four-momenta (E, x, y, z) of the leptons over the mass of N.
    """
    y, step = pair_mass(shape, u[2])
    lean = (1.0 - 2.0 * y) / (1.0 + 2.0 * y)
    helicity = min(MOST_ASYMMETRIC, max(-MOST_ASYMMETRIC, helicity))
    # photon_cosine has the density (1 - a cos)/2
    cos = photon_cosine(u[0], -helicity * lean * shape.sense)
    nx, ny, nz = direction(cos, u[1])
    q, pair, size = np.sqrt(y), 0.5 * (1.0 + y), 0.5 * (1.0 - y)
    mu = shape.lepton / shape.m
    x = mu * mu / y
    speed = np.sqrt(max(0.0, 1.0 - 4.0 * x))
    kx, ky, kz = direction(2.0 * u[3] - 1.0, u[4])
    k = 0.5 * q * speed
    minus = boosted((0.5 * q, k * kx, k * ky, k * kz), nx, ny, nz, pair / q, size / q)
    plus = (pair - minus[0], size * nx - minus[1], size * ny - minus[2], size * nz - minus[3])
    proposal = 1.0 + helicity * lean * shape.sense * cos
    _weigh(shape, y, step, x, proposal, cos, lean, minus, plus, even, odd)
    return minus, plus


@jit
def _weigh(shape, y, step, x, proposal, cos, lean, minus, plus, even, odd):
    """Fill the weights of all modes."""
    # k p-+ from the energies, and the parts of P p+- without and with the helicity
    on_minus, on_plus = 0.5 - plus[0], 0.5 - minus[0]
    base = minus[0] * on_plus + plus[0] * on_minus
    turned = minus[3] * on_plus + plus[3] * on_minus
    mu2 = x * y
    size = 0.5 * (1.0 - y)
    drawn = mean_squared(y, x, 1.0) * proposal
    propagator = shape.pole / (shape.pole - y)
    common = 2.0 * size * np.sqrt(max(0.0, 1.0 - 4.0 * x)) * step / proposal
    for mode in range(len(even)):
        chi = shape.chi[mode]
        amplitude = base + chi * mu2 * size
        spin = turned - chi * mu2 * size * cos
        if not shape.aligned:
            amplitude = mean_squared(y, x, chi) * 2.0 * size
            spin = amplitude * lean * cos
        # of the neutrino's momentum, a factor 1 - y of phase space and of the amplitude
        if shape.y >= 0.0:
            scale = 1.0 / (drawn * 2.0 * size)
        else:
            scale = common / shape.norm[mode]
            for _ in range(shape.power[mode]):
                scale *= propagator
        even[mode], odd[mode] = amplitude * scale, spin * scale * shape.sense


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
