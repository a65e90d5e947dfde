"""Masses of particles in GeV, from the `particle` package (PDG 2026)."""

from functools import cache

from particle import Particle

_PDG = {
    "e": 11,
    "mu": 13,
    "tau": 15,
    "p": 2212,
    "n": 2112,
    "pi+": 211,
    "pi0": 111,
    "K+": 321,
    "K0L": 130,
    "eta": 221,
    "eta'": 331,
    "rho+": 213,
    "rho0": 113,
    "omega": 223,
    "phi": 333,
    "K*+": 323,
    "Z": 23,
}

PROTON_MOMENT = 2.7928473446
"""Magnetic moment of the proton in nuclear magnetons (PDG 2026)."""

NEUTRON_MOMENT = -1.9130427
"""Magnetic moment of the neutron in nuclear magnetons (PDG 2026)."""


@cache
def mass(name: str) -> float:
    """Mass of a particle in GeV.

    Parameters
    ----------
    name : str
        Short name: ``"e"``, ``"mu"``, ``"tau"``, ``"p"``, ``"n"``, or a meson such as
        ``"pi+"``, ``"K0L"``, ``"eta'"``, ``"rho0"``, ``"omega"``, ``"K*+"``; or ``"Z"``.

    Returns
    -------
    float
        Mass in GeV.

    Examples
    --------
    >>> round(mass("mu"), 6)
    0.105658
    """
    particle_mass = Particle.from_pdgid(_PDG[name]).mass
    assert particle_mass is not None
    return float(particle_mass) / 1000.0
