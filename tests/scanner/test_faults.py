"""Faults of machines: a lost scheduler, too little memory, a full disk, files gone bad."""

import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
import toy_scan
from clusters_to_kill import Parts, scan, wait_until
from real_scan import UPSCATTERING, write_grid
from test_kill_schedules import marks
from toy_scan import IDENTITY, Greedy, Toy, group, masses, sha256

from jobs import clusters
from scanner.execution import watch
from scanner.execution.execute import MAX_UNWRITTEN
from scanner.storage import store
from scanner.storage.lock import StoreBusyError

M4 = masses(24)
SPEC = group(M4, block_points=6)


@pytest.mark.timeout(400)
def test_a_worker_over_its_memory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is killed, another takes its place, and the point that needs too much is found."""
    monkeypatch.setattr("jobs.local.ALLOWED_DEATHS", 0)
    path = tmp_path / "scan.zarr"
    site = replace(clusters.load("local"), memory="1GB")
    greedy = Greedy(Toy(M4), M4[8])
    summary = toy_scan.run(path, [SPEC], greedy, workers=2, site=site)
    assert (summary.done, summary.failed) == (3, 1)
    assert "1 of 6 points failed" in summary.errors[0]
    assert "MemoryError" in summary.errors[0]
    assert toy_scan.run(path, [SPEC], Toy(M4), retry={"failed"}).exit_code == 0
    toy_scan.run(tmp_path / "whole.zarr", [SPEC], Toy(M4))
    assert sha256(path) == sha256(tmp_path / "whole.zarr")


@pytest.fixture
def small_disk(tmp_path: Path):
    """A disk of two megabytes."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=2m", "tmpfs", str(folder)]
    if os.getuid() != 0 or subprocess.run(mount, capture_output=True).returncode != 0:
        pytest.skip("mounting a small disk (mount -t tmpfs) takes root")
    yield folder
    subprocess.run(["umount", str(folder)], check=True)


@pytest.mark.parametrize("workers", [0, 2])
def test_a_full_disk(small_disk: Path, tmp_path: Path, workers: int) -> None:
    """What fits is kept and right; the rest stays to do until there is room."""
    path = small_disk / "scan.zarr"
    m4 = masses(120)
    spec = group(m4)
    with store.open_or_create(path, [spec], IDENTITY):
        pass
    filler = small_disk / "filler"
    filler.write_bytes(bytes(2**19))
    summary = toy_scan.run(path, [spec], Toy(m4), workers=workers)
    assert summary.exit_code == 3
    assert 0 < summary.done < 100  # it did not go on for nothing
    assert summary.failed == 0
    assert "No space left" in summary.interrupted
    filler.unlink()
    remount = ["mount", "-o", "remount,size=16m", str(small_disk)]
    subprocess.run(remount, check=True)
    assert toy_scan.run(path, [spec], Toy(m4), workers=workers).exit_code == 0
    with store.open_or_create(path, [spec], IDENTITY) as opened:
        regions = opened.regions("bnb_argon")
        assert regions.executions().sum() <= 120 + MAX_UNWRITTEN + 2
    toy_scan.run(tmp_path / "whole.zarr", [spec], Toy(m4))
    assert sha256(path) == sha256(tmp_path / "whole.zarr")


@pytest.mark.timeout(400)
def test_a_lost_scheduler_is_noticed(tmp_path: Path) -> None:
    """The client ends, resumably, within seconds; nothing waits for ever."""
    grid = tmp_path / "test.toml"
    write_grid(grid, UPSCATTERING.axis(400), '["microboone"]')
    with scan(Parts, grid, tmp_path / "scan.zarr") as running:
        wait_until(lambda: marks(tmp_path / "scan.zarr") > 40, "no blocks")
        running.scheduler.kill()
        assert running.client.wait(60) == 3
    assert 40 < marks(tmp_path / "scan.zarr") < 400


@pytest.mark.timeout(400)
def test_lost_workers_are_noticed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A cluster whose workers do not come back is given up."""
    monkeypatch.setattr(watch, "ALONE_SECONDS", 4.0)
    monkeypatch.setattr("jobs.local.ALLOWED_DEATHS", 1000)
    path = tmp_path / "scan.zarr"
    deadly = Toy(M4, deadly=frozenset(M4), seconds=0.0)
    site = clusters.load("local")
    monkeypatch.setattr("distributed.nanny.Nanny.instantiate", _never_again())
    summary = toy_scan.run(path, [group(M4)], deadly, workers=1, site=site)
    assert summary.exit_code == 3
    assert "no worker has been there" in summary.interrupted


def _never_again():
    """Start a worker once and never again."""
    from distributed.nanny import Nanny

    start, started = Nanny.instantiate, []

    async def instantiate(self):
        if started:
            self.auto_restart = False
            return self.status
        started.append(self)
        return await start(self)

    return instantiate


def test_two_clients_on_one_store(tmp_path: Path) -> None:
    path = tmp_path / "scan.zarr"
    with (
        store.open_or_create(path, [SPEC], IDENTITY),
        pytest.raises(StoreBusyError, match=f"written by process {os.getpid()}"),
    ):
        store.open_or_create(path, [SPEC], IDENTITY)


def test_workers_with_other_physics_are_refused(tmp_path: Path) -> None:
    """Numbers of two versions never mix: a worker says what differs."""
    import pickle

    from scanner.assembly.assemble import Scan

    grid = write_grid(tmp_path / "test.toml", UPSCATTERING.axis(3))
    sent = pickle.dumps(Scan.load(str(grid)).evaluate)
    code = (
        "import pickle, sys, scanner.assembly.assemble as a\n"
        "a.physics_digest = lambda: '0' * 16\n"
        "pickle.loads(sys.stdin.buffer.read())"
    )
    done = subprocess.run([sys.executable, "-c", code], input=sent, capture_output=True)
    assert b"this worker has physics 0000000000000000" in done.stderr
