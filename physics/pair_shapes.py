r"""Shapes of N -> nu l+ l- with W, Z and Z', on and off shell, for detectors that see pairs.

At squared mass :math:`q^2 = y m_4^2` of the pair the squared amplitude, even under exchange of the
two leptons, is (:math:`P = p_N - m_4 s`, k the neutrino)

.. math:: (P p_+)(k p_-) + (P p_-)(k p_+) + \chi\, m_l^2\, P k

times :math:`[m_{Z'}^2/(m_{Z'}^2-q^2)]^n`: n = 2 for the square of a virtual Z', 1 for its
interference with W and Z, 0 for these alone. A vector coupling has :math:`\chi = 1`, others
:math:`\chi = 2 g_L g_R/(g_L^2 + g_R^2)`. The interference has :math:`\chi = 1` as well, since
half of :math:`g_L + g_R` multiplies a vector. A real Z' has y fixed at :math:`m_{Z'}^2/m_4^2`.
"""

from collections.abc import Sequence
from functools import lru_cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from physics.dark_photon_widths import propagated
from physics.electroweak import PDG, charged_lepton_couplings
from physics.leptonic_widths import dilepton_phase_space
from physics.minimal_widths import DILEPTONS
from physics.pair_names import INTERFERENCE, REAL, VIRTUAL
from physics.particles import mass

CELLS = 128
"""Equally probable intervals of y from which virtual pairs are drawn."""

_FINE = 4096


class PairShape(NamedTuple):
    """How an HNL of one mass decays to a pair, in one or several coherent modes.

    Parameters
    ----------
    m : float
        HNL mass in GeV.
    lepton : float
        Mass of one lepton in GeV.
    y : float
        Squared mass of the pair over that of N where the Z' is real, else negative.
    pole : float
        Squared mass of the Z' over that of N.
    edges : ndarray (CELLS + 1,)
        Equally probable intervals of y of the virtual Z'.
    power, chi, norm : ndarray (modes,)
        Power of the propagator, mass term, and integral of the squared amplitude.
    sense : float
        1; -1 turns the pair to the wrong side, as some published samples have it.
    aligned : bool
        Whether the leptons know the polarisation of the Z'; some published samples have not.
    """

    m: float
    lepton: float
    y: float
    pole: float
    edges: NDArray[np.float64]
    power: NDArray[np.int64]
    chi: NDArray[np.float64]
    norm: NDArray[np.float64]
    sense: float = 1.0
    aligned: bool = True


@lru_cache(maxsize=256)
def pair_shape(state: str, modes: Sequence[str], m4: float, mzprime: float) -> PairShape:
    """Shape of the decays of an HNL to a pair of leptons.

    Parameters
    ----------
    state : {"nu_e_e", "nu_mu_mu"}
        Final state.
    modes : tuple of str
        Those of `open_modes`, not none.
    m4, mzprime : float
        Masses in GeV.

    Returns
    -------
    PairShape
        With one entry for each mode.

    Examples
    --------
    >>> shape = pair_shape("nu_e_e", ("real",), 0.1, 0.03)
    >>> round(shape.y, 6), shape.norm.tolist()
    (0.09, [1.0])
    """
    lepton = mass(DILEPTONS[state])
    power, chi, norm = zip(*[_mode(state, mode, m4, mzprime) for mode in modes], strict=True)
    pole = (mzprime / m4) ** 2
    real = mzprime < m4
    edges = np.zeros(CELLS + 1) if real else _edges(2 * lepton / m4, pole)
    return PairShape(
        m4, lepton, pole if real else -1.0, pole, edges,
        np.array(power, dtype=np.int64), np.array(chi), np.array(norm),
    )  # fmt: skip


def open_modes(state: str, modes: Sequence[str], m4: float, mzprime: float) -> tuple[str, ...]:
    """Which modes of a final state are followed at some masses.

    Parameters
    ----------
    state : {"nu_e_e", "nu_mu_mu"}
        Final state.
    modes : sequence of str
        ``"real"``, ``"virtual"``, ``"interference"``, or the flavour of the mixing for the weak
        interaction alone.
    m4, mzprime : float
        Masses in GeV.

    Returns
    -------
    tuple of str
        Of `modes`: beside a real Z' all others are left out, which are rarer by ten orders.

    Examples
    --------
    >>> open_modes("nu_e_e", ("real", "virtual", "mu"), 0.1, 0.03)
    ('real',)
    >>> open_modes("nu_mu_mu", ("real", "virtual", "mu"), 0.1, 1.25)
    ()
    """
    lepton = mass(DILEPTONS[state])
    real = mzprime < m4
    if m4 <= 2 * lepton or (real and mzprime <= 2 * lepton):
        return ()
    return tuple(mode for mode in modes if (mode == REAL) == real)


def _mode(state: str, mode: str, m4: float, mzprime: float) -> tuple[int, float, float]:
    """Power of the propagator, mass term and norm of a mode."""
    particle = DILEPTONS[state]
    if mode == REAL:
        return 0, 1.0, 1.0
    if mode in (VIRTUAL, INTERFERENCE):
        once, twice = propagated(np.asarray(m4), np.asarray(mzprime), particle)
        power, whole = (2, twice) if mode == VIRTUAL else (1, once)
        return power, 1.0, float(whole) / 48
    left, right = charged_lepton_couplings(mode, particle, PDG)
    square = left * left + right * right
    factor = float(dilepton_phase_space(mass(particle) / m4, left, right))
    return 0, 2 * left * right / square, factor / (24 * square)


def _edges(threshold: float, pole: float) -> NDArray[np.float64]:
    """Equally probable intervals of y between threshold^2 and 1, for the square of a virtual Z'."""
    # finer towards both ends, where the threshold and the pole are
    t = np.linspace(0.0, 1.0, _FINE + 1)
    y = threshold**2 + (1 - threshold**2) * t * t * (3 - 2 * t)
    middle = 0.5 * (y[1:] + y[:-1])
    x = threshold**2 / (4 * middle)
    density = (1 - middle) ** 2 * (1 + 2 * middle) * np.sqrt(1 - 4 * x) * (1 + 2 * x)
    density = density / (pole - middle) ** 2 * np.diff(y)
    cumulative = np.concatenate([[0.0], np.cumsum(density)])
    edges = np.interp(np.linspace(0.0, 1.0, CELLS + 1), cumulative / cumulative[-1], y)
    # the sum and the fine steps both end exactly here
    edges[0], edges[-1] = y[0], 1.0
    return np.asarray(edges)
