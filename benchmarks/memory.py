"""Memory of a worker and of the client, each in a process of its own.

The worker evaluates the scans of the whole suite; the client runs a grid with one worker, of ten
thousand and of a million points. What `ru_maxrss` says of a new process on Linux is at least the
peak of the process that started it, so that the kernel's count of its own memory is read there.
"""

import os
import subprocess
import sys
import tempfile
from pathlib import Path

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
import scanner.assemble, scanner.worker
import suite
for case, detector in suite.POINTS:
    suite.time_scan(case, detector, 1)
"""
CLIENT = """
import sys
from scanner.cli import main
code = 0
try:
    main(sys.argv[1:])
except SystemExit as end:
    code = end.code
if code:
    sys.exit(code)
"""
GRID = """
title = "memory of the client"
model = "dipole"
experiments = ["microboone"]

[axes]
m4 = {{ log = [0.05, 0.8], n = 100, unit = "GeV" }}
mu_tr_mu4 = {{ log = [1e-8, 1e-3], n = {couplings}, unit = "GeV^-1" }}

[precision]
relative = 0.2
events = 64
max_events = 4096
"""
COUPLINGS = {"10^4 points": 100, "10^6 points": 10000}


def _last_number(code: str, *arguments: str) -> float:
    """Run code in a new process and read the number in its last line, in MB."""
    done = subprocess.run(
        [sys.executable, "-c", code + PEAK, *arguments], cwd=FOLDER, capture_output=True, text=True,
        check=False, env={**os.environ, **dict.fromkeys(THREADS, "1")},
    )  # fmt: skip
    if done.returncode != 0:
        sys.exit(done.stderr or done.stdout)
    return float(done.stdout.splitlines()[-1])


def measure() -> dict[str, float]:
    """Largest resident memory in MB."""
    found = {"worker": _last_number(WORKER)}
    for name, couplings in COUPLINGS.items():
        with tempfile.TemporaryDirectory() as folder:
            grid = Path(folder) / "grid.toml"
            grid.write_text(GRID.format(couplings=couplings))
            store = str(Path(folder) / "grid.zarr")
            arguments = ("run", str(grid), "--out", store, "--workers", "1")
            found[f"client, {name}"] = _last_number(CLIENT, *arguments)
    return found
