"""DarkNews in an environment of its own: installing it, running it, and what its runs tell."""

import json
import os
import subprocess
import sys
import venv
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from suite import Case

VERSION = "0.4.8"
SETTINGS = (
    (10000, 20, 1000, 10),  # its defaults
    (1000, 10, 1000, 10),
    (500, 5, 1000, 5),
    (1000, 1, 1000, 4),
    (3000, 1, 1000, 4),
    (10000, 1, 1000, 4),
)
"""neval, nint, neval_warmup and nint_warmup of DarkNews."""

SLOW, SLOW_ROUNDS = SETTINGS[0], 2
"""The defaults take five seconds and have the least error: they run in the first rounds only."""

SEEDS_PER_ROUND = 2
ACCURATE = SETTINGS[-1]
"""The setting whose runs tell what DarkNews answers."""

THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")


def cache_folder() -> Path:
    """Folder of the environment: in $XDG_CACHE_HOME, or .cache in the home folder."""
    base = os.environ.get("XDG_CACHE_HOME") or str(Path.home() / ".cache")
    return Path(base) / "hnlscan" / f"darknews-{VERSION}"


def environment() -> str:
    """Install DarkNews in an environment of its own, unless it is there: its interpreter."""
    folder = cache_folder()
    python = folder / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    if not _has_darknews(python):
        print(f"making an environment in {folder}", file=sys.stderr)
        venv.create(folder, with_pip=True, clear=True)
        install = [str(python), "-m", "pip", "install", "--quiet", f"DarkNews=={VERSION}"]
        print(f"running {' '.join(install)}", file=sys.stderr)
        if subprocess.run(install, check=False).returncode != 0:
            sys.exit(
                f"DarkNews {VERSION} could not be installed; install it yourself and name its "
                "interpreter by --darknews-python"
            )
    print(f"DarkNews {VERSION} is in {folder}", file=sys.stderr)
    return str(python)


def version(python: str) -> str | None:
    """Version of DarkNews that an interpreter has, None without."""
    code = "from importlib.metadata import version; print(version('DarkNews'))"
    try:
        found = subprocess.run([python, "-c", code], capture_output=True, text=True, check=False)
    except OSError:
        return None
    return found.stdout.strip() or None


def _has_darknews(python: Path) -> bool:
    return python.exists() and version(str(python)) == VERSION


class DarkNews:
    """A process with DarkNews in it.

    Parameters
    ----------
    python : str
        Interpreter of the environment in which DarkNews is installed.
    """

    def __init__(self, python: str) -> None:
        if (found := version(python)) != VERSION:
            sys.exit(f"{python} has DarkNews {found}, but {VERSION} is compared with")
        self.process = subprocess.Popen(
            [python, str(Path(__file__).with_name("darknews_worker.py"))],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
            env={**os.environ, **dict.fromkeys(THREADS, "1")},
        )  # fmt: skip

    def run(self, case: Case, detector: str, setting: Sequence[int], seed: int) -> dict[str, Any]:
        """Answer of one run, see `darknews_worker.py`."""
        request = {
            **case.darknews, "m4": case.m4, "experiment": detector, "setting": setting,
            "seed": seed,
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


@dataclass
class Runs:
    """Runs of DarkNews at one point of the suite, by setting and round.

    Parameters
    ----------
    answers : dict
        {setting: one list of answers for each round}.
    """

    answers: dict[tuple[int, ...], list[list[dict[str, Any]]]] = field(
        default_factory=lambda: {setting: [] for setting in SETTINGS}
    )

    def add(self, other: DarkNews, case: Case, detector: str, number: int) -> None:
        """Run a round (from 1) of all settings, with new seeds."""
        for setting, rounds in self.answers.items():
            if setting == SLOW and number > SLOW_ROUNDS:
                continue
            seeds = [SEEDS_PER_ROUND * number + k for k in range(SEEDS_PER_ROUND)]
            chosen = seeds[:1] if setting == SLOW else seeds
            rounds.append([other.run(case, detector, setting, seed) for seed in chosen])

    def all(self, setting: tuple[int, ...]) -> list[dict[str, Any]]:
        """All answers of a setting."""
        return [run for one in self.answers[setting] for run in one]

    def rms(self, setting: tuple[int, ...]) -> float:
        """Relative scatter of the rate after cuts."""
        rates = np.array([run["rate"] for run in self.all(setting)])
        return float(rates.std(ddof=1) / rates.mean())

    def penalty(self, setting: tuple[int, ...], relative: float) -> float:
        """How much longer a setting has to run for a relative error."""
        return max(1.0, self.rms(setting) / relative) ** 2

    def seconds(self, setting: tuple[int, ...]) -> list[float]:
        """Mean CPU seconds of a run, by round."""
        return [float(np.mean([run["seconds"] for run in one])) for one in self.answers[setting]]

    def best(self, relative: float) -> tuple[tuple[int, ...], NDArray[np.float64]]:
        """Choose the fastest setting at a relative error, with its seconds there by round."""
        costs = {
            setting: np.array(self.seconds(setting)) * self.penalty(setting, relative)
            for setting in SETTINGS
        }
        setting = min(costs, key=lambda s: float(np.median(costs[s])))
        return setting, costs[setting]
