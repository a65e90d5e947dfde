"""Processes that share a scan without a client, as the elements of a job array do."""

import os
import signal
import subprocess
from pathlib import Path

import pytest
import toy_scan
from cli_calls import GRID, call
from test_kill import COMMAND, executions, finish, marked, start, undisturbed, wait_for_marks
from toy_scan import IDENTITY, Toy, group, masses, sha256

from scanner.execution import share
from scanner.storage import lock, store
from scanner.storage.lock import StoreBusyError
from scanner.storage.status import status

M4 = masses(120)


def element(path: Path, i: int, n: int, seconds: float) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        [*COMMAND, str(path), "0", str(seconds), str(i), str(n)],
        start_new_session=True,
        stderr=subprocess.PIPE,
        text=True,
    )


def test_elements_that_start_together_share_the_blocks(tmp_path: Path) -> None:
    path = tmp_path / "scan.zarr"
    for process in [element(path, i, 3, 0.0) for i in range(3)]:
        finish(process)
    assert executions(path).tolist() == [1] * 120
    assert sha256(path) == undisturbed(tmp_path / "reference.zarr")


def test_a_killed_element_is_made_up_for(tmp_path: Path) -> None:
    path = tmp_path / "scan.zarr"
    first, second = (element(path, i, 2, 0.05) for i in range(2))
    wait_for_marks(first, path, 10)
    assert status(path)["running"]
    os.kill(second.pid, signal.SIGKILL)
    second.communicate()
    finish(first)
    assert 60 <= marked(path) < 120
    assert not status(path)["running"]
    finish(start(path, 0, 0.0))
    counts = executions(path)
    assert counts.sum() <= 121
    assert sha256(path) == undisturbed(tmp_path / "reference.zarr")


def test_a_killed_element_goes_on(tmp_path: Path) -> None:
    path = tmp_path / "scan.zarr"
    process = element(path, 1, 2, 0.05)
    wait_for_marks(process, path, 10)
    os.kill(process.pid, signal.SIGKILL)
    process.communicate()
    finish(element(path, 1, 2, 0.0))
    with store.open_or_create(path, [group(M4)], IDENTITY) as opened:
        counts = opened.regions("bnb_argon").executions()
    assert counts[::2].sum() == 0
    assert 60 <= counts.sum() <= 61


def test_an_element_refuses_to_help_a_client(tmp_path: Path) -> None:
    path = tmp_path / "scan.zarr"
    with (
        store.open_or_create(path, [group(M4)], IDENTITY),
        pytest.raises(StoreBusyError, match="being scanned by another process"),
    ):
        share.join(path, [group(M4)], IDENTITY, seconds=0.3)
    assert not lock.has_workers(path)


def test_a_client_refuses_while_elements_work(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lock.wait_for_orphans, "__defaults__", (0.2,))
    path = tmp_path / "scan.zarr"
    with (
        share.join(path, [group(M4)], IDENTITY),
        pytest.raises(StoreBusyError, match="still alive"),
    ):
        store.open_or_create(path, [group(M4)], IDENTITY)
    store.open_or_create(path, [group(M4)], IDENTITY).close()


def test_a_share_of_a_complete_store_is_done(tmp_path: Path) -> None:
    path = tmp_path / "scan.zarr"
    toy_scan.run(path, [group(M4)], Toy(M4))
    with share.join(path, [group(M4)], IDENTITY) as joined:
        summary = share.run_share(joined, Toy(M4), (1, 7))
    assert (summary.total, summary.done, summary.exit_code) == (17, 17, 0)


def test_by_the_command(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    grid, path = tmp_path / "small.toml", tmp_path / "small.zarr"
    grid.write_text(GRID)
    for i in range(2):
        monkeypatch.setenv("HNLSCAN_SHARE", f"{i}/2")
        answer = call("run", grid, "--out", path, "--cluster", "job-array", "--json")
        assert answer.code == 0
        blocks = answer.document["blocks"]
        assert blocks["done"] == blocks["total"] * (i + 1) // 2
    assert not status(path)["sealed"]
    assert call("run", grid, "--out", path, "--workers", "0").code == 0
    assert status(path)["sealed"]
    monkeypatch.delenv("HNLSCAN_SHARE")
    answer = call("run", grid, "--out", path, "--cluster", "job-array")
    assert answer.code == 1
    assert "not an element of a job array" in answer.err
