"""The dark photon Z' by itself: its decays to charged pairs, and what it flies before them."""

import numpy as np
from numpy.typing import ArrayLike, NDArray

from physics.errors import InputError
from physics.minimal_widths import FLAVOURS
from physics.particles import mass
from physics.units import ALPHA
from physics.widths import ctau_cm

Floats = NDArray[np.float64]

_RHO_WIDTH = 0.1474
"""Of the neutral rho in GeV (PDG 2026)."""


def zprime_widths(mzprime: ArrayLike, epsilon: ArrayLike) -> dict[str, Floats]:
    r"""Partial widths of the dark photon: pairs of charged leptons and of charged pions.

    The form factor of the pion has the rho alone (Gounaris and Sakurai, Phys. Rev. Lett. 21 (1968)
    244): at its peak 17 % below what the width of the rho to e+ e- asks for. Omega, phi and all
    other hadrons are left out: negligible below 0.7 GeV, most of the width at those two
    resonances and a large part of it above 1 GeV. Decays to light neutrinos and to three photons
    are left out too.

    Parameters
    ----------
    mzprime : array_like
        Mass of the Z' in GeV, > 0.
    epsilon : array_like
        Kinetic mixing; broadcasts.

    Returns
    -------
    dict
        Width in GeV of "e_e", "mu_mu", "tau_tau" and "pi_pi".

    Examples
    --------
    >>> widths = zprime_widths([0.03, 0.77526], 1e-3)
    >>> f"{widths['e_e'][0]:.4e} {ALPHA * 1e-6 * 0.03 / 3:.4e}", float(widths["mu_mu"][0])
    ('7.2973e-11 7.2974e-11', 0.0)
    >>> f"{widths['pi_pi'][1] / widths['mu_mu'][1]:.1f}"
    '6.7'
    """
    m = np.asarray(mzprime, dtype=float)
    scale = ALPHA * np.square(epsilon) * m / 3
    widths = {}
    for particle in (*FLAVOURS, "pi"):
        light = 2 * member_mass(particle)
        beta2 = np.maximum(0.0, (m - light) * (m + light)) / m**2
        widths[f"{particle}_{particle}"] = np.asarray(scale * spectrum(particle, m**2, beta2))
    return widths


def zprime_ctau_cm(mzprime: ArrayLike, epsilon: ArrayLike) -> Floats:
    """Proper decay length of the dark photon, from the sum of `zprime_widths`.

    Parameters
    ----------
    mzprime : array_like
        Mass of the Z' in GeV, > 0.
    epsilon : array_like
        Kinetic mixing; broadcasts.

    Returns
    -------
    ndarray
        c tau in cm; infinite below two electrons or without mixing.

    Examples
    --------
    >>> f"{zprime_ctau_cm(0.03, 1.6555e-4):.3e}"
    '9.866e-03'
    """
    return np.asarray(ctau_cm(np.sum([*zprime_widths(mzprime, epsilon).values()], axis=0)))


def hold_decays(m4: ArrayLike, mzprime: ArrayLike) -> None:
    """Hold that a real Z' decays to something.

    Parameters
    ----------
    m4, mzprime : array_like
        Masses in GeV; they broadcast.

    Raises
    ------
    InputError
        When some Z' is lighter than N and than two electrons.

    Examples
    --------
    >>> hold_decays(0.1, 0.03)
    """
    light = 2 * mass("e")
    if np.any(np.less(mzprime, m4) & np.less_equal(mzprime, light)):
        raise InputError(
            f"a dark photon lighter than N and than two electrons, {light:.4g} GeV, has no "
            "decays here; take a heavier one"
        )


def member_mass(particle: str) -> float:
    """Mass of either particle of a pair.

    Parameters
    ----------
    particle : {"e", "mu", "tau", "pi"}
        Charged lepton or charged pion.

    Returns
    -------
    float
        In GeV.

    Examples
    --------
    >>> round(member_mass("pi"), 4)
    0.1396
    """
    return mass("pi+" if particle == "pi" else particle)


def spectrum(particle: str, s: Floats, beta2: Floats) -> Floats:
    r"""Spectral function of a pair: :math:`\beta(3-\beta^2)/2`, or :math:`\beta^3|F_\pi|^2/4`.

    Parameters
    ----------
    particle : {"e", "mu", "tau", "pi"}
        Charged lepton or charged pion.
    s : ndarray
        Squared mass of the pair in GeV^2, > 0.
    beta2 : ndarray
        Squared velocity of either in the rest frame of the pair.

    Returns
    -------
    ndarray
        1 for massless leptons, 0 where the pair is closed.

    Examples
    --------
    >>> float(spectrum("mu", np.asarray(1.0), np.asarray(1.0)))
    1.0
    """
    beta = np.sqrt(beta2)
    if particle == "pi":
        return np.asarray(beta**3 * np.abs(_pion_form_factor(s)) ** 2 / 4)
    return np.asarray(beta * (3 - beta2) / 2)


def _pion_form_factor(s: Floats) -> NDArray[np.complex128]:
    r"""Gounaris' and Sakurai's form factor with the rho alone, F(0) = 1, for s > 0.

    :math:`F = D(0)/D(s)`, :math:`D = m^2 - s + \Gamma\frac{m^2}{k_m^3}[k^2(H - \mathrm{Re} H_m) +
    (m^2 - s) k_m^2 h_m']`, :math:`k^2 = s/4 - m_\pi^2` and
    :math:`H = \frac{2k}{\pi\sqrt s}(\ln\frac{\sqrt s + 2k}{2m_\pi} - \frac{i\pi}2)`, whose
    imaginary part makes the width of the p-wave.
    """
    m, light = mass("rho0"), mass("pi+")
    h = float(_pion_loop(np.asarray(m * m)).real)
    k2 = m * m / 4 - light**2
    slope = h * (1 / (8 * k2) - 1 / (2 * m * m)) + 1 / (2 * np.pi * m * m)
    factor = _RHO_WIDTH * m * m / k2**1.5
    pole = m * m - s
    loop = (s / 4 - light**2) * (_pion_loop(s) - h)
    denominator = pole + factor * (loop + pole * k2 * slope)
    # H(0) = 1/pi
    at_zero = m * m + factor * (m * m * k2 * slope - light**2 * (1 / np.pi - h))
    return np.asarray(at_zero / denominator)


def _pion_loop(s: Floats) -> NDArray[np.complex128]:
    """Return H(s) of the form factor, on the upper side of the cut."""
    light = mass("pi+")
    k = np.sqrt(s / 4 - light**2 + 0j)
    root = np.sqrt(s)
    return np.asarray(
        2 * k / (np.pi * root) * (np.log((root + 2 * k) / (2 * light)) - 0.5j * np.pi)
    )
