"""From the shell to the first answer, with the compiled code in the cache.

    python benchmarks/start_up.py [--repeats 5] [--json FILE]

Medians over fresh processes, wall and CPU seconds: a bare interpreter, `hnlscan --version`,
`hnlscan rate` from the shell to its end, and `hnlscan run` of a grid on two workers from the shell
to the end of its first block. The first run of each is not counted: it may compile. CPU seconds are
those of the process itself; the load that disturbs wall times is printed too.
"""

import argparse
import json
import os
import re
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from statistics import median
from typing import Any

PROGRAM = "from scanner.cli.main import main; main()"
POINT = ("--model", "dipole", "--set", "m4=0.3", "--set", "mu_tr_mu4=2e-6")
RATE = ("rate", *POINT, "--experiment", "microboone")
FIRST_BLOCK = """
import os, time
from scanner.execution import ending

def note(self, seconds):
    used = sum(os.times()[:2])
    print(f"first_block={time.time()} client_cpu={used}", flush=True)
    raise KeyboardInterrupt

ending.Clock.note = note
"""


def timed(code: str, *arguments: str) -> tuple[float, float]:
    """Wall and CPU seconds of a fresh process."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    begin = time.perf_counter()
    subprocess.run([sys.executable, "-c", code, *arguments], capture_output=True, check=True)
    wall = time.perf_counter() - begin
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return wall, cpu


def first_block(grid: str, workers: int) -> tuple[float, float]:
    """Wall seconds until the first block has ended, and CPU seconds of the client until then."""
    with tempfile.TemporaryDirectory() as folder:
        store = str(Path(folder) / "scan.zarr")
        command = ("run", grid, "--out", store, "--workers", str(workers))
        begin = time.time()
        done = subprocess.run(
            [sys.executable, "-c", FIRST_BLOCK + PROGRAM, *command], capture_output=True, text=True,
            check=False,
        )  # fmt: skip
    found = re.search(r"first_block=([\d.]+) client_cpu=([\d.]+)", done.stdout)
    if found is None:
        sys.exit(done.stderr)
    return float(found.group(1)) - begin, float(found.group(2))


def measure(repeats: int, workers: int = 2) -> dict[str, Any]:
    """Measure everything, alternating."""
    calls = {
        "python": lambda: timed("pass"),
        "version": lambda: timed(PROGRAM, "--version"),
        "rate": lambda: timed(PROGRAM, *RATE),
        "run_to_first_block": lambda: first_block("quickstart", workers),
    }
    for call in calls.values():
        call()
    rounds = [{name: call() for name, call in calls.items()} for _ in range(repeats)]
    return {
        "load": round(os.getloadavg()[0], 1),
        **{
            name: {
                "wall_seconds": round(median(each[name][0] for each in rounds), 2),
                "cpu_seconds": round(median(each[name][1] for each in rounds), 2),
            }
            for name in calls
        },
    }


def main() -> None:
    """Measure and print JSON."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--json", type=Path, help="also write the numbers to this file")
    options = parser.parse_args()
    text = json.dumps(measure(options.repeats), indent=1)
    print(text)
    if options.json:
        options.json.write_text(text + "\n")


if __name__ == "__main__":
    main()
