"""Workers: what they are, what they may do, and what their death costs."""

import os
import socket
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import dask.utils
import pytest
import toy_scan
from toy_scan import IDENTITY, Toy, group, masses, sha256

from jobs import local
from jobs.threads import THREAD_VARIABLES
from physics.errors import InputError
from scanner import execute, parallel, store
from scanner.blocks import ArraySpec, GroupSpec
from scanner.progress import Silent

M4 = masses(40)


@dataclass
class Noted(Silent):
    """Keeps the address of the dashboard and asks the machine who listens."""

    dashboard: str | None = None
    listening: str = ""

    def update(self, label: str, error: str | None) -> None:
        if not self.listening:
            self.listening = "\n".join(listening_addresses())

    def start(self, tallies: object, dashboard: str | None) -> None:
        self.dashboard = dashboard


def listening_addresses() -> list[str]:
    """IPv4 addresses on which this process and its children listen."""
    inodes = {
        str(fd.readlink())
        for pid in [os.getpid(), *children(os.getpid())]
        for fd in Path(f"/proc/{pid}/fd").glob("*")
        if fd.is_symlink() and os.path.lexists(fd)
    }
    found = []
    for line in Path("/proc/net/tcp").read_text().splitlines()[1:]:
        fields = line.split()
        if fields[3] == "0A" and f"socket:[{fields[9]}]" in inodes:
            packed = int(fields[1].split(":")[0], 16).to_bytes(4, sys.byteorder)
            found.append(socket.inet_ntoa(packed))
    return found


def children(pid: int) -> list[int]:
    out = subprocess.run(["ps", "-o", "pid=", "--ppid", str(pid)], capture_output=True, text=True)
    direct = [int(p) for p in out.stdout.split() if Path(f"/proc/{p}/fd").exists()]
    return direct + [grand for child in direct for grand in children(child)]


def test_two_groups_on_two_workers_as_in_one_process(tmp_path: Path) -> None:
    oil = group(M4, ("microboone", "sbnd"), 3, "bnb_mineral_oil", "miniboone_fhc")
    groups = [group(M4), oil]
    noted = Noted()
    summary = toy_scan.run(tmp_path / "two", groups, Toy(M4), workers=2, reporter=noted)
    assert (summary.done, summary.exit_code) == (40 + 14, 0)
    toy_scan.run(tmp_path / "none", groups, Toy(M4))
    for name in ("bnb_argon", "bnb_mineral_oil"):
        assert sha256(tmp_path / "two", name) == sha256(tmp_path / "none", name)
    assert noted.dashboard
    assert noted.dashboard.startswith("http://127.0.0.1:")
    assert set(noted.listening.split()) == {"127.0.0.1"}


def test_a_deadly_block_fails_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(local, "ALLOWED_DEATHS", 1)
    path = tmp_path / "scan.zarr"
    deadly = Toy(M4, deadly=frozenset([M4[7]]), seconds=0.01)
    summary = toy_scan.run(path, [group(M4)], deadly, workers=2)
    assert (summary.done, summary.failed, summary.exit_code) == (39, 1, 2)
    assert "signal 9" in summary.errors[0]
    with store.open_or_create(path, [group(M4)], IDENTITY) as opened:
        regions = opened.regions("bnb_argon")
        assert "signal 9" in regions.message(7)
        # two deaths, each with at most one more block on the other worker; once more apart
        assert regions.executions().sum() <= 40 + 2 * 2 + 1
    assert capfd.readouterr().err == ""
    assert toy_scan.run(path, [group(M4)], Toy(M4), retry={"failed"}).exit_code == 0


def test_workers_have_one_thread_for_everything(tmp_path: Path) -> None:
    spec = GroupSpec(
        "g",
        "g",
        {"m4": (1.0,)},
        (ArraySpec("threads", ("variable",), "int64"),),
        {"variable": ((*THREAD_VARIABLES, "dask"), {})},
    )
    with store.open_or_create(tmp_path / "s", [spec], {}) as opened:
        assert execute.run(opened, toy_scan.Environment(), workers=3).exit_code == 0
        assert opened.response("g")["threads"].values.tolist() == [[1] * 5]


def test_submission_is_windowed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parallel, "LEAST_AHEAD", 2)
    summary = toy_scan.run(tmp_path / "s", [group(M4)], Toy(M4), workers=1)
    assert summary.done == 40


class Unpicklable(Toy):
    """Cannot be sent."""

    def __reduce__(self) -> str:
        raise TypeError("this evaluate cannot be pickled")


def test_an_unpicklable_evaluate_is_an_error_at_once(tmp_path: Path) -> None:
    with pytest.raises(TypeError, match="pickle"):
        toy_scan.run(tmp_path / "s", [group(M4)], Unpicklable(M4), workers=1)


@pytest.mark.parametrize(
    "label", ["microboone+sbnd", "miniboone_fhc", "ps191", "t2k-2", "nd280 dif"]
)
def test_every_label_is_one_colour_on_the_dashboard(label: str) -> None:
    prefix = parallel.task_prefix(label)
    keys = {dask.utils.key_split(f"{prefix}-{i:05d}-1795340925167215317") for i in (0, 7, 99999)}
    assert keys == {prefix}


def test_no_worker_starts(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    def never(self: object, count: int, timeout: float) -> None:
        raise TimeoutError

    monkeypatch.setattr(local.Client, "wait_for_workers", never)
    with pytest.raises(InputError, match="none of 1 workers started"):
        toy_scan.run(tmp_path / "s", [group(M4)], Toy(M4), workers=1)
