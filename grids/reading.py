"""Reading the axes and parameters of a grid file, one by one, against what the model declares."""

from dataclasses import dataclass, field

from grids import axes as spacing
from grids.axes import Axis, Scale, rounded
from grids.expression import Expression, ExpressionError, parse
from physics.documents import Table, as_float, show, then
from physics.errors import nearest
from physics.models import Model, Parameter

MOST_VALUES = 100_000
_KINDS = ("log", "linear", "values", "tied")
_EXAMPLE = '{ log = [0.01, 1.0], n = 80, unit = "GeV" }'


@dataclass
class Quantities:
    """What a file says about each name: an axis, an expression, or one value."""

    axes: dict[str, Axis] = field(default_factory=dict)
    tied: dict[str, Expression] = field(default_factory=dict)
    fixed: dict[str, float | str] = field(default_factory=dict)
    where: dict[str, tuple[str, ...]] = field(default_factory=dict)

    def __contains__(self, name: str) -> bool:
        return name in self.where


def read(document: Table, model: Model) -> Quantities:
    """Read `[axes]` and `[parameters]`.

    Parameters
    ----------
    document : Table
        The grid file.
    model : Model
        Declares names, units and ranges.

    Raises
    ------
    InputError
        One sentence with file and key when anything is wrong.
    """
    found = Quantities()
    axes = document.table("axes", "{ m4 = " + _EXAMPLE + " }")
    for name in axes.data:
        _read_axis(axes, name, model, found)
    if "parameters" in document:
        parameters = document.table("parameters", '{ hnl_type = "dirac" }')
        for name in parameters.data:
            _read_parameter(parameters, name, model, found)
    return found


def parameter_of(model: Model, name: str) -> Parameter | None:
    """Return what the model declares about `name`, None when it is derived."""
    return next((p for p in model.parameters if p.name == name), None)


def check_range(
    table: Table, keys: tuple[str | int, ...], value: float, p: Parameter, where: str = ""
) -> None:
    """Raise when `value` is outside the range of a parameter: masses above a bound, couplings >= 0.

    Parameters
    ----------
    table : Table
        Where the value was read.
    keys : tuple
        Key path of the value below `table`.
    value : float
        In the unit of the model.
    p : Parameter
        What it is a value of.
    where : str
        At which point of the grid, for errors.
    """
    bound = p.above if p.above is not None else (0.0 if p.role == "mass" else None)
    if bound is not None and value <= bound:
        allowed = f"above {bound:g}"
    elif p.role == "coupling" and value < 0:
        allowed = "at least 0"
    else:
        return
    raise table.error(
        keys,
        f"got {value:.6g}{where}, but {p.name} must be {allowed}"
        f"{'' if p.unit == '1' else ' ' + p.unit}; correct it",
    )


def _read_axis(axes: Table, name: str, model: Model, found: Quantities) -> None:
    """Read one entry of `[axes]`: an axis or a tied quantity."""
    table = axes.table(name, _EXAMPLE)
    table.only("log", "linear", "values", "tied", "n", "unit")
    given = [kind for kind in _KINDS if kind in table]
    if len(given) != 1:
        raise table.error(
            (),
            f"got {' and '.join(given) or 'none'} of log, linear, values and tied, but exactly one "
            f"is needed; write for example {name} = {_EXAMPLE}",
        )
    declared = parameter_of(model, name)
    if declared is not None and declared.role == "option":
        raise axes.error(
            name, f"{name} is a word, not a number, and makes no axis; give it in [parameters]"
        )
    unit = _unit(table, name, declared)
    found.where[name] = ("axes", name)
    if given[0] == "tied":
        found.tied[name] = _expression(table)
        return
    values, scale = _values(table, given[0])
    if declared is not None:
        for i, value in enumerate(values):
            keys = (given[0], i) if given[0] == "values" else (given[0],)
            check_range(table, keys, value, declared)
    found.axes[name] = Axis(name, values, unit, scale)


def _read_parameter(parameters: Table, name: str, model: Model, found: Quantities) -> None:
    """Read one entry of `[parameters]`: a word, a number or a tied quantity."""
    if name in found:
        raise parameters.error(
            name, "is given in [axes] as well, but one of the two is allowed; remove one"
        )
    value = parameters.data[name]
    declared = parameter_of(model, name)
    if isinstance(value, dict):
        table = parameters.table(name, '{ tied = "3 * m4" }')
        table.only("tied", "unit")
        if declared is not None and declared.role == "option":
            raise parameters.error(
                name, f"{name} is a word, not a number, and follows from nothing; write a word"
            )
        _unit(table, name, declared)
        found.tied[name] = _expression(table)
    elif declared is None:
        known = [p.name for p in model.parameters]
        raise parameters.error(
            name,
            f"unknown parameter {show(name)}"
            + then(nearest(name, known), f"the model {model.name} has {', '.join(known)}")
            + "; rename or remove it",
        )
    elif declared.role == "option":
        example = f'"{declared.choices[0]}"'
        found.fixed[name] = parameters.text(name, example, choices=declared.choices)
    else:
        number = rounded(parameters.number(name, "1.0"))
        check_range(parameters, (name,), number, declared)
        found.fixed[name] = number
    found.where[name] = ("parameters", name)


def _unit(table: Table, name: str, declared: Parameter | None) -> str:
    """Read the unit, which has to be that of the model."""
    wanted = declared.unit if declared is not None else "1"
    if "unit" not in table:
        return wanted
    given = table.text("unit", f'"{wanted}"')
    if declared is not None and given != wanted:
        raise table.error(
            "unit",
            f'got "{given}", but {name} is in {wanted}; convert the values and write '
            f'unit = "{wanted}"',
        )
    return given


def _expression(table: Table) -> Expression:
    """Read and parse what a quantity is tied to."""
    if "n" in table:
        raise table.error("n", "given for a tied quantity, but that has no values; remove it")
    text = table.text("tied", '"3 * m4"')
    try:
        return parse(text)
    except ExpressionError as problem:
        raise table.error(
            "tied",
            f"got {show(text)}, but {problem}; use numbers, names, + - * / and parentheses, for "
            'example "3 * m4"',
        ) from None


def _values(table: Table, kind: str) -> tuple[tuple[float, ...], Scale]:
    """Read the values of an axis."""
    if kind == "values":
        return _explicit(table), "explicit"
    low, high = table.numbers(kind, "[0.01, 1.0]", length=2)
    if kind == "log" and low <= 0:
        unit = f" {table.data['unit']}" if "unit" in table else ""
        raise table.error(
            kind,
            f"the lower end must be above 0{unit}, got {low:g}; raise it or use linear",
        )
    if not low < high:
        raise table.error(
            kind,
            f"got from {low:g} to {high:g}, but the first must be below the second; swap them, or "
            "write values = [...] for a single one",
        )
    n = table.integer("n", "80", at_least=2, at_most=MOST_VALUES)
    values = spacing.log(low, high, n) if kind == "log" else spacing.linear(low, high, n)
    if len(set(values)) < n:
        raise table.error(
            kind,
            f"{n} values from {low!r} to {high!r} are not distinct in 12 digits, but axes increase "
            "strictly; widen the range or lower n",
        )
    return values, "log" if kind == "log" else "linear"


def _explicit(table: Table) -> tuple[float, ...]:
    """Read the values given one by one."""
    if "n" in table:
        raise table.error("n", "given beside values, but the list has its own length; remove it")
    given = table.numbers("values", "[0.1, 0.2]")
    if len(given) > MOST_VALUES:
        raise table.error(
            "values", f"got {len(given)}, but at most {MOST_VALUES} are allowed; shorten the list"
        )
    values = tuple(rounded(float(as_float(v) or 0.0)) for v in given)
    for i in range(1, len(values)):
        if values[i] <= values[i - 1]:
            raise table.error(
                ("values", i),
                f"got {given[i]!r} after {given[i - 1]!r}, but values must increase strictly in 12 "
                "digits; sort them and remove duplicates",
            )
    return values
