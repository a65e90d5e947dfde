"""The frozen suite: six points that the benchmarks time, and how long one core takes for them.

Three models, the light and the heavy dark photon and the dipole, each at MiniBooNE and MicroBooNE.
"""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from physics import experiments, models, processes
from physics.decays import decay
from physics.experiments.schema import Experiment
from physics.models import Model, Term
from physics.pair_shapes import pair_shape
from physics.precision import Precision
from physics.rates import active_terms, branching_of, events, lived
from physics.response import Response
from physics.sampling import trained_map
from physics.vector_maps import trained_vector_map

Floats = NDArray[np.float64]

FOLDER = Path(__file__).parent / "experiments"
DETECTORS = {"miniboone_fhc": "suite_miniboone", "microboone": "suite_microboone"}
"""DarkNews' name of a detector, and our file with the suite's geometry."""

CTAU_CM = np.geomspace(0.1, 1e7, 60)
RELATIVE = 0.01


@dataclass(frozen=True)
class Case:
    """A model of the suite, of whose couplings one sets the lifetime.

    Parameters
    ----------
    name, title : str
        Short, and in words.
    model : Model
        Its model.
    m4, masses : float, array
        HNL mass of the point and of the scan in GeV.
    fixed : dict
        Other parameters.
    coupling, value, power : str, float, int
        The lifetime goes as coupling^-power; `value` is that of the accuracy.
    darknews : dict
        The same point as `darknews_worker.py` takes it.
    events : int
        Points per replicate to begin with.
    target, seconds : float
        At least so many times faster per mass, and at most so many seconds for the scan.
    """

    name: str
    title: str
    model: Model
    m4: float
    masses: Floats
    fixed: dict[str, Any]
    coupling: str
    value: float
    power: int
    darknews: dict[str, Any] = field(repr=False)
    events: int
    target: float
    seconds: float

    @property
    def precision(self) -> Precision:
        """How hard to sample for the suite's 1 %."""
        return Precision(relative=RELATIVE, replicates=16, events=self.events)

    @property
    def reference(self) -> Precision:
        """How hard to sample what the true error is measured against."""
        return Precision(relative=0.0005, replicates=64, events=4096, max_events=2**21)

    def parameters(self, m4: Any, value: Any = None) -> dict[str, Any]:
        """Parameters of the model, at the point's own coupling if none is given."""
        chosen = self.value if value is None else value
        return {"m4": m4, **self.fixed, self.coupling: chosen, "hnl_type": "dirac"}

    def couplings(self, m4: float, ctau_cm: Any = CTAU_CM) -> Floats:
        """Couplings at which the HNL has some lifetimes."""
        known = decay(self.model, self.parameters(m4)).ctau_cm
        return np.asarray(self.value * (known / ctau_cm) ** (1 / self.power))

    def at(self, m4: float) -> dict[str, float]:
        """Masses that are sampled."""
        known = self.parameters(m4)
        return {p.name: float(known[p.name]) for p in self.model.of_role("mass")}


def _dark_photon(mzprime: float, epsilon: float, U2_mu4: float) -> dict[str, Any]:
    """Parameters for `Case` and for DarkNews."""
    dark = {"mzprime": mzprime, "epsilon": epsilon, "alphaD": 0.25}
    return {
        "model": models.get("dark_photon"), "coupling": "U2_mu4", "value": U2_mu4, "power": 1,
        "fixed": {**dark, "U2_D4": 1.0},
        "darknews": {**dark, "model": "dark_photon", "UD4": 1.0, "Umu4": float(np.sqrt(U2_mu4))},
    }  # fmt: skip


CASES = (
    Case(
        "light", "light Z'", m4=0.10, masses=np.geomspace(0.04, 0.6, 40),
        events=256, target=80, seconds=0.25, **_dark_photon(0.03, 2e-3, 9e-7),
    ),
    Case(
        "heavy", "heavy Z'", m4=0.14, masses=np.geomspace(0.02, 0.6, 40),
        events=256, target=50, seconds=0.6, **_dark_photon(1.25, 1e-2, 1e-6),
    ),
    Case(
        "dipole", "dipole", m4=0.25, masses=np.geomspace(0.05, 0.6, 40),
        events=128, target=80, seconds=0.25, model=models.get("dipole"), fixed={},
        coupling="mu_tr_mu4", value=1e-6, power=2, darknews={"model": "dipole", "mu_tr": 1e-6},
    ),
)  # fmt: skip
"""The Z' of the light case decays at once: with a smaller epsilon it would fly, which DarkNews
leaves out."""

POINTS = tuple((case, detector) for case in CASES for detector in DETECTORS)


def named(name: str) -> Case:
    """Return the case of that name."""
    return next(case for case in CASES if case.name == name)


def load(detector: str) -> Experiment:
    """Load the suite's version of a detector."""
    return experiments.load(FOLDER / f"{DETECTORS[detector]}.toml")


class Source:
    """Answers one mass after the other, for one or several experiments of one beam.

    Parameters
    ----------
    case : Case
        What to answer for.
    members : sequence of Experiment
        Those of one beam.
    seed : int
        Root seed.
    precision : Precision, optional
        That of the case if not given.
    """

    def __init__(
        self,
        case: Case,
        members: Sequence[Experiment],
        seed: int,
        precision: Precision | None = None,
    ) -> None:
        self.case, self.members = case, tuple(members)
        everywhere = case.parameters(case.masses)
        found = processes.terms(case.model, members[0])
        self.terms = active_terms(case.model, found, everywhere)
        self.modes = processes.active_decays(case.model, members[0], everywhere)
        self.nodes = processes.second_nodes(case.model, everywhere)
        self.precision, self.seed = precision or case.precision, seed
        # what a scan is given, and no work of it
        self.couplings = {m: case.couplings(m) for m in (case.m4, *map(float, case.masses))}
        self.keep(lambda term: True)

    def keep(self, wanted: Callable[[Term], bool]) -> None:
        """Sample some of the production terms only."""
        self.terms = tuple(term for term in self.terms if wanted(term))
        everywhere = self.case.parameters(self.case.masses)
        self.sampler = processes.sampler(
            self.case.model, self.members, self.terms, everywhere, self.precision, self.seed
        )

    def respond(self, m4: float) -> Any:
        """Sample one mass."""
        return self.sampler.respond(self.case.at(m4))

    def answer(self, m4: float) -> tuple[list[Response], list[Floats]]:
        """Sample one mass: responses of all views, and events of each experiment by coupling."""
        case, views = self.case, len(self.terms)
        sampled = self.respond(m4)
        responses = [sampled.response(view) for view in range(views * len(self.members))]
        point = case.parameters(m4, self.couplings[m4])
        life = decay(case.model, point)
        factors, branching = case.model.factors(point), branching_of(life, self.modes)
        ctau = lived(case.model, point, life, self.nodes)
        found = []
        for member in range(len(self.members)):
            own = responses[member * views : (member + 1) * views]
            tables = {t.name: r.table.mean(-2) for t, r in zip(self.terms, own, strict=True)}
            found.append(events(tables, factors, branching, ctau)[0])
        return responses, found


def source(case: Case, detector: str, seed: int, precision: Precision | None = None) -> Source:
    """Return what answers for one detector."""
    return Source(case, [load(detector)], seed, precision)


def cpu(call: Callable[[], Any]) -> tuple[float, Any]:
    """CPU seconds of this process that a call takes, and what it returns."""
    start = time.process_time()
    result = call()
    return time.process_time() - start, result


def forget() -> None:
    """Forget all maps and shapes, as a new process would."""
    for cached in (trained_map, trained_vector_map, pair_shape):
        cached.cache_clear()


def time_scan(case: Case, detector: str, seed: int) -> tuple[float, int]:
    """CPU seconds per mass of a cold scan of 40 masses and 60 couplings; masses above 1 %."""
    forget()
    made = source(case, detector, seed)
    seconds, found = cpu(lambda: [made.answer(float(m4)) for m4 in case.masses])
    missed = sum(any(r.status != 1 for r in responses) for responses, _ in found)
    return seconds / len(case.masses), missed


def time_point(case: Case, detector: str, seed: int, repeats: int = 5) -> tuple[float, int]:
    """CPU seconds of the case's own mass with its maps at hand; points sampled."""
    made = source(case, detector, seed)
    responses, _ = made.answer(case.m4)
    times = [cpu(lambda: made.answer(case.m4))[0] for _ in range(repeats)]
    return float(np.median(times)), responses[0].events


def true_rms(case: Case, detector: str, seeds: int) -> Floats:
    """Rms over seeds against a reference of many points, at each of the 60 couplings."""
    _, (reference,) = source(case, detector, 987654321, case.reference).answer(case.m4)
    rows = [source(case, detector, seed).answer(case.m4)[1][0] for seed in range(1, seeds + 1)]
    return np.asarray(np.sqrt(((np.array(rows) / reference - 1.0) ** 2).mean(0)))
