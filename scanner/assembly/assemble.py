"""Where the physics meets the engine: groups of a grid, what a worker computes, what fixes it."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from functools import cache, cached_property
from typing import Any

import numpy as np

import grids
from grids import Grid
from physics import experiments, models, processes
from physics.errors import InputError
from physics.experiments.schema import Experiment
from physics.jit import physics_digest
from physics.lifetime import CTAU_NODES_CM
from physics.models import Model, Term
from physics.precision import Precision
from physics.rates import active_terms
from physics.response import Response
from physics.second_lifetime import ONE_FLIGHT
from scanner.assembly import filling, sampled
from scanner.blocks import plan
from scanner.blocks.blocks import STATUS, Arrays, ArraySpec, Block, GroupSpec
from scanner.blocks.split import blank
from scanner.storage import provenance

SECONDS_PER_POINT = 0.15
"""Rough time of one mass point of one experiment, for the size of blocks only."""

RESPONSE_DIMS = ("final_state", "bin", "ctau_1", "ctau_2")
"""Decay modes, counting channels, and lifetimes of two flights in a row."""

STATUS_WORDS = "0 todo, 1 done, 2 failed, 3 done but not converged, 4 interpolated, not sampled"
"""Description of every status in a store."""

EVENTS_PER_FACTOR = {"units": "1", "long_name": "selected events for unit coupling factor and BR"}
ARRAYS = (
    ArraySpec("response", ("experiment", "term", *RESPONSE_DIMS), attrs=EVENTS_PER_FACTOR),
    ArraySpec(
        "response_covariance",
        ("experiment", "term", "term_2", *RESPONSE_DIMS),
        attrs={"units": "1", "long_name": "covariance of response between terms"},
    ),
    ArraySpec(
        "n_produced",
        ("experiment", "term"),
        attrs={"units": "1", "long_name": "HNLs made, or arriving, for unit coupling factor"},
    ),
    ArraySpec(
        "production_ratio",
        ("experiment", "term"),
        attrs={"units": "1", "long_name": "sampled over exact production"},
    ),
    ArraySpec(
        "acceptance",
        ("experiment", "term", "final_state", "step"),
        attrs={"units": "1", "long_name": "events left after each step of the cut flow"},
    ),
    ArraySpec(
        "n_eff",
        ("experiment", "term"),
        attrs={"units": "1", "long_name": "effective number of selected sampled events"},
    ),
    ArraySpec(
        "events",
        ("experiment", "term"),
        "int64",
        attrs={"units": "1", "long_name": "sampled events"},
    ),
    ArraySpec(
        STATUS,
        ("experiment",),
        "int8",
        attrs={"long_name": STATUS_WORDS},
    ),
)


@dataclass(frozen=True)
class Scan:
    """A grid with everything it names loaded.

    Parameters
    ----------
    grid : Grid
        What to compute.
    model : Model
        Its model.
    experiments : tuple of Experiment
        Its experiments, in order.
    """

    grid: Grid
    model: Model
    experiments: tuple[Experiment, ...]

    @classmethod
    def load(cls, name_or_path: str) -> "Scan":
        """Load a shipped grid by name or a user's by path, with its model and experiments.

        Raises
        ------
        InputError
            In one sentence, when anything is wrong.
        """
        grid = grids.load(name_or_path)
        scan = cls(grid, models.get(grid.model), tuple(experiments.load_all(grid.experiments)))
        for experiment in scan.experiments:
            processes.terms(scan.model, experiment)  # complains of one that sees nothing
        return scan

    @cached_property
    def mass_axes(self) -> dict[str, tuple[float, ...]]:
        """Axes that are sampled; a single fixed mass is an axis of length one."""
        axes = {axis.name: axis.values for axis in self.grid.mass_axes}
        if axes:
            return axes
        mass = self.model.of_role("mass")[0].name
        return {mass: (float(self.grid.resolve(self._somewhere())[mass]),)}

    def _somewhere(self) -> dict[str, float]:
        return {axis.name: axis.values[0] for axis in self.grid.axes}

    def point(
        self, masses: Mapping[str, float], along: Mapping[str, slice] | None = None
    ) -> dict[str, Any]:
        """Parameters at some masses, over the coupling axes or a part of them (broadcast)."""
        known = {axis.name for axis in self.grid.axes}
        chosen: dict[str, Any] = {k: v for k, v in masses.items() if k in known}
        couplings = self.grid.coupling_axes
        for i, axis in enumerate(couplings):
            shape = [1] * len(couplings)
            shape[i] = -1
            part = (along or {}).get(axis.name, slice(None))
            chosen[axis.name] = np.reshape(axis.values[part], shape)
        return dict(self.grid.resolve(chosen))

    def terms(self, experiment: Experiment) -> tuple[Term, ...]:
        """Production terms that an experiment sees and that are not zero everywhere."""
        return self._terms[experiment.process]

    @cached_property
    def _terms(self) -> dict[str, tuple[Term, ...]]:
        seen = {e.process: processes.terms(self.model, e) for e in self.experiments}
        return {
            process: active_terms(self.model, terms, self.everywhere)
            for process, terms in seen.items()
        }

    def decays(self, experiment: Experiment) -> tuple[str, ...]:
        """Decay modes that count in an experiment and that are not zero everywhere."""
        return self._active_decays[experiment.name]

    @cached_property
    def _active_decays(self) -> dict[str, tuple[str, ...]]:
        whole = self.everywhere
        return {e.name: processes.active_decays(self.model, e, whole) for e in self.experiments}

    @cached_property
    def second_nodes(self) -> tuple[float, ...]:
        """Lifetimes of a second flight that the grid needs."""
        return processes.second_nodes(self.model, self.everywhere)

    @property
    def everywhere(self) -> dict[str, Any]:
        """Parameters over the whole grid (broadcast); not kept, since a scan goes to workers."""
        mesh = np.ix_(*(np.array(axis.values) for axis in self.grid.axes))
        named = {a.name: values for a, values in zip(self.grid.axes, mesh, strict=True)}
        return dict(self.grid.resolve(named))

    def masses(self, index: Sequence[int]) -> dict[str, float]:
        """Masses of the model in GeV at a point of `mass_axes`."""
        values = zip(self.mass_axes.values(), index, strict=True)
        at = [axis[i] for axis, i in values]
        point = self.point(dict(zip(self.mass_axes, at, strict=True)))
        return {p.name: float(np.ravel(point[p.name])[0]) for p in self.model.of_role("mass")}

    @property
    def plane(self) -> tuple[str, str] | None:
        """Axes of plots and contours: first mass against last coupling, else the first two axes."""
        masses, couplings = self.grid.mass_axes, self.grid.coupling_axes
        if masses and couplings:
            return masses[0].name, couplings[-1].name
        axes = (*masses, *couplings)
        return (axes[0].name, axes[1].name) if len(axes) > 1 else None

    @cached_property
    def sampling_groups(self) -> dict[str, tuple[Experiment, ...]]:
        """Experiments by sampling group."""
        found: dict[str, tuple[Experiment, ...]] = {}
        for experiment in self.experiments:
            name = experiment.beam.sampling_group
            found[name] = (*found.get(name, ()), experiment)
        return found

    def groups(self, block_points: int | None = None) -> tuple[GroupSpec, ...]:
        """Describe the arrays of each sampling group for the engine."""
        return tuple(
            self._group(name, members, block_points)
            for name, members in self.sampling_groups.items()
        )

    @cached_property
    def specs(self) -> dict[str, GroupSpec]:
        """Sampling groups by name, as far as the arrays of a block depend on them."""
        return {spec.name: spec for spec in self.groups()}

    def _group(
        self, name: str, members: Sequence[Experiment], block_points: int | None
    ) -> GroupSpec:
        names = [experiment.name for experiment in members]
        steps = max(self.n_steps(e) for e in members)
        bins = max(len(e.signature.channels) for e in members)
        terms = [term.name for term in self.terms(members[0])]
        most = plan.points_per_block(SECONDS_PER_POINT * len(members))
        sizes = tuple(len(values) for values in self.mass_axes.values())
        return GroupSpec(
            name=name,
            label="+".join(names),
            axes=self.mass_axes,
            axis_attrs={axis: self.axis_attrs(axis) for axis in self.mass_axes},
            arrays=ARRAYS,
            coords={
                "experiment": (names, {}),
                "term": (terms, {"long_name": "production term"}),
                "term_2": (terms, {"long_name": "production term"}),
                "final_state": (list(self.all_decays(members)), {"long_name": "decay mode"}),
                "bin": (list(range(bins)), {"long_name": "counting channel"}),
                "ctau_1": (CTAU_NODES_CM.tolist(), {"units": "cm", "long_name": "c tau"}),
                "ctau_2": (
                    self._second_coordinate(),
                    {"units": "cm", "long_name": "c tau of a second flight; NaN for one flight"},
                ),
                "step": (list(range(steps)), {"long_name": "step of the cut flow"}),
            },
            row_digests={
                e.name: sampled.row_digest(e, self.terms(e), self.decays(e), self.second_nodes)
                for e in members
            },
            block_points=block_points or math.prod(plan.block_shape(sizes, most, plan.MIN_BLOCKS)),
            coarse=self.grid.adaptive.coarse if self.grid.adaptive else None,
        )

    def n_steps(self, experiment: Experiment) -> int:
        """Entries of the cut flow of an experiment: what is produced, each step, efficiency."""
        return len(processes.steps(self.model, experiment)) + 2

    def _second_coordinate(self) -> list[float]:
        nodes = self.second_nodes
        return [math.nan] if nodes == ONE_FLIGHT else list(nodes)

    def all_decays(self, members: Sequence[Experiment]) -> tuple[str, ...]:
        """Decay modes of all experiments of a group, each once."""
        return tuple(dict.fromkeys(mode for e in members for mode in self.decays(e)))

    def axis_attrs(self, name: str) -> dict[str, str]:
        """Give unit and description of an axis."""
        parameters = {p.name: p for p in self.model.parameters}
        if name in parameters:
            return {"units": parameters[name].unit, "long_name": parameters[name].description}
        return {"units": self.grid.axis(name).unit, "long_name": name}

    @cached_property
    def identity(self) -> dict[str, Any]:
        """Everything that fixes the numbers of the store, as JSON types."""
        adaptive = self.grid.adaptive  # what is not sampled is interpolated, and that is stored too
        return {
            "model": self.model.name,
            "parameters": dict(self.grid.parameters),
            "tied": {name: expression.text for name, expression in self.grid.tied.items()},
            "seed": self.grid.seed,
            "precision": asdict(self.grid.precision),
            "axes": {axis.name: list(axis.values) for axis in self.grid.coupling_axes},
            "experiments": {e.name: e.digest for e in self.experiments},
            "statistic": asdict(self.grid.statistic),
            "physics_digest": physics_digest(),
            "versions": _libraries(),
            **({"adaptive": asdict(adaptive)} if adaptive else {}),
        }

    @property
    def evaluate(self) -> "Evaluate":
        """What a worker calls for each block."""
        return Evaluate(self)


@dataclass
class Evaluate:
    """Samples the mass points of a block; a pure function of block and scan.

    Parameters
    ----------
    scan : Scan
        What to compute.
    """

    scan: Scan
    _samplers: dict[tuple[str, ...], Any] = field(default_factory=dict, repr=False)

    def __getstate__(self) -> dict[str, Any]:
        """Workers build their own samplers."""
        return {"scan": self.scan, "_samplers": {}, "_made_with": _software()}

    def __setstate__(self, state: dict[str, Any]) -> None:
        """Refuse to compute with other physics, or other libraries, than those of the store."""
        for name, ours in _software().items():
            theirs = state["_made_with"].get(name)
            if theirs != ours:
                raise InputError(
                    f"this worker has {name} {ours}, the scan was started with {name} {theirs}; "
                    "start the workers from the same environment"
                )
        self.scan, self._samplers = state["scan"], {}

    def __call__(self, block: Block, known: Arrays | None) -> Arrays:
        """Compute the arrays of a block, or what `known` lacks of them."""
        members = self.scan.sampling_groups[block.group]
        stored = self.scan.all_decays(members)
        arrays = known or blank(self.scan.specs[block.group], block)
        for index in np.ndindex(*block.shape):
            todo = [i for i in range(len(members)) if arrays[STATUS][(*index, i)] == 0]
            for i in set(range(len(members))).difference(todo):
                modes = [stored.index(mode) for mode in self.scan.decays(members[i])]
                bins = len(members[i].signature.channels)
                steps = self.scan.n_steps(members[i])
                filling.zero_elsewhere(arrays, (*index, i), modes, bins, steps)
            if not todo:
                continue
            place = [start + i for (start, _), i in zip(block.region, index, strict=True)]
            answers = self._sample([members[i] for i in todo], self.scan.masses(place))
            for i, responses in zip(todo, answers, strict=True):
                places = [stored.index(mode) for mode in self.scan.decays(members[i])]
                filling.fill(arrays, (*index, i), responses, places)
        return arrays

    def warm(self) -> None:
        """Compile the kernels in this process, so that workers find them in the cache.

        At the first masses of the grid, where the modes that it samples are open.
        """
        masses = self.scan.masses([0] * len(self.scan.mass_axes))
        least = Precision(relative=1.0, replicates=16, events=16, max_events=256)
        for members in self.scan.sampling_groups.values():
            terms = self.scan.terms(members[0])[:1]
            seed = self.scan.grid.seed
            sampler = processes.sampler(
                self.scan.model, members[:1], terms, self.scan.everywhere, least, seed
            )
            sampler.respond(masses)

    def _sample(
        self, members: Sequence[Experiment], masses: Mapping[str, float]
    ) -> list[list[Response]]:
        """Responses of each experiment, one per term."""
        names = tuple(e.name for e in members)
        terms = self.scan.terms(members[0])
        if names not in self._samplers:
            self._samplers[names] = processes.sampler(
                self.scan.model,
                members,
                terms,
                self.scan.everywhere,
                self.scan.grid.precision,
                self.scan.grid.seed,
            )
        found = self._samplers[names].respond(masses)
        responses = [found.response(view) for view in range(len(names) * len(terms))]
        return [responses[i * len(terms) : (i + 1) * len(terms)] for i in range(len(names))]


def _software() -> dict[str, str]:
    """Everything installed that fixes numbers."""
    return {"physics": physics_digest(), **_libraries()}


@cache
def _libraries() -> dict[str, str]:
    """Versions of the libraries that fix numbers."""
    found = provenance.versions()
    return {name: found[name] for name in ("numpy", "numba", "vegas", "scipy")}
