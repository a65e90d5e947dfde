"""What a grid is: the values a scan is made of, checked and immutable."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from grids.axes import Axis, rounded_array
from grids.expression import Expression
from physics import models
from physics.errors import InputError
from physics.precision import Precision

Value = float | str | NDArray[np.float64]

DEFAULT_SEED = 20221214


@dataclass(frozen=True)
class StatisticChoice:
    """Which statistic makes the limits, and at which confidence level.

    Parameters
    ----------
    method : str or None
        A method of `physics.statistics`; None leaves it to each experiment.
    confidence_level : float
        Of the limits.
    """

    method: str | None = None
    confidence_level: float = 0.90


@dataclass(frozen=True)
class Adaptive:
    """How masses are refined where the limit passes.

    Parameters
    ----------
    coarse : int
        Spacing of the masses sampled first, in steps of the grid; a power of two.
    tolerance : float
        Where new points agree with interpolation to this in ln(N / N_up), no more are sampled;
        0 goes on to the steps of the grid.
    """

    coarse: int = 8
    tolerance: float = 0.01


@dataclass(frozen=True)
class Grid:
    """A scan to be made.

    Parameters
    ----------
    name, path, title : str
        Stem of the file, where it is, one line of text.
    model : str
        Name of a model of `physics.models`.
    experiments : tuple of str
        Names of shipped experiments and paths of a user's, for `physics.experiments.load`.
    parameters : dict
        Parameters with one value for the whole scan.
    axes : tuple of Axis
        Dimensions of the cube, in order.
    tied : dict of Expression
        Quantities that follow from others, in an order in which they can be evaluated.
    precision : Precision
        Of the sampling.
    statistic : StatisticChoice
        Of the limits.
    seed : int
        Root of all random numbers.
    adaptive : Adaptive or None
        How masses are refined; None samples all of them.
    """

    name: str
    path: str
    title: str
    model: str
    experiments: tuple[str, ...]
    parameters: dict[str, float | str]
    axes: tuple[Axis, ...]
    tied: dict[str, Expression] = field(default_factory=dict)
    precision: Precision = field(default_factory=Precision)
    statistic: StatisticChoice = field(default_factory=StatisticChoice)
    seed: int = DEFAULT_SEED
    adaptive: Adaptive | None = None

    @property
    def shape(self) -> tuple[int, ...]:
        """Number of values along each axis."""
        return tuple(len(axis.values) for axis in self.axes)

    @property
    def mass_axes(self) -> tuple[Axis, ...]:
        """Axes that a mass depends on, in order: each of their points is sampled."""
        masses = [p.name for p in models.get(self.model).of_role("mass")]
        needed = frozenset().union(*(self.axes_of(name) for name in masses))
        return tuple(axis for axis in self.axes if axis.name in needed)

    @property
    def coupling_axes(self) -> tuple[Axis, ...]:
        """All other axes, in order: they cost no sampling."""
        masses = self.mass_axes
        return tuple(axis for axis in self.axes if axis not in masses)

    def axis(self, name: str) -> Axis:
        """Return the axis called `name` (KeyError when there is none)."""
        return {axis.name: axis for axis in self.axes}[name]

    def axes_of(self, name: str) -> frozenset[str]:
        """Return the names of the axes that a quantity depends on."""
        return self.needs(name) & {axis.name for axis in self.axes}

    def resolve(self, values: Mapping[str, float | NDArray[np.float64]]) -> dict[str, Value]:
        """Turn a point of the axes into the parameters of the model.

        Parameters
        ----------
        values : mapping
            A number or array for every axis; arrays broadcast. They need not be on the grid.

        Returns
        -------
        dict
            Value of every parameter of the model: masses of 12 significant digits, tied ones
            evaluated, couplings not mentioned 0, options as fixed or their default.

        Raises
        ------
        InputError
            When an axis has no value, or a value belongs to no axis.

        Examples
        --------
        >>> import grids
        >>> point = grids.load("quickstart").resolve({"m4": 0.1, "mu_tr_mu4": 1e-6})
        >>> point["m4"], point["mu_tr_mu4"], point["mu_tr_e4"], point["hnl_type"]
        (0.1, 1e-06, 0.0, 'dirac')
        """
        names = [axis.name for axis in self.axes]
        if set(values) != set(names):
            raise InputError(
                f"got values for {', '.join(values) or 'nothing'}, but the axes of {self.name} are "
                f"{', '.join(names)}; give one value for each"
            )
        known = {**self.parameters, **values, **self._tied_values(values, self.tied)}
        return {
            p.name: self._value(p.role, known.get(p.name, p.default))
            for p in models.get(self.model).parameters
        }

    def tied_value(
        self, name: str, values: Mapping[str, float | NDArray[np.float64]]
    ) -> float | NDArray[np.float64]:
        """Return the value of one tied quantity, not rounded, given the axes it depends on."""
        return self._tied_values(values, self.needs(name))[name]

    def needs(self, name: str) -> frozenset[str]:
        """Return `name` and all it follows from, directly or not."""
        found = {name}
        for tied in reversed(self.tied):
            found |= self.tied[tied].names if tied in found else frozenset()
        return frozenset(found)

    def _tied_values(
        self, values: Mapping[str, float | NDArray[np.float64]], names: Collection[str]
    ) -> dict[str, float | NDArray[np.float64]]:
        """Evaluate the tied quantities among `names`, in order."""
        numbers = {k: v for k, v in self.parameters.items() if not isinstance(v, str)}
        known: dict[str, float | NDArray[np.float64]] = {**numbers, **values}
        wanted = [name for name in self.tied if name in names]
        for name in wanted:
            known[name] = self.tied[name].evaluate(known)
        return {name: known[name] for name in wanted}

    @staticmethod
    def _value(role: str, value: Value | None) -> Value:
        """Round masses; leave all else."""
        assert value is not None
        return rounded_array(value) if role == "mass" and not isinstance(value, str) else value
