"""The cache of compiled code: used again, never stale, and safe to share."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import physics
from physics import jit

PROGRAM = """
import os, sys
from pathlib import Path
exec(os.environ.get("TEST_FIRST", ""))
import physics
from physics.kernel import passed_cuts
import numpy as np
assert Path(physics.__file__).parent == Path(sys.argv[1]) / "physics"
passed = passed_cuts(0.4, 0.9, np.array([[2.0, 0.2, 0.6]]), 0, 1)
hits = sum(passed_cuts.stats.cache_hits.values())
print(passed, hits, sum(passed_cuts.stats.cache_misses.values()))
"""
COMPILED, FROM_CACHE = (0, 1), (1, 0)
"""Hits and misses of the cache."""


@pytest.fixture
def package(tmp_path):
    """A folder with a copy of the package."""
    source = Path(physics.__file__).parent
    ignored = shutil.ignore_patterns("__pycache__")
    shutil.copytree(source, tmp_path / "physics", ignore=ignored)
    return tmp_path


def start(folder, **environment):
    """Ask the copy in a fresh process how many cuts a shower passes."""
    command = [sys.executable, "-c", PROGRAM, str(folder)]
    # the current folder comes first among those searched for packages
    return subprocess.Popen(
        command, env={**os.environ, **environment}, cwd=folder, text=True,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )  # fmt: skip


def answer(process):
    """Cuts passed, and hits and misses of the cache."""
    out, err = process.communicate()
    assert process.returncode == 0, err
    passed, hits, misses = map(int, out.split())
    return passed, (hits, misses)


def run(folder, cache, **environment):
    return answer(start(folder, HNLSCAN_CACHE_DIR=str(cache), **environment))


def entries(cache):
    """Files of compiled code with their times."""
    return {p: p.stat().st_mtime_ns for p in cache.rglob("*.nbc")}


def test_an_edit_in_another_file_is_seen(package, tmp_path):
    cache = tmp_path / "cache"
    assert run(package, cache) == (1, COMPILED)
    compiled = entries(cache)
    assert compiled
    # nothing changed: nothing is compiled
    assert run(package, cache) == (1, FROM_CACHE)
    assert entries(cache) == compiled
    # the caller, its arguments and the time stamps stay; the callee doubles the energy
    callee = package / "physics" / "kinematics.py"
    before, text = callee.stat(), callee.read_text()
    edited = text.replace("return (M_NEUTRON * E - target)", "return 2 * (M_NEUTRON * E - target)")
    assert edited != text
    callee.write_text(edited)
    os.utime(callee, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert run(package, cache) == (0, COMPILED)
    # and back
    callee.write_text(text)
    os.utime(callee, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert run(package, cache) == (1, FROM_CACHE)


def test_processes_that_start_at_once_on_an_empty_cache_fill_it(package, tmp_path):
    cache = tmp_path / "cache"
    together = [start(package, HNLSCAN_CACHE_DIR=str(cache)) for _ in range(4)]
    assert {answer(process)[0] for process in together} == {1}
    assert run(package, cache) == (1, FROM_CACHE)
    assert not list(cache.rglob("*.part"))


def test_a_damaged_entry_is_compiled_again(package, tmp_path):
    cache = tmp_path / "cache"
    assert run(package, cache) == (1, COMPILED)
    for damage in ("cut short", "one bit", "empty"):
        for path in entries(cache):
            content = path.read_bytes()
            half = len(content) // 2
            flipped = content[:half] + bytes([content[half] ^ 1]) + content[half + 1 :]
            damaged = {"cut short": content[:half], "one bit": flipped, "empty": b""}
            path.write_bytes(damaged[damage])
        assert run(package, cache) == (1, COMPILED), damage
    assert run(package, cache) == (1, FROM_CACHE)


def test_processors_of_two_kinds_share_a_folder(package, tmp_path):
    cache = tmp_path / "cache"
    assert run(package, cache) == (1, COMPILED)
    mine = entries(cache)
    assert run(package, cache, NUMBA_CPU_NAME="generic") == (1, COMPILED)
    both = entries(cache)
    assert len(both) == 2 * len(mine)
    assert mine.items() <= both.items()
    # neither has taken the place of the other
    assert run(package, cache) == (1, FROM_CACHE)
    assert run(package, cache, NUMBA_CPU_NAME="generic") == (1, FROM_CACHE)
    assert entries(cache) == both


def test_a_filled_cache_that_cannot_be_written_is_read(package, tmp_path):
    cache, elsewhere = tmp_path / "cache", tmp_path / "elsewhere"
    elsewhere.mkdir()
    assert run(package, cache) == (1, COMPILED)
    # rights do not bind the superuser, as which tests may run
    read_only = f"""
access = os.access
os.access = lambda path, mode: not str(path).startswith({str(cache)!r}) and access(path, mode)
"""
    environment = {"TMPDIR": str(elsewhere), "TEST_FIRST": read_only}
    assert run(package, cache, **environment) == (1, FROM_CACHE)
    assert not entries(elsewhere)
    # what it lacks is kept elsewhere
    for path in entries(cache):
        path.unlink()
    assert run(package, cache, **environment) == (1, COMPILED)
    assert run(package, cache, **environment) == (1, FROM_CACHE)
    assert not entries(cache)


def test_a_cache_that_cannot_be_made_is_done_without(package, tmp_path):
    blocked = tmp_path / "file"
    blocked.write_text("in the way")
    assert run(package, blocked, TMPDIR=str(tmp_path)) == (1, COMPILED)
    assert run(package, blocked, TMPDIR=str(tmp_path)) == (1, FROM_CACHE)


def test_a_user_without_a_home_has_a_cache_among_temporary_files(package, tmp_path):
    homeless = """
def home():
    raise RuntimeError("Could not determine home directory.")
Path.home = home
"""
    environment = {"HNLSCAN_CACHE_DIR": "", "XDG_CACHE_HOME": "", "TMPDIR": str(tmp_path)}
    found = [answer(start(package, TEST_FIRST=homeless, **environment)) for _ in range(2)]
    assert found == [(1, COMPILED), (1, FROM_CACHE)]


def test_temporary_files_of_another_user_are_not_run(tmp_path, monkeypatch):
    monkeypatch.setenv("HNLSCAN_CACHE_DIR", str(tmp_path / "file"))
    (tmp_path / "file").write_text("in the way")
    monkeypatch.setattr(jit.tempfile, "tempdir", str(tmp_path))
    mine = tmp_path / f"hnlscan-{os.getuid()}"
    [folder] = jit._cache_folders()
    assert folder.parent == mine
    monkeypatch.setattr(jit.os, "getuid", lambda: 12345)
    mine.rename(tmp_path / "hnlscan-12345")  # made by somebody else than 12345
    [folder] = jit._cache_folders()
    assert folder.parent == tmp_path
    assert folder.name.startswith("hnlscan-")
    assert folder.name != "hnlscan-12345"


def test_a_full_disk_costs_the_cache_and_not_the_result(tmp_path, monkeypatch):
    monkeypatch.setattr(jit, "FOLDERS", [tmp_path / "gone"])
    kept = jit._Entries("some.function-1", (0.0, 1))
    kept.save("key", "data")
    assert kept.load("key") is None
    (tmp_path / "gone").mkdir()
    kept.save("key", "data")
    assert kept.load("key") == "data"
    assert kept.load("another key") is None
    [path] = (tmp_path / "gone").iterdir()
    # another version that hashed to the same name would not be taken for this one
    monkeypatch.setattr(jit._Entries, "_file", lambda self, key: path.name)
    assert kept.load("another key") is None
