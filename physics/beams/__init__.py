"""Beams by name, each a TOML file with a flux table beside it."""

from physics.beams.loader import PACKAGE, check_groups, load, names
from physics.beams.schema import FLUX_UNIT, PROJECTILES, Beam, Envelope, Flux

__all__ = [
    "FLUX_UNIT",
    "PACKAGE",
    "PROJECTILES",
    "Beam",
    "Envelope",
    "Flux",
    "check_groups",
    "load",
    "names",
]
