"""How much the transverse polarisation of N matters, which the kernel leaves out.

The kernel gives N a helicity in the centre-of-mass frame and lets the photon come out about the
lab direction of N. Exactly, |M|^2 is linear in the spin vector s of N: W.k3 + m W.s with a
four-vector W made of k1, q and P, and the photon of N -> nu gamma is then distributed as W.k(nu),
which has all components of the polarisation, in the right frame.
"""

import numpy as np

from physics.experiments import load
from physics.form_factors import (
    interpolate_squared,
    nucleon_parameters,
    nucleon_structure,
    squared_table,
)
from physics.kinematics import quasi_elastic_energy
from physics.nuclei import nucleus

EVENTS = 400_000


def dot(a, b):
    """Minkowski product of arrays whose first axis is (E, x, y, z)."""
    return a[0] * b[0] - (a[1:] * b[1:]).sum(0)


def structure(hit, Q2):
    """Target mass, G_M^2 and c2 at each Q2."""
    if hit == "p":
        charge, moment, M = nucleon_parameters("p")
        pairs = [nucleon_structure(q, charge, moment, M) for q in Q2]
        return np.array(pairs).T
    table = squared_table(hit)
    return np.array([[interpolate_squared(table, q) for q in Q2], np.zeros(len(Q2))])


def acceptance_ratio(m4, hit, experiment_name="miniboone_fhc", seed=5):
    """Accepted events with the exact spin density over those with helicity about the lab axis."""
    rng = np.random.default_rng(seed)
    experiment = load(experiment_name)
    M = nucleon_parameters("p")[2] if hit == "p" else nucleus(hit).mass
    E = m4 + m4**2 / (2 * M) + (5 - m4 - m4**2 / (2 * M)) * rng.random(EVENTS)
    s = M * M + 2 * M * E
    E1, E3 = M * E / np.sqrt(s), (s + m4**2 - M * M) / (2 * np.sqrt(s))
    p3 = np.sqrt(E3**2 - m4**2)
    high = 2 * E1 * (E3 + p3) - m4**2
    low = M * M * m4**4 / (s * high)
    Q2 = low * (high / low) ** rng.random(EVENTS)
    GM2, c2 = structure(hit, Q2)
    # lab frame: neutrino along z, scattering in the x-z plane
    EN = E - Q2 / (2 * M)
    pN = np.sqrt(EN**2 - m4**2)
    cos = np.clip((EN - (Q2 + m4**2) / (2 * E)) / pN, -1, 1)
    sin, none = np.sqrt(1 - cos**2), np.zeros(EVENTS)
    k1, k3 = np.array([E, none, none, E]), np.array([EN, pN * sin, none, pN * cos])
    q, target = k1 - k3, np.array([M + none, none, none, none])
    P, mQ = 2 * target + q, m4**2 + Q2
    along = 2 * Q2 * dot(k1, P) * P - (4 * M * M + Q2) * (Q2 * k1 - mQ * q)
    W = (2 * GM2 + c2) * along - 2 * GM2 * Q2 * (2 * mQ * q - Q2 * k1)
    production = dot(W, k3) / (Q2 * (M * E) ** 2) * np.log(high / low)
    production *= np.interp(E, experiment.beam.flux.energy, experiment.beam.flux.values["nu_mu"])
    # centre-of-mass helicity: its spin vector in the lab is the boost of the one along -(p + k1)
    total = k1 + target
    helicity_vector = total - dot(total, k3) / m4**2 * k3
    helicity_vector /= -np.sqrt(-dot(helicity_vector, helicity_vector))
    size = np.where(dot(W, k3) > 0, dot(W, k3), np.inf)  # no form factor, no weight
    mean_helicity = m4 * dot(W, helicity_vector) / size
    cos_rest, azimuth = 2 * rng.random(EVENTS) - 1, 2 * np.pi * rng.random(EVENTS)
    across = m4 / 2 * np.sqrt(1 - cos_rest**2)
    energy, forward = (EN + pN * cos_rest) / 2, (pN + EN * cos_rest) / 2
    x, y = across * np.cos(azimuth), across * np.sin(azimuth)
    photon = np.array([energy, forward * sin + x * cos, y, forward * cos - x * sin])
    exact = 2 * dot(W, k3 - photon) / size
    about_the_lab_axis = 1 - mean_helicity * cos_rest
    seen = selected(experiment, energy, photon[3] / energy)
    return (production * seen * exact).sum() / (production * seen * about_the_lab_axis).sum()


def selected(experiment, energy, cos):
    """Efficiency where the selection holds (without smearing), else zero."""
    reconstructed = np.array([quasi_elastic_energy(e, c) for e, c in zip(energy, cos, strict=True)])
    efficiency = experiment.signature.efficiency
    inside = (energy > 0.14) & (reconstructed > 0.2) & (reconstructed < 1.25)
    return inside * np.interp(energy, efficiency.energy_GeV, efficiency.value)
