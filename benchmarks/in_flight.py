"""Decays in flight: one grid at both detectors against HNL-DIF, and the event loop by itself.

    OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1 python benchmarks/in_flight.py [--json FILE]

CPU seconds of one core, medians of five rounds after one that compiles. HNL-DIF is on no package
index, so its times per grid point are those its authors' code took on another machine (one core, a
loop in Python over 1000 momenta): the ratio is an order of magnitude.
"""

import argparse
import json
import tempfile
import time
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np

import grids
from physics import experiments, models, processes
from physics.decays import decay
from physics.in_flight.response import FlightSampler
from physics.precision import Precision
from physics.rates import Lived, branching_of, events
from physics.sampling import base_points

HNLDIF_MS = {"nd280_dif": 49.0, "ps191": 28.0}
"""Milliseconds per grid point."""

ROUNDS = 5
MINIMAL = models.get("minimal")
SELECTED = """
base = "ps191"
title = "all observables on"

[signature.charged_pair]
final_states = ["nu_e_e"]
selection = [
    ["E_vis", 0.1, inf], ["cos_theta", 0.5, 1.0], ["theta_pair", 0.01, 3.15], ["m_pair", 0.0, 1.0],
]
"""


def grid_seconds(name: str) -> float:
    """Time the masses and couplings of umu4_minimal at one experiment, maps trained anew."""
    grid, experiment = grids.load("umu4_minimal"), experiments.load(name)
    masses, couplings = (axis.array for axis in grid.axes)
    terms = processes.terms(MINIMAL, experiment)[1:]
    modes = processes.decays(MINIMAL, experiment)
    start = time.process_time()
    sampler = processes.sampler(
        MINIMAL, [experiment], terms, grid.parameters, grid.precision, grid.seed
    )
    for m4 in masses.tolist():
        response = sampler.respond({"m4": m4}).response(0)
        point: dict[str, Any] = {"m4": m4, "U2_mu4": couplings, "hnl_type": "dirac"}
        lived = decay(MINIMAL, point)
        values = {terms[0].name: response.table.mean(-2)}
        factors = MINIMAL.factors(point)
        found = events(values, factors, branching_of(lived, modes), Lived(lived.ctau_cm))
        assert found.shape[-1] == len(couplings)
    return time.process_time() - start


def loop_rate(name_or_path: str, m4: float) -> float:
    """Points per second of the event loop of K+ -> mu N, each with its three branches."""
    experiment = experiments.load(name_or_path)
    points = 4096
    precision = Precision(relative=1e-6, events=points, max_events=16 * points)
    sampler = processes.sampler(
        MINIMAL, [experiment], processes.terms(MINIMAL, experiment)[1:], {}, precision, 1
    )
    assert isinstance(sampler, FlightSampler)
    view = sampler.respond({"m4": m4}).views[0]
    source = view.sources[0]
    view.points[0] = 0
    start = time.process_time()
    view._sample(0, source, base_points(points))
    return 16 * points / (time.process_time() - start)


def rounds(measure: Any, *arguments: Any) -> list[float]:
    """Repeat a measurement after one round that compiles."""
    measure(*arguments)
    return [measure(*arguments) for _ in range(ROUNDS)]


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--json", type=Path, help="File for the numbers.")
    chosen = parser.parse_args()
    found: dict[str, Any] = {}
    n_points = int(np.prod(grids.load("umu4_minimal").shape))
    for name, theirs in HNLDIF_MS.items():
        seconds = rounds(grid_seconds, name)
        each = 1000 * median(seconds) / n_points
        found[name] = {"grid_seconds": seconds, "ms_per_point": each, "ratio": theirs / each}
        print(
            f"{name}: {n_points} points in {median(seconds):.2f} s "
            f"({min(seconds):.2f} to {max(seconds):.2f}), {1000 * each:.0f} us each, "
            f"HNL-DIF {theirs:.0f} ms: {theirs / each:.0f} times"
        )
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "selected.toml"
        path.write_text(SELECTED)
        for label, name in (("no selection", "ps191"), ("four observables", str(path))):
            rates = rounds(loop_rate, name, 0.25)
            found[label] = rates
            print(f"event loop, {label}: {median(rates) / 1e6:.2f} M points/s")
    if chosen.json:
        chosen.json.write_text(json.dumps(found, indent=1))


if __name__ == "__main__":
    main()
