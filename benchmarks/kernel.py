"""Speed of the parts of hnlscan, on one core.

    python benchmarks/kernel.py [--json FILE]

Events per second of the bare event loop with five observables on, of one stream and one experiment
or two; what a perfect importance sampler would need at 1 %; and the cost per mass of what surrounds
the loop. CPU seconds, least of several runs.
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

from physics import lifetime, quadrature, vector_quadrature  # noqa: E402
from physics.experiments.schema import Cut, Experiment  # noqa: E402
from physics.pair_names import REAL, VIRTUAL  # noqa: E402
from physics.pair_response import PairSampled  # noqa: E402
from physics.precision import Precision  # noqa: E402
from physics.response import Sampled  # noqa: E402
from physics.sampling import anchor, shifts, trained_map  # noqa: E402
from physics.vector_events import IMAGES  # noqa: E402
from physics.vector_maps import trained_vector_map  # noqa: E402

EVENTS = 16384
REPLICATES = 16
REPEATS = 5
FURTHER = {"dipole": ("E_nu_QE", "E_theta2", "t")}
FURTHER_OF_PAIRS = ("E_nu_QE", "theta_pair", "m_pair")
"""Observables beside E_vis and cos_theta, on which the suite cuts."""


def least(call: Callable[[], Any]) -> float:
    """CPU seconds of a call, the least of several."""
    call()
    return min(suite.cpu(call)[0] for _ in range(REPEATS))


def observables(case: suite.Case) -> tuple[str, ...]:
    """All observables that are on in the bare loop."""
    return ("E_vis", "cos_theta", *FURTHER.get(case.name, FURTHER_OF_PAIRS))


def with_five_observables(case: suite.Case, experiment: Experiment) -> Experiment:
    """Cut on three more, so loosely that nothing is lost."""
    rows = tuple(Cut(observable=name, min=-1e9, max=1e9) for name in observables(case)[2:])
    signature = experiment.signature
    signature = msgspec.structs.replace(signature, selection=(*signature.selection, *rows))
    return msgspec.structs.replace(experiment, signature=signature)


def bare_loop(case: suite.Case, experiments: tuple[Experiment, ...]) -> float:
    """Nanoseconds per event of the first stream of a point.

    Each decay of an upscattering is an event: it is reconstructed, selected and flown by itself.
    """
    precision = Precision(relative=1.0, replicates=REPLICATES, events=EVENTS, max_events=2**30)
    sampler = suite.Source(case, experiments, 1, precision).sampler
    sampler.targets, sampler.counts = sampler.targets[:1], sampler.counts[:1]
    active = np.ones(len(experiments), dtype=bool)

    def fresh() -> float:
        point = sampled(case, sampler)
        if isinstance(point, Sampled):
            return suite.cpu(lambda: point.sample(0, active))[0]
        (state,) = point.shapes
        return suite.cpu(lambda: point.sample(state, 0, active))[0]

    fresh()
    return 1e9 * min(fresh() for _ in range(REPEATS)) / (EVENTS * REPLICATES * decays(case))


def decays(case: suite.Case) -> int:
    """Events, that is decays, of each upscattering."""
    return 1 if case.name == "dipole" else IMAGES


def sampled(case: suite.Case, sampler: Any) -> Any:
    """Set a point up, without any events."""
    if case.name == "dipole":
        return Sampled(sampler, case.m4, False)
    return PairSampled(sampler, case.m4, float(case.fixed["mzprime"]), False)


def acceptance(case: suite.Case, detector: str) -> tuple[float, int]:
    """Part of the events of the (square of the) mediator that is selected; points sampled."""
    source = suite.source(case, detector, 1)
    responses, _ = source.answer(case.m4)
    parts = np.atleast_2d(responses[0].acceptance)[:, -1]
    modes = [mode.partition(":")[2] for mode in source.modes]
    row = next((i for i, mode in enumerate(modes) if mode in (REAL, VIRTUAL)), 0)
    return float(parts[row]), responses[0].events


def around(case: suite.Case, detector: str) -> dict[str, float]:
    """Milliseconds per mass of what surrounds the loop."""
    source = suite.source(case, detector, 1)
    sampler, m4 = source.sampler, case.m4
    point = source.respond(m4)
    dipole = case.name == "dipole"
    tabulate: Any = quadrature.tabulate if dipole else vector_quadrature.tabulate
    masses = case.at(m4).values()

    def train() -> None:
        trained: Any = trained_map if dipole else trained_vector_map
        for hit in sampler.targets:
            at = map(anchor, masses)
            trained.__wrapped__(1, sampler.group, hit.name, *at, sampler.envelope)

    def seeds() -> None:
        for hit in sampler.targets:
            shifts(1, sampler.group, hit.name, tuple(masses), REPLICATES)

    views = range(len(source.terms))
    found = {
        "quadrature_tables": least(lambda: [tabulate(m4, s) for s in point.streams]),
        "set_up_with_quadrature": least(lambda: sampled(case, sampler)),
        "shifts": least(seeds),
        "summary": least(lambda: [point.response(view) for view in views]),
        "train_maps_of_an_anchor": least(train),
        "whole_point": least(lambda: source.answer(m4)),
    }
    if dipole:
        histogram = point.mean("histogram", 0)
        found["lifetime_transform"] = least(lambda: lifetime.at_nodes(histogram))
    return {name: 1e3 * seconds for name, seconds in found.items()}


def bare(case: suite.Case, detector: str) -> dict[str, Any]:
    """Speed of the bare loop at a point of the suite, beside the bound of perfect sampling."""
    one = with_five_observables(case, suite.load(detector))
    two = msgspec.structs.replace(one, name="twin")
    alone, both = bare_loop(case, (one,)), bare_loop(case, (one, two))
    part, points = acceptance(case, detector)
    perfect = (1 - part) / part / suite.RELATIVE**2
    return {
        "observables": observables(case),
        "ns_per_event": alone,
        "million_events_per_second": 1e3 / alone,
        "two_experiments_over_one": both / alone,
        "acceptance": part,
        "events_of_a_perfect_sampler": perfect,
        "bound_ms_per_mass": perfect * alone * 1e-6,
        "events_sampled": points * decays(case),
    }


def main() -> None:
    """Measure, print a table and JSON."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--json", type=Path, help="also write the numbers to this file")
    options = parser.parse_args()
    results: dict[str, Any] = {}
    for case, detector in suite.POINTS:
        r = bare(case, detector)
        r["ms_per_mass"] = around(case, detector)
        results[f"{case.name} {detector}"] = r
        print(
            f"{case.name} {detector}: {r['ns_per_event']:.0f} ns per event, "
            f"{r['million_events_per_second']:.2f} M events/s/core; two experiments cost "
            f"{r['two_experiments_over_one']:.2f} of one; perfect sampling at 1 %: "
            f"{r['events_of_a_perfect_sampler']:.0f} events, {r['bound_ms_per_mass']:.2f} ms; "
            f"used: {r['events_sampled']} events, {r['ms_per_mass']['whole_point']:.2f} ms"
        )
        for name, value in r["ms_per_mass"].items():
            print(f"  {name}: {value:.2f} ms")
    text = json.dumps(results, indent=1)
    print(text)
    if options.json:
        options.json.write_text(text + "\n")


if __name__ == "__main__":
    main()
