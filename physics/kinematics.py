"""Kinematics of one event: the outgoing HNL, its photon, and what a detector reconstructs."""

from math import factorial

import numpy as np

from physics.jit import jit
from physics.particles import mass

M_ELECTRON, M_PROTON, M_NEUTRON = mass("e"), mass("p"), mass("n")


# sin(2 pi s) for |s| <= 1/4: Taylor series, the remainder is below 1e-13
_SINE = tuple((-1.0) ** k * (2 * np.pi) ** (2 * k + 1) / factorial(2 * k + 1) for k in range(10))


@jit
def cosine(angle):
    """Cosine of an angle in radians (of a few turns), without a branch.

    cos(2 pi t) = sin(2 pi (|t - 1/2| - 1/4)) for t in [0, 1).
    """
    turns = angle * (0.5 / np.pi)
    s = np.abs(turns - np.floor(turns) - 0.5) - 0.25
    square = s * s
    total = _SINE[9]
    total = total * square + _SINE[8]
    total = total * square + _SINE[7]
    total = total * square + _SINE[6]
    total = total * square + _SINE[5]
    total = total * square + _SINE[4]
    total = total * square + _SINE[3]
    total = total * square + _SINE[2]
    total = total * square + _SINE[1]
    return s * (total * square + _SINE[0])


@jit
def sine(angle):
    """Sine of an angle in radians, as `cosine`."""
    return cosine(angle - 0.5 * np.pi)


@jit
def outgoing_hnl(E, Q2, m, M):
    """Energy, momentum (GeV) and lab polar cosine of the HNL after nu + target -> N + target."""
    EN = E - Q2 / (2.0 * M)
    pN = np.sqrt(max(0.0, EN * EN - m * m))
    cos = (EN - (Q2 + m * m) / (2.0 * E)) / pN if pN > 0.0 else 1.0
    return EN, pN, min(1.0, max(-1.0, cos))


@jit
def photon_cosine(u, asymmetry):
    """Cosine of the photon to the HNL direction in its rest frame, from a uniform number.

    Inverse of the cumulative distribution of (1 - asymmetry cos)/2, where asymmetry is the mean
    helicity of the HNL (0 for Majorana): a positive helicity sends the photon backward.
    """
    root = np.sqrt(max(0.0, (1.0 + asymmetry) ** 2 - 4.0 * asymmetry * u))
    return (4.0 * u - 2.0 - asymmetry) / (1.0 + root)


@jit
def flipping_share(cos, asymmetry, polarised):
    """Probability that an HNL whose photon came out at `cos` had flipped its helicity (h = +1)."""
    flipping = 0.5 * (1.0 + asymmetry)
    if not polarised:
        return flipping
    return flipping * (1.0 - cos) / (1.0 - asymmetry * cos)


@jit
def photon_in_lab(EN, pN, m, cos_rest, cosN, azimuth):
    """Energy (GeV) and cosine to the neutrino direction of the photon of N -> nu gamma."""
    energy = 0.5 * (EN + pN * cos_rest)
    along = (pN + EN * cos_rest) / (2.0 * energy)
    across = m * np.sqrt(max(0.0, 1.0 - cos_rest * cos_rest)) / (2.0 * energy)
    sinN = np.sqrt(max(0.0, 1.0 - cosN * cosN))
    cos = cosN * along - sinN * across * cosine(azimuth)
    return energy, min(1.0, max(-1.0, cos))


@jit
def quasi_elastic_energy(E, cos):
    """Neutrino energy of nu_e n -> e p for an electron of E (GeV) at `cos`, neutron at rest."""
    momentum = np.sqrt(max(0.0, E * E - M_ELECTRON**2))
    target = 0.5 * (M_NEUTRON**2 + M_ELECTRON**2 - M_PROTON**2)
    return (M_NEUTRON * E - target) / (M_NEUTRON - E + momentum * cos)


@jit
def smeared(E, cos, smearing, row, u1, u2):
    """Reconstructed energy and cosine, from two uniform numbers.

    sigma_E = a sqrt(E) + b in GeV and sigma_theta = c + d ln(1 GeV/E) in degrees, (a, b, c, d) =
    `smearing[row]`, both Gaussian (Box and Muller); the polar angle is smeared, the azimuth is not.
    """
    radius = np.sqrt(-2.0 * np.log(1.0 - u1))
    normal_E, normal_theta = radius * np.cos(2 * np.pi * u2), radius * np.sin(2 * np.pi * u2)
    sigma_theta = np.radians(max(0.0, smearing[row, 2] - smearing[row, 3] * np.log(E)))
    energy = max(0.0, E + (smearing[row, 0] * np.sqrt(E) + smearing[row, 1]) * normal_E)
    return energy, np.cos(np.arccos(cos) + sigma_theta * normal_theta)
