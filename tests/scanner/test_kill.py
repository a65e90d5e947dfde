"""Nothing is lost and nothing is wrong when the machine pulls the plug."""

import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import toy_scan
from toy_scan import Toy, group, masses, sha256

from scanner.storage import store
from scanner.storage.lock import is_locked
from scanner.storage.status import status

COMMAND = [sys.executable, "-W", "error", str(Path(toy_scan.__file__))]


def start(path: Path, workers: int, seconds: float) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        [*COMMAND, str(path), str(workers), str(seconds)],
        start_new_session=True,
        stderr=subprocess.PIPE,
        text=True,
    )


def marked(path: Path) -> int:
    marks = path / "_scan" / "bnb_argon" / "mark" / "c"
    return sum(1 for file in marks.glob("*") if file.suffix != ".partial")


def wait_for_marks(process: "subprocess.Popen[str]", path: Path, count: int) -> None:
    while marked(path) < count:
        assert process.poll() is None, process.communicate()[1]
        time.sleep(0.01)


def finish(process: "subprocess.Popen[str]") -> None:
    _, noise = process.communicate(timeout=120)
    assert process.returncode == 0, noise
    assert noise == ""


def executions(path: Path) -> "np.ndarray[tuple[int], np.dtype[np.int64]]":
    with store.open_or_create(path, [group(masses(120))], toy_scan.IDENTITY) as opened:
        regions = opened.regions("bnb_argon")
        for index, mark in enumerate(regions.marks().tolist()):
            assert regions.verified(regions.layout.block(index), mark)
        return regions.executions()


def undisturbed(path: Path) -> str:
    m4 = masses(120)
    assert toy_scan.run(path, [group(m4)], Toy(m4)).exit_code == 0
    return sha256(path)


def test_process_group_killed_three_times(tmp_path: Path) -> None:
    path = tmp_path / "scan.zarr"
    fractions = sorted(random.Random(20261122).uniform(0.05, 0.95) for _ in range(3))
    for fraction in fractions:
        process = start(path, 2, 0.03)
        wait_for_marks(process, path, round(120 * fraction))
        os.killpg(process.pid, signal.SIGKILL)
        process.communicate()
        found = status(path)
        assert not found["running"]
        assert 0 < found["blocks"]["done"] < 120
    finish(start(path, 2, 0.03))
    counts = executions(path)
    assert counts.min() == 1
    assert counts.sum() <= 120 + 2 * 3
    assert sha256(path) == undisturbed(tmp_path / "reference.zarr")
    assert list(tmp_path.glob(".*")) == []
    assert list(path.rglob("*.partial")) == []


def test_client_killed_and_started_at_once(tmp_path: Path) -> None:
    """Workers that outlive their client for a moment do no harm."""
    path = tmp_path / "scan.zarr"
    process = start(path, 2, 0.03)
    wait_for_marks(process, path, 40)
    os.kill(process.pid, signal.SIGKILL)
    second = start(path, 2, 0.03)
    process.communicate()
    finish(second)
    counts = executions(path)
    # until they notice, orphans go on with the blocks they have been given
    assert counts.max() <= 2
    assert sha256(path) == undisturbed(tmp_path / "reference.zarr")


def test_interrupt_is_quiet_and_resumable(tmp_path: Path) -> None:
    path = tmp_path / "scan.zarr"
    process = start(path, 2, 0.03)
    wait_for_marks(process, path, 30)
    os.killpg(process.pid, signal.SIGINT)
    _, noise = process.communicate(timeout=60)
    assert process.returncode == 3
    assert noise == ""
    assert not is_locked(path)
    found = status(path)
    assert 30 <= found["blocks"]["done"] < 120
    assert found["seconds_left"] > 0
    finish(start(path, 0, 0.0))
    assert sha256(path) == undisturbed(tmp_path / "reference.zarr")


def test_sigterm_of_a_serial_run_is_resumable(tmp_path: Path) -> None:
    path = tmp_path / "scan.zarr"
    process = start(path, 0, 0.03)
    wait_for_marks(process, path, 10)
    process.terminate()
    assert process.wait(timeout=60) == 3
    process.communicate()
    finish(start(path, 0, 0.0))
    assert executions(path).sum() <= 121
