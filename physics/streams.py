"""The streams of a sampling group: each kind of target that events are drawn on.

Nuclei scatter coherently; protons and neutrons of all nuclei in a volume are alike, so they are
one stream each, shared out afterwards by number.
"""

from dataclasses import dataclass
from functools import cache

import numpy as np

from physics.events import Stream
from physics.form_factors import nucleon_parameters, squared_table
from physics.nuclei import nucleus
from physics.upscattering import COHERENT, NUCLEON, threshold

REGIMES = {"p": "p-el", "n": "n-el"}


@dataclass(frozen=True)
class Target:
    """One nucleus or nucleon to scatter on.

    Parameters
    ----------
    name : str
        ``"Ar40"``, ``"p"`` or ``"n"``.
    mass : float
        In GeV.
    """

    name: str
    mass: float

    @property
    def regime(self) -> str:
        """``"coherent"``, ``"p-el"`` or ``"n-el"``."""
        return REGIMES.get(self.name, "coherent")

    def in_nucleus(self, name: str) -> int:
        """How many of these targets one nucleus offers.

        Examples
        --------
        >>> target("p").in_nucleus("C12"), target("n").in_nucleus("Ar40")
        (6, 22)
        >>> target("C12").in_nucleus("C12"), target("C12").in_nucleus("O16")
        (1, 0)
        """
        if self.name == "p":
            return nucleus(name).Z
        if self.name == "n":
            return nucleus(name).A - nucleus(name).Z
        return int(self.name == name)


@cache
def target(name: str) -> Target:
    """Return the target called `name`: a nucleus, ``"p"`` or ``"n"``.

    Examples
    --------
    >>> target("p").regime
    'p-el'
    """
    mass = nucleon_parameters(name)[2] if name in REGIMES else nucleus(name).mass
    return Target(name, mass)


def targets(nuclei: tuple[str, ...]) -> tuple[Target, ...]:
    """All targets offered by some nuclei: each heavier than hydrogen coherently, then p and n.

    Parameters
    ----------
    nuclei : tuple of str
        Nuclei present.

    Returns
    -------
    tuple of Target
        In a fixed order.

    Examples
    --------
    >>> [t.name for t in targets(("H1", "C12"))]
    ['C12', 'p', 'n']
    """
    coherent = sorted(n for n in set(nuclei) if nucleus(n).A > 1)
    nucleons = ["p"] + (["n"] if coherent else [])
    return tuple(target(name) for name in coherent + nucleons)


def stream(scattered: Target, m4: float, E_min: float, E_max: float) -> Stream:
    """Pack a target for the kernel, with the energies at which it can make an HNL of mass `m4`.

    Parameters
    ----------
    scattered : Target
        What is hit.
    m4 : float
        HNL mass in GeV.
    E_min, E_max : float
        Energies of the beam in GeV.

    Returns
    -------
    Stream
        With ``E_min >= E_max`` when the beam is below threshold.

    Examples
    --------
    >>> round(stream(target("p"), 0.5, 0.1, 9.0).E_min, 4)
    0.6332
    """
    low = max(E_min, float(threshold(m4, scattered.mass)))
    if scattered.name in REGIMES:
        charge, moment, mass = nucleon_parameters(scattered.name)
        return Stream(mass, NUCLEON, charge, moment, np.zeros(2), low, E_max)
    return Stream(scattered.mass, COHERENT, 0.0, 0.0, squared_table(scattered.name), low, E_max)
