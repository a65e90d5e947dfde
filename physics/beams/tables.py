"""Reading the CSV tables of fluxes, with errors that name file, line and column."""

import math
from collections.abc import Sequence
from pathlib import Path

from physics.documents import one_line, read_text
from physics.errors import InputError


def rows(file: Path, header: Sequence[str], what: str) -> list[tuple[int, list[str]]]:
    """Return line number and cells of each row of a table, which must have these columns.

    Lines that are empty or start with # are passed over.

    Parameters
    ----------
    file : Path
        The table.
    header : sequence of str
        Columns it must have, in order.
    what : str
        What the table is, for errors.

    Raises
    ------
    InputError
        For another heading, or a row with more or fewer cells.
    """
    lines = read_text(file, f"{what} (CSV)").split("\n")
    kept = [(i, s) for i, s in enumerate(lines, 1) if s.strip() and not s.startswith("#")]
    found = [s.strip() for s in kept[0][1].split(",")] if kept else []
    if found != list(header):
        raise InputError(
            one_line(
                f"{file}: line {kept[0][0] if kept else 1}: got the columns "
                f"'{','.join(found)[:80]}', but {what} has {','.join(header)}; "
                "write that line before the numbers"
            )
        )
    return [(i, _cells(file, i, line, header)) for i, line in kept[1:]]


def number(file: Path, line: int, column: str, cell: str, *, positive: bool) -> float:
    """Return a cell as a finite number, not negative, or above zero when `positive`.

    Raises
    ------
    InputError
        For anything else.
    """
    try:
        value = float(cell)
    except ValueError:
        value = math.nan
    if not math.isfinite(value) or value < 0 or (positive and value == 0):
        wanted = "above 0" if positive else "at least 0"
        raise InputError(
            one_line(
                f"{file}: line {line}, column {column}: got '{cell[:40]}', but a finite number "
                f"{wanted} is needed; correct it"
            )
        )
    return value


def require_increasing(file: Path, lines: Sequence[int], energies: Sequence[float]) -> None:
    """Hold that energies increase strictly.

    Raises
    ------
    InputError
        Naming the first line where they do not.
    """
    for line, before, after in zip(lines[1:], energies, energies[1:], strict=False):
        if after <= before:
            raise InputError(
                one_line(
                    f"{file}: line {line}: energy_GeV is {after!r} after {before!r}, but "
                    "energies must increase strictly; sort the rows and remove duplicates"
                )
            )


def _cells(file: Path, line: int, text: str, header: Sequence[str]) -> list[str]:
    """Split one row."""
    cells = [cell.strip() for cell in text.split(",")]
    if len(cells) != len(header):
        raise InputError(
            one_line(
                f"{file}: line {line}: got {len(cells)} columns, but {len(header)} are needed; "
                f"give {','.join(header)}"
            )
        )
    return cells
