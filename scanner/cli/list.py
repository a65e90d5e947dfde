"""`hnlscan list`: names with one line each."""

from collections.abc import Callable

import click

import grids
from physics import experiments, models
from scanner.cli.main import command, emit
from scanner.plots import catalogue


def _experiments() -> dict[str, str]:
    return {name: experiments.load(name).title for name in experiments.names()}


def _clusters() -> dict[str, str]:
    from jobs import clusters  # imports Dask, which nothing else here needs

    return clusters.KINDS


def _limits() -> dict[str, str]:
    return {e.name: f"{e.title} ({', '.join(_facts(e))})" for e in catalogue.entries()}


def _facts(entry: catalogue.Entry) -> list[str]:
    """List what tells published limits apart."""
    level = f"{entry.confidence_level:.0%} CL" if entry.confidence_level else "no confidence level"
    nature = "" if entry.nature in ("either", "not stated") else entry.nature
    coupling = f"{entry.model}, {entry.flavour}"
    drawn = "" if entry.drawn else "not drawn"
    facts = (entry.kind, coupling, entry.source, level, nature, drawn)
    return [fact for fact in facts if fact]


KINDS: dict[str, Callable[[], dict[str, str]]] = {
    "models": lambda: {name: models.get(name).title for name in models.names()},
    "experiments": _experiments,
    "grids": lambda: {name: grids.load(name).title for name in grids.names()},
    "clusters": _clusters,
    "limits": _limits,
}


@command("list")
@click.argument("kind", type=click.Choice(list(KINDS)))
def list_(kind: str, as_json: bool) -> None:
    """List models, experiments, grids, clusters or published limits."""
    found = KINDS[kind]()
    width = max(map(len, found), default=0)
    emit(found, lambda: "\n".join(f"{n:{width}}  {t}" for n, t in found.items()), as_json)
