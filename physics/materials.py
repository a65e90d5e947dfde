"""Materials of targets: how many nuclei of which nuclide are in a tonne."""

import re
from functools import cache

from physics.documents import Table, read_toml
from physics.packaged import folder
from physics.units import AVOGADRO, GRAMS_PER_TONNE

_NUCLIDE = re.compile(r"([A-Z][a-z]?)[1-9][0-9]{0,2}")


def names() -> tuple[str, ...]:
    """Return the names of all materials.

    Examples
    --------
    >>> names()[:3]
    ('CH2', 'SiO2', 'Ar')
    """
    return tuple(_materials())


def nuclei(material: str, mass_tonnes: float) -> dict[str, float]:
    """Count the nuclei of each nuclide in a mass of a material.

    Parameters
    ----------
    material : str
        One of `names()`.
    mass_tonnes : float
        Mass in tonnes.

    Returns
    -------
    dict
        Nuclide to number of nuclei: mass / molar mass x Avogadro x atoms per formula unit, of
        which a mixture has as many as its parts by mass say.

    Examples
    --------
    >>> {k: f"{n:.5e}" for k, n in nuclei("CH2", 818.0).items()}
    {'C12': '3.51188e+31', 'H1': '7.02376e+31'}
    """
    composition, molar_mass_g = _materials()[material]
    units = mass_tonnes * GRAMS_PER_TONNE / molar_mass_g * AVOGADRO
    return {nuclide: count * units for nuclide, count in composition.items()}


@cache
def _materials() -> dict[str, tuple[dict[str, float], float]]:
    """Read materials.toml: composition and molar mass in g/mol of each material."""
    document = read_toml(folder("physics") / "materials.toml", "a table of materials (TOML)")
    document.only("source", "atomic_weights", "materials")
    weights = document.table("atomic_weights", "{ H = 1.008 }")
    materials = document.table("materials", "{ ... }")
    return {name: _material(materials.table(name, "{ ... }"), weights) for name in materials.data}


def _material(table: Table, weights: Table) -> tuple[dict[str, float], float]:
    """Read one material, by atoms or by mass: moles of each nuclide in so many grams of it."""
    table.only("title", "composition", "mass_parts")
    by_mass = "mass_parts" in table
    given = table.table("mass_parts" if by_mass else "composition", "{ C12 = 1, H1 = 2 }")
    moles: dict[str, float] = {}
    grams = 0.0
    for nuclide in given.data:
        element = _NUCLIDE.fullmatch(nuclide)
        if element is None:
            raise given.error(nuclide, "is no nuclide; write for example C12")
        weight = weights.number(element[1], "12.011", above=0)
        if by_mass:
            moles[nuclide] = given.number(nuclide, "1.0", above=0) / weight
        else:
            moles[nuclide] = given.integer(nuclide, "1", at_least=1)
        grams += moles[nuclide] * weight
    return moles, grams
