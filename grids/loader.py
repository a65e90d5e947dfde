"""Reading grid definitions: shipped ones by name, a user's by path."""

from os import PathLike
from pathlib import Path

from grids import reading, ties
from grids.reading import MOST_VALUES, Quantities
from grids.schema import DEFAULT_SEED, Adaptive, Grid, StatisticChoice
from physics import models
from physics.documents import Table, is_path, read_toml, show
from physics.errors import InputError
from physics.models import Model
from physics.packaged import exists, find, stems
from physics.precision import Precision
from physics.statistic_names import METHODS

PACKAGE = "grids"
MOST_POINTS = 10**8

_KEYS = (
    "title",
    "model",
    "experiments",
    "seed",
    "parameters",
    "axes",
    "precision",
    "statistic",
    "adaptive",
)
_LISTED = "hnlscan list experiments"


def names() -> tuple[str, ...]:
    """Return the names of the shipped grids.

    Examples
    --------
    >>> {"quickstart", "umu4_minimal"} <= set(names())
    True
    """
    return stems(PACKAGE)


def load(name_or_path: str | PathLike[str]) -> Grid:
    """Load a grid definition and check all of it.

    Parameters
    ----------
    name_or_path : str or path
        Name of a shipped grid, or the path of a TOML file.

    Returns
    -------
    Grid
        Checked and immutable.

    Raises
    ------
    InputError
        One sentence with file and key when anything is wrong.

    Examples
    --------
    >>> load("dipole_upscattering").shape
    (80, 60)
    """
    path = find(name_or_path, PACKAGE, "grid", listed="hnlscan list grids")
    document = read_toml(path, "a grid definition (TOML)")
    document.only(*_KEYS)
    model = _model(document)
    found = reading.read(document, model)
    grid = Grid(
        name=path.stem,
        path=str(path),
        title=document.text("title", '"what is scanned"'),
        model=model.name,
        experiments=_experiments(document, path.parent, model),
        parameters=found.fixed,
        axes=tuple(found.axes.values()),
        tied=ties.ordered(document, model, found),
        precision=_precision(document),
        statistic=_statistic(document),
        seed=(
            document.integer("seed", str(DEFAULT_SEED), at_least=0)
            if "seed" in document
            else DEFAULT_SEED
        ),
        adaptive=_adaptive(document),
    )
    _check_size(document, grid)
    _check_complete(document, model, found)
    ties.check_ranges(document, model, grid, found)
    return grid


def _model(document: Table) -> Model:
    """Read which model is scanned."""
    name = document.text("model", '"dipole"')
    try:
        return models.get(name)
    except InputError as problem:
        raise document.error("model", str(problem)) from None


def _experiments(document: Table, folder: Path, model: Model) -> tuple[str, ...]:
    """Read the experiments: names of shipped ones, or paths relative to the grid file.

    There may be none where the model has limits from the light elements.
    """
    if model.cosmology and document.data.get("experiments") == []:
        return ()
    given = document.texts("experiments", '["miniboone_fhc", "sbnd"]')
    found: dict[str, str] = {}
    for i, name in enumerate(given):
        try:
            path = find(
                name, "physics.experiments", "experiment", listed=_LISTED, relative_to=folder
            )
        except InputError as problem:
            raise document.error(("experiments", i), str(problem)) from None
        if not exists(path):
            raise document.error(
                ("experiments", i),
                f"got {show(name)}, but there is no such file; give a path relative to this file "
                f"or a name that `{_LISTED}` shows",
            )
        if path.stem in found:
            raise document.error(
                ("experiments", i),
                f"'{path.stem}' is named twice, but names are unique; remove or rename one",
            )
        found[path.stem] = str(path) if is_path(name) else name
    return tuple(found.values())


def _precision(document: Table) -> Precision:
    """Read `[precision]`; what is missing has the default."""
    if "precision" not in document:
        return Precision()
    table = document.table("precision", "{ relative = 0.01 }")
    table.only("relative", "replicates", "events", "max_events")
    default = Precision()
    relative = default.relative
    if "relative" in table:
        relative = table.number("relative", "0.01", at_least=1e-5, at_most=0.5)
    replicates = default.replicates
    if "replicates" in table:
        replicates = table.integer("replicates", "16", at_least=16, at_most=4096)
    events = _power_of_two(table, "events", default.events)
    max_events = _power_of_two(table, "max_events", default.max_events)
    if max_events < replicates * events:
        raise table.error(
            "max_events",
            f"{max_events} events are fewer than {replicates} replicates of {events}, with which "
            "sampling starts, but more are needed; raise max_events or lower events",
        )
    return Precision(relative, replicates, events, max_events)


def _power_of_two(
    table: Table, key: str, default: int, at_least: int = 16, at_most: int = 2**30
) -> int:
    """Read a power of two, such as a number of events for the quasi-random sequence."""
    if key not in table:
        return default
    value = table.integer(key, str(default), at_least=at_least, at_most=at_most)
    if value & (value - 1):
        raise table.error(
            key,
            f"got {value}, but a power of two is needed; write for example {key} = "
            f"{2 ** (value.bit_length() - 1)}",
        )
    return value


def _statistic(document: Table) -> StatisticChoice:
    """Read `[statistic]`; what is missing has the default."""
    if "statistic" not in document:
        return StatisticChoice()
    table = document.table("statistic", '{ method = "cls" }')
    table.only("method", "confidence_level")
    default = StatisticChoice()
    method = table.text("method", '"cls"', METHODS) if "method" in table else default.method
    level = default.confidence_level
    if "confidence_level" in table:
        level = table.number("confidence_level", "0.90", at_least=0.5, at_most=0.999999)
    return StatisticChoice(method, level)


def _adaptive(document: Table) -> Adaptive | None:
    """Read `[adaptive]`, also an empty one; without it all masses are sampled."""
    if "adaptive" not in document:
        return None
    table = document.table("adaptive", "{ coarse = 8 }")
    table.only("coarse", "tolerance")
    default = Adaptive()
    coarse = _power_of_two(table, "coarse", default.coarse, 2, MOST_VALUES)
    tolerance = default.tolerance
    if "tolerance" in table:
        tolerance = table.number("tolerance", "0.01", at_least=0.0, at_most=1.0)
    return Adaptive(coarse, tolerance)


def _check_size(document: Table, grid: Grid) -> None:
    """Hold that there is an axis, and that the cube can be stored."""
    if not grid.axes:
        raise document.error(
            "axes",
            "has only tied quantities, but at least one axis with values is needed; "
            "write for example m4 = { log = [0.01, 1.0], n = 80 }",
        )
    points = 1
    for length in grid.shape:
        points *= length
    if points > MOST_POINTS:
        raise document.error(
            "axes",
            f"make {points:.3g} points, but at most {MOST_POINTS:.0e} are allowed; lower n",
        )


def _check_complete(document: Table, model: Model, found: Quantities) -> None:
    """Hold that every mass has a value and that some coupling is not zero."""
    for mass in model.of_role("mass"):
        if mass.name not in found:
            raise document.error(
                ("axes", mass.name),
                f"missing, but every mass of the model {model.name} needs a value; write for "
                f"example {mass.name} = "
                f'{{ log = [0.01, 1.0], n = 80, unit = "{mass.unit}" }}',
            )
    couplings = [p.name for p in model.of_role("coupling") if not p.standard]
    for name in couplings:
        axis = found.axes.get(name)
        if name in found.tied or found.fixed.get(name) or (axis and any(axis.values)):
            return
    raise document.error(
        ("axes", couplings[0]),
        f"all couplings are zero, but one of {', '.join(couplings)} must not be; add an axis or "
        "give one in [parameters]",
    )
