"""Holding that tied quantities make sense: known names, no circles, values in range."""

import numpy as np
from numpy.typing import NDArray

from grids.axes import Axis
from grids.expression import Expression
from grids.reading import Quantities, check_range, parameter_of
from grids.schema import Grid
from physics.documents import Table, show, then
from physics.errors import nearest
from physics.models import Model


def ordered(document: Table, model: Model, found: Quantities) -> dict[str, Expression]:
    """Return the tied quantities in an order in which they can be evaluated.

    Parameters
    ----------
    document : Table
        The grid file, for errors.
    model : Model
        Tells parameters from derived quantities.
    found : Quantities
        What was read.

    Raises
    ------
    InputError
        When an expression uses an unknown name or a word, expressions go in a circle, or a derived
        quantity is used by none.
    """
    _check_names(document, found)
    used = frozenset().union(*(e.names for e in found.tied.values()))
    for name, keys in found.where.items():
        if parameter_of(model, name) is None and name not in used:
            known = [p.name for p in model.parameters if p.name not in found]
            raise document.error(
                keys,
                f"{show(name)} is no parameter of the model {model.name} and no tied quantity "
                "uses it" + then(nearest(name, known), "rename it, or tie a parameter to it"),
            )
    result: dict[str, Expression] = {}
    while len(result) < len(found.tied):
        ready = [
            name
            for name, expression in found.tied.items()
            if name not in result
            and all(n in result or n not in found.tied for n in expression.names)
        ]
        if not ready:
            circle = [name for name in found.tied if name not in result]
            raise document.error(
                (*found.where[circle[0]], "tied"),
                f"{', '.join(circle)} are tied in a circle, but one must have a value; give it one",
            )
        result |= {name: found.tied[name] for name in ready}
    return result


def check_ranges(document: Table, model: Model, grid: Grid, found: Quantities) -> None:
    """Hold that tied parameters are finite and in range on the whole grid.

    Raises
    ------
    InputError
        Naming the first point where one is not.
    """
    for name in grid.tied:
        declared = parameter_of(model, name)
        keys = (*found.where[name], "tied")
        axes, values = _everywhere(grid, name)
        bad = np.flatnonzero(~np.isfinite(values))
        if len(bad):
            index = int(bad[0])
            raise document.error(
                keys,
                f"gives {values.flat[index]}{_words(axes, index, values.shape)}, but a finite "
                "number is needed; correct the expression or the axes",
            )
        if declared is not None:
            index = int(values.argmin())
            where = _words(axes, index, values.shape)
            check_range(document, keys, float(values.flat[index]), declared, where)


def _check_names(document: Table, found: Quantities) -> None:
    """Hold that expressions use numbers of this file only."""
    numbers = [name for name in found.where if not isinstance(found.fixed.get(name), str)]
    for name, expression in found.tied.items():
        keys = (*found.where[name], "tied")
        others = [number for number in numbers if number != name]
        for used in sorted(expression.names):
            if isinstance(found.fixed.get(used), str):
                raise document.error(
                    keys, f"uses {used}, which is a word, but numbers are needed; correct it"
                )
            if used not in found:
                raise document.error(
                    keys,
                    f"uses the unknown name {show(used)}"
                    + then(nearest(used, others), f"known here are {', '.join(others) or 'none'}")
                    + "; give it a value or correct it",
                )


def _everywhere(grid: Grid, name: str) -> tuple[list[Axis], NDArray[np.float64]]:
    """Evaluate a tied quantity on the product of the axes it depends on."""
    needed = [axis for axis in grid.axes if axis.name in grid.axes_of(name)]
    meshes = np.meshgrid(*(axis.array for axis in needed), indexing="ij", sparse=True)
    point = {axis.name: mesh for axis, mesh in zip(needed, meshes, strict=True)}
    shape = tuple(len(axis.values) for axis in needed)
    return needed, np.broadcast_to(grid.tied_value(name, point), shape)


def _words(axes: list[Axis], index: int, shape: tuple[int, ...]) -> str:
    """Write the point with this flat index, e.g. "m4 = 0.1, delta = 2"."""
    place = np.unravel_index(index, shape)
    said = [f"{a.name} = {a.values[int(i)]:g}" for a, i in zip(axes, place, strict=True)]
    return " at " + ", ".join(said) if said else ""
