"""Nothing listens but on 127.0.0.1, unless it is asked to, and then only with certificates."""

import os
import shlex
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest
import toy_scan
from distributed import Client, Security
from listening import Noted, listening_addresses
from toy_scan import Toy, group, masses

from jobs import tls
from jobs.clusters import load
from scanner.execution.report import Report

M4 = masses(40)
ELSEWHERE = "127.0.0.2"
"""Another address, and yet none that other machines reach."""

PATIENCE = 120
ROOT = Path(__file__).parents[2]


def test_both_kinds_of_addresses_are_seen() -> None:
    with socket.create_server((ELSEWHERE, 0)) as four:
        assert (ELSEWHERE, four.getsockname()[1]) in listening_addresses()
    if not socket.has_dualstack_ipv6():
        pytest.skip("this machine has no IPv6")
    with socket.create_server(("::", 0), family=socket.AF_INET6) as six:
        assert ("::", six.getsockname()[1]) in listening_addresses()


@pytest.mark.parametrize("reported", [False, True])
def test_a_scan_listens_on_the_loopback(tmp_path: Path, reported: bool) -> None:
    noted = Noted()
    store = tmp_path / "scan.zarr"
    report = Report(store, "hnlscan run scan") if reported else None
    summary = toy_scan.run(store, [group(M4)], Toy(M4), workers=2, reporter=noted, report=report)
    assert summary.exit_code == 0
    assert noted.dashboard
    assert noted.dashboard.startswith("http://127.0.0.1:")
    assert len(noted.listening) > 3  # scheduler, dashboard, two workers and who watches them
    assert {host for host, _ in noted.listening} == {"127.0.0.1"}
    assert (tmp_path / "scan-report.html").exists() == reported
    assert noted.told == []


@contextmanager
def worker(words: list[str], log: Path) -> Iterator[subprocess.Popen[bytes]]:
    """Start a worker as on another machine; it finds the toy scan where the tests are."""
    path = os.pathsep.join([str(ROOT), str(Path(__file__).parent)])
    with log.open("w") as out:
        process = subprocess.Popen(
            [sys.executable, "-m", *words],
            stdout=out,
            stderr=out,
            env={**os.environ, "PYTHONPATH": path},
        )
    try:
        yield process
    finally:
        process.terminate()
        try:
            process.wait(30)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


@dataclass
class Visited(Noted):
    """Lets workers and clients come while a scan runs, and stops it when they have been there."""

    folder: Path = Path()
    found: str = ""
    alone: set[tuple[str, int]] = field(default_factory=set)

    def tell(self, line: str) -> None:
        super().tell(line)
        self.thread = threading.Thread(target=self.visit)
        self.thread.start()

    def update(self, label: str, error: str | None) -> None:
        super().update(label, error)
        if not self.thread.is_alive():  # has been there, or has failed
            raise KeyboardInterrupt

    def visit(self) -> None:
        """Come as somebody without certificates, then with them."""
        words = shlex.split(self.told[0].partition(": ")[2])
        address, security = words[2], tls.require(str(self.folder / "tls"))
        self.try_without(address)
        self.found = "nobody comes without certificates"
        self.alone = listening_addresses()
        with (
            Client(address, security=security, set_as_default=False, timeout=PATIENCE) as client,
            worker(words, self.folder / "worker.log"),
        ):
            client.get_task_stream(start=0, stop=0)  # begins to take notes
            end = time.monotonic() + PATIENCE
            while time.monotonic() < end:
                tasks = client.get_task_stream()
                at = {task["worker"] for task in tasks if task["key"].startswith("microboone")}
                if len(at) == 2:
                    self.found += ", a worker that joined has computed"
                    return
                time.sleep(0.5)

    def try_without(self, address: str) -> None:
        """Come without certificates, and with others."""
        plain = address.replace("tls://", "tcp://")
        tls.write(self.folder / "other")
        assert not connects(plain, None)
        assert not connects(address, tls.require(str(self.folder / "other")))
        words = ["dask", "worker", plain, "--death-timeout", "5", "--no-nanny", "--no-dashboard"]
        with worker(words, self.folder / "refused.log") as process:
            assert process.wait(PATIENCE) != 0


def connects(address: str, security: Security | None) -> bool:
    """Whether a client is let in."""
    try:
        with Client(address, security=security, set_as_default=False, timeout=5):
            return True
    except Exception:  # noqa: BLE001 - the kind depends on who hangs up first
        return False


def test_a_worker_joins_with_certificates_and_nobody_without(tmp_path: Path) -> None:
    many = masses(4000)
    tls.write(tmp_path / "tls")
    site = replace(load("local"), listen=ELSEWHERE, tls=str(tmp_path / "tls"))
    noted = Visited(folder=tmp_path)
    summary = toy_scan.run(
        tmp_path / "scan.zarr", [group(many)], Toy(many, seconds=0.1),
        workers=1, site=site, reporter=noted,
    )  # fmt: skip
    assert (summary.exit_code, summary.interrupted) == (3, "stopped from outside")
    assert noted.found == "nobody comes without certificates, a worker that joined has computed"
    [command] = noted.told
    assert command.startswith(f"add a worker with: dask worker tls://{ELSEWHERE}:")
    assert noted.dashboard
    assert noted.dashboard.startswith("http://127.0.0.1:")
    port = int(command.split()[6].rpartition(":")[2])
    assert {each for each in noted.alone if each[0] != "127.0.0.1"} == {(ELSEWHERE, port)}
