r"""Widths of N into a lepton and one meson, for unit mixing and a Dirac N.

arXiv:2007.03701 and arXiv:1805.08567; decay constants in the conventions of `electroweak`.
"""

import numpy as np
from numpy.typing import ArrayLike, NDArray

from physics.electroweak import PDG, Constants

Floats = NDArray[np.float64]


def pseudoscalar_width(
    m4: ArrayLike, lepton_mass: float, meson_mass: float, f: float, constants: Constants = PDG
) -> Floats:
    r"""Width of N -> l- P+ by a W.

    :math:`\frac{G_F^2 f^2 m_4^3}{16\pi}[(1-x_l^2)^2 - x_P^2(1+x_l^2)]
    \sqrt{\lambda(1,x_l^2,x_P^2)}`, :math:`x_i = m_i/m_4` (arXiv:2007.03701).

    Parameters
    ----------
    m4 : array_like
        HNL mass in GeV.
    lepton_mass, meson_mass : float
        In GeV.
    f : float
        Decay constant times the element of the quark mixing matrix, in GeV.
    constants : Constants
        Fermi's constant.

    Returns
    -------
    ndarray
        Width in GeV, 0 below threshold.

    Examples
    --------
    >>> width = pseudoscalar_width(2.0, 0.0, 1.0, 1.0, Constants(G_F=1.0))
    >>> bool(width == 8 / (16 * np.pi) * 0.75**2)
    True
    """
    x, y = (np.divide(m, m4) for m in (lepton_mass, meson_mass))
    bracket = (1 - x**2) ** 2 - y**2 * (1 + x**2)
    return _over_16pi(m4, f, constants) * np.maximum(0.0, bracket) * _root(x, y)


def vector_width(
    m4: ArrayLike, lepton_mass: float, meson_mass: float, g: float, constants: Constants = PDG
) -> Floats:
    r"""Width of N -> l- V+ by a W.

    :math:`\frac{G_F^2 g^2 m_4^3}{16\pi m_V^2}[(1-x_V^2)(1+2x_V^2) + x_l^2(x_V^2+x_l^2-2)]
    \sqrt{\lambda(1,x_l^2,x_V^2)}`, :math:`x_i = m_i/m_4` (arXiv:2007.03701).

    Parameters
    ----------
    m4 : array_like
        HNL mass in GeV.
    lepton_mass, meson_mass : float
        In GeV.
    g : float
        Decay constant times the element of the quark mixing matrix, in GeV^2.
    constants : Constants
        Fermi's constant.

    Returns
    -------
    ndarray
        Width in GeV, 0 below threshold.

    Examples
    --------
    >>> width = vector_width(2.0, 0.0, 1.0, 1.0, Constants(G_F=1.0))
    >>> bool(width == 8 / (16 * np.pi) * 0.75**2 * 1.5)
    True
    """
    x, y = (np.divide(m, m4) for m in (lepton_mass, meson_mass))
    bracket = (1 - y**2) * (1 + 2 * y**2) + x**2 * (y**2 + x**2 - 2)
    return _over_16pi(m4, g / meson_mass, constants) * np.maximum(0.0, bracket) * _root(x, y)


def neutral_pseudoscalar_width(
    m4: ArrayLike, meson_mass: float, f: float, constants: Constants = PDG
) -> Floats:
    """Width of N -> nu P0 by a Z: half of that by a W without a charged lepton's mass.

    The amplitude is that of a charged meson over sqrt2, see `electroweak` for f.

    Parameters
    ----------
    m4 : array_like
        HNL mass in GeV.
    meson_mass, f : float
        Mass and decay constant in GeV.
    constants : Constants
        Fermi's constant.

    Returns
    -------
    ndarray
        Width in GeV, 0 below threshold.

    Examples
    --------
    >>> width = neutral_pseudoscalar_width(0.2, 0.1349768, 0.1302)
    >>> f"{1e-6 * width:.4e}"
    '5.4417e-23'
    """
    return 0.5 * pseudoscalar_width(m4, 0.0, meson_mass, f, constants)


def neutral_vector_width(
    m4: ArrayLike, meson_mass: float, g: float, constants: Constants = PDG
) -> Floats:
    """Width of N -> nu V0 by a Z: half of that by a W without a charged lepton's mass.

    Parameters
    ----------
    m4 : array_like
        HNL mass in GeV.
    meson_mass : float
        In GeV.
    g : float
        Decay constant times the relative weak charge, `weak_charge`, in GeV^2.
    constants : Constants
        Fermi's constant.

    Returns
    -------
    ndarray
        Width in GeV, 0 below threshold.

    Examples
    --------
    >>> width = neutral_vector_width(2.0, 1.0, 1.0, Constants(G_F=1.0))
    >>> bool(width == 8 / (32 * np.pi) * 0.75**2 * 1.5)
    True
    """
    return 0.5 * vector_width(m4, 0.0, meson_mass, g, constants)


def weak_charge(meson: str, constants: Constants = PDG) -> float:
    r"""Coupling of a neutral vector meson to the Z, relative to a charged one's to the W.

    :math:`\kappa_\rho = 1 - 2s_W^2`, :math:`\kappa_\omega = -2s_W^2/3`,
    :math:`\kappa_\phi = -\sqrt2(1/2 - 2s_W^2/3)`: :math:`2\sqrt2` times the sum over quarks of
    their share of the meson and of :math:`T_3/2 - Q s_W^2` (arXiv:2007.03701).

    Parameters
    ----------
    meson : {"rho0", "omega", "phi"}
        Quarks (uu - dd)/sqrt2, (uu + dd)/sqrt2, ss.
    constants : Constants
        Weak angle.

    Returns
    -------
    float
        kappa.

    Examples
    --------
    >>> round(weak_charge("rho0"), 5), round(weak_charge("omega"), 5)
    (0.53758, -0.15414)
    """
    s2 = constants.sin2_theta_w
    up, down = 0.25 - 2 / 3 * s2, -0.25 + s2 / 3
    shares = {"rho0": (up - down) / np.sqrt(2), "omega": (up + down) / np.sqrt(2), "phi": down}
    return float(2 * np.sqrt(2) * shares[meson])


def _over_16pi(m4: ArrayLike, f: float, constants: Constants) -> Floats:
    return (constants.G_F * f) ** 2 * np.power(m4, 3.0) / (16 * np.pi)


def _root(x: Floats, y: Floats) -> Floats:
    """Twice the momentum over m4: sqrt(lambda(1, x^2, y^2)), 0 below threshold."""
    below = np.maximum(0.0, 1 - x - y)
    return np.sqrt(below * (1 + x + y) * np.maximum(0.0, (1 - x + y) * (1 + x - y)))
