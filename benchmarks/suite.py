"""The frozen suite: what the benchmarks time, and how long one core takes for it."""

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from physics import experiments, models
from physics.decays import decay
from physics.experiments.schema import Experiment
from physics.precision import Precision
from physics.rates import branching_of, events
from physics.response import Response, Sampler
from physics.sampling import trained_map

FOLDER = Path(__file__).parent / "experiments"
DETECTORS = {"miniboone_fhc": "suite_miniboone", "microboone": "suite_microboone"}
"""DarkNews' name of a detector, and our file with the suite's geometry."""

M4_GEV = 0.25
MASSES_GEV = np.geomspace(0.05, 0.6, 40)
CTAU_CM = np.geomspace(0.1, 1e7, 60)
MU_TR = 1e-6
PRECISION = Precision(relative=0.01, replicates=16, events=128)
REFERENCE = Precision(relative=0.0005, replicates=64, events=4096, max_events=2**21)

MODEL = models.get("dipole")
TERM = next(term for term in MODEL.terms if term.name == "mu_tr_mu4^2")


def load(detector: str) -> Experiment:
    """Load the suite's version of a detector."""
    return experiments.load(FOLDER / f"{DETECTORS[detector]}.toml")


def sampler(detector: str, seed: int, precision: Precision = PRECISION) -> Sampler:
    """Return a sampler of one detector for muon neutrinos and Dirac HNLs."""
    return Sampler([(load(detector), TERM)], polarised=True, precision=precision, seed=seed)


def couplings(m4: float) -> NDArray[np.float64]:
    """Moments in 1/GeV at which the HNL has the lifetimes of the suite."""
    known = decay(MODEL, {"m4": m4, "mu_tr_mu4": MU_TR, "hnl_type": "dirac"}).ctau_cm
    return MU_TR * np.sqrt(known / CTAU_CM)


def answer(source: Sampler, m4: float) -> tuple[Response, NDArray[np.float64]]:
    """Sample one mass and return its response and its events at 60 couplings."""
    response = source.respond(m4).response(0)
    point: dict[str, Any] = {"m4": m4, "mu_tr_mu4": couplings(m4), "hnl_type": "dirac"}
    lived = decay(MODEL, point)
    factors = MODEL.factors(point)
    branching = branching_of(lived, ["nu_gamma"])
    found = events({TERM.name: response.table.mean(-2)}, factors, branching, lived.ctau_cm)
    return response, found[0]


def cpu(call: Callable[[], Any]) -> tuple[float, Any]:
    """CPU seconds of this process that a call takes, and what it returns."""
    start = time.process_time()
    result = call()
    return time.process_time() - start, result


def time_scan(detector: str, seed: int) -> float:
    """CPU seconds per mass of a cold scan of 40 masses and 60 couplings, maps and all."""
    trained_map.cache_clear()
    source = sampler(detector, seed)
    seconds, _ = cpu(lambda: [answer(source, float(m4)) for m4 in MASSES_GEV])
    return seconds / len(MASSES_GEV)


def time_point(detector: str, seed: int, repeats: int = 5) -> tuple[float, Response, Any]:
    """CPU seconds of the suite's point with its maps at hand; its response and events."""
    source = sampler(detector, seed)
    answer(source, M4_GEV)
    times = []
    for _ in range(repeats):
        seconds, (response, found) = cpu(lambda: answer(source, M4_GEV))
        times.append(seconds)
    return float(np.median(times)), response, found
