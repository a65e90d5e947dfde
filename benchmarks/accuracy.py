"""Accuracy of the suite's points: what DarkNews answers, and what we answer in both conventions."""

from typing import Any

import conventions
import numpy as np
from darknews import ACCURATE, Runs
from suite import Case, load

from physics.decays import decay
from physics.experiments.schema import Experiment


def compare(case: Case, detector: str, runs: Runs) -> dict[str, Any]:
    """Compare production by channel, acceptance and lifetime at one point of the suite.

    Parameters
    ----------
    case, detector
        The point.
    runs : Runs
        Of DarkNews; those of the setting `ACCURATE` count.

    Returns
    -------
    dict
        Ready for JSON.
    """
    answers, experiment = runs.all(ACCURATE), load(detector)
    made = {
        name: conventions.production(case, experiment, detector, answers[0], how)
        for name, how in conventions.STEPS
    }
    first, *_, last = made
    return {
        "seeds": len(answers),
        "total": _measured([run["total"] for run in answers]),
        "channels": {
            name: {
                "darknews": _measured([run["channels"][name] for run in answers]),
                "like_for_like": made[first][name],
                "default": made[last][name],
            }
            for name in answers[0]["channels"]
        },
        "steps": {name: sum(channels.values()) for name, channels in made.items()},
        "acceptance": {
            "darknews": _measured([run["rate"] / run["total"] for run in answers]),
            **_acceptances(case, experiment, made[first]),
        },
        "ctau_cm": {
            "darknews": float(np.mean([run["ctau_cm"] for run in answers])),
            "default": float(decay(case.model, case.parameters(case.m4)).ctau_cm),
        },
    }


def _acceptances(case: Case, experiment: Experiment, made: dict[str, float]) -> dict[str, Any]:
    """Tell the acceptance with their decays, with ours, and ours with all channels."""
    right = conventions.with_our_decays(case, experiment)
    return {
        "like_for_like": conventions.with_their_decays(case, experiment).weighted(made),
        "our_decays": right.weighted(made),
        "default": {"value": right.whole, "error": right.error},
    }


def _measured(values: list[float]) -> dict[str, float]:
    """Mean over seeds and its error from their scatter."""
    array = np.array(values)
    return {
        "value": float(array.mean()),
        "error": float(array.std(ddof=1) / np.sqrt(len(array))),
    }
