"""Start-up, compilation, scans and memory of hnlscan, each in processes of its own.

    python benchmarks/scan.py [--workers 2] [--json FILE]

Wall times, so run it on an idle machine. The overhead of a scan is the part of workers x wall, from
the start of its first block to the end of its last, in which no worker was busy with a block.
"""

import argparse
import json
import os
import re
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parent
GRIDS = ("quickstart", "dipole_upscattering")

IMPORT = "import physics.response"
FIRST = """
import suite
suite.time_point(suite.named("dipole"), "miniboone_fhc", 1, repeats=1)
"""
SUITE = """
import resource
import suite
for case, detector in suite.POINTS:
    suite.time_point(case, detector, 1, repeats=1)
    print(f"{case.name}_{detector}={len(case.masses) * suite.time_scan(case, detector, 1)[0]}")
print(f"rss_MB={resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024}")
"""
RUN = """
import resource, sys, threading, time
import psutil
from scanner.cli.main import main
from scanner.execution.ending import Clock
most = {"workers": 0}
blocks = []
note = Clock.note

def noted(self, seconds):
    blocks.append((time.monotonic(), seconds))
    note(self, seconds)

Clock.note = noted

def watch():
    while True:
        for child in psutil.Process().children(recursive=True):
            try:
                most["workers"] = max(most["workers"], child.memory_info().rss)
            except psutil.Error:
                pass
        time.sleep(0.2)

threading.Thread(target=watch, daemon=True).start()
try:
    main(sys.argv[1:])
finally:
    used = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"client_MB={used} worker_MB={most['workers'] / 2**20}")
    phase = max(end for end, _ in blocks) - min(end - taken for end, taken in blocks)
    busy = sum(taken for _, taken in blocks)
    print(f"blocks={len(blocks)} phase_seconds={phase} block_seconds={busy}")
"""


def python(code: str, *arguments: str, **environment: str) -> tuple[float, str]:
    """Wall seconds and output of a fresh process on one thread per library."""
    settings = {
        **os.environ, "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", **environment,
    }  # fmt: skip
    start = time.perf_counter()
    done = subprocess.run(
        [sys.executable, "-c", code, *arguments],
        cwd=FOLDER, env=settings, capture_output=True, text=True, check=False,
    )  # fmt: skip
    if done.returncode != 0:
        sys.exit(done.stderr)
    return time.perf_counter() - start, done.stdout


def numbers(text: str) -> dict[str, float]:
    """Read what is written as `name=value`."""
    return {name: float(value) for name, value in re.findall(r"(\w+)=([\d.]+)", text)}


def start_up() -> dict[str, float]:
    """Seconds to import, to the first point from the cache, and to compile everything."""
    with tempfile.TemporaryDirectory() as cache:
        cold, _ = python(FIRST, HNLSCAN_CACHE_DIR=cache)
        cached = min(python(FIRST, HNLSCAN_CACHE_DIR=cache)[0] for _ in range(3))
    return {
        "python": min(python("pass")[0] for _ in range(3)),
        "import": min(python(IMPORT)[0] for _ in range(3)),
        "first_point_from_cache": cached,
        "first_point_cold": cold,
        "compile": cold - cached,
    }


def scan(grid: str, workers: int) -> dict[str, float]:
    """Run a shipped grid with the command and measure wall time, overhead and memory."""
    with tempfile.TemporaryDirectory() as folder:
        store = str(Path(folder) / "scan.zarr")
        wall, text = python(RUN, "run", grid, "--out", store, "--workers", str(workers))
    found = numbers(text)
    busy = found["block_seconds"] / (workers * found["phase_seconds"])
    return {"wall_seconds": wall, **found, "overhead_fraction": 1.0 - busy}


def main() -> None:
    """Measure and print JSON."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--json", type=Path, help="also write the numbers to this file")
    options = parser.parse_args()
    results: dict[str, Any] = {"start_up_seconds": start_up()}
    results["suite_40_x_60_cpu_seconds"] = numbers(python(SUITE)[1])
    for grid in GRIDS:
        results[grid] = scan(grid, options.workers)
    text = json.dumps(results, indent=1)
    print(text)
    if options.json:
        options.json.write_text(text + "\n")


if __name__ == "__main__":
    main()
