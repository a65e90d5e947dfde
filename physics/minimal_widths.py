"""All decays of a heavy neutral lepton that only mixes: partial widths for unit mixing.

Complete up to the D meson's mass, 1.87 GeV (arXiv:2007.03701, arXiv:1805.08567).
"""

import numpy as np
from numpy.typing import ArrayLike, NDArray

from physics import quark_widths
from physics.electroweak import PDG, Constants, charged_lepton_couplings
from physics.leptonic_widths import charged_current_phase_space, dilepton_phase_space
from physics.meson_widths import (
    neutral_pseudoscalar_width,
    neutral_vector_width,
    pseudoscalar_width,
    vector_width,
    weak_charge,
)
from physics.particles import mass
from physics.units import ALPHA

Floats = NDArray[np.float64]
Widths = dict[tuple[str, str], Floats]

FLAVOURS = ("e", "mu", "tau")

DILEPTONS = {"nu_e_e": "e", "nu_mu_mu": "mu"}
"""Final states with a pair of one flavour."""

UNLIKE = {"nu_e_mu": ("e", "mu"), "nu_e_tau": ("e", "tau"), "nu_mu_tau": ("mu", "tau")}
"""Final states with charged leptons of two flavours."""

_NEUTRAL = {"pi0": "pi0", "eta": "eta", "eta_prime": "eta'"}
_NEUTRAL_VECTORS = {"rho": "rho0", "omega": "omega", "phi": "phi"}
_CHARGED = ("pi", "K", "rho", "Kstar")


def unit_widths(m4: ArrayLike, constants: Constants = PDG) -> Widths:
    """Partial widths of a Dirac N for |U|^2 = 1 of one flavour at a time.

    Parameters
    ----------
    m4 : array_like
        HNL mass in GeV, > 0.
    constants : Constants
        Weak couplings and decay constants.

    Returns
    -------
    dict
        {(final state, flavour): width in GeV} for every flavour whose mixing opens the final state
        at some mass; 0 below threshold. Multiply by |U|^2 and add flavours; double for Majorana.

    Examples
    --------
    >>> widths = unit_widths(0.2)
    >>> f"{1e-6 * widths['nu_pi0', 'mu']:.4e}", float(widths["mu_pi", "mu"])
    ('5.4417e-23', 0.0)
    """
    m4 = np.asarray(m4, dtype=float)
    widths = _leptonic(m4, constants) | _charged_mesons(m4, constants)
    neutral = _neutral_mesons(m4, constants)
    neutral["nu_gamma"] = radiative_width(m4, constants)
    widths |= {(state, f): w for state, w in neutral.items() for f in FLAVOURS}
    return widths | _several_hadrons(m4, widths, constants)


def radiative_width(m4: ArrayLike, constants: Constants = PDG) -> Floats:
    r"""Width of N -> nu gamma by a loop of a W and a charged lepton.

    :math:`9\alpha G_F^2 m_4^5/(512\pi^4)`, 0.8 % of the three neutrinos (Pal and Wolfenstein, Phys.
    Rev. D 25 (1982) 766, for a loop lepton much lighter than the W).

    Parameters
    ----------
    m4 : array_like
        HNL mass in GeV.
    constants : Constants
        Fermi's constant.

    Returns
    -------
    ndarray
        Width in GeV for unit mixing, Dirac.

    Examples
    --------
    >>> f"{radiative_width(0.1) / unit_widths(0.1)['nu_nu_nu', 'e']:.5f}"
    '0.00784'
    """
    return 9 * ALPHA * constants.G_F**2 * np.power(m4, 5.0) / (512 * np.pi**4)


def _leptonic(m4: Floats, constants: Constants) -> Widths:
    like_muon = constants.G_F**2 * m4**5 / (192 * np.pi**3)
    widths = {("nu_nu_nu", f): like_muon for f in FLAVOURS}
    for state, lepton in DILEPTONS.items():
        for f in FLAVOURS:
            couplings = charged_lepton_couplings(f, lepton, constants)
            phase_space = dilepton_phase_space(mass(lepton) / m4, *couplings)
            widths[state, f] = like_muon * phase_space
    for state, pair in UNLIKE.items():
        phase_space = charged_current_phase_space(*(mass(lepton) / m4 for lepton in pair))
        widths |= {(state, f): like_muon * phase_space for f in pair}
    return widths


def _charged_mesons(m4: Floats, c: Constants) -> Widths:
    widths = {}
    for f in ("e", "mu"):
        m = mass(f)
        widths[f"{f}_pi", f] = pseudoscalar_width(m4, m, mass("pi+"), c.f_pi * c.V_ud, c)
        widths[f"{f}_K", f] = pseudoscalar_width(m4, m, mass("K+"), c.f_kaon * c.V_us, c)
        widths[f"{f}_rho", f] = vector_width(m4, m, mass("rho+"), c.g_rho * c.V_ud, c)
        widths[f"{f}_Kstar", f] = vector_width(m4, m, mass("K*+"), c.g_kstar * c.V_us, c)
    return widths


def _neutral_mesons(m4: Floats, c: Constants) -> dict[str, Floats]:
    decay_constants = {"pi0": c.f_pi, "eta": c.f_eta, "eta_prime": c.f_eta_prime}
    widths = {
        f"nu_{name}": neutral_pseudoscalar_width(m4, mass(meson), decay_constants[name], c)
        for name, meson in _NEUTRAL.items()
    }
    vectors = {"rho": c.g_rho0, "omega": c.g_omega, "phi": c.g_phi}
    for name, meson in _NEUTRAL_VECTORS.items():
        g = vectors[name] * weak_charge(meson, c)
        widths[f"nu_{name}"] = neutral_vector_width(m4, mass(meson), g, c)
    return widths


def _several_hadrons(m4: Floats, widths: Widths, constants: Constants) -> Widths:
    """Return what quarks give more than the single mesons."""
    # perturbation theory is not asked below
    above = np.maximum(m4, quark_widths.LOWEST_MASS)
    mesons = {"nu": [f"nu_{name}" for name in (*_NEUTRAL, *_NEUTRAL_VECTORS)]}
    mesons |= {f: [f"{f}_{name}" for name in _CHARGED] for f in ("e", "mu")}
    quarks = {f: quark_widths.charged_current_width(above, f, constants) for f in ("e", "mu")}
    quarks["nu"] = quark_widths.neutral_current_width(above, constants)
    found = {}
    for particle, names in mesons.items():
        for f in FLAVOURS if particle == "nu" else (particle,):
            single = np.sum([widths[name, f] for name in names], axis=0)
            more = quark_widths.beyond_mesons(m4, quarks[particle], single)
            found[f"{particle}_hadrons", f] = more
    return found


MODES = tuple(unit_widths(1.0))
"""(final state, flavour) of everything that the widths hold."""

CHANNELS = tuple(dict.fromkeys(state for state, _ in MODES))
"""Final states."""
