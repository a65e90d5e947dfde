"""Run the short benchmarks and keep what they gave, so that a loss of speed is seen.

    python benchmarks/history.py [--darknews-python PYTHON] [--note TEXT]
    python benchmarks/history.py --show

Appends one line of JSON to benchmarks/history.jsonl: date, commit, versions, processor, load, and
numbers by name. CPU seconds wherever possible, since wall times of a shared machine say little;
compare lines of the same processor and of like load.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from statistics import median
from typing import Any

import kernel  # it sets one thread per library before numpy is imported
import start_up
import suite
from darknews import DarkNews

from scanner.storage import provenance

FOLDER = Path(__file__).parent
HISTORY = FOLDER / "history.jsonl"
PACKAGES = ("python", "numba", "numpy", "scipy", "vegas", "distributed", "zarr")
SCALING = {"one_second": "overhead_fraction", "loop_100000": "client_cpu_us_per_block"}
ROUNDS = 3


def kernels() -> dict[str, float]:
    """Bare loop with five observables, and one mass with all that surrounds the loop."""
    found = {}
    for case, detector in suite.POINTS:
        name = f"{case.name}_{detector}"
        one = kernel.with_five_observables(case, suite.load(detector))
        found[f"ns_per_event_{name}"] = kernel.bare_loop(case, (one,))
        found[f"ms_per_mass_{name}"] = 1e3 * suite.time_point(case, detector, 1)[0]
    return found


def scans() -> dict[str, float]:
    """Overhead of blocks of a second, and our own loop."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "scaling.json"
        command = [sys.executable, str(FOLDER / "scaling.py"), "--json", str(file)]
        subprocess.run([*command, "--only", *SCALING], check=True, stdout=subprocess.DEVNULL)
        found = json.loads(file.read_text())
    return {f"{name}_{key}": found[name][key] for name, key in SCALING.items()}


def starts() -> dict[str, float]:
    """From the shell to a rate."""
    rounds = [start_up.timed(start_up.PROGRAM, *start_up.RATE) for _ in range(ROUNDS + 1)][1:]
    return {
        "rate_wall_seconds": median(wall for wall, _ in rounds),
        "rate_cpu_seconds": median(cpu for _, cpu in rounds),
    }


def ratios(python: str) -> dict[str, float]:
    """Time of DarkNews at equal precision over that of one mass."""
    import speed

    other = DarkNews(python)
    entries = speed.measure(other, ROUNDS)
    other.close()
    return {
        f"times_darknews_{name}_{detector}": float(
            median(found.darknews.best(suite.RELATIVE)[1].tolist()) / median(found.point)
        )
        for (name, detector), found in entries.items()
    }


def line(python: str | None, note: str) -> dict[str, Any]:
    """Measure everything."""
    versions = provenance.versions()
    git = provenance.git_state(FOLDER)
    load = os.getloadavg()[0]
    numbers = {**kernels(), **starts(), **scans(), **(ratios(python) if python else {})}
    return {
        "date": provenance.now(),
        "git": git,
        "cpu": provenance.cpu_model(),
        "cores": os.cpu_count(),
        "load": [round(load, 1), round(os.getloadavg()[0], 1)],
        "versions": {name: versions[name] for name in PACKAGES if name in versions},
        "note": note,
        "numbers": {name: float(f"{value:.4g}") for name, value in numbers.items()},
    }


def table(lines: list[dict[str, Any]]) -> str:
    """Numbers by name, one column for each line of the history, the newest last."""
    names = list(dict.fromkeys(name for each in lines for name in each["numbers"]))
    width = max(map(len, names), default=0)
    rows = [
        ("", [each["date"][:10] for each in lines]),
        ("commit", [((each["git"] or {}).get("sha") or "")[:9] for each in lines]),
        ("load", [f"{max(each['load']):.1f}" for each in lines]),
        *((name, [f"{each['numbers'].get(name, ''):}" for each in lines]) for name in names),
    ]
    return "\n".join(
        f"{name:{width}}" + "".join(f"  {value:>10}" for value in values) for name, values in rows
    )


def main() -> None:
    """Measure and append, or show."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--show", action="store_true", help="print the history, measure nothing")
    parser.add_argument("--darknews-python", help="python that has DarkNews 0.4.8")
    parser.add_argument("--note", default="", help="what this line is about")
    options = parser.parse_args()
    if not options.show:
        measured = line(options.darknews_python, options.note)
        with HISTORY.open("a") as history:
            history.write(json.dumps(measured) + "\n")
    print(table([json.loads(each) for each in HISTORY.read_text().splitlines()]))


if __name__ == "__main__":
    main()
