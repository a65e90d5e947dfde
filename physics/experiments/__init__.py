"""Experiments by name, each one TOML file: beam, exposure, volumes, signature, counts, sources."""

from physics.experiments.loader import load, load_all, names, unverified
from physics.experiments.schema import (
    FINAL_STATES,
    FLUX_METHODS,
    OBSERVABLES,
    Background,
    Channel,
    Cut,
    Efficiency,
    Experiment,
    MassEfficiency,
    Merging,
    Signature,
    Smearing,
    Volume,
)
from physics.experiments.shapes import Box, Cone, Cylinder, Shape, Sphere

__all__ = [
    "FINAL_STATES",
    "FLUX_METHODS",
    "OBSERVABLES",
    "Background",
    "Box",
    "Channel",
    "Cone",
    "Cut",
    "Cylinder",
    "Efficiency",
    "Experiment",
    "MassEfficiency",
    "Merging",
    "Shape",
    "Signature",
    "Smearing",
    "Sphere",
    "Volume",
    "load",
    "load_all",
    "names",
    "unverified",
]
