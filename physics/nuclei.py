"""Nuclei and nucleons as targets: masses, charges and measured charge densities."""

import tomllib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

from particle import Particle

from physics.documents import then
from physics.errors import InputError, nearest
from physics.particles import mass

FIRST_NUCLEUS = 1_000_000_000
"""Nuclei have PDG numbers from here on."""


@dataclass(frozen=True)
class Nucleus:
    """A nucleus at rest.

    Parameters
    ----------
    name : str
        Symbol and mass number, ``"Ar40"``.
    Z, A : int
        Charge and mass number.
    mass : float
        Nuclear mass in GeV, without electrons.
    radius_fm : float or None
        Cut-off radius of the Fourier-Bessel expansion of the charge density, None if unmeasured.
    coefficients : tuple of float
        Its coefficients a_1, a_2, ...
    """

    name: str
    Z: int
    A: int
    mass: float
    radius_fm: float | None
    coefficients: tuple[float, ...]


def electron_binding(Z: int) -> float:
    """Binding energy of all electrons of a neutral atom.

    Lunney, Pearson and Thibault, Rev. Mod. Phys. 75 (2003) 1021, eq. (A4).

    Parameters
    ----------
    Z : int
        Number of electrons.

    Returns
    -------
    float
        Energy in GeV, positive.

    Examples
    --------
    >>> f"{electron_binding(18) * 1e9:.0f} eV"
    '14450 eV'
    """
    return float(14.4381 * Z**2.39 + 1.55468e-6 * Z**5.35) * 1e-9


@cache
def nucleus(name: str) -> Nucleus:
    """Look a nucleus up by name.

    Parameters
    ----------
    name : str
        Symbol and mass number, such as ``"C12"``; ``"H1"`` is the proton.

    Returns
    -------
    Nucleus
        With the Fourier-Bessel density where tabulated.

    Raises
    ------
    InputError
        When there is no such nucleus.

    Examples
    --------
    >>> f"{nucleus('C12').mass:.6f}"
    '11.174864'
    """
    if name == "H1":
        return Nucleus(name, 1, 1, mass("p"), None, ())
    entry = _tabulated().get(name, {})
    found = _atoms().get(name)
    if found is None:
        raise InputError(
            f"unknown target {name!r}"
            + then(
                nearest(name, _tabulated()),
                "give the symbol and the mass number of a nucleus, such as C12 or Ar40",
            )
        )
    Z, A = int(found.pdgid.Z or 0), int(found.pdgid.A or 0)
    nuclear_mass = float(found.mass or 0) / 1000 - Z * mass("e") + electron_binding(Z)
    density = tuple(float(a) for a in entry.get("coefficients", ()))
    return Nucleus(name, Z, A, nuclear_mass, entry.get("radius_fm"), density)


@cache
def _atoms() -> dict[str, Particle]:
    """All nuclei by name; searching by name would spell out every particle there is."""
    return {p.name: p for p in Particle.all() if p.pdgid >= FIRST_NUCLEUS and p.mass}


@cache
def _tabulated() -> dict[str, dict[str, Any]]:
    return tomllib.loads(files("physics").joinpath("nuclei.toml").read_text())
