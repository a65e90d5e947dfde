r"""Partial widths of heavy neutral leptons."""

from functools import cache
from math import acosh, cosh, tanh

import numpy as np
from numpy.typing import ArrayLike, NDArray

from physics.particles import mass
from physics.units import ALPHA, HBAR_C_GEV_CM

Array = float | NDArray[np.float64]


def dipole_width_gamma(m4: ArrayLike, mu_tr: ArrayLike, *, majorana: bool = False) -> Array:
    r"""Width of N -> nu gamma through a transition magnetic moment.

    :math:`\Gamma = \mu_{tr}^2 m_4^3 / (16\pi)`, doubled for a Majorana N (arXiv:1803.03262).

    Parameters
    ----------
    m4 : array_like
        HNL mass in GeV, >= 0.
    mu_tr : array_like
        Transition moment in GeV^-1, summed in quadrature over light flavours; broadcast with `m4`.
    majorana : bool
        Count the charge-conjugate final state too.

    Returns
    -------
    float or ndarray
        Width in GeV.

    Examples
    --------
    >>> f"{dipole_width_gamma(0.1, 1e-6):.6e}"
    '1.989437e-17'
    """
    width = np.square(mu_tr) * np.power(m4, 3) / (16 * np.pi)
    return width * 2 if majorana else width


def dilepton_ratio(m4: ArrayLike, lepton: str) -> Array:
    r"""Width of N -> nu l+ l- by a virtual photon, over that of N -> nu gamma.

    :math:`\frac{\alpha}{3\pi}\int_{4r^2}^1 \frac{dx}{x}(1-x)^2(1+\frac{x}{2})
    \sqrt{1-4r^2/x}\,(1+2r^2/x)`, :math:`r = m_l/m_4`, :math:`x = m_{ll}^2/m_4^2`; far above
    threshold :math:`\frac{\alpha}{3\pi}(2\ln(m_4/m_l) - 3)`.

    Parameters
    ----------
    m4 : array_like
        HNL mass in GeV.
    lepton : {"e", "mu", "tau"}
        Flavour of the pair.

    Returns
    -------
    float or ndarray
        Ratio, 0 below threshold; the same for Dirac and Majorana.

    Examples
    --------
    >>> leading = ALPHA / (3 * np.pi) * (2 * np.log(0.4 / 0.000511) - 3)
    >>> f"{dilepton_ratio(0.4, 'e'):.6f}", f"{leading:.6f}"
    ('0.007995', '0.007995')
    """
    if np.ndim(m4) == 0:
        return _dilepton_ratio(float(m4), lepton)  # type: ignore[arg-type]
    values = [_dilepton_ratio(float(m), lepton) for m in np.ravel(m4)]
    return np.reshape(values, np.shape(m4))


@cache
def _dilepton_ratio(m4: float, lepton: str) -> float:
    """Integrate over t with x = 4 r^2 cosh^2 t, where the integrand is smooth at both ends."""
    threshold = (2 * mass(lepton) / m4) ** 2
    if threshold >= 1:
        return 0.0
    half = 0.5 * acosh(threshold**-0.5)
    total = 0.0
    for node, weight in zip(*_nodes(), strict=True):
        t = half * (1 + node)
        x = threshold * cosh(t) ** 2
        total += weight * tanh(t) ** 2 * (1 - x) ** 2 * (1 + x / 2) * (1 + threshold / (2 * x))
    return ALPHA / (3 * np.pi) * 2 * half * total


@cache
def _nodes() -> tuple[list[float], list[float]]:
    """Nodes and weights of Gauss and Legendre; 64 give eleven digits up to m4/m_l = 1e6."""
    nodes, weights = np.polynomial.legendre.leggauss(64)
    return nodes.tolist(), weights.tolist()


def ctau_cm(total_width: ArrayLike) -> Array:
    """Proper decay length of a particle of given total width.

    Parameters
    ----------
    total_width : array_like
        Total width in GeV; 0 gives infinity.

    Returns
    -------
    float or ndarray
        c tau in cm.

    Examples
    --------
    >>> f"{ctau_cm(1.973269804593025e-14):.3f}"
    '1.000'
    """
    with np.errstate(divide="ignore"):
        return np.divide(HBAR_C_GEV_CM, total_width)
