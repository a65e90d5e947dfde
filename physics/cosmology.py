r"""What primordial nucleosynthesis (BBN) says about how long an HNL may live.

An HNL that was in equilibrium in the early universe and decays too late changes the helium that
is made: by the energy of its decays, and above the pion's mass by mesons that turn protons into
neutrons. Such limits are on the lifetime, so they hold for Dirac and Majorana HNLs and for any
interaction; on the plane of a scan they are the contour of lifetime over longest lifetime at 1,
excluded above. They say nothing about HNLs too weakly coupled to have been in equilibrium.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import ArrayLike, NDArray

from physics.packaged import folder

FloatArray = NDArray[np.float64]

_CUSTOMARY_S = 0.1


@dataclass(frozen=True)
class LifetimeLimit:
    """A named criterion on the lifetime of an HNL.

    Parameters
    ----------
    name, title : str
        For stores, and for plots.
    source : str
        Paper.
    confidence_level : float or None
        None for a criterion that has none.
    longest_lifetime_s : callable
        Longest lifetime (s) allowed at masses (GeV); NaN where the source says nothing.
    """

    name: str
    title: str
    source: str
    confidence_level: float | None
    longest_lifetime_s: Callable[[ArrayLike], FloatArray]


def customary_bbn(m4: ArrayLike) -> FloatArray:
    """Customary criterion: a lifetime of 0.1 s, whatever the mass.

    Without HNLs neutrons and protons part at about 1 s; decays a tenth of that are forgotten.

    Parameters
    ----------
    m4 : array_like
        HNL mass in GeV.

    Returns
    -------
    ndarray
        0.1 s for each mass.

    Examples
    --------
    >>> customary_bbn([0.1, 0.3]).tolist()
    [0.1, 0.1]
    """
    return np.full(np.shape(m4), _CUSTOMARY_S)


def tabulated_bbn(m4: ArrayLike) -> FloatArray:
    """Longest lifetime against mass of Sabti et al. (arXiv:2006.07387), 95 % CL.

    Made for mixing with the muon: above the pion's mass it rests on how often that HNL decays to
    mesons, and is too strict for one that decays to leptons alone. Their own |U|^2 is that of a
    Majorana HNL, but a lifetime does not depend on it. Interpolated in logarithms.

    Parameters
    ----------
    m4 : array_like
        HNL mass in GeV.

    Returns
    -------
    ndarray
        Lifetime in s; NaN below 2.9 MeV and above 0.96 GeV, where the table ends.

    Examples
    --------
    >>> tabulated_bbn([0.1, 0.2, 2.0]).round(3).tolist()
    [0.042, 0.048, nan]
    """
    mass, lifetime = _table()
    return np.exp(np.interp(_log(m4), mass, lifetime, left=np.nan, right=np.nan))


BBN = (
    LifetimeLimit(
        "bbn_0.1s", "BBN, 0.1 s", "customary, as in arXiv:2109.03831", None, customary_bbn
    ),
    LifetimeLimit("bbn_table", "BBN, tabulated", "arXiv:2006.07387", 0.95, tabulated_bbn),
)
"""Criteria of nucleosynthesis, by increasing care."""


@lru_cache(maxsize=1)
def _table() -> tuple[FloatArray, FloatArray]:
    """Logarithms of masses (GeV) and lifetimes (s)."""
    path = folder("physics") / "data" / "bbn_lifetime.csv"
    mass, lifetime = np.loadtxt(path, delimiter=",", skiprows=3, unpack=True)
    return np.log(mass), np.log(lifetime)


def _log(m4: ArrayLike) -> FloatArray:
    with np.errstate(divide="ignore"):
        return np.log(np.asarray(m4, dtype=np.float64))
