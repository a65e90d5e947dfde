"""What the stages of producing an event cost in the compiled loop: form factors among them.

    python benchmarks/stages.py [--json FILE]

Nanoseconds per upscattering of one core, least of several runs on one block of events that stays
in the nearest cache, at the points of the suite in MiniBooNE. `look_up` is the structure of the
target: a table in q of Z^2 F^2 for nuclei, dipoles for nucleons. `all of production` has it and
everything else before the decay.
"""

import argparse
import json
import os
import time
from pathlib import Path
from typing import Any

for variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[variable] = "1"

import numba  # noqa: E402
import numpy as np  # noqa: E402
import suite  # noqa: E402

from physics.block import BLOCK, GM2, Q2  # noqa: E402
from physics.events import Stream, _look_up, draw, place, produce  # noqa: E402
from physics.form_factors import interpolate_squared  # noqa: E402
from physics.pair_block import PAIR_SIZE  # noqa: E402
from physics.pair_response import PairSampled  # noqa: E402
from physics.response import Sampled  # noqa: E402
from physics.sampling import base_points, flat_map  # noqa: E402
from physics.vector_events import PAIR_DIMENSIONS, scatter  # noqa: E402

TURNS, REPEATS = 4000, 9


@numba.njit(nogil=True)
def _draw(turns, points, shift, work):
    for _ in range(turns):
        draw(points, shift, 0, BLOCK, work)


@numba.njit(nogil=True)
def _place(turns, m, stream, mapping, work):
    for _ in range(turns):
        place(BLOCK, m, stream, mapping, work)


@numba.njit(nogil=True)
def _structure(turns, stream, work):
    for _ in range(turns):
        _look_up(BLOCK, stream, work)


@numba.njit(nogil=True)
def _table(turns, table, work):
    for _ in range(turns):
        for i in range(BLOCK):
            work[GM2 + i] = interpolate_squared(table, work[Q2 + i])


@numba.njit(nogil=True)
def _produce(turns, m, stream, mapping, work):
    for _ in range(turns):
        produce(BLOCK, m, True, stream, mapping, work)


@numba.njit(nogil=True)
def _scatter(turns, m, stream, mapping, work):
    for _ in range(turns):
        scatter(BLOCK, m, True, stream, mapping, work)


def nanoseconds(function: Any, *arguments: Any) -> float:
    """CPU time per event, the least of several."""
    function(1, *arguments)
    times = []
    for _ in range(REPEATS):
        begin = time.process_time()
        function(TURNS, *arguments)
        times.append(time.process_time() - begin)
    return 1e9 * min(times) / (TURNS * BLOCK)


def stages(case: suite.Case, detector: str) -> dict[str, dict[str, float]]:
    """Cost of each stage, by stream."""
    sampler = suite.source(case, detector, 1).sampler
    dipole = case.name == "dipole"
    point: Any = (
        Sampled(sampler, case.m4, False)
        if dipole
        else PairSampled(sampler, case.m4, float(case.fixed["mzprime"]), False)
    )
    work, points = np.zeros(PAIR_SIZE), base_points(BLOCK, PAIR_DIMENSIONS)
    shift = np.full(PAIR_DIMENSIONS, 0.3)
    found = {}
    mapping = flat_map()  # a trained one is looked up in the same way
    for target, stream in zip(sampler.targets, point.streams, strict=True):
        row = {"draw": nanoseconds(_draw, points, shift, work)}
        row["place"] = nanoseconds(_place, case.m4, stream, mapping, work)
        if isinstance(stream, Stream):
            row["look_up"] = nanoseconds(_structure, stream, work)
            row["all of production"] = nanoseconds(_produce, case.m4, stream, mapping, work)
        else:
            if target.name not in ("p", "n"):
                row["look_up"] = nanoseconds(_table, stream.hit.table, work)
            row["all of production"] = nanoseconds(_scatter, case.m4, stream, mapping, work)
        found[target.name] = row
    return found


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--json", type=Path, help="also write the numbers to this file")
    options = parser.parse_args()
    results = {}
    for case, detector in suite.POINTS:
        if detector != "miniboone_fhc":
            continue
        for target, row in stages(case, detector).items():
            results[f"{case.name} {target}"] = row
            print(case.name, target, {name: round(ns, 1) for name, ns in row.items()})
    if options.json:
        options.json.write_text(json.dumps(results, indent=1) + "\n")


if __name__ == "__main__":
    main()
