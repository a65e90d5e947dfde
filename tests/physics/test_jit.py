"""The cache of compiled code: used again, and never stale."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import physics

PROGRAM = """
import sys
from pathlib import Path
import physics
from physics.kernel import passed_cuts
import numpy as np
assert Path(physics.__file__).parent == Path(sys.argv[1]) / "physics"
print(passed_cuts(0.4, 0.9, np.array([[2.0, 0.2, 0.6]]), 0, 1))
"""


def run(folder, cache):
    """Ask a copy of the package in a fresh process how many cuts a shower passes."""
    environment = {**os.environ, "HNLSCAN_CACHE_DIR": str(cache)}
    command = [sys.executable, "-c", PROGRAM, str(folder)]
    # the current folder comes first among those searched for packages
    done = subprocess.run(command, env=environment, cwd=folder, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return int(done.stdout)


def test_an_edit_in_another_file_is_seen(tmp_path):
    cache = tmp_path / "cache"
    shutil.copytree(
        Path(physics.__file__).parent, tmp_path / "physics",
        ignore=shutil.ignore_patterns("__pycache__"),
    )  # fmt: skip
    assert run(tmp_path, cache) == 1
    compiled = {p: p.stat().st_mtime_ns for p in cache.rglob("*.nbc")}
    assert compiled
    # nothing changed: nothing is compiled
    assert run(tmp_path, cache) == 1
    assert {p: p.stat().st_mtime_ns for p in cache.rglob("*.nbc")} == compiled
    # the caller, its arguments and the time stamps stay; the callee doubles the energy
    callee = tmp_path / "physics" / "kinematics.py"
    before, text = callee.stat(), callee.read_text()
    edited = text.replace("return (M_NEUTRON * E - target)", "return 2 * (M_NEUTRON * E - target)")
    assert edited != text
    callee.write_text(edited)
    os.utime(callee, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert run(tmp_path, cache) == 0
    # and back
    callee.write_text(text)
    assert run(tmp_path, cache) == 1


def test_a_cache_that_cannot_be_written_is_done_without(tmp_path):
    blocked = tmp_path / "file"
    blocked.write_text("in the way")
    shutil.copytree(
        Path(physics.__file__).parent, tmp_path / "physics",
        ignore=shutil.ignore_patterns("__pycache__"),
    )  # fmt: skip
    assert run(tmp_path, blocked) == 1
