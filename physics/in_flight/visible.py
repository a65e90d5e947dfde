"""What a detector sees of an HNL that decays in flight: observables of its two visible particles.

The spin of N points from its parent to where N goes, as seen in the rest frame of N: along its
flight for one that goes forward in the rest frame of the parent, against it for one that goes back,
and in between otherwise. Angles in the lab are to the flight of N, which is the line from source to
detector.
"""

import numpy as np

from physics.hnl_decay import decay_at_rest
from physics.jit import jit

E_VIS, COS_THETA, THETA_PAIR, M_PAIR = range(4)
"""Places of the observables, in the order of `physics.experiments.schema.OBSERVABLES`."""


@jit
def in_lab(vector, spin_cos, spin_sin, gamma, gamma_beta):
    """Turn a four-momentum from the frame about the spin to that about the flight, and boost."""
    E, x, y, z = vector
    across = spin_cos * x + spin_sin * z
    along = spin_cos * z - spin_sin * x
    return gamma * E + gamma_beta * along, across, y, gamma * along + gamma_beta * E


@jit
def observables(shape, m, p, polarisation, spin, u1, u2, u3, u4, u5, seen):
    """Decay an HNL and fill what is seen of it.

    Parameters
    ----------
    shape : Shape
        Kind of decay.
    m, p : float
        Mass and momentum of N in GeV.
    polarisation, spin : float
        Mean spin of N along its spin axis, and cosine of that axis to the flight.
    u1, u2, u3, u4, u5 : float
        Uniform in [0, 1).
    seen : ndarray (4,)
        Filled with visible energy (GeV), cosine of the visible momentum, opening angle (rad) and
        invariant mass (GeV) of the pair; a single photon has angle 0.

    Returns
    -------
    float
        Weight of the decay, 1 on average.
    """
    first, second, weight = decay_at_rest(shape, polarisation, u1, u2, u3, u4, u5)
    gamma, gamma_beta = np.sqrt(1.0 + (p / m) ** 2), p / m
    sin = np.sqrt(max(0.0, 1.0 - spin * spin))
    a = in_lab(first, spin, sin, gamma, gamma_beta)
    b = in_lab(second, spin, sin, gamma, gamma_beta)
    E, x, y, z = a[0] + b[0], a[1] + b[1], a[2] + b[2], a[3] + b[3]
    size = np.sqrt(x * x + y * y + z * z)
    seen[E_VIS], seen[COS_THETA] = E, z / size if size > 0.0 else 1.0
    seen[THETA_PAIR] = opening(a, b)
    seen[M_PAIR] = np.sqrt(max(0.0, E * E - size * size))
    return weight


@jit
def opening(a, b):
    """Angle in rad between two momenta, good for small ones too; 0 where one is nothing."""
    cross_x, cross_y = a[2] * b[3] - a[3] * b[2], a[3] * b[1] - a[1] * b[3]
    cross_z = a[1] * b[2] - a[2] * b[1]
    dot = a[1] * b[1] + a[2] * b[2] + a[3] * b[3]
    return np.arctan2(np.sqrt(cross_x**2 + cross_y**2 + cross_z**2), dot) if b[0] > 0.0 else 0.0
