"""Electromagnetic form factors of nuclei and nucleons."""

from functools import cache
from math import pi

import numpy as np
from numpy.typing import ArrayLike, NDArray

from physics.jit import jit
from physics.nuclei import Nucleus, nucleus
from physics.particles import NEUTRON_MOMENT, PROTON_MOMENT, mass
from physics.units import FM_GEV

Q_MAX_GEV = 2.0
"""Nuclear form factors are taken as zero above this momentum transfer."""

TABLE_POINTS = 8192
DIPOLE_MASS2 = 0.843**2
"""Squared dipole mass of the nucleons' form factors in GeV^2 (0.71 GeV^2)."""


def fourier_bessel(
    q: ArrayLike, radius_fm: float, coefficients: tuple[float, ...]
) -> NDArray[np.float64]:
    r"""Form factor of a Fourier-Bessel charge density, normalised to 1 at q = 0.

    :math:`F \propto j_0(qR)\sum_n \frac{(-1)^n a_n}{(n\pi)^2-(qR)^2}`
    (de Vries et al., Atom. Data Nucl. Data Tabl. 36 (1987) 495).

    Parameters
    ----------
    q : array_like
        Momentum transfer in GeV.
    radius_fm : float
        Cut-off radius R in fm.
    coefficients : tuple of float
        a_1, a_2, ...

    Returns
    -------
    ndarray
        F(q), with its sign.

    Examples
    --------
    >>> c12 = nucleus("C12")
    >>> f"{fourier_bessel(0.1, c12.radius_fm, c12.coefficients):.4f}"
    '0.7695'
    """
    # x is kept off the removable poles at n pi
    x = np.asarray(q, dtype=float) * radius_fm * FM_GEV * (1 + 1e-9) + 1e-9
    n = np.arange(1, len(coefficients) + 1)
    signed = np.asarray(coefficients) * (-1.0) ** n
    terms = signed / ((n * pi) ** 2 - x[..., None] ** 2)
    return np.sin(x) / x * terms.sum(-1) / (signed / (n * pi) ** 2).sum()


def symmetrised_fermi(q: ArrayLike, A: int) -> NDArray[np.float64]:
    r"""Form factor of the symmetrised Fermi density, surface 0.523 fm, radius 1.03 A^(1/3) fm.

    Sprung and Martorell, J. Phys. A 30 (1997) 6525.

    Parameters
    ----------
    q : array_like
        Momentum transfer in GeV.
    A : int
        Mass number.

    Returns
    -------
    ndarray
        F(q), 1 at q = 0.

    Examples
    --------
    >>> f"{symmetrised_fermi(1e-4, 40):.5f}"
    '1.00000'
    """
    a, r0 = 0.523 * FM_GEV, 1.03 * A ** (1 / 3) * FM_GEV
    x = np.maximum(np.asarray(q, dtype=float), 1e-9)
    y = pi * a * x
    shape = y * np.cosh(y) / np.sinh(y) ** 2 * np.sin(x * r0) / x - r0 * np.cos(x * r0) / np.sinh(y)
    return 3 * pi * a / (r0 * (r0**2 + (pi * a) ** 2)) / x * shape


def nuclear(q: ArrayLike, target: Nucleus) -> NDArray[np.float64]:
    """Form factor of a nucleus: Fourier-Bessel where tabulated, symmetrised Fermi otherwise.

    Parameters
    ----------
    q : array_like
        Momentum transfer in GeV.
    target : Nucleus
        The nucleus.

    Returns
    -------
    ndarray
        F(q).

    Examples
    --------
    >>> f"{nuclear(0.0, nucleus('Ar40')):.6f}"
    '1.000000'
    """
    if target.radius_fm is not None:
        return fourier_bessel(q, target.radius_fm, target.coefficients)
    return symmetrised_fermi(q, target.A)


@cache
def squared_table(name: str) -> NDArray[np.float64]:
    """Tabulate Z^2 F^2 of a nucleus on equal steps of q from 0 to `Q_MAX_GEV`.

    Parameters
    ----------
    name : str
        Nucleus.

    Returns
    -------
    ndarray
        Shape (TABLE_POINTS,).

    Examples
    --------
    >>> float(round(squared_table("C12")[0], 6))
    36.0
    """
    target = nucleus(name)
    q = np.linspace(0.0, Q_MAX_GEV, TABLE_POINTS)
    return (target.Z * nuclear(q, target)) ** 2


@cache
def nucleon_parameters(name: str) -> tuple[float, float, float]:
    """Charge, magnetic moment in nuclear magnetons and mass in GeV of a nucleon.

    Parameters
    ----------
    name : {"p", "n"}
        Proton or neutron.

    Returns
    -------
    tuple of float
        Charge, moment, mass.

    Examples
    --------
    >>> nucleon_parameters("p")[0]
    1.0
    """
    if name == "p":
        return 1.0, PROTON_MOMENT, mass("p")
    return 0.0, NEUTRON_MOMENT, mass("n")


@jit
def interpolate_squared(table, Q2):
    """Z^2 F^2 at Q2 (GeV^2) by linear interpolation in q; 0 beyond the table."""
    step = np.sqrt(Q2) * ((TABLE_POINTS - 1) / Q_MAX_GEV)
    index = int(step)
    if index >= TABLE_POINTS - 1:
        return 0.0
    fraction = step - index
    return table[index] * (1.0 - fraction) + table[index + 1] * fraction


@jit
def nucleon_structure(Q2, charge, moment, M):
    """G_M^2 and the coefficient c2 of P^mu P^nu of a nucleon with dipole Sachs form factors.

    G_E = charge D, G_M = moment D, D = (1 + Q2/0.71 GeV^2)^-2, and
    c2 = F2^2 (4 + Q2/M^2)/2 - 4 G_M F2, F2 = (G_M - G_E)/(1 + tau), tau = Q2/(4 M^2).
    """
    dipole = 1.0 / (1.0 + Q2 / DIPOLE_MASS2) ** 2
    GM = moment * dipole
    F2 = (moment - charge) * dipole / (1.0 + Q2 / (4 * M * M))
    # p.p' + M^2 = 2 M^2 + Q2 / 2
    c2 = F2 * F2 * (2.0 + Q2 / (2 * M * M)) - 4.0 * GM * F2
    return GM * GM, c2
