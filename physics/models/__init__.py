"""Models by name: the shipped ones, and those of the entry point group `hnlscan.models`."""

from functools import cache
from importlib.metadata import entry_points

from physics.documents import then
from physics.errors import InputError, nearest
from physics.models import dark_photon, dipole, minimal
from physics.models.base import MixingTerm, Model, Parameter, Point, ProductionTerm, Term, Vertex

__all__ = [
    "MixingTerm",
    "Model",
    "Parameter",
    "Point",
    "ProductionTerm",
    "Term",
    "Vertex",
    "get",
    "names",
]


@cache
def _registry() -> dict[str, Model]:
    shipped = {model.name: model for model in (dark_photon.MODEL, dipole.MODEL, minimal.MODEL)}
    others = {e.name: e.load() for e in entry_points(group="hnlscan.models")}
    return {**others, **shipped}


def names() -> tuple[str, ...]:
    """Return the names of all models.

    Examples
    --------
    >>> "dipole" in names()
    True
    """
    return tuple(sorted(_registry()))


def get(name: str) -> Model:
    """Return the model called `name`.

    Raises
    ------
    InputError
        When there is none; the message names the nearest.

    Examples
    --------
    >>> get("dipole").parameter("m4").unit
    'GeV'
    """
    if name not in _registry():
        raise InputError(
            f"unknown model {name!r}"
            + then(nearest(name, names()), f"`hnlscan list models` shows all {len(names())}")
        )
    return _registry()[name]
