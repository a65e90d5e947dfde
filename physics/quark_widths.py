r"""Widths of N into a lepton and quarks, for unit mixing and a Dirac N: what hadrons sum to.

Above about 1 GeV the sum over single mesons misses states of several hadrons; quarks with the
correction known from the hadronic decays of the tau count them all (arXiv:1805.08567).
"""

import numpy as np
from numpy.typing import ArrayLike, NDArray

from physics.electroweak import ALPHA_S_TAU, PDG, Constants, quark_couplings
from physics.leptonic_widths import charged_current_phase_space
from physics.particles import mass

Floats = NDArray[np.float64]

LOWEST_MASS = 1.0
"""In GeV. Below, single mesons are taken to be all there is; perturbation theory ends here too."""

COLOURS = 3

# two-loop running with three flavours, d alpha/d ln mu^2 = -b0 alpha^2 (1 + c alpha)
_B0, _C = 9 / (4 * np.pi), 16 / (9 * np.pi)
_NEWTON = 6


def alpha_s(scale: ArrayLike) -> Floats:
    r"""Strong coupling with three flavours, two-loop running from the tau mass.

    :math:`y - \ln y` grows by :math:`(b_0/c)\,\ln\mu^2` for :math:`y = 1 + 1/(c\alpha)`, exactly.

    Parameters
    ----------
    scale : array_like
        mu in GeV, 0.7 at least.

    Returns
    -------
    ndarray
        alpha_s.

    Examples
    --------
    >>> f"{alpha_s(mass('tau')):.4f}", f"{alpha_s(1.0):.2f}"
    ('0.3140', '0.46')
    """
    start = 1 + 1 / (_C * ALPHA_S_TAU)
    target = start - np.log(start) + 2 * _B0 / _C * np.log(np.divide(scale, mass("tau")))
    y = np.full(np.shape(target), start)
    for _ in range(_NEWTON):
        y = y * (target - 1 + np.log(y)) / (y - 1)
    return np.asarray(1 / (_C * (y - 1)))


def qcd_factor(scale: ArrayLike) -> Floats:
    r"""Enhancement of decays to hadrons: :math:`1 + a + 5.2 a^2 + 26.4 a^3`, a = alpha_s/pi.

    Known from tau -> nu hadrons (arXiv:1805.08567).

    Parameters
    ----------
    scale : array_like
        HNL mass in GeV.

    Returns
    -------
    ndarray
        Factor.

    Examples
    --------
    >>> f"{qcd_factor(mass('tau')):.2f}"
    '1.18'
    """
    a = alpha_s(scale) / np.pi
    return np.asarray(1 + a * (1 + a * (5.2 + 26.4 * a)))


def charged_current_width(m4: ArrayLike, lepton: str, constants: Constants = PDG) -> Floats:
    r"""Width of N -> l- hadrons by a W, for light quarks.

    :math:`3(|V_{ud}|^2+|V_{us}|^2)\frac{G_F^2 m_4^5}{192\pi^3}I(0,0,x_l^2)` times `qcd_factor`.

    Parameters
    ----------
    m4 : array_like
        HNL mass in GeV, 0.7 at least.
    lepton : {"e", "mu"}
        Charged lepton.
    constants : Constants
        Couplings.

    Returns
    -------
    ndarray
        Width in GeV.

    Examples
    --------
    >>> mixing = Constants(V_ud=1.0, V_us=0.0)
    >>> float(charged_current_width(1.5, "mu", mixing) / charged_current_width(1.5, "mu")) > 1
    True
    """
    phase_space = charged_current_phase_space(np.divide(mass(lepton), m4), 0.0)
    mixing = constants.V_ud**2 + constants.V_us**2
    return COLOURS * mixing * _muon_like(m4, constants) * phase_space * qcd_factor(m4)


def neutral_current_width(m4: ArrayLike, constants: Constants = PDG) -> Floats:
    r"""Width of N -> nu hadrons by a Z, for light quarks.

    :math:`3\sum_q(g_L^2+g_R^2)\frac{G_F^2 m_4^5}{192\pi^3}` times `qcd_factor`, where strange
    quarks count with :math:`\sqrt{1-4m_K^2/m_4^2}`, since their lightest pairs are kaons.

    Parameters
    ----------
    m4 : array_like
        HNL mass in GeV, 0.7 at least.
    constants : Constants
        Couplings.

    Returns
    -------
    ndarray
        Width in GeV.

    Examples
    --------
    >>> ratio = neutral_current_width(1.8) / charged_current_width(1.8, "e")
    >>> bool(0.4 < ratio < 0.6)
    True
    """
    strange = np.sqrt(np.maximum(0.0, 1 - np.square(2 * mass("K+") / np.asarray(m4))))
    up, down = (
        sum(g * g for g in quark_couplings(isospin, charge, constants))
        for isospin, charge in ((0.5, 2 / 3), (-0.5, -1 / 3))
    )
    couplings = up + down * (1 + strange)
    return COLOURS * couplings * _muon_like(m4, constants) * qcd_factor(m4)


def beyond_mesons(m4: ArrayLike, quarks: Floats, mesons: Floats) -> Floats:
    """Width of N into several hadrons: what the quarks give more than single mesons.

    Parameters
    ----------
    m4 : array_like
        HNL mass in GeV.
    quarks, mesons : ndarray
        Widths in GeV, inclusive and summed over single mesons.

    Returns
    -------
    ndarray
        Difference in GeV, never negative, 0 below `LOWEST_MASS`.

    Examples
    --------
    >>> float(beyond_mesons(1.5, np.array(3.0), np.array(2.0))), float(beyond_mesons(0.9, 3.0, 2.0))
    (1.0, 0.0)
    """
    return np.where(np.asarray(m4) >= LOWEST_MASS, np.maximum(0.0, quarks - mesons), 0.0)


def _muon_like(m4: ArrayLike, constants: Constants) -> Floats:
    return constants.G_F**2 * np.power(m4, 5.0) / (192 * np.pi**3)
