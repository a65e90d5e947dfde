"""What to compute: grid definitions, their axes and validation."""

from grids.axes import Axis
from grids.expression import Expression
from grids.loader import load, names
from grids.schema import DEFAULT_SEED, Adaptive, Grid, StatisticChoice
from physics.precision import Precision

__all__ = [
    "DEFAULT_SEED",
    "Adaptive",
    "Axis",
    "Expression",
    "Grid",
    "Precision",
    "StatisticChoice",
    "load",
    "names",
]
