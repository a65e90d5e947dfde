"""Killed while it writes to an object store: nothing lost, nothing wrong, no mark without data."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import toy_scan
from toy_scan import IDENTITY, Toy, group, masses, sha256

from scanner.storage import store
from scanner.storage.attributes import read_layouts
from scanner.storage.regions import Regions
from scanner.storage.remote import Remote
from scanner.storage.status import status

BLOCKS = 18
WORKERS = 2
PROGRAM = """
import sys
import toy_scan
from scanner.storage import lease

if __name__ == "__main__":
    lease.RENEW_SECONDS, lease.EXPIRES_SECONDS = 1.0, 8.0
    m4 = toy_scan.masses(int(sys.argv[2]))
    toy = toy_scan.Toy(m4, seconds=0.05)
    summary = toy_scan.run(sys.argv[1], [toy_scan.group(m4)], toy, int(sys.argv[3]))
    raise SystemExit(summary.exit_code)
"""


def start(url: str) -> "subprocess.Popen[str]":
    paths = os.pathsep.join([str(Path(toy_scan.__file__).parent), *filter(None, sys.path)])
    return subprocess.Popen(
        [sys.executable, "-W", "error", "-c", PROGRAM, url, str(BLOCKS), str(WORKERS)],
        start_new_session=True,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": paths},
    )


def marked(url: Remote) -> int:
    return len(url.objects("_scan/bnb_argon/mark/c/"))


def test_process_group_killed_in_the_middle(s3: str, tmp_path: Path) -> None:
    url = Remote(f"{s3}/killed.zarr")
    process = start(str(url))
    while marked(url) < BLOCKS // 3:
        assert process.poll() is None, process.communicate()[1]
        time.sleep(0.1)
    os.killpg(process.pid, signal.SIGKILL)
    process.communicate()
    found = status(url)["blocks"]["done"]
    assert BLOCKS // 3 <= found < BLOCKS
    assert verified(url) == found
    again = start(str(url))
    _, noise = again.communicate(timeout=200)
    assert again.returncode == 0, noise
    assert noise == ""
    m4 = masses(BLOCKS)
    toy_scan.run(tmp_path / "scan.zarr", [group(m4)], Toy(m4))
    assert sha256(url) == sha256(tmp_path / "scan.zarr")
    with store.open_or_create(url, [group(m4)], IDENTITY) as opened:
        executions = opened.regions("bnb_argon").executions()
        ended = [run["ended"] for run in opened.attrs["runs"]]
    assert executions.min() == 1
    assert executions.sum() <= BLOCKS + 2 * WORKERS
    assert ended == ["killed", "complete"]


def verified(url: Remote) -> int:
    """How many blocks are marked; each has the data it was marked with."""
    regions = Regions(url, read_layouts(url)["bnb_argon"], mode="r")
    marks = regions.marks().tolist()
    done = [index for index, mark in enumerate(marks) if mark >= 0]
    assert all(regions.verified(regions.layout.block(i), marks[i]) for i in done)
    return len(done)
