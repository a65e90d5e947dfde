"""What the sampled numbers of a grid depend on, whatever its axes and experiments: for merging."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from typing import Any

from grids import Grid
from physics import models
from physics.experiments.schema import Experiment
from physics.models import Term

_FIXED = ("model", "seed", "precision", "physics_digest", "versions")


def row_digest(
    experiment: Experiment, terms: Sequence[Term], decays: Sequence[str], seconds: Sequence[float]
) -> str:
    """Digest what an experiment is sampled with: its numbers are the same only if this is.

    Terms, decay modes and lifetimes of a second flight follow from the couplings of a whole grid.
    They share events and decide together how many there are.

    Parameters
    ----------
    experiment : Experiment
        The detector and analysis.
    terms : sequence of ProductionTerm or MixingTerm
        Its production terms.
    decays : sequence of str
        Its decay modes.
    seconds : sequence of float
        Lifetimes of a second flight (cm).

    Returns
    -------
    str
        16 hexadecimal digits.
    """
    parts = [experiment.digest, [term.name for term in terms], list(decays), list(seconds)]
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()[:16]


def basis(grid: Grid, identity: Mapping[str, Any]) -> dict[str, Any]:
    """Pick from the identity of a store what fixes responses.

    Couplings, and what ties them, fix limits alone, unless a mass follows from them in `grid`.

    Parameters
    ----------
    grid : Grid
        The grid to compute.
    identity : mapping
        Of its own store or of another.

    Returns
    -------
    dict
        Equal for two stores if points that both have are sampled alike.
    """
    model = models.get(grid.model)
    needed = frozenset().union(*(grid.needs(p.name) for p in model.of_role("mass")))
    free = {p.name for p in model.of_role("coupling")} - needed
    options = {p.name: p.default for p in model.of_role("option")}
    found = {key: identity.get(key) for key in _FIXED}
    for key, standard in (("parameters", options), ("tied", {})):
        given = {**standard, **identity.get(key, {})}
        found[key] = {name: value for name, value in given.items() if name not in free}
    return found
