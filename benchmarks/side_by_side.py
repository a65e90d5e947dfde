"""Accuracy and speed against DarkNews 0.4.8 for the frozen suite, in one run.

    python benchmarks/side_by_side.py [--rounds 5] [--darknews-python PYTHON]
                                      [--page docs/comparison.md] [--json FILE]

Without --darknews-python it makes an environment for DarkNews in the cache folder of the user and
installs it there. Each round times every setting of DarkNews and then hnlscan, at each point, with
new seeds; times are CPU seconds of the one process, after imports and compilation. DarkNews' time
is the least over its settings of t max(1, rms / 1 %)^2, with the rms of its rate after cuts over
all rounds. Ours is that of one mass with 60 couplings at 1 %: the point itself with its maps at
hand, and the mean over a cold scan of 40 masses, maps included.
"""

import argparse
import json
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

for variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[variable] = "1"

import accuracy  # noqa: E402
import comparison_page  # noqa: E402
import darknews  # noqa: E402
import kernel  # noqa: E402
import memory  # noqa: E402
import speed  # noqa: E402
import suite  # noqa: E402

from physics.jit import physics_digest  # noqa: E402

LEAST_ROUNDS = 3


def arguments() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--rounds", type=int, default=5, help=f"at least {LEAST_ROUNDS}")
    parser.add_argument("--darknews-python", help="python that has DarkNews 0.4.8")
    parser.add_argument("--page", type=Path, help="write the page of docs/ to this file")
    parser.add_argument("--json", type=Path, help="write all numbers to this file")
    options = parser.parse_args()
    if options.rounds < LEAST_ROUNDS:
        parser.error(f"--rounds is at least {LEAST_ROUNDS}")
    return options


def each_point(what: str, call: Callable[[suite.Case, str], Any]) -> dict[str, Any]:
    """Call something for each point of the suite."""
    print(what, file=sys.stderr)
    return {f"{case.name} {detector}": call(case, detector) for case, detector in suite.POINTS}


def run(python: str, rounds: int) -> dict[str, Any]:
    """Measure everything, memory first: its processes tell at once whether the programs run."""
    print("memory", file=sys.stderr)
    memory_MB = memory.measure()
    other = darknews.DarkNews(python)
    entries = speed.measure(other, rounds)
    other.close()
    pairs = [point for point in suite.POINTS if point[0].name != "dipole"]
    return {
        "rounds": rounds,
        "seeds": rounds * darknews.SEEDS_PER_ROUND,
        "couplings": speed.COUPLINGS,
        "rms_seeds": speed.RMS_SEEDS,
        "settings": darknews.SETTINGS,
        "speed": each_point(
            "true errors of hnlscan", lambda c, d: speed.summary(c, d, entries[c.name, d])
        ),
        "accuracy": each_point(
            "accuracy", lambda c, d: accuracy.compare(c, d, entries[c.name, d].darknews)
        ),
        "kernel": each_point("bare loops", kernel.bare),
        "ten_experiments": each_point("ten experiments", speed.ten_experiments),
        "exchanges": {f"{c.name} {d}": speed.exchanges(c, d) for c, d in pairs},
        "memory_MB": memory_MB,
    }


def main() -> None:
    """Measure, print the page, and write it and the numbers where asked to."""
    options = arguments()
    python, digest = options.darknews_python or darknews.environment(), physics_digest()
    results = json.loads(json.dumps(run(python, options.rounds)))
    results["physics_digest"] = digest
    if physics_digest() != digest:
        print("the sources of physics/ changed during the run; repeat it", file=sys.stderr)
    page = comparison_page.text(results)
    print(page)
    if options.page:
        options.page.write_text(page)
    if options.json:
        options.json.write_text(json.dumps(results, indent=1) + "\n")


if __name__ == "__main__":
    main()
