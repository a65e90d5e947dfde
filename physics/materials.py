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
    >>> names()
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
        Nuclide to number of nuclei: mass / molar mass x Avogadro x atoms per formula unit.

    Examples
    --------
    >>> {k: f"{n:.5e}" for k, n in nuclei("CH2", 818.0).items()}
    {'C12': '3.51188e+31', 'H1': '7.02376e+31'}
    """
    composition, molar_mass_g = _materials()[material]
    units = mass_tonnes * GRAMS_PER_TONNE / molar_mass_g * AVOGADRO
    return {nuclide: count * units for nuclide, count in composition.items()}


@cache
def _materials() -> dict[str, tuple[dict[str, int], float]]:
    """Read materials.toml: composition and molar mass in g/mol of each material."""
    document = read_toml(folder("physics") / "materials.toml", "a table of materials (TOML)")
    document.only("source", "atomic_weights", "materials")
    weights = document.table("atomic_weights", "{ H = 1.008 }")
    materials = document.table("materials", "{ ... }")
    return {name: _material(materials.table(name, "{ ... }"), weights) for name in materials.data}


def _material(table: Table, weights: Table) -> tuple[dict[str, int], float]:
    """Read one material and add up its molar mass."""
    table.only("title", "composition")
    formula = table.table("composition", "{ C12 = 1, H1 = 2 }")
    composition, molar_mass_g = {}, 0.0
    for nuclide in formula.data:
        element = _NUCLIDE.fullmatch(nuclide)
        if element is None:
            raise formula.error(nuclide, "is no nuclide; write for example C12")
        composition[nuclide] = formula.integer(nuclide, "1", at_least=1)
        molar_mass_g += composition[nuclide] * weights.number(element[1], "12.011", above=0)
    return composition, molar_mass_g
