"""Speed of the parts of hnlscan, on one core.

    python benchmarks/kernel.py [--json FILE]

Events per second of the bare event loop, one stream and one experiment or two (three observables,
as many as there are so far: E_vis, cos_theta and E_nu_QE); what a perfect importance sampler would
need at 1 %; and the cost per mass of what surrounds the loop. CPU seconds, least of several runs.
"""

import argparse
import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

for variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[variable] = "1"

import msgspec  # noqa: E402
import numpy as np  # noqa: E402
import suite  # noqa: E402

from physics import lifetime  # noqa: E402
from physics.experiments.schema import Cut, Experiment  # noqa: E402
from physics.precision import Precision  # noqa: E402
from physics.quadrature import tabulate  # noqa: E402
from physics.response import Sampled, Sampler  # noqa: E402
from physics.sampling import anchor, shifts, trained_map  # noqa: E402

EVENTS = 16384
REPLICATES = 16
REPEATS = 5


def least(call: Callable[[], Any]) -> float:
    """CPU seconds of a call, the least of several."""
    call()
    return min(suite.cpu(call)[0] for _ in range(REPEATS))


def with_three_observables(experiment: Experiment) -> Experiment:
    """Cut on all observables, so loosely that nothing is lost."""
    rows = (Cut(observable="E_nu_QE", min=-1e9, max=1e9),)
    signature = experiment.signature
    signature = msgspec.structs.replace(signature, selection=(*signature.selection, *rows))
    return msgspec.structs.replace(experiment, signature=signature)


def bare_loop(experiments: tuple[Experiment, ...]) -> tuple[float, float]:
    """Nanoseconds per event of the first stream, and the part of the events that is selected."""
    precision = Precision(relative=1.0, replicates=REPLICATES, events=EVENTS, max_events=2**30)
    source = Sampler(
        [(e, suite.TERM) for e in experiments], polarised=True, precision=precision, seed=1
    )
    source.targets, source.counts = source.targets[:1], source.counts[:1]
    active = np.ones(len(experiments), dtype=bool)

    def fresh() -> tuple[float, Sampled]:
        point = Sampled(source, suite.M4_GEV, False)
        return suite.cpu(lambda: point.sample(0, active))[0], point

    fresh()
    runs = [fresh() for _ in range(REPEATS)]
    seconds, point = min(runs, key=lambda run: run[0])
    flow = point.tallies[0].flow[0]
    return 1e9 * seconds / (EVENTS * REPLICATES), float(flow[-1] / flow[0])


def around(detector: str) -> dict[str, float]:
    """Milliseconds per mass of what surrounds the loop."""
    source = suite.sampler(detector, 1)
    point = source.respond(suite.M4_GEV)
    m4 = suite.M4_GEV
    histogram = point.mean("histogram", 0)

    def train() -> None:
        for hit in source.targets:
            trained_map.__wrapped__(1, source.group, hit.name, anchor(m4), source.envelope)

    def seeds() -> None:
        for hit in source.targets:
            shifts(1, source.group, hit.name, (m4,), REPLICATES)

    return {
        "quadrature_tables": 1e3 * least(lambda: [tabulate(m4, s) for s in point.streams]),
        "set_up_with_quadrature": 1e3 * least(lambda: Sampled(source, m4, False)),
        "shifts": 1e3 * least(seeds),
        "lifetime_transform": 1e3 * least(lambda: lifetime.at_nodes(histogram)),
        "summary": 1e3 * least(lambda: point.response(0)),
        "train_maps_of_an_anchor": 1e3 * least(train),
        "whole_point": 1e3 * least(lambda: suite.answer(source, m4)),
    }


def main() -> None:
    """Measure, print a table and JSON."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--json", type=Path, help="also write the numbers to this file")
    options = parser.parse_args()
    results: dict[str, Any] = {}
    for detector in suite.DETECTORS:
        one = with_three_observables(suite.load(detector))
        two = msgspec.structs.replace(one, name="twin")
        alone, acceptance = bare_loop((one,))
        both, _ = bare_loop((one, two))
        perfect = (1 - acceptance) / acceptance / suite.PRECISION.relative**2
        results[detector] = {
            "ns_per_event": alone,
            "million_events_per_second": 1e3 / alone,
            "two_experiments_over_one": both / alone,
            "acceptance": acceptance,
            "events_of_a_perfect_sampler": perfect,
            "bound_ms_per_mass": perfect * alone * 1e-6,
            "events_sampled": suite.answer(suite.sampler(detector, 1), suite.M4_GEV)[0].events,
            "ms_per_mass": around(detector),
        }
        print(
            f"{detector}: {alone:.0f} ns per event, {1e3 / alone:.2f} M events/s/core; "
            f"two experiments cost {both / alone:.2f} of one; perfect sampling at 1 %: "
            f"{perfect:.0f} events, {perfect * alone * 1e-6:.2f} ms"
        )
        for name, value in results[detector]["ms_per_mass"].items():
            print(f"  {name}: {value:.2f} ms")
    text = json.dumps(results, indent=1)
    print(text)
    if options.json:
        options.json.write_text(text + "\n")


if __name__ == "__main__":
    main()
