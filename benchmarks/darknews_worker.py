"""Runs DarkNews in its own environment and times it: one JSON request per line, one answer each.

A request is {"experiment", "m4", "mu_tr", "setting": [neval, nint, neval_warmup, nint_warmup],
"seed"} for the dipole portal, N -> nu gamma. With {"model": "dark_photon", "mzprime", "Umu4",
"epsilon"} in place of "mu_tr" it is for the dark photon, N -> nu e+ e-; "UD4", "alphaD" (or "gD")
and "decay_product" are 1, 0.25 and "e+e-" if not given. In both "hnl_type" is "dirac" if not given.

The answer is {"seconds": CPU of this process, "rate": events after the suite's cuts, "total":
events before them, "channels": {target, regime and helicity: events before cuts}, "ctau_cm",
"targets": {nucleus: number}, "pot"}.
"""

import json
import sys
import time
from typing import Any

import numpy as np
from DarkNews.GenLauncher import GenLauncher
from numpy.typing import NDArray

E_VIS_GEV = (0.14, 3.0)
OPENING_DEG = 13.0
LEAST_ENERGY_GEV = 0.03
"""A pair is one shower below this angle, or with one lepton below this energy."""


def theory(request: dict[str, Any]) -> dict[str, Any]:
    """Parameters of the model of a request, as DarkNews names them."""
    model = request.get("model", "dipole")
    if model == "dipole":
        # without Umu4 = 0 the Z and a Z' by standard couplings come on top
        return {"mu_tr_mu4": request["mu_tr"], "Umu4": 0.0, "decay_product": "photon"}
    if model != "dark_photon":
        sys.exit(f"model {model!r} is unknown; write dipole or dark_photon")
    dark = {"gD": request["gD"]} if "gD" in request else {"alphaD": request.get("alphaD", 0.25)}
    return {
        **dark,
        "mzprime": request["mzprime"],
        "Umu4": request["Umu4"],
        "UD4": request.get("UD4", 1.0),
        "epsilon": request["epsilon"],
        "decay_product": request.get("decay_product", "e+e-"),
    }


def keep_weights(launcher: Any) -> dict[str, Any]:
    """Let each channel of a launcher leave its weights behind, which sparse events do not name."""
    weights: dict[str, Any] = {}
    for case in launcher.gen_cases:
        name = f"{case.nuclear_target.name} {case.scope['scattering_regime']} {case.helicity}"

        def run(name: str = name, original: Any = case.get_MC_events) -> Any:
            events = original()
            weights[name] = events["w_event_rate", ""]
            return events

        case.get_MC_events = run
    return weights


def generate(request: dict[str, Any]) -> tuple[Any, dict[str, Any]]:
    """Generate events of one setting: all of them, and the weights by channel."""
    neval, nint, neval_warmup, nint_warmup = request["setting"]
    launcher = GenLauncher(
        experiment=request["experiment"],
        m4=request["m4"],
        **theory(request),
        HNLtype=request.get("hnl_type", "dirac"),
        nu_flavors=["nu_mu"],
        neval=neval,
        nint=nint,
        neval_warmup=neval_warmup,
        nint_warmup=nint_warmup,
        seed=request["seed"],
        pandas=False,
        parquet=False,
        sparse=3,
        loglevel="ERROR",
    )
    weights = keep_weights(launcher)
    return launcher.run(), weights


def momentum(events: Any, particle: str) -> NDArray[np.float64]:
    """E, px, py, pz in rows."""
    return np.array([events[particle, part].to_numpy() for part in "0123"])


def one_shower(one: NDArray[np.float64], other: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Tell which pairs of momenta look like one shower."""
    sizes = np.sqrt((one[1:] ** 2).sum(0) * (other[1:] ** 2).sum(0))
    close = (one[1:] * other[1:]).sum(0) > np.cos(np.radians(OPENING_DEG)) * sizes
    return np.asarray(close | (np.minimum(one[0], other[0]) < LEAST_ENERGY_GEV))


def cut_rate(events: Any) -> float:
    """Sum of the weights of events that pass the cuts: one shower, its energy and its angle."""
    if "P_decay_photon" in events.columns.get_level_values(0):
        seen = momentum(events, "P_decay_photon")
        passed = np.ones(len(events), dtype=bool)
    else:
        minus, plus = (momentum(events, f"P_decay_ell_{sign}") for sign in ("minus", "plus"))
        seen, passed = minus + plus, one_shower(minus, plus)
    low, high = E_VIS_GEV
    passed &= (low < seen[0]) & (high > seen[0]) & (seen[3] > 0)
    return float(np.sum(events["w_event_rate", ""].to_numpy()[passed]))


def main() -> None:
    """Answer requests until the input ends."""
    answers, sys.stdout = sys.stdout, sys.stderr
    for line in sys.stdin:
        start = time.process_time()
        events, weights = generate(json.loads(line))
        seconds = time.process_time() - start
        detector = events.attrs["experiment"]
        channels = {name: float(values.sum()) for name, values in weights.items()}
        answer = {
            "seconds": seconds,
            "rate": cut_rate(events),
            "total": sum(channels.values()),
            "channels": channels,
            "ctau_cm": float(events.attrs["N4_ctau0"]),
            "targets": {k: float(n) for k, n in detector.NUMBER_OF_TARGETS.items()},
            "pot": float(detector.POTS),
        }
        answers.write(json.dumps(answer) + "\n")
        answers.flush()


if __name__ == "__main__":
    main()
