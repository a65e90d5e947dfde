"""Squared amplitudes of the decays of N at rest from explicit spinors: no algebra of the package.

G_F = 1 and unit mixing; momenta of shape (events, 4). Every function sums over final spins and
returns shape (2, events): N with spin up and down along z. Where a chirality may be given, RIGHT
is the decay of a Majorana N to the antiparticles: the conjugate of a left-handed current of N.
"""

import numpy as np
from gamma_matrices import GAMMA, LEFT, METRIC, RIGHT, SIGMA

ONE = np.eye(4)


def particles(p, m):
    """Return both spinors u of each event, ubar u = 2m: (events, 2, 4)."""
    matrix = np.einsum("nm,mij->nij", p @ METRIC, GAMMA) + m * ONE
    return (matrix[:, :, :2] / np.sqrt(p[:, 0] + m)[:, None, None]).swapaxes(1, 2)


def antiparticles(p, m):
    """Return both spinors v of each event, vbar v = -2m."""
    matrix = np.einsum("nm,mij->nij", p @ METRIC, GAMMA) - m * ONE
    return (matrix[:, :, 2:] / np.sqrt(p[:, 0] + m)[:, None, None]).swapaxes(1, 2)


def at_rest(m, events):
    """Spinors of N at rest, spin up and down."""
    return particles(np.tile([m, 0.0, 0.0, 0.0], (events, 1)), m)


def currents(left, vertex, right):
    """Matrix elements of gamma^mu V: (events, left spin, right spin, 4)."""
    barred = left.conj() @ GAMMA[0]
    return np.einsum("nai,mij,nbj->nabm", barred, GAMMA @ vertex, right)


def leptonic(m, nu, minus, plus, masses, neutral=(0.0, 0.0), charged=0.0, chirality=LEFT):
    """N -> nu l- l+ by the Z with couplings (g_L, g_R), and by the W, times a coefficient.

    l- carries the flavour of the mixing. Exchanging two outgoing fermions changes the sign.
    """
    N, n = at_rest(m, len(nu)), particles(nu, 0.0)
    u, v = particles(minus, masses[0]), antiparticles(plus, masses[1])
    pair = currents(u, neutral[0] * LEFT + neutral[1] * RIGHT, v)
    z = np.einsum("nahm,mk,nbck->habcn", currents(n, chirality, N), METRIC, pair)
    w = np.einsum("nbhm,mk,nack->habcn", currents(u, LEFT, N), METRIC, currents(n, LEFT, v))
    amplitude = 2 * np.sqrt(2) * (z - charged * w)
    return (np.abs(amplitude) ** 2).sum((1, 2, 3))


def pseudoscalar(m, lepton, meson, m_lepton, chirality=LEFT):
    """N -> l P, for f = V = 1; a neutral one is half of this."""
    current = currents(particles(lepton, m_lepton), chirality, at_rest(m, len(lepton)))
    amplitude = np.sqrt(2) * np.einsum("nahm,nm->han", current, meson @ METRIC)
    return (np.abs(amplitude) ** 2).sum(1)


def vector(m, lepton, meson, m_lepton, m_meson):
    """N -> l V, for g = V = 1."""
    current = np.sqrt(2) * currents(particles(lepton, m_lepton), LEFT, at_rest(m, len(lepton)))
    sums = -METRIC + np.einsum("na,nb->nab", meson @ METRIC, meson @ METRIC) / m_meson**2
    return np.einsum("nahm,nmk,nahk->hn", current, sums, current.conj()).real


def radiative(m, nu, photon):
    """N -> nu gamma, for a moment of unit size that makes a left-handed neutrino."""
    left = particles(nu, 0.0).conj() @ GAMMA[0]
    vertex = np.einsum("mkij,nk->nmij", SIGMA @ RIGHT, photon @ METRIC)
    current = np.einsum("nai,nmij,nhj->nahm", left, vertex, at_rest(m, len(nu)))
    return np.einsum("nahm,mk,nahk->hn", current, -METRIC, current.conj()).real


def mean(squared, polarisation=0.0):
    """Mix both spins to a polarisation along z."""
    up, down = squared
    return 0.5 * ((1 + polarisation) * up + (1 - polarisation) * down)
