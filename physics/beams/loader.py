"""Reading beams and their flux tables."""

from collections.abc import Iterable
from os import PathLike
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from physics.beams import parents, tables
from physics.beams.schema import FLUX_UNIT, PROJECTILES, Beam, Envelope, Flux, ParentBeam
from physics.citations import read as read_sources
from physics.documents import Table, one_line, read_toml
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


def load(
    name_or_path: str | PathLike[str], *, relative_to: Path | None = None
) -> Beam | ParentBeam:
    """Load a beam by name or path, with its flux, and check all of it.

    A beam with a `flux_table` tells the neutrinos that scatter, one with a `parent_flux_table` the
    particles whose decays make HNLs.

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
    if "parent_flux_table" in document:
        return parents.read(document, path)
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


def check_groups(beams: Iterable[Beam | ParentBeam]) -> None:
    """Raise unless beams of one sampling group carry the same envelope, shipped ones among them.

    Raises
    ------
    InputError
        Naming both beams.
    """
    known: dict[str, Beam] = {}
    for beam in (*map(load, names()), *beams):
        if isinstance(beam, ParentBeam):
            continue  # each experiment is sampled with its own parents
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
    read = tables.rows(file, _HEADER, "a flux table")
    table = [
        [
            tables.number(file, line, name, cell, positive=name == "energy_GeV")
            for name, cell in zip(_HEADER, cells, strict=True)
        ]
        for line, cells in read
    ]
    if len(table) < 2:
        raise InputError(
            one_line(f"{file}: got {len(table)} rows, but a flux table needs 2 or more; add them")
        )
    tables.require_increasing(file, [line for line, _ in read], [row[0] for row in table])
    return np.array(table)
