"""Scans in processes of their own whose parts can be killed one by one."""

import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil
import real_scan

DEADLINE = 240.0
"""Longest wait for anything (s): everything is slow on a busy machine."""


def wait_until(condition, what: str, seconds: float = DEADLINE) -> None:
    """Wait for something to come true."""
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, what
        time.sleep(0.02)


class Local:
    """A client with two workers of its own: `hnlscan run` on this machine."""

    parts = ("worker", "client", "everything")

    def __init__(self, grid: Path, store: Path) -> None:
        command = [sys.executable, real_scan.__file__, str(grid), str(store), "2", "1"]
        self.client = subprocess.Popen(command, start_new_session=True)

    def workers(self) -> list[psutil.Process]:
        """Processes that compute."""
        try:
            below = psutil.Process(self.client.pid).children(recursive=True)
        except psutil.NoSuchProcess:
            return []
        return [p for p in below if _computes(p)]

    def kill(self, part: str, rng: random.Random) -> None:
        """Kill one part with SIGKILL."""
        if part == "worker":
            wait_until(self.workers, "no worker to kill")
            rng.choice(self.workers()).kill()
        elif part == "client":
            self.client.kill()
        else:
            os.killpg(self.client.pid, signal.SIGKILL)

    def over(self, part: str) -> bool:
        """Whether the scan has ended with what was killed; a worker is replaced."""
        return part != "worker"

    def close(self) -> None:
        """Leave nothing behind."""
        if self.client.poll() is None:
            os.killpg(self.client.pid, signal.SIGKILL)
        self.client.wait()


class Parts:
    """Scheduler, workers and client on their own, as in an allocation of a batch system."""

    parts = ("worker", "client", "scheduler")

    def __init__(self, grid: Path, store: Path) -> None:
        file = store.with_name(f"scheduler-{time.time_ns()}.json")
        dask = [sys.executable, "-m", "dask"]
        here = ["--scheduler-file", str(file), "--host", "127.0.0.1"]
        quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
        self.scheduler = subprocess.Popen(
            [*dask, "scheduler", *here, "--port", "0", "--no-dashboard"], **quiet
        )
        nanny = [*dask, "worker", *here, "--nthreads", "1", "--no-dashboard"]
        nanny += ["--death-timeout", "60", "--local-directory", str(store.parent)]
        self.nannies = [subprocess.Popen(nanny, **quiet) for _ in range(2)]
        command = [sys.executable, real_scan.__file__, str(grid), str(store), "2", "1"]
        self.client = subprocess.Popen([*command, f"scheduler-file:{file}"])

    def workers(self) -> list[psutil.Process]:
        """Processes that compute."""
        found = []
        for nanny in self.nannies:
            if nanny.poll() is None:
                found += [p for p in psutil.Process(nanny.pid).children() if _computes(p)]
        return found

    def kill(self, part: str, rng: random.Random) -> None:
        """Kill one part with SIGKILL."""
        if part == "worker":
            wait_until(self.workers, "no worker to kill")
            rng.choice(self.workers()).kill()
        elif part == "client":
            self.client.kill()
        else:
            self.scheduler.kill()
            # the client notices and ends resumably; so do the workers
            assert self.client.wait(DEADLINE) == 3

    def over(self, part: str) -> bool:
        """Whether the scan has ended with what was killed; a worker is replaced."""
        return part != "worker"

    def close(self) -> None:
        """Leave nothing behind."""
        workers = self.workers()
        for process in [self.client, *self.nannies, self.scheduler]:
            if process.poll() is None:
                process.kill()
            process.wait()
        for worker in workers:
            if worker.is_running():
                worker.kill()


def _computes(process: psutil.Process) -> bool:
    """Whether a child is a worker, and not a helper of multiprocessing."""
    try:
        return "spawn_main" in " ".join(process.cmdline())
    except psutil.Error:
        return False


@contextmanager
def scan(kind: type[Local] | type[Parts], grid: Path, store: Path) -> Iterator[Local | Parts]:
    """Start a scan and leave nothing of it behind."""
    started = kind(grid, store)
    try:
        yield started
    finally:
        started.close()
