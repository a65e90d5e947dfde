"""Runs DarkNews in its own environment and times it: one JSON request per line, one answer each.

A request is {"experiment", "m4", "mu_tr", "setting": [neval, nint, neval_warmup, nint_warmup],
"seed"}; the answer is {"seconds": CPU of this process, "rate": events after the suite's cuts}.
"""

import json
import sys
import time
from typing import Any

import numpy as np
from DarkNews.GenLauncher import GenLauncher

E_VIS_GEV = (0.14, 3.0)


def generate(request: dict[str, Any]) -> Any:
    """Generate events of one setting."""
    neval, nint, neval_warmup, nint_warmup = request["setting"]
    return GenLauncher(
        experiment=request["experiment"],
        m4=request["m4"],
        mu_tr_mu4=request["mu_tr"],
        HNLtype="dirac",
        decay_product="photon",
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
    ).run()


def cut_rate(events: Any) -> float:
    """Sum of the weights of events whose photon passes the cuts on energy and angle."""
    E, pz = (events["P_decay_photon", part].to_numpy() for part in ("0", "3"))
    low, high = E_VIS_GEV
    passed = (low < E) & (high > E) & (pz > 0)
    return float(np.sum(events["w_event_rate", ""].to_numpy()[passed]))


def main() -> None:
    """Answer requests until the input ends."""
    answers, sys.stdout = sys.stdout, sys.stderr
    for line in sys.stdin:
        start = time.process_time()
        events = generate(json.loads(line))
        seconds = time.process_time() - start
        answer = {"seconds": seconds, "rate": cut_rate(events)}
        answers.write(json.dumps(answer) + "\n")
        answers.flush()


if __name__ == "__main__":
    main()
