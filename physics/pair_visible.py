"""What a detector sees of two leptons: resolution, overlap, observables and cuts.

A pair is one tuple: E, x, y, z of the one lepton, then of the other, in GeV, z along the beam.
"""

import numpy as np

from physics.jit import jit
from physics.kinematics import cosine, quasi_elastic_energy, sine

E_VIS, COS_THETA, E_NU_QE, THETA_PAIR, M_PAIR, P_VIS, E_THETA2, T = range(8)
"""Places of the observables, in the order of `physics.experiments.schema.OBSERVABLES`."""

BY_ANGLE, BY_TABLE = 1, 2
"""Rules by which two leptons count as one shower; 0 is none."""


@jit
def smeared_lepton(E, x, y, z, smearing, row, u1, u2):
    """Smear energy and polar angle of one lepton, as `physics.kinematics.smeared`.

    The momentum comes out without mass: directions are what is measured.
    """
    radius, turn = np.sqrt(-2.0 * np.log(1.0 - u1)), 2 * np.pi * u2
    sigma_theta = max(0.0, smearing[row, 2] - smearing[row, 3] * np.log(E))
    sigma_E = smearing[row, 0] * np.sqrt(E) + smearing[row, 1]
    energy = max(0.0, E + sigma_E * radius * cosine(turn))
    angle = np.radians(sigma_theta) * radius * sine(turn)
    c, s = cosine(angle), sine(angle)
    across2 = x * x + y * y
    across, size = np.sqrt(across2), np.sqrt(across2 + z * z)
    scale = energy / size
    # the polar angle turns, the azimuth stays
    out = scale * (c + s * z / across) if across > 0.0 else 0.0
    return energy, out * x, out * y, scale * (c * z - s * across)


@jit
def pair_cosine(pair):
    """Cosine of the angle between the leptons."""
    dot = pair[1] * pair[5] + pair[2] * pair[6] + pair[3] * pair[7]
    one = pair[1] * pair[1] + pair[2] * pair[2] + pair[3] * pair[3]
    other = pair[5] * pair[5] + pair[6] * pair[6] + pair[7] * pair[7]
    return dot / np.sqrt(one * other) if one * other > 0.0 else 1.0


@jit
def is_one_shower(pair, rule, least_cos, least_energy, table, start, stop):
    """Tell whether two leptons count as one shower.

    By angle: above the cosine of the least resolved angle, or with one lepton below the least
    energy and the other not. By table: sqrt((1 - cos)^2/4 + (1 - E_max/E)^2) below
    `table[start:stop]` at their energy.
    """
    cos = pair_cosine(pair)
    small, large = min(pair[0], pair[4]), max(pair[0], pair[4])
    if rule == BY_ANGLE:
        return (cos > least_cos) | ((small < least_energy) & (large >= least_energy))
    total = small + large
    share = 1.0 - large / total if total > 0.0 else 0.0
    return np.sqrt(0.25 * (1.0 - cos) ** 2 + share * share) < at(total, table, start, stop)


@jit
def at(E, table, start, stop):
    """Value at E of a table (energy, value): linear between its points, constant outside."""
    if table[start, 0] >= E:
        return table[start, 1]
    for row in range(start + 1, stop):
        if table[row, 0] > E:
            fraction = (E - table[row - 1, 0]) / (table[row, 0] - table[row - 1, 0])
            return table[row - 1, 1] + fraction * (table[row, 1] - table[row - 1, 1])
    return table[stop - 1, 1]


@jit
def observable(kind, pair):
    """Value of an observable of a pair."""
    E = pair[0] + pair[4]
    if kind == E_VIS:
        return E
    if kind == THETA_PAIR:
        # good for small angles too
        x = pair[2] * pair[7] - pair[3] * pair[6]
        y = pair[3] * pair[5] - pair[1] * pair[7]
        z = pair[1] * pair[6] - pair[2] * pair[5]
        dot = pair[1] * pair[5] + pair[2] * pair[6] + pair[3] * pair[7]
        across = np.sqrt(x * x + y * y + z * z)
        # a lepton that was smeared to nothing has no angle; a negative zero would make it pi
        return np.arctan2(across, dot) if across > 0.0 or dot != 0.0 else 0.0
    px, py, pz = pair[1] + pair[5], pair[2] + pair[6], pair[3] + pair[7]
    across2 = px * px + py * py
    size = np.sqrt(across2 + pz * pz)
    if kind == COS_THETA:
        return pz / size if size > 0.0 else 1.0
    if kind == E_NU_QE:
        return quasi_elastic_energy(E, pz / size if size > 0.0 else 1.0)
    if kind == M_PAIR:
        return np.sqrt(max(0.0, E * E - size * size))
    if kind == P_VIS:
        return size
    if kind == E_THETA2:
        return E * np.arctan2(np.sqrt(across2), pz) ** 2
    along = E - pz
    one = pair[1] * pair[1] + pair[2] * pair[2]
    return along * along + one + pair[5] * pair[5] + pair[6] * pair[6]


@jit
def of_photon(kind, E, cos):
    """Value of an observable of a single photon; a pair's angle and mass are 0."""
    if kind == E_VIS:
        return E
    if kind == COS_THETA:
        return cos
    if kind == E_NU_QE:
        return quasi_elastic_energy(E, cos)
    if kind == P_VIS:
        return E
    if kind == E_THETA2:
        return E * np.arccos(cos) ** 2
    if kind == T:
        along, across2 = E * (1.0 - cos), E * E * (1.0 - cos * cos)
        return along * along + across2
    return 0.0
