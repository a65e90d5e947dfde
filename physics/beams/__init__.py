"""Beams by name, each a TOML file with a flux table beside it."""

from physics.beams.loader import PACKAGE, check_groups, load, names
from physics.beams.schema import (
    FLUX_UNIT,
    PARENTS,
    PROJECTILES,
    Beam,
    ByMass,
    Envelope,
    Flux,
    Mode,
    ParentBeam,
    ParentFlux,
)

__all__ = [
    "FLUX_UNIT",
    "PACKAGE",
    "PARENTS",
    "PROJECTILES",
    "Beam",
    "ByMass",
    "Envelope",
    "Flux",
    "Mode",
    "ParentBeam",
    "ParentFlux",
    "check_groups",
    "load",
    "names",
]
