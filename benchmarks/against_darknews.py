"""Speed against DarkNews at the dipole points of the frozen suite, in one run.

    python benchmarks/against_darknews.py --darknews-python PATH [--rounds 8] [--json FILE]

Each round times every setting of DarkNews and then hnlscan, at each detector, with a new seed;
times are CPU seconds of the one process, after imports and compilation. DarkNews' time is the least
over its settings of t max(1, rms / 1 %)^2 with the rms of its cut rate over the rounds. Ours is
that of one mass with 60 couplings at 1 %: the point itself with its maps at hand, and the mean over
a cold scan of 40 masses, maps included.
"""

import argparse
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

for variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[variable] = "1"

import numpy as np  # noqa: E402
import suite  # noqa: E402

SETTINGS = (
    (10000, 20, 1000, 10),  # its defaults
    (1000, 10, 1000, 10),
    (500, 5, 1000, 5),
    (1000, 1, 1000, 4),
    (3000, 1, 1000, 4),
    (10000, 1, 1000, 4),
)
"""neval, nint, neval_warmup and nint_warmup of DarkNews."""

TARGET = 0.01
COUPLINGS = len(suite.CTAU_CM)


class DarkNews:
    """A process with DarkNews in it.

    Parameters
    ----------
    python : str
        Interpreter of the environment in which DarkNews is installed.
    """

    def __init__(self, python: str) -> None:
        worker = Path(__file__).with_name("darknews_worker.py")
        self.process = subprocess.Popen(
            [python, str(worker)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )

    def run(self, detector: str, setting: tuple[int, ...], seed: int) -> dict[str, float]:
        """CPU seconds and cut rate of one run."""
        request = {
            "experiment": detector, "m4": suite.M4_GEV, "mu_tr": suite.MU_TR,
            "setting": setting, "seed": seed,
        }  # fmt: skip
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write(json.dumps(request) + "\n")
        self.process.stdin.flush()
        line = self.process.stdout.readline()
        if not line:
            sys.exit("DarkNews stopped; see its message above")
        return dict(json.loads(line))

    def close(self) -> None:
        """End the process."""
        self.process.communicate()


def measure(python: str, rounds: int) -> dict[str, list[dict[str, Any]]]:
    """Alternate between the two programs, after a first run of each that is not counted."""
    other = DarkNews(python)
    found: dict[str, list[dict[str, Any]]] = {detector: [] for detector in suite.DETECTORS}
    for detector in suite.DETECTORS:
        other.run(detector, SETTINGS[3], 1)
        suite.time_point(detector, 0, repeats=1)
    for seed in range(1, rounds + 1):
        for detector, entries in found.items():
            theirs = [other.run(detector, setting, seed) for setting in SETTINGS]
            point, response, events = suite.time_point(detector, seed)
            scan = suite.time_scan(detector, seed)
            entries.append(
                {
                    "darknews": theirs, "point": point, "scan": scan, "events": events,
                    "sampled": response.events, "converged": response.status == 1,
                }
            )  # fmt: skip
        print(f"round {seed} of {rounds}", file=sys.stderr)
    other.close()
    return found


def summary(detector: str, entries: list[dict[str, Any]]) -> dict[str, Any]:
    """Give times at equal precision, their ratios round by round, and the true error of hnlscan."""
    seconds = np.array([[run["seconds"] for run in entry["darknews"]] for entry in entries])
    rates = np.array([[run["rate"] for run in entry["darknews"]] for entry in entries])
    rms = rates.std(0, ddof=1) / rates.mean(0)
    penalised = seconds * np.maximum(1.0, rms / TARGET) ** 2
    best = int(np.argmin(np.median(penalised, axis=0)))
    reference = suite.answer(suite.sampler(detector, 987654321, suite.REFERENCE), suite.M4_GEV)[1]
    deviation = np.array([entry["events"] for entry in entries]) / reference - 1.0
    theirs = penalised[:, best]
    return {
        "darknews_setting": SETTINGS[best],
        "darknews_rms_percent": [float(100 * x) for x in rms],
        "darknews_seconds": [float(x) for x in np.median(seconds, axis=0)],
        "darknews_seconds_at_1_percent": float(np.median(penalised[:, best])),
        "hnlscan_point_seconds": spread([entry["point"] for entry in entries]),
        "hnlscan_scan_seconds_per_mass": spread([entry["scan"] for entry in entries]),
        "ratio_point": spread([p / e["point"] for p, e in zip(theirs, entries, strict=True)]),
        "ratio_scan": spread([p / e["scan"] for p, e in zip(theirs, entries, strict=True)]),
        "events_sampled": [entry["sampled"] for entry in entries],
        "converged": all(entry["converged"] for entry in entries),
        "true_rms_percent_worst_coupling": float(100 * np.sqrt((deviation**2).mean(0)).max()),
        "true_rms_percent_prompt": float(100 * np.sqrt((deviation**2).mean(0))[0]),
    }  # fmt: skip


def spread(values: list[float]) -> dict[str, float]:
    """Median, least and largest."""
    return {"median": float(np.median(values)), "min": min(values), "max": max(values)}


def told(values: dict[str, float]) -> str:
    """Median and range as text."""
    return f"{values['median']:.0f} ({values['min']:.0f} to {values['max']:.0f})"


def table(results: dict[str, dict[str, Any]]) -> str:
    """Tell the results in lines of text."""
    lines = []
    for detector, r in results.items():
        theirs, setting = 1e3 * r["darknews_seconds_at_1_percent"], r["darknews_setting"]
        point, scan = r["hnlscan_point_seconds"], r["hnlscan_scan_seconds_per_mass"]
        whole = len(suite.MASSES_GEV) * scan["median"]
        lines += [
            f"{detector}: m4 = {suite.M4_GEV} GeV, {COUPLINGS} couplings, 1 %",
            f"  DarkNews {setting}: {theirs:.0f} ms",
            f"  hnlscan, the point: {1e3 * point['median']:.2f} ms per mass",
            f"  hnlscan, cold scan: {1e3 * scan['median']:.2f} ms per mass, {whole:.3f} s in all",
            f"  true rms: {r['true_rms_percent_worst_coupling']:.2f} % at the worst coupling",
            f"  ratio per mass, the point: {told(r['ratio_point'])}",
            f"  ratio per mass, cold scan: {told(r['ratio_scan'])}",
            f"  ratio per grid point, cold scan: {COUPLINGS * r['ratio_scan']['median']:.0f}",
        ]
    return "\n".join(lines)


def main() -> None:
    """Measure, print a table and JSON."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--darknews-python", required=True, help="python with DarkNews 0.4.8")
    parser.add_argument("--rounds", type=int, default=8, help="at least 5")
    parser.add_argument("--json", type=Path, help="also write the numbers to this file")
    options = parser.parse_args()
    if options.rounds < 5:
        parser.error("--rounds is at least 5")
    found = measure(options.darknews_python, options.rounds)
    results = {detector: summary(detector, entries) for detector, entries in found.items()}
    print(table(results))
    text = json.dumps(results, indent=1)
    print(text)
    if options.json:
        options.json.write_text(text + "\n")


if __name__ == "__main__":
    main()
