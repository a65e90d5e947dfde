"""Speed of the suite's points against DarkNews, in alternating rounds, and what else costs time."""

import sys
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

import msgspec
import numpy as np
from darknews import SETTINGS, DarkNews, Runs
from suite import (
    CTAU_CM,
    POINTS,
    RELATIVE,
    Case,
    Source,
    cpu,
    load,
    source,
    time_point,
    time_scan,
    true_rms,
)

from physics.experiments.schema import Cut, Experiment

COUPLINGS = len(CTAU_CM)
RMS_SEEDS = 24
COPIES = 10
FLYING_EPSILON = 1e-5
"""Kinetic mixing at which the Z' of the light case flies, with c tau = 2.7 cm."""

Key = tuple[str, str]


@dataclass
class Entries:
    """What one point of the suite gave, round by round.

    Parameters
    ----------
    darknews : Runs
        Of DarkNews.
    point, scan : list of float
        CPU seconds of ours per mass: the point with its maps at hand, the mean of the cold scan.
    sampled, missed : list of int
        Points sampled at the point, and masses of the scan that end above 1 %.
    """

    darknews: Runs = field(default_factory=Runs)
    point: list[float] = field(default_factory=list)
    scan: list[float] = field(default_factory=list)
    sampled: list[int] = field(default_factory=list)
    missed: list[int] = field(default_factory=list)


def measure(other: DarkNews, rounds: int) -> dict[Key, Entries]:
    """Alternate between the two programs, after a first run of each that is not counted."""
    found = {(case.name, detector): Entries() for case, detector in POINTS}
    for case, detector in POINTS:
        other.run(case, detector, SETTINGS[3], 1)
        time_point(case, detector, 0, repeats=1)
    for number in range(1, rounds + 1):
        for case, detector in POINTS:
            entries = found[case.name, detector]
            entries.darknews.add(other, case, detector, number)
            seconds, sampled = time_point(case, detector, number)
            entries.point.append(seconds)
            entries.sampled.append(sampled)
            seconds, missed = time_scan(case, detector, number)
            entries.scan.append(seconds)
            entries.missed.append(missed)
        print(f"round {number} of {rounds}", file=sys.stderr)
    return found


def summary(case: Case, detector: str, entries: Entries) -> dict[str, Any]:
    """Give times at equal precision, their ratios round by round, and the true error of ours."""
    runs = entries.darknews
    setting, theirs = runs.best(RELATIVE)
    rms = true_rms(case, detector, RMS_SEEDS)
    # a setting that ran in the first rounds only is compared with those
    rounds = range(len(theirs))
    return {
        "darknews_setting": setting,
        "darknews_rms_percent": [100 * runs.rms(s) for s in SETTINGS],
        "darknews_seconds": [float(np.median(runs.seconds(s))) for s in SETTINGS],
        "darknews_seconds_at_1_percent": spread(theirs.tolist()),
        "point_seconds": spread(entries.point),
        "scan_seconds_per_mass": spread(entries.scan),
        "scan_seconds": spread([len(case.masses) * t for t in entries.scan]),
        "ratio_point": spread([theirs[i] / entries.point[i] for i in rounds]),
        "ratio_scan": spread([theirs[i] / entries.scan[i] for i in rounds]),
        "ratio_grid_point": spread([COUPLINGS * theirs[i] / entries.scan[i] for i in rounds]),
        "target_per_mass": case.target,
        "target_seconds": case.seconds,
        "points_sampled": entries.sampled,
        "masses_above_1_percent": entries.missed,
        "true_rms_percent_worst_coupling": float(100 * rms.max()),
        "true_rms_percent_prompt": float(100 * rms[0]),
    }


def spread(values: list[float]) -> dict[str, float]:
    """Median, least and largest."""
    return {
        "median": float(np.median(values)),
        "min": float(min(values)),
        "max": float(max(values)),
    }


def least(call: Callable[[], Any], repeats: int = 5) -> float:
    """CPU seconds of a call after a first one, the least of several."""
    call()
    return min(cpu(call)[0] for _ in range(repeats))


def ten_experiments(case: Case, detector: str) -> dict[str, float]:
    """Milliseconds of one mass for one and for ten experiments on one beam, and their ratio."""
    members = [_copy(load(detector), number) for number in range(COPIES)]
    one, ten = (Source(case, some, 1) for some in (members[:1], members))
    alone, together = (least(lambda s=s: s.answer(case.m4)) for s in (one, ten))
    return {"one_ms": 1e3 * alone, "ten_ms": 1e3 * together, "ratio": together / alone}


def _copy(experiment: Experiment, number: int) -> Experiment:
    """Rename an experiment, and cut on another energy."""
    signature = experiment.signature
    energy, *others = signature.selection
    moved = Cut(observable=energy.observable, min=energy.min + 0.01 * number, max=energy.max)
    signature = msgspec.structs.replace(signature, selection=(moved, *others))
    return msgspec.structs.replace(experiment, name=f"copy_{number}", signature=signature)


def exchanges(case: Case, detector: str) -> dict[str, dict[str, float]]:
    """Points and milliseconds of one mass: all exchanges, Z' alone, and a Z' that flies."""
    whole, alone = source(case, detector, 1), source(case, detector, 1)
    alone.keep(lambda term: term.name.endswith("zprime^2"))
    some = {"all exchanges": whole, "the square of the Z' alone": alone}
    if case.name == "light":
        flies = replace(case, fixed={**case.fixed, "epsilon": FLYING_EPSILON})
        made = source(flies, detector, 1)
        some[f"all, {len(made.nodes)} lifetimes of a Z' that flies"] = made
    return {
        name: {
            "ms": 1e3 * least(lambda made=made: made.answer(case.m4)),
            "points": made.answer(case.m4)[0][0].events,
        }
        for name, made in some.items()
    }
