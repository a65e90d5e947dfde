"""Where a number comes from: the `[source]` table of experiments, beams and materials."""

from collections.abc import Iterable

import msgspec

from physics.documents import Table

EXAMPLE = '{ cite = "arXiv:0806.1449", where = "table I" }'


class Cite(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A source: what to cite, where in it, and whether somebody read the number there."""

    cite: str
    where: str = ""
    verified: bool = True

    def __str__(self) -> str:
        return f"{self.cite}, {self.where}" if self.where else self.cite


def read(document: Table, needed: Iterable[str]) -> dict[str, Cite]:
    """Read the `[source]` table of `document` and hold that every key of `needed` has an entry.

    Parameters
    ----------
    document : Table
        The whole file.
    needed : iterable of str
        Keys that carry numbers in this file.

    Returns
    -------
    dict
        Source of each key.

    Raises
    ------
    InputError
        When a source is missing, incomplete, or belongs to no key.
    """
    keys = tuple(needed)
    table = document.table("source", "{ " + keys[0] + " = " + EXAMPLE + " }")
    table.only(*keys, noun="source")
    for key in keys:
        if key not in table:
            raise table.error(
                key,
                f"the source of {key} is missing, but every number needs one; "
                f"write for example {key} = {EXAMPLE}",
            )
    return {key: _cite(table.table(key, EXAMPLE)) for key in keys}


def _cite(table: Table) -> Cite:
    """Read one source."""
    table.only("cite", "where", "verified")
    return Cite(
        cite=table.text("cite", '"arXiv:0806.1449"'),
        where=table.text("where", '"table I"') if "where" in table else "",
        verified=table.flag("verified") if "verified" in table else True,
    )
