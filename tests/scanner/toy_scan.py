"""A scan without physics: numbers that depend on nothing but the point; also a program to kill.

python toy_scan.py STORE WORKERS SECONDS_PER_BLOCK [I N]: all, or the I-th share of N
"""

import hashlib
import math
import os
import signal
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from jobs.threads import THREAD_VARIABLES
from scanner.blocks.blocks import Arrays, ArraySpec, Block, GroupSpec
from scanner.execution import execute
from scanner.execution.share import join, run_share
from scanner.storage import store
from scanner.storage.place import Place, labelled, parse

EXPERIMENTS = ("microboone", "sbnd")
CTAU = tuple(10.0 ** (k / 4) for k in range(8))
ARRAYS = (
    ArraySpec(
        "response", ("experiment", "ctau_1", "ctau_2"), attrs={"units": "1", "long_name": "events"}
    ),
    ArraySpec("n_eff", ("experiment",)),
    ArraySpec("status", ("experiment",), "int8"),
)
IDENTITY = {"physics_digest": "a", "seed": 7, "model": "toy", "axes": {}, "experiments": {}}


def masses(n: int) -> tuple[float, ...]:
    """n masses, as a grid file would give them."""
    return tuple(float(f"{m:.12g}") for m in np.geomspace(0.01, 1.0, n))


def group(
    m4: tuple[float, ...],
    experiments: tuple[str, ...] = EXPERIMENTS,
    block_points: int | None = 1,
    name: str = "bnb_argon",
    label: str = "microboone+sbnd",
    digest: str = "argon",
) -> GroupSpec:
    """The toy group on any masses."""
    return GroupSpec(
        name,
        label,
        {"m4": m4},
        ARRAYS,
        {
            "experiment": (experiments, {}),
            "ctau_1": (CTAU, {"units": "cm"}),
            "ctau_2": ((math.nan,), {}),
        },
        {"m4": {"units": "GeV", "long_name": "mass of N4"}},
        block_points,
        digest,
    )


@dataclass(frozen=True)
class Toy:
    """Evaluate: response = hash(mass, experiment) * (ctau + mass), exactly zero for some masses."""

    m4: tuple[float, ...]
    experiments: tuple[str, ...] = EXPERIMENTS
    seconds: float = 0.0
    broken: frozenset[float] = field(default_factory=frozenset)
    unconverged: frozenset[float] = field(default_factory=frozenset)
    deadly: frozenset[float] = field(default_factory=frozenset)
    calls: Path | None = None

    def __call__(self, block: Block, known: Arrays | None) -> Arrays:
        end = time.perf_counter() + self.seconds
        while time.perf_counter() < end:
            pass
        points = self.m4[block.slices[0]]
        shape = (len(points), len(self.experiments))
        out: Arrays = {
            "response": np.full((*shape, len(CTAU), 1), np.nan),
            "n_eff": np.full(shape, np.nan),
            "status": np.zeros(shape, np.int8),
        }
        for i, mass in enumerate(points):
            if mass in self.broken:
                raise ValueError(f"mass {mass} is broken\nbeyond repair")
            if mass in self.deadly:
                os.kill(os.getpid(), 9)
            for j, experiment in enumerate(self.experiments):
                if known is not None and known["status"][i, j]:
                    for name, array in out.items():
                        array[i, j] = known[name][i, j]
                else:
                    self._compute(mass, experiment, out, (i, j))
        return out

    def _compute(self, mass: float, experiment: str, out: Arrays, where: tuple[int, int]) -> None:
        if self.calls:
            with self.calls.open("a") as log:
                log.write(f"{mass} {experiment}\n")
        digest = hashlib.sha256(f"{mass} {experiment}".encode()).digest()
        number = int.from_bytes(digest[:4], "big") / 2**32 if digest[4] % 4 else 0.0
        out["response"][where] = number * (np.array(CTAU)[:, None] + mass)
        out["n_eff"][where] = number
        out["status"][where] = 3 if mass in self.unconverged else 1


@dataclass(frozen=True)
class Greedy:
    """A toy that takes and keeps gigabytes at one mass."""

    toy: Toy
    greedy: float

    def __call__(self, block: Block, known: Arrays | None) -> Arrays:
        if self.greedy in self.toy.m4[block.slices[0]]:
            kept = []
            for _ in range(32):  # 4 GB, so slowly that the nanny sees it
                kept.append(np.ones(2**24))
                time.sleep(0.1)
        return self.toy(block, known)


class Environment:
    """Reports how the worker is set up; here, since workers cannot import test modules."""

    def __call__(self, block: Block, known: Arrays | None) -> Arrays:
        from distributed import get_worker

        threads = [int(os.environ[name]) for name in THREAD_VARIABLES]
        return {"threads": np.array([[*threads, get_worker().state.nthreads]])}


def run(
    path: Place | str, groups: list[GroupSpec], toy: Toy, workers: int = 0, **options: object
) -> execute.RunSummary:
    """Open, run, close."""
    with store.open_or_create(path, groups, IDENTITY) as opened:
        return execute.run(opened, toy, workers=workers, **options)  # type: ignore[arg-type]


def sha256(path: Place | str, name: str = "bnb_argon") -> str:
    """Digest of decoded values and coordinates as xarray gives them."""
    digest = hashlib.sha256()
    with labelled(parse(path), f"response/{name}") as dataset:
        for key in sorted(map(str, dataset.variables)):
            values = dataset[key].values
            digest.update(key.encode() + str(dataset[key].dims).encode())
            data = values.tobytes() if values.dtype.kind in "if" else repr(values.tolist()).encode()
            digest.update(data)
    return digest.hexdigest()


if __name__ == "__main__":
    # what is started in the background ignores Ctrl-C otherwise
    signal.signal(signal.SIGINT, signal.default_int_handler)
    store_path, count, per_block, *share = sys.argv[1:]
    m4 = masses(120)
    toy = Toy(m4, seconds=float(per_block))
    if share:
        mine = int(share[0]), int(share[1])
        with join(Path(store_path), [group(m4)], IDENTITY) as joined:
            summary = run_share(joined, toy, mine)
    else:
        summary = run(Path(store_path), [group(m4)], toy, int(count))
    raise SystemExit(summary.exit_code)
