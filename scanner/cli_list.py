"""`hnlscan list`: names with one line each."""

from collections.abc import Callable

import click

import grids
from physics import experiments, models
from scanner import catalogue
from scanner.cli import command, emit


def _experiments() -> dict[str, str]:
    return {name: experiments.load(name).title for name in experiments.names()}


def _limits() -> dict[str, str]:
    return {
        e.name: f"{e.title} ({e.source}, "
        + (f"{e.confidence_level:.0%} CL)" if e.confidence_level else "no confidence level)")
        for e in catalogue.entries()
    }


KINDS: dict[str, Callable[[], dict[str, str]]] = {
    "models": lambda: {name: models.get(name).title for name in models.names()},
    "experiments": _experiments,
    "grids": lambda: {name: grids.load(name).title for name in grids.names()},
    "clusters": lambda: {"local": "processes on this machine, one thread each"},
    "limits": _limits,
}


@command("list")
@click.argument("kind", type=click.Choice(list(KINDS)))
def list_(kind: str, as_json: bool) -> None:
    """List models, experiments, grids, clusters or published limits."""
    found = KINDS[kind]()
    width = max(map(len, found), default=0)
    emit(found, lambda: "\n".join(f"{n:{width}}  {t}" for n, t in found.items()), as_json)
