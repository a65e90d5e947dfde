"""Reading beams and their flux tables."""

import math
from collections.abc import Iterable
from os import PathLike
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from physics.beams.schema import FLUX_UNIT, PROJECTILES, Beam, Envelope, Flux
from physics.citations import read as read_sources
from physics.documents import Table, one_line, read_text, read_toml
from physics.errors import InputError
from physics.packaged import find, stems

PACKAGE = "physics.beams"
_HEADER = ("energy_GeV", *PROJECTILES)
_MOST_PER_POT = 1.0
"""More neutrinos per cm^2 and POT than this cannot be: such a table is not per POT."""


def names() -> tuple[str, ...]:
    """Return the names of the shipped beams.

    Examples
    --------
    >>> "bnb_at_sbnd" in names()
    True
    """
    return stems(PACKAGE)


def load(name_or_path: str | PathLike[str], *, relative_to: Path | None = None) -> Beam:
    """Load a beam by name or path, with its flux, and check all of it.

    Parameters
    ----------
    name_or_path : str or path
        Name of a shipped beam, or the path of a TOML file.
    relative_to : Path, optional
        Folder that a relative path starts from.

    Raises
    ------
    InputError
        One sentence with file and key when anything is wrong.

    Examples
    --------
    >>> load("bnb_at_sbnd").baseline_cm
    11000.0
    """
    path = find(name_or_path, PACKAGE, "beam", relative_to=relative_to)
    document = read_toml(path, "a beam file (TOML)")
    document.only(
        "title", "baseline_cm", "flux_table", "flux_unit", "sampling_group", "source", "envelope"
    )
    document.text("flux_unit", f'"{FLUX_UNIT}"', choices=(FLUX_UNIT,))
    beam = Beam(
        name=path.stem,
        title=document.text("title", '"a beam at a detector"'),
        baseline_cm=document.number("baseline_cm", "54100.0", above=0),
        sampling_group=document.text("sampling_group", '"bnb_argon"'),
        envelope=_envelope(document.table("envelope", "{ energy_GeV = [...], weight = [...] }")),
        flux=_flux(document, path),
        source=read_sources(document, ("baseline_cm", "flux_table")),
        path=str(path),
    )
    _covered(document, beam)
    return beam


def check_groups(beams: Iterable[Beam]) -> None:
    """Raise unless beams of one sampling group carry the same envelope, shipped ones among them.

    Raises
    ------
    InputError
        Naming both beams.
    """
    known: dict[str, Beam] = {}
    for beam in (*map(load, names()), *beams):
        first = known.setdefault(beam.sampling_group, beam)
        if beam.envelope != first.envelope:
            raise InputError(
                one_line(
                    f"{beam.path}: envelope: differs from that of {first.name} ({first.path}), but "
                    f"all beams of the sampling group '{beam.sampling_group}' share one; "
                    "copy that envelope or choose another sampling_group"
                )
            )


def _envelope(table: Table) -> Envelope:
    """Read the envelope."""
    table.only("energy_GeV", "weight")
    energy = table.numbers("energy_GeV", "[0.05, 1.0, 7.0]", above=0, increasing=True)
    if len(energy) < 2:
        raise table.error(
            "energy_GeV", "got 1 knot, but at least 2 are needed; write for example [0.05, 7.0]"
        )
    weight = table.numbers("weight", "[1.0, ...]", length=len(energy), at_least=0)
    return Envelope(energy_GeV=energy, weight=weight)


def _covered(document: Table, beam: Beam) -> None:
    """Raise when there is flux at an energy where the envelope puts no samples."""
    knots = np.union1d(beam.flux.energy, beam.envelope.energy_GeV)
    energies = np.sort(np.concatenate([knots, (knots[1:] + knots[:-1]) / 2]))
    weight = np.interp(
        energies, beam.envelope.energy_GeV, beam.envelope.weight, left=0.0, right=0.0
    )
    inside = (energies > knots[0]) & (energies < knots[-1])
    for projectile in PROJECTILES:
        bare = inside & (beam.flux.at(projectile, energies) > 0) & (weight <= 0)
        if bare.any():
            raise document.error(
                "envelope",
                f"is zero at {energies[bare][0]:.6g} GeV where the flux of {projectile} is not, "
                "but samples are needed wherever there is flux; extend energy_GeV or raise weight",
            )


def _flux(document: Table, path: Path) -> Flux:
    """Read the flux table a beam names, relative to the beam's own folder."""
    file = path.parent / document.text("flux_table", '"sbnd_bnb.csv"')
    table = _numbers(file)
    energy, values = table[:, 0], table[:, 1:]
    if not values.any():
        raise InputError(one_line(f"{file}: all fluxes are zero, but a beam has one; correct it"))
    flux = Flux(
        energy=_frozen(energy), values={p: _frozen(values[:, i]) for i, p in enumerate(PROJECTILES)}
    )
    total = sum(flux.integral(p) for p in PROJECTILES)
    if total > _MOST_PER_POT:
        raise InputError(
            one_line(
                f"{file}: the flux adds up to {total:.3g} neutrinos per cm^2, but {FLUX_UNIT} "
                "allows less than 1; divide the table by its protons on target"
            )
        )
    return flux


def _frozen(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return a contiguous copy nobody can write to."""
    copy = np.ascontiguousarray(values).copy()
    copy.flags.writeable = False
    return copy


def _numbers(file: Path) -> NDArray[np.float64]:
    """Read and check the rows of a flux table: shape (n, 7)."""
    lines = read_text(file, "a flux table (CSV)").split("\n")
    rows = [(i, s) for i, s in enumerate(lines, 1) if s.strip() and not s.startswith("#")]
    header = tuple(s.strip() for s in rows[0][1].split(",")) if rows else ()
    if header != _HEADER:
        raise InputError(
            one_line(
                f"{file}: line {rows[0][0] if rows else 1}: got the columns "
                f"'{','.join(header)[:80]}', but a flux table has {','.join(_HEADER)}; "
                "write that line before the numbers"
            )
        )
    table = [_row(file, i, s) for i, s in rows[1:]]
    if len(table) < 2:
        raise InputError(
            one_line(f"{file}: got {len(table)} rows, but a flux table needs 2 or more; add them")
        )
    for (i, _), before, after in zip(rows[2:], table, table[1:], strict=False):
        if after[0] <= before[0]:
            raise InputError(
                one_line(
                    f"{file}: line {i}: energy_GeV is {after[0]!r} after {before[0]!r}, but "
                    "energies must increase strictly; sort the rows and remove duplicates"
                )
            )
    return np.array(table)


def _row(file: Path, number: int, line: str) -> list[float]:
    """Read one row of a flux table."""
    cells = [cell.strip() for cell in line.split(",")]
    if len(cells) != len(_HEADER):
        raise InputError(
            one_line(
                f"{file}: line {number}: got {len(cells)} columns, but {len(_HEADER)} are needed; "
                f"give {','.join(_HEADER)}"
            )
        )
    return [_cell(file, number, name, cell) for name, cell in zip(_HEADER, cells, strict=True)]


def _cell(file: Path, number: int, column: str, cell: str) -> float:
    """Read one number of a flux table: finite, not negative, the energy above zero."""
    try:
        value = float(cell)
    except ValueError:
        value = math.nan
    if not math.isfinite(value) or value < 0 or (column == "energy_GeV" and value == 0):
        wanted = "above 0" if column == "energy_GeV" else "at least 0"
        raise InputError(
            one_line(
                f"{file}: line {number}, column {column}: got '{cell[:40]}', but a finite number "
                f"{wanted} is needed; correct it"
            )
        )
    return value
