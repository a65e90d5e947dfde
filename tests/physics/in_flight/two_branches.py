"""The flux of HNLs from the roots of the boost in the lab.

For a parent of (gamma, beta) at an angle theta to the detector the momenta p of N towards it solve
E* = gamma (E - beta p cos theta); each root brings J = p^2 / (p* gamma |p - beta E cos theta|).
Nothing is shared with the package but masses, knots of the flux and branching ratios.
"""

import numpy as np
from scipy.interpolate import PchipInterpolator

M_K, M_PI, M_MU, M_E = 0.493677, 0.13957039, 0.1056583755, 0.00051099895
PARENT = {"K+": M_K, "K-": M_K, "pi+": M_PI, "pi-": M_PI}
LEPTON = {"e": M_E, "mu": M_MU}


def neutrinos(flux):
    """Log-log PCHIP through the knots, zero outside."""
    curve = PchipInterpolator(np.log(flux.energy), np.log(flux.value))
    return lambda E: np.exp(curve(np.log(E)))


def ratio(m4, M, m_l):
    """Shrock's ratio of P -> l N to P -> mu nu."""
    a, b, c = (m_l / M) ** 2, (m4 / M) ** 2, (M_MU / M) ** 2
    momentum = np.sqrt(max(0.0, (1 - (np.sqrt(a) + np.sqrt(b)) ** 2)
                               * (1 - (np.sqrt(a) - np.sqrt(b)) ** 2)))  # fmt: skip
    return (a + b - (a - b) ** 2) * momentum / (c * (1 - c) ** 2)


def hnls(m4, parent, lepton, flux, sigma, n_energy=4000, n_angle=2001):
    """Momenta (GeV) and fluxes (per cm^2 POT in each bin) of HNLs of P -> l N, flattened."""
    M, m_l = PARENT[parent], LEPTON[lepton]
    energy = (M**2 + m4**2 - m_l**2) / 2 / M
    p, flux_of = monochromatic(m4, parent, energy, flux, sigma, n_energy, n_angle)
    return p, flux_of * ratio(m4, M, m_l)


def monochromatic(m4, parent, energy, flux, sigma, n_energy, n_angle):
    """The same for one HNL per muon neutrino, of one energy in the rest frame of the parent."""
    M = PARENT[parent]
    rest = (M**2 - M_MU**2) / 2 / M
    p_star = np.sqrt(energy**2 - m4**2)
    edges = np.geomspace(max(flux.energy[0], rest * (1 + 1e-9)), flux.energy[-1], n_energy + 1)
    E = np.sqrt(edges[1:] * edges[:-1])[:, None]
    weight = neutrinos(flux)(E) * np.diff(edges)[:, None]
    gamma = (E / rest + rest / E) / 2
    beta = np.sqrt(1 - 1 / gamma**2)
    # angles at equal parts of the Rayleigh distribution, dense enough for its tail
    u = (np.arange(n_angle) + 0.5) / n_angle
    cos = np.cos(sigma * np.sqrt(-2 * np.log(1 - u)))
    massless = (1 / (gamma**2 * (1 - beta * cos) ** 2)).mean(1, keepdims=True)
    p, J = roots(m4, energy, p_star, gamma, beta, cos)
    flux_of = weight / massless * J / n_angle
    keep = J > 0
    return p[keep], np.broadcast_to(flux_of, p.shape)[keep]


def roots(m4, energy, p_star, gamma, beta, cos):
    """Both solutions and their jacobians, zero where there is none; first axis the branch."""
    bc, e0 = beta * cos, energy / gamma
    a, b, c = 1 - bc**2, -e0 * bc, m4**2 - e0**2
    disc = b * b - a * c
    found = []
    for sign in (1, -1):
        p = (-b + sign * np.sqrt(np.maximum(disc, 0))) / a
        E = np.sqrt(p * p + m4 * m4)
        good = (disc > 0) & (p > 0) & (e0 + bc * p > 0)
        J = p**2 / (p_star * gamma * np.abs(p - bc * E))
        found.append((p, np.where(good, J, 0.0)))
    return np.stack([x for x, _ in found]), np.stack([x for _, x in found])
