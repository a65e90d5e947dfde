"""Reading beams that are known by the parents of their neutrinos."""

from itertools import groupby
from pathlib import Path
from typing import Unpack

import numpy as np

from physics.beams import tables
from physics.beams.schema import FLUX_UNIT, PARENTS, ByMass, Mode, ParentBeam, ParentFlux
from physics.citations import read as read_sources
from physics.documents import Bounds, Table, one_line, then
from physics.errors import InputError, nearest

_HEADER = ("parent", "energy_GeV", "flux")
_KEYS = (
    *("title", "baseline_cm", "parent_flux_table", "flux_unit", "sampling_group"),
    *("source", "angular_spread", "modes"),
)


def read(document: Table, path: Path) -> ParentBeam:
    """Read a beam with a table of fluxes by parent.

    Parameters
    ----------
    document : Table
        The beam file.
    path : Path
        Where it is; the table is beside it.

    Raises
    ------
    InputError
        One sentence with file and key when anything is wrong.
    """
    document.only(*_KEYS)
    document.text("flux_unit", f'"{FLUX_UNIT}"', choices=(FLUX_UNIT,))
    spread = document.table("angular_spread", "{ sigma_rad = 0.03, error_rad = 0.006 }")
    spread.only("sigma_rad", "error_rad")
    modes = document.table("modes", "{ fhc = { ... } }")
    sourced = ("baseline_cm", "parent_flux_table", "angular_spread", "modes")
    return ParentBeam(
        name=path.stem,
        title=document.text("title", '"a beam at a detector, by parent"'),
        baseline_cm=document.number("baseline_cm", "28000.0", above=0),
        sampling_group=document.text("sampling_group", '"nd280_in_flight"'),
        flux=_fluxes(path.parent / document.text("parent_flux_table", '"nd280_parents.csv"')),
        sigma_rad=spread.number("sigma_rad", "0.03", at_least=1e-4, at_most=0.5),
        sigma_error_rad=spread.number("error_rad", "0.006", at_least=0, at_most=0.5),
        modes={name: _mode(modes.table(name, "{ ... }")) for name in modes.data},
        source=read_sources(document, sourced),
        path=str(path),
    )


def by_mass(table: Table, **bounds: Unpack[Bounds]) -> ByMass:
    """Read a number that may depend on the HNL mass: `constant`, or `mass_GeV` and `value`.

    Parameters
    ----------
    table : Table
        Where it is.
    **bounds : float
        Of the values, as for `Table.number`.

    Raises
    ------
    InputError
        When both or none are given, or a value is out of bounds.
    """
    table.only("constant", "mass_GeV", "value")
    if "constant" in table:
        if len(table.data) != 1:
            raise table.error(
                (), "got a constant and a table, but one of them is allowed; remove the other"
            )
        value = table.number("constant", "1.0", **bounds)
        return ByMass(mass_GeV=(1.0,), value=(value,))
    masses = table.numbers("mass_GeV", "[0.1, 0.2]", above=0, increasing=True)
    values = table.numbers(
        "value",
        "[1.0, 0.9]",
        length=len(masses),
        **bounds,
    )
    return ByMass(mass_GeV=masses, value=values)


def _mode(table: Table) -> Mode:
    """Read the factors of one polarity."""
    table.only("kaons", "others")
    kaons, others = (
        by_mass(table.table(key, "{ constant = 1.0 }"), at_least=0, at_most=100)
        for key in ("kaons", "others")
    )
    return Mode(kaons=kaons, others=others)


def _fluxes(file: Path) -> dict[str, ParentFlux]:
    """Read the fluxes of all parents of a table."""
    read = tables.rows(file, _HEADER, "a table of fluxes by parent")
    found: dict[str, ParentFlux] = {}
    for parent, group in groupby(read, key=lambda row: row[1][0]):
        kept = list(group)
        if parent not in PARENTS or parent in found:
            known = f"each of {', '.join(PARENTS)} may stand there once, in rows together"
            raise InputError(
                one_line(
                    f"{file}: line {kept[0][0]}: got the parent '{parent[:20]}'"
                    + then(nearest(parent, PARENTS), known)
                )
            )
        found[parent] = _flux(file, parent, kept)
    if not found:
        raise InputError(one_line(f"{file}: has no rows, but a beam has a flux; add them"))
    return found


def _flux(file: Path, parent: str, kept: list[tuple[int, list[str]]]) -> ParentFlux:
    """Read the knots of one parent."""
    lines = [line for line, _ in kept]
    energy, value = (
        [tables.number(file, line, _HEADER[i], cells[i], positive=True) for line, cells in kept]
        for i in (1, 2)
    )
    if len(kept) < 2:
        raise InputError(
            one_line(
                f"{file}: line {lines[0]}: {parent} has one row, but two or more are needed; "
                "add knots or remove it"
            )
        )
    tables.require_increasing(file, lines, energy)
    return ParentFlux(energy=np.array(energy), value=np.array(value))
