"""Stores that give their numbers to another: the first that knows a point, if all agree."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from physics.errors import InputError
from scanner.blocks.blocks import Arrays, Block, GroupSpec
from scanner.growing.known import Found, Known, row_dim
from scanner.storage import swap
from scanner.storage.attributes import read_attrs, read_layouts
from scanner.storage.regions import Regions

Counts = dict[str, int]
"""Grid points of which anything was taken over, by group."""


@dataclass
class Donor:
    """A store that is read; it may be sealed, unfinished, or being written by another process.

    Parameters
    ----------
    path : Path
        The store.
    points : dict of str to int
        Grid points taken over so far, by group.

    Raises
    ------
    InputError
        If there is no store.
    """

    path: Path
    points: Counts = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.place = swap.present(self.path)
        self.attrs = read_attrs(self.place)
        self.layouts = read_layouts(self.place)
        self._file = self.place.stat().st_ino

    def known(self, spec: GroupSpec) -> Known | None:
        """Give access to a group, as another store has it; None if this one does not."""
        if spec.name not in self.layouts:
            return None
        return Known(Regions(self.place, self.layouts[spec.name], mode="r"), spec)

    @property
    def identity(self) -> dict[str, Any]:
        """What fixes the numbers of the store."""
        found: dict[str, Any] = json.loads(self.attrs["identity"])
        return found

    @property
    def cpu(self) -> str:
        """Processor that made the store."""
        return str(json.loads(self.attrs.get("provenance", "{}")).get("cpu", "unknown"))

    def require_unmoved(self) -> None:
        """Complain if the store was replaced while it was read: then it was not read to its end."""
        if not self.place.exists() or self.place.stat().st_ino != self._file:
            raise InputError(
                f"{self.path} was extended or sealed while it was read; run the same command again"
            )


class Together:
    """What several stores know of a group together.

    Parameters
    ----------
    spec : GroupSpec
        The group as the new store has it.
    donors : sequence of Donor
        The first that knows a point gives it.
    """

    def __init__(self, spec: GroupSpec, donors: Sequence[Donor]) -> None:
        self._spec = spec
        known = [(donor, donor.known(spec)) for donor in donors]
        self._sources = [(donor, group) for donor, group in known if group is not None]

    def find(self, block: Block) -> Found | None:
        """Put together a block, and count its points with those who gave them.

        Parameters
        ----------
        block : Block
            Of a layout of the group given.

        Returns
        -------
        Found or None
            None if nothing of it is known.

        Raises
        ------
        InputError
            If two stores know a point and differ.
        """
        merged: Found | None = None
        givers: list[tuple[Donor, npt.NDArray[np.bool_]]] = []
        for donor, group in self._sources:
            found = group.find(block)
            if found is None:
                continue
            fresh = found.known.copy()
            if merged is None:
                merged = found
            else:
                for other, given in givers:
                    self._require_agreement(block, (other, merged), (donor, found), given)
                fresh &= ~merged.known
                merged = _joined(merged, found, fresh)
            givers.append((donor, fresh))
            self._count(donor, block, fresh)
        return merged

    def _count(self, donor: Donor, block: Block, fresh: npt.NDArray[np.bool_]) -> None:
        points = fresh.reshape(*block.shape, -1).any(axis=-1)
        name = self._spec.name
        donor.points[name] = donor.points.get(name, 0) + int(points.sum())

    def _require_agreement(
        self,
        block: Block,
        one: tuple[Donor, Found],
        two: tuple[Donor, Found],
        given: npt.NDArray[np.bool_],
    ) -> None:
        """Compare to the bit what `one` gave and `two` knows as well."""
        (a, merged), (b, found) = one, two
        both = given & found.known
        for name in merged.values if both.any() else ():
            differ = _differ(merged.values[name][both], found.values[name][both])
            if differ.any():
                where = [int(i) for i in np.argwhere(both)[np.flatnonzero(differ)[0]]]
                raise InputError(
                    f"{a.path} and {b.path} differ in {name} at {self._point(block, where)}, as "
                    "scans on different kinds of processors do (these were made on "
                    f"{a.cpu} and {b.cpu}); name one of the two stores only"
                )

    def _point(self, block: Block, where: list[int]) -> str:
        """Name a point and row of a block."""
        places = zip(self._spec.axes.items(), block.region, where, strict=False)
        words = [f"{axis} = {values[start + i]:.12g}" for (axis, values), (start, _), i in places]
        rows = row_dim(self._spec)
        if rows is not None:
            words.append(f"{rows} = {self._spec.coords[rows][0][where[-1]]}")
        return f"{', '.join(words)} of {self._spec.name}"


def _differ(a: npt.NDArray[Any], b: npt.NDArray[Any]) -> npt.NDArray[np.bool_]:
    """Which points differ in a bit; a NaN stands for a coordinate that one store does not have."""
    unequal = a.view(f"u{a.itemsize}") != b.view(f"u{b.itemsize}")
    if a.dtype.kind == "f":
        unequal &= ~(np.isnan(a) | np.isnan(b))
    return np.asarray(unequal.reshape(len(a), -1).any(axis=1))


def _joined(merged: Found, found: Found, fresh: npt.NDArray[np.bool_]) -> Found:
    """Add what only the second knows."""
    if not fresh.any():
        return merged
    values: Arrays = merged.values
    for name, array in values.items():
        array[fresh] = found.values[name][fresh]
    return Found(values, merged.known | fresh, merged.whole and found.whole)
