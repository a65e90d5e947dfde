"""Memory of a worker and of the client, each in a process of its own.

    python benchmarks/memory.py [--json FILE]

By itself it runs three grids, reads their stores with every command, and tells memory and time; the
largest takes minutes. `measure` is what the comparison with other programs takes of it. The worker
evaluates the scans of the whole suite; the client runs a grid with one worker, of ten thousand and
of a million points. What `ru_maxrss` says of a new process on Linux is at least the peak of the
process that started it, so that the kernel's count of its own memory is read there.
"""

import argparse
import json
import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from darknews import THREADS

FOLDER = Path(__file__).parent
PEAK = """
import pathlib, re, resource
status = pathlib.Path("/proc/self/status")
if status.exists():
    print(int(re.search(r"VmHWM:\\s*(\\d+) kB", status.read_text()).group(1)) / 1024)
else:
    print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)
"""
WORKER = """
import scanner.assembly.assemble, scanner.execution.worker
import suite
for case, detector in suite.POINTS:
    suite.time_scan(case, detector, 1)
"""
CLIENT = """
import sys
from scanner.cli.main import main
code = 0
try:
    main(sys.argv[1:])
except SystemExit as end:
    code = end.code
if code:
    sys.exit(code)
"""
PHASES = """
import sys
import time
from scanner.cli import scan as cli_scan
from scanner import results

def timed(name, function):
    def run(*arguments, **options):
        start, used = time.monotonic(), time.process_time()
        try:
            return function(*arguments, **options)
        finally:
            spent = time.monotonic() - start
            print(f"{name}_s={spent} {name}_cpu_s={time.process_time() - used}", file=sys.stderr)
    return run

cli_scan.execute = timed("run", cli_scan.execute)
cli_scan.seal = timed("seal", cli_scan.seal)
results.write = timed("second_pass", results.write)
cli_scan.Scan.load = timed("load", cli_scan.Scan.load)
cli_scan.store.open_or_create = timed("create", cli_scan.store.open_or_create)
"""
SELECT = """
import sys
import xarray as xr
cube = xr.open_zarr(sys.argv[1], group="microboone")
float(cube.n_events.sel(m4=0.2, mu_tr_mu4=1e-6, method="nearest"))
"""
GRID = """
title = "memory of the client"
model = "dipole"
experiments = ["microboone"]

[axes]
m4 = {{ log = [0.05, 0.8], n = {masses}, unit = "GeV" }}
mu_tr_mu4 = {{ log = [1e-8, 1e-3], n = {couplings}, unit = "GeV^-1" }}

[precision]
relative = 0.2
events = 64
max_events = 4096
"""
COUPLINGS = {"10^4 points": 100, "10^6 points": 10000}
CASES = ((100, 100), (100, 10_000), (20_000, 50))
READING = {
    "status": ("status",),
    "limits": ("limits", "--out", "limits.csv"),
    "contour": ("contour", "--out", "contours.csv"),
    "plot": ("plot", "--out", "plot.png"),
}


def _peak(code: str, *arguments: str, folder: Path = FOLDER) -> tuple[float, str]:
    """Run code in a new process; its peak in MB, from its last line, and what it noted."""
    done = subprocess.run(
        [sys.executable, "-c", code + PEAK, *arguments], cwd=folder, capture_output=True, text=True,
        check=False, env={**os.environ, **dict.fromkeys(THREADS, "1")},
    )  # fmt: skip
    if done.returncode != 0:
        sys.exit(done.stderr or done.stdout)
    return float(done.stdout.splitlines()[-1]), done.stderr


def measure() -> dict[str, float]:
    """Largest resident memory in MB."""
    found = {"worker": _peak(WORKER)[0]}
    for name, couplings in COUPLINGS.items():
        with tempfile.TemporaryDirectory() as folder:
            grid = Path(folder) / "grid.toml"
            grid.write_text(GRID.format(masses=100, couplings=couplings))
            store = str(Path(folder) / "grid.zarr")
            arguments = ("run", str(grid), "--out", store, "--workers", "1")
            found[f"client, {name}"] = _peak(CLIENT, *arguments)[0]
    return found


def case(masses: int, couplings: int) -> dict[str, Any]:
    """Run one grid and read its store: peak memory in MB, and seconds of each phase."""
    with tempfile.TemporaryDirectory() as name:
        folder, store = Path(name), "grid.zarr"
        (folder / "grid.toml").write_text(GRID.format(masses=masses, couplings=couplings))
        running = ("run", "grid.toml", "--out", store, "--workers", "1")
        peak, noted = _peak(PHASES + CLIENT, *running, folder=folder)
        seconds = {key: float(value) for key, value in re.findall(r"(\w+)=([\d.e-]+)", noted)}
        root = (folder / store / "zarr.json").stat().st_size
        found: dict[str, Any] = {"run_MB": peak, **seconds, "root_json_bytes": root}
        for what, (command, *options) in READING.items():
            found[f"{what}_MB"], _ = _peak(CLIENT, command, store, *options, folder=folder)
        found["select_MB"], _ = _peak(SELECT, store, folder=folder)
    return found


def main() -> None:
    """Measure and print JSON."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--json", type=Path, help="also write the numbers to this file")
    options = parser.parse_args()
    found = {}
    for masses, couplings in CASES:
        name = f"{masses} masses x {couplings} couplings"
        found[name] = case(masses, couplings)
        print(json.dumps({name: found[name]}, indent=1), flush=True)
    if options.json:
        options.json.write_text(json.dumps(found, indent=1) + "\n")


if __name__ == "__main__":
    main()
