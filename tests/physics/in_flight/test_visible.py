"""Visible energy and angles of decays in flight against a Monte Carlo with another chain of boosts.

Here N decays in the frame that follows its momentum in the rest frame of the parent, where its
helicity is defined; the products are boosted to that frame, and with it to the lab. The package
goes from the rest frame of N to the lab at once, with the spin turned.
"""

import msgspec
import numpy as np
import pytest
from test_response import MU, E, bare, only, sampler

from physics.experiments import Cut
from physics.meson_decays import two_body_energy, two_body_polarisation
from physics.particles import mass
from physics.precision import Precision

N = 2_000_000


def boosted(v, direction, gamma):
    """Boost four-vectors (n, 4) along unit vectors (n, 3)."""
    beta_gamma = np.sqrt(gamma**2 - 1)
    along = (v[:, 1:] * direction).sum(1)
    shift = (gamma - 1) * along + beta_gamma * v[:, 0]
    E = gamma * v[:, 0] + beta_gamma * along
    return np.column_stack([E, v[:, 1:] + shift[:, None] * direction])


def rotated(v, z):
    """Turn vectors (n, 3), given about the axis z, to unit vectors z (n, 3)."""
    helper = np.where(abs(z[:, :1]) < 0.9, [[1.0, 0, 0]], [[0, 1.0, 0]])
    x = np.cross(helper, z)
    x /= np.linalg.norm(x, axis=1, keepdims=True)
    y = np.cross(z, x)
    return v[:, :1] * x + v[:, 1:2] * y + v[:, 2:] * z


def isotropic(rng, n, cos=None):
    """Unit vectors, with given cosines to z."""
    c = rng.uniform(-1, 1, n) if cos is None else cos
    phi = rng.uniform(0, 2 * np.pi, n)
    s = np.sqrt(1 - c * c)
    return np.column_stack([s * np.cos(phi), s * np.sin(phi), c])


def pions(m4, lepton, beam, polarisation, seed):
    """Visible energy and cosine to N of the pi0 of N -> nu pi0, with long-lived weights."""
    rng = np.random.default_rng(seed)
    flux, m_pi = beam.flux["K+"], mass("pi0")
    rest = two_body_energy(0.0, "K+", "mu")
    E_nu = rng.uniform(rest, flux.energy[-1], N)
    gamma = (E_nu / rest + rest / E_nu) / 2
    # neutrinos per parent, the angle averaged over
    theta = beam.sigma_rad * np.sqrt(-2 * np.log(1 - (np.arange(500) + 0.5) / 500))
    knots = np.linspace(rest, flux.energy[-1], 2000)
    g = ((knots / rest + rest / knots) / 2)[:, None]
    sent = (1 / (g**2 * (1 - np.sqrt(1 - 1 / g**2) * np.cos(theta)) ** 2)).mean(1)
    weight = flux.at(E_nu) / np.interp(E_nu, knots, sent)
    # N in the rest frame of the parent, which flies along z
    energy = two_body_energy(m4, "K+", lepton)
    p_star = np.sqrt(energy**2 - m4**2)
    n_star = isotropic(rng, N)
    z = np.tile([0.0, 0.0, 1.0], (N, 1))
    hnl = boosted(np.column_stack([np.full(N, energy), p_star * n_star]), z, gamma)
    p = np.linalg.norm(hnl[:, 1:], axis=1)
    angle = np.arctan2(np.hypot(hnl[:, 1], hnl[:, 2]), hnl[:, 3])
    s = beam.sigma_rad
    weight *= angle / np.sin(angle) * np.exp(-(angle**2) / 2 / s**2) / p
    # pi0 of N at rest: (1 + P cos)/2 about the helicity axis
    u = rng.uniform(0, 1, N)
    cos = 2 * u - 1 if polarisation == 0 else (
        (-1 + np.sqrt((1 - polarisation) ** 2 + 4 * polarisation * u)) / polarisation
    )  # fmt: skip
    E_pi = (m4**2 + m_pi**2) / 2 / m4
    k = rotated(isotropic(rng, N, cos), n_star) * np.sqrt(E_pi**2 - m_pi**2)
    pion = boosted(np.column_stack([np.full(N, E_pi), k]), n_star, np.full(N, energy / m4))
    pion = boosted(pion, z, gamma)
    toward = (pion[:, 1:] * hnl[:, 1:]).sum(1) / p / np.linalg.norm(pion[:, 1:], axis=1)
    return pion[:, 0], toward, weight


def acceptance(m4, term, cuts, polarised=True):
    """Part of long-lived N -> nu pi0 in the volume that pass each cut."""
    experiment = only(bare("ps191"), "K+")
    signature = msgspec.structs.replace(
        experiment.signature,
        final_states=("nu_pi0",),
        selection=tuple(Cut(observable=o, min=a, max=b) for o, a, b in cuts),
    )
    experiment = msgspec.structs.replace(experiment, signature=signature)
    source = sampler((experiment, term), precision=Precision(relative=0.002, max_events=2**20),
                     decays=(f"nu_pi0:{term.lepton}",))  # fmt: skip
    source.polarised = polarised
    view = source.respond({"m4": m4}).views[0]
    [s] = [i for i, x in enumerate(view.sources) if x.decay.partner == ""]
    flow = view.tallies[s].flow[0]
    return flow[1:] / flow[0]


CUTS = [("E_vis", 1.0, np.inf), ("cos_theta", 0.999, 1.0)]


@pytest.mark.parametrize(("m4", "term"), [(0.2, MU), (0.35, MU), (0.3, E), (0.45, E)])
@pytest.mark.parametrize("polarised", [True, False])
def test_visible_energy_and_angle(m4, term, polarised):
    found = acceptance(m4, term, CUTS, polarised)
    helicity = two_body_polarisation(m4, "K+", term.lepton) if polarised else 0.0
    beam = only(bare("ps191"), "K+").beam
    E_vis, cos, weight = pions(m4, term.lepton, beam, helicity, 5)
    first = E_vis > 1.0
    second = first & (cos > 0.999)
    for ours, passed in zip(found, (first, second), strict=True):
        theirs = weight[passed].sum() / weight.sum()
        error = np.sqrt((weight**2 * (passed - theirs) ** 2).sum()) / weight.sum()
        assert ours == pytest.approx(theirs, abs=4 * error + 0.002 * theirs)


def test_spin_matters():
    """K -> e N makes positive helicities, which send the pi0 forward: more energy is seen."""
    polarised, isotropic_ = (acceptance(0.3, E, CUTS[:1], p)[0] for p in (True, False))
    assert polarised > 1.05 * isotropic_


def test_mass_and_angle_of_the_pair_are_those_of_the_pion():
    wide = [("m_pair", 0.13497, 0.13498), ("theta_pair", 0.0, np.pi)]
    assert acceptance(0.3, MU, wide) == pytest.approx([1.0, 1.0], abs=1e-6)
