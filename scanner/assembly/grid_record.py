"""The grid a store was made from, kept in the store: later commands need no file."""

from dataclasses import asdict
from pathlib import Path
from typing import Any

from grids import Adaptive, Axis, Grid, StatisticChoice
from grids.expression import parse
from grids.loader import PACKAGE as GRIDS
from physics import experiments, models
from physics.errors import InputError
from physics.experiments.loader import PACKAGE as EXPERIMENTS
from physics.packaged import folder
from physics.precision import Precision
from scanner.assembly.assemble import Scan


def to_json(scan: Scan) -> dict[str, Any]:
    """Describe a scan completely with JSON types.

    Parameters
    ----------
    scan : Scan
        What a store is made from.

    Returns
    -------
    dict
        What `from_json` understands.
    """
    grid = scan.grid
    return {
        "name": grid.name,
        "path": _place(grid.path, GRIDS),
        "title": grid.title,
        "model": grid.model,
        "experiments": {
            e.name: {"path": _place(e.path, EXPERIMENTS), "digest": e.digest}
            for e in scan.experiments
        },
        "seed": grid.seed,
        "parameters": dict(grid.parameters),
        "axes": [{**asdict(axis), "values": list(axis.values)} for axis in grid.axes],
        "tied": {name: expression.text for name, expression in grid.tied.items()},
        "precision": asdict(grid.precision),
        "statistic": asdict(grid.statistic),
        "adaptive": asdict(grid.adaptive) if grid.adaptive else None,
    }


def from_json(record: dict[str, Any]) -> Scan:
    """Rebuild a scan from its description.

    Parameters
    ----------
    record : dict
        Result of `to_json`.

    Returns
    -------
    Scan
        With its experiments loaded again.

    Raises
    ------
    InputError
        When an experiment is gone or no longer what it was.
    """
    loaded = []
    for name, kept in record["experiments"].items():
        experiment = experiments.load(kept["path"])
        if experiment.digest != kept["digest"]:
            raise InputError(
                f"experiment {name} has changed since the store was made; restore "
                f"{kept['path']}, or scan again into another store"
            )
        loaded.append(experiment)
    grid = Grid(
        name=record["name"],
        path=record["path"],
        title=record["title"],
        model=record["model"],
        experiments=tuple(record["experiments"]),
        parameters=record["parameters"],
        axes=tuple(Axis(**{**axis, "values": tuple(axis["values"])}) for axis in record["axes"]),
        tied={name: parse(text) for name, text in record["tied"].items()},
        precision=Precision(**record["precision"]),
        statistic=StatisticChoice(**record["statistic"]),
        seed=record["seed"],
        adaptive=Adaptive(**record["adaptive"]) if record.get("adaptive") else None,
    )
    return Scan(grid, models.get(record["model"]), tuple(loaded))


def _place(path: str, package: str) -> str:
    """Give the name of a shipped file, which is somewhere else on every machine, or the path."""
    given = Path(path)
    return given.stem if given.parent == folder(package) else str(given.absolute())
