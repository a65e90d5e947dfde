"""Scans on a real Slurm, disturbed: the same bits as one process computes undisturbed."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
import real_scan
from cli_calls import call
from one_host_slurm import INSTALL, missing, one_host_slurm

from jobs import queue
from jobs.clusters import load
from jobs.times import Ends
from scanner.storage.status import status

BLOCKS = 60
PATIENCE_SECONDS = 240
pytestmark = pytest.mark.timeout(600)

HNLSCAN = [sys.executable, "-c", "from scanner.cli.main import main; main()"]

SITE = """
kind = "slurm"
how = "{how}"
workers = {workers}
walltime = "0:20:00"
memory = "700MB"
interface = "lo"
patience = "0:02:00"
"""


@pytest.fixture(scope="module", autouse=True)
def slurm(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    if missing():
        said = f"{', '.join(missing())} not found; {INSTALL}"
        assert not os.environ.get("CI"), said
        pytest.skip(said)
    with one_host_slurm(tmp_path_factory.mktemp("slurm")) as configuration:
        os.environ["SLURM_CONF"] = str(configuration)
        yield
        del os.environ["SLURM_CONF"]


@pytest.fixture(scope="module")
def grid(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A grid whose blocks take long enough to be caught."""
    path = tmp_path_factory.mktemp("grid") / "grid.toml"
    real_scan.write_grid(path, real_scan.UPSCATTERING.axis(BLOCKS))
    text = path.read_text().replace("relative = 0.2", "relative = 0.001")
    path.write_text(text.replace("max_events = 4096", "max_events = 262144"))
    return path


@pytest.fixture(scope="module")
def undisturbed(grid: Path, tmp_path_factory: pytest.TempPathFactory) -> str:
    path = tmp_path_factory.mktemp("serial") / "scan.zarr"
    real_scan.scan(grid, path)
    return real_scan.digest(path)


@pytest.fixture
def site(tmp_path: Path) -> Callable[[str], Path]:
    def write(how: str) -> Path:
        path = tmp_path / "site.toml"
        path.write_text(SITE.format(how=how, workers=3 if how == "array" else 2))
        return path

    return write


def submit(grid: Path, site: Path, store: Path) -> str:
    """Submit a scan and give the number of its job."""
    answer = call("submit", grid, "--cluster", site, "--out", store, "--json")
    assert answer.code == 0, answer.err
    return str(answer.document["job"])


def slurm_says(*command: str) -> str:
    return subprocess.run(command, capture_output=True, text=True, timeout=30).stdout.strip()


def jobs(state: str = "") -> list[str]:
    """Jobs and elements of arrays that wait or run."""
    states = [f"--states={state}"] if state else []
    return slurm_says("squeue", "--noheader", "--array", "--format=%i", *states).split()


def wait_for(condition: Callable[[], bool], store: Path, what: str) -> None:
    """Look often, and show what the jobs printed if it takes too long."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not condition():
        if time.monotonic() > deadline:
            logs = sorted((store.parent / "hnlscan-logs").glob("*"))
            said = "\n".join(f"{p.name}: {p.read_text()[-3000:]}" for p in logs if p.is_file())
            pytest.fail(f"not in time: {what}\n{slurm_says('squeue')}\n{said}")
        time.sleep(0.1)


def marked(store: Path) -> int:
    """Blocks that are done."""
    return sum(1 for p in store.glob("_scan/*/mark/c/*") if p.suffix != ".partial")


def until_marked(store: Path, count: int) -> None:
    wait_for(lambda: marked(store) >= count, store, f"{count} blocks")
    assert marked(store) < BLOCKS, "too late to disturb anything"


def until_idle(store: Path) -> None:
    wait_for(lambda: not jobs(), store, "the end of all jobs")


def kill_a_worker(job: str) -> None:
    """SIGKILL for one of the processes that compute, below its nanny."""
    listed = slurm_says("scontrol", "listpids", f"{job}.0").splitlines()[1:]
    for pid in [int(line.split()[0]) for line in listed]:
        command = Path(f"/proc/{pid}/cmdline")
        if command.exists() and b"spawn_main" in command.read_bytes():
            os.kill(pid, signal.SIGKILL)
            return
    pytest.fail(f"job {job} has no worker")


def until_restarted(job: str, store: Path) -> None:
    """Wait until a job runs for the second time; Slurm makes it wait until the first is over."""

    def again() -> bool:
        shown = slurm_says("scontrol", "--oneliner", "show", "job", job)
        return "Restarts=1" in shown and job in jobs("RUNNING")

    wait_for(again, store, f"the second start of {job}")


def require_same(store: Path, undisturbed: str) -> None:
    """Everything done, sealed, nothing left over, and the same bits."""
    found = status(store)
    assert (found["blocks"]["done"], found["sealed"]) == (BLOCKS, True)
    assert real_scan.digest(store) == undisturbed
    assert not list(store.parent.glob("*.cluster-*")), "certificates were left behind"
    assert not list(store.parent.glob("hnlscan-logs/tls-*")), "certificates were left behind"


def test_one_allocation(
    grid: Path, undisturbed: str, site: Callable[[str], Path], tmp_path: Path
) -> None:
    """A worker is killed, the walltime ends, the job is killed as a whole; another way goes on."""
    store = tmp_path / "scan.zarr"
    job = submit(grid, site("allocation"), store)
    until_marked(store, 3)
    kill_a_worker(job)
    slurm_says("scancel", "--signal=TERM", "--batch", job)  # what comes before the walltime ends
    until_restarted(job, store)
    until_marked(store, marked(store) + 3)
    slurm_says("scancel", "--signal=KILL", "--full", job)
    until_idle(store)
    assert marked(store) < BLOCKS
    answer = call("run", grid, "--out", store, "--workers", "0")
    assert answer.code == 0, answer.err
    require_same(store, undisturbed)


def test_a_job_for_each_worker(
    grid: Path, undisturbed: str, site: Callable[[str], Path], tmp_path: Path
) -> None:
    """Jobs are killed and cancelled; others take their place."""
    store = tmp_path / "scan.zarr"
    command = [*HNLSCAN, "run", str(grid), "--out", str(store), "--cluster", str(site("elastic"))]
    with subprocess.Popen(
        command, cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    ) as client:
        until_marked(store, 3)
        first = set(jobs("RUNNING"))
        slurm_says("scancel", "--signal=KILL", "--full", sorted(first)[0])
        until_marked(store, marked(store) + 3)
        said, _ = client.communicate(timeout=PATIENCE_SECONDS)
    assert client.returncode == 0, said
    assert f"{BLOCKS} of {BLOCKS} blocks done" in said
    assert not jobs(), "jobs were left in the queue"
    require_same(store, undisturbed)


def test_a_job_array(
    grid: Path, undisturbed: str, site: Callable[[str], Path], tmp_path: Path
) -> None:
    """One element is killed, one is warned and comes back; the last job finishes the rest."""
    store = tmp_path / "scan.zarr"
    job = submit(grid, site("array"), store)
    until_marked(store, 3)
    slurm_says("scancel", "--signal=KILL", "--full", f"{job}_0")
    slurm_says("scancel", "--signal=TERM", "--batch", f"{job}_1")
    until_restarted(f"{job}_1", store)
    until_idle(store)
    require_same(store, undisturbed)


def test_jobs_that_expire_or_vanish_are_replaced(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """There is room for one worker, which retires; the other waits, and is cancelled."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(queue, "ASK_SECONDS", 0.0)
    place = replace(
        load("slurm"), interface="lo", memory="20GB", walltime=1200, patience=PATIENCE_SECONDS
    )
    short = Ends(run=0, warning=0, lifetime=15, stagger=1)
    with queue.queue_client(place, 2, short) as client:
        [waiting] = jobs("PENDING")
        [running] = jobs("RUNNING")
        slurm_says("scancel", waiting)

        def replaced() -> bool:
            queued = set(jobs())
            return len(queued) == 2 and not queued & {waiting, running}

        wait_for(replaced, tmp_path / "none", "other jobs")
        assert client.submit(abs, -3).result(timeout=PATIENCE_SECONDS) == 3
    until_idle(tmp_path / "none")
