"""How a scan grows: with workers, with blocks, and what a block costs beside its own work.

    python benchmarks/scaling.py [--only NAME ...] [--seconds 240] [--json FILE]

Every measurement is a process of its own, so that its memory is its own:

strong, weak      a scan of the dipole in MicroBooNE on one and two workers, of fixed size and of
                  a size that grows with the workers
one_second        64 blocks that keep a core busy for a second, on two workers
tasks_10000,      blocks that do nothing, on two workers: CPU of the client, which is the scheduler
tasks_100000      too, and of the workers, for each block; stopped after --seconds
loop_*            our own loop alone, without workers and store, up to a million blocks
marks_*           reading the marks of a store that is resumed

Overhead is the part of workers x wall, from the start of the first block to the end of the last, in
which no worker was busy with a block. CPU seconds and ratios survive a shared machine, wall times
do not; the load is printed with each.
"""

import argparse
import json
import math
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np

from jobs.threads import one_thread

one_thread()

import psutil  # noqa: E402

from scanner.blocks.blocks import Arrays, ArraySpec, Block, GroupSpec  # noqa: E402
from scanner.blocks.plan import layout  # noqa: E402
from scanner.execution import execute  # noqa: E402
from scanner.execution.ending import Clock  # noqa: E402
from scanner.execution.engines import Engine  # noqa: E402
from scanner.execution.progress import Silent  # noqa: E402
from scanner.execution.worker import Outcome  # noqa: E402
from scanner.storage import store  # noqa: E402

GRID = """
title = "scaling"
model = "dipole"
experiments = ["microboone"]

[axes]
m4 = {{ log = [0.05, 0.8], n = {masses}, unit = "GeV" }}
mu_tr_mu4 = {{ log = [1e-8, 1e-3], n = 2, unit = "GeV^-1" }}

[precision]
relative = 0.005
"""
MASSES = 320
ONE_SECOND_BLOCKS = 64
WORKERS = (1, 2)


@dataclass(frozen=True)
class Spin:
    """Evaluate: keep the core busy, then answer with ones."""

    seconds: float

    def __call__(self, block: Block, known: Arrays | None) -> Arrays:
        """Compute nothing."""
        end = time.perf_counter() + self.seconds
        while time.perf_counter() < end:
            pass
        return {"rate": np.ones(block.shape)}


class Watched(Clock):
    """Is told of ends of blocks; stops a run that takes too long."""

    def __init__(self, limit: float) -> None:
        super().__init__()
        self.limit, self.begin = limit, time.monotonic()
        self.ends: list[tuple[float, float]] = []

    def note(self, seconds: float) -> None:
        """Note when a block ended and how long it took."""
        super().note(seconds)
        self.ends.append((time.monotonic(), seconds))
        if self.ends[-1][0] - self.begin > self.limit:
            raise KeyboardInterrupt

    def result(self, workers: int) -> dict[str, float]:
        """Wall time from first start to last end, and the part of it without work."""
        phase = max(end for end, _ in self.ends) - min(end - took for end, took in self.ends)
        busy = sum(took for _, took in self.ends)
        return {
            "blocks": len(self.ends),
            "phase_seconds": phase,
            "block_seconds": busy / len(self.ends),
            "overhead_fraction": 1.0 - busy / (workers * phase),
        }


def spec(blocks: int) -> GroupSpec:
    """Describe a group of blocks of one point."""
    axes = {"m4": tuple(float(i + 1) for i in range(blocks))}
    return GroupSpec("group", "group", axes, (ArraySpec("rate"),), block_points=1)


def measured(
    groups: list[GroupSpec], evaluate: Any, workers: int, limit: float = math.inf
) -> dict[str, float]:
    """Run a scan and measure its blocks, CPU of client and workers, and memory of the client."""
    watched = Watched(limit)
    before = psutil.Process().memory_info().rss
    with tempfile.TemporaryDirectory() as folder:
        begin = time.process_time()
        with store.open_or_create(Path(folder) / "scan.zarr", groups, {}) as opened:
            created, most = time.process_time() - begin, psutil.Process().memory_info().rss
            begin = time.process_time()
            execute.run(opened, evaluate, workers=workers, clock=watched)
            client = time.process_time() - begin
    children = resource.getrusage(resource.RUSAGE_CHILDREN)
    found = watched.result(workers)
    blocks = found["blocks"]
    return {
        **found,
        "create_cpu_seconds": created,
        "client_cpu_ms_per_block": 1e3 * client / blocks,
        "worker_cpu_ms_per_block": 1e3 * (children.ru_utime + children.ru_stime) / blocks,
        "client_MB_before": before / 1e6,
        "client_MB": max(most, psutil.Process().memory_info().rss) / 1e6,
    }


def real(workers: int, masses: int) -> dict[str, float]:
    """Scan the dipole in MicroBooNE."""
    from scanner.assembly.assemble import Scan  # needs the kernel, which other measurements do not

    with tempfile.TemporaryDirectory() as folder:
        grid = Path(folder) / "grid.toml"
        grid.write_text(GRID.format(masses=masses))
        scan = Scan.load(str(grid))
    scan.evaluate.warm()
    return measured(list(scan.groups()), scan.evaluate, workers)


def loop(blocks: int) -> dict[str, float]:
    """Drive blocks through the client's loop with an engine that does nothing."""
    begin = time.process_time()
    planned = layout(spec(blocks))
    before = psutil.Process().memory_info().rss
    marks = np.full(blocks, -1)
    fake = SimpleNamespace(
        path=Path("nowhere.zarr"),
        layouts={"group": planned},
        attrs={},
        regions=lambda name: SimpleNamespace(marks=lambda: marks, asked_marks=lambda: marks),
        update_attrs=lambda **attrs: None,
    )

    def compute(given: Iterator[Block]) -> Iterator[Outcome]:
        for block in given:
            yield Outcome(block.group, block.index, 0.0)

    @contextmanager
    def nothing(*arguments: object) -> Iterator[Engine]:
        yield Engine(compute)  # type: ignore[arg-type]

    execute.engine = nothing  # type: ignore[assignment]
    planned_cpu = time.process_time() - begin
    begin = time.process_time()
    run = execute.Run(fake, Spin(0.0), Silent(), Clock())  # type: ignore[arg-type]
    run.recorded({"group": np.arange(blocks)}, None, 1, None)  # type: ignore[arg-type]
    return {
        "blocks": blocks,
        "plan_cpu_seconds": planned_cpu,
        "client_cpu_us_per_block": 1e6 * (time.process_time() - begin) / blocks,
        "client_MB_before": before / 1e6,
        "client_MB": psutil.Process().memory_info().rss / 1e6,
    }


def marks(blocks: int) -> dict[str, float]:
    """Read the marks of a store of which nothing is done."""
    with tempfile.TemporaryDirectory() as folder:
        begin = time.process_time()
        with store.open_or_create(Path(folder) / "scan.zarr", [spec(blocks)], {}) as opened:
            created = time.process_time() - begin
            begin = time.process_time()
            opened.regions("group").marks()
            read = time.process_time() - begin
    used = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return {"blocks": blocks, "create_cpu_seconds": created,
            "read_cpu_us_per_block": 1e6 * read / blocks, "process_MB": used}  # fmt: skip


def measurements(seconds: float) -> dict[str, Callable[[], dict[str, float]]]:
    """All measurements by name."""
    found: dict[str, Callable[[], dict[str, float]]] = {}
    for n in WORKERS:
        found[f"strong_{n}"] = lambda n=n: real(n, MASSES)
        found[f"weak_{n}"] = lambda n=n: real(n, n * MASSES // WORKERS[-1])
    found["one_second"] = lambda: measured([spec(ONE_SECOND_BLOCKS)], Spin(1.0), WORKERS[-1])
    for n in (10_000, 100_000):
        found[f"tasks_{n}"] = lambda n=n: measured([spec(n)], Spin(0.0), WORKERS[-1], seconds)
        found[f"marks_{n}"] = lambda n=n: marks(n)
    for n in (10_000, 100_000, 1_000_000):
        found[f"loop_{n}"] = lambda n=n: loop(n)
    return found


def main() -> None:
    """Measure, each in a process of its own, and print JSON."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    names = list(measurements(0.0))
    parser.add_argument("--only", nargs="+", choices=names, default=names, metavar="NAME")
    parser.add_argument("--seconds", type=float, default=240.0, help="longest of the tasks")
    parser.add_argument("--here", action="store_true", help="in this process, one of them")
    parser.add_argument("--json", type=Path, help="also write the numbers to this file")
    options = parser.parse_args()
    if options.here:
        print(json.dumps(measurements(options.seconds)[options.only[0]]()))
        return
    results: dict[str, Any] = {}
    for name in options.only:
        command = [sys.executable, __file__, "--here", "--seconds", str(options.seconds)]
        done = subprocess.run([*command, "--only", name], capture_output=True, text=True)
        if done.returncode != 0:
            sys.exit(done.stderr)
        load = round(os.getloadavg()[0], 1)
        results[name] = {**json.loads(done.stdout.splitlines()[-1]), "load": load}
        print(name, json.dumps(results[name]), flush=True)
    if options.json:
        options.json.write_text(json.dumps(results, indent=1) + "\n")


if __name__ == "__main__":
    main()
