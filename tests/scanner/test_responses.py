"""What a reader sees of a store that is not complete, or that is being written."""

import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
import real_scan
import xarray as xr
from cli_calls import call
from real_scan import sample, write_grid

from physics.errors import InputError
from scanner import results
from scanner.cubes import slabs
from scanner.storage import seal, store, swap
from scanner.storage.attributes import read_layouts
from scanner.storage.regions import Regions
from scanner.storage.status import status
from scanner.storage.steady import steadily

GROUP = "bnb_argon"
MASSES = 4


@pytest.fixture(scope="module")
def sampled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two blocks of two masses, of two experiments; neither limits nor sealed."""
    folder = tmp_path_factory.mktemp("responses")
    grid = write_grid(folder / "test.toml", f"{{ log = [0.05, 0.5], n = {MASSES} }}")
    sample(grid, folder / "test.zarr", 2)
    return folder / "test.zarr"


@pytest.fixture
def path(sampled: Path, tmp_path: Path) -> Path:
    """A copy to spoil."""
    return Path(shutil.copytree(sampled, tmp_path / "test.zarr"))


def regions(path: Path) -> Regions:
    return Regions(path, read_layouts(path)[GROUP])


def codes(path: Path, experiment: str = "sbnd") -> list[int]:
    """Status at each mass, and check that what has none is NaN and shows nowhere."""
    cube = results.cube(path, experiment)
    found = [int(code) for code in cube.status.max("mu_tr_mu4")]
    known = np.array([code in (1, 3) for code in found])
    assert (np.isfinite(cube.n_events).all("mu_tr_mu4") == known).all()
    assert (np.isfinite(cube.limit_ratio).any("mu_tr_mu4") == known).all()
    loaded = results.scan_of(path)
    seen = {e.point["m4"] for e in results.limits(path, loaded) if e.experiment == experiment}
    assert seen <= set(cube.m4.values[known])
    for contour in results.contours(path, loaded):
        if contour.experiment == experiment:
            columns = np.isin(cube.m4.values, contour.points[:, 0])
            assert not (columns & ~known).any()
    return found


def test_a_store_that_is_not_sealed_has_the_cube_of_a_sealed_one(path: Path) -> None:
    live = {name: results.cube(path, name) for name in ("sbnd", "microboone")}
    loaded = results.scan_of(path)
    paths, limits = results.contours(path, loaded), results.limits(path, loaded)
    with store.open_or_create(path, loaded.groups(), loaded.identity) as opened:
        results.write(opened, loaded)
        seal.seal(opened)
    for name, cube in live.items():
        xr.testing.assert_identical(results.cube(path, name).load(), cube)
    assert results.limits(path, loaded) == limits
    for stored, traced in zip(results.contours(path, loaded), paths, strict=True):
        assert np.array_equal(stored.points, traced.points)


def test_the_name_of_an_experiment_is_checked(path: Path) -> None:
    with pytest.raises(InputError, match="has no experiment 'sbn'"):
        results.cube(path, "sbn")


def test_blocks_without_a_mark_are_to_do(path: Path) -> None:
    handles = regions(path)
    handles.set_mark(handles.layout.block(1), -1)
    assert codes(path) == [1, 1, 0, 0]


@pytest.mark.parametrize("slab", [slabs.SLAB_BYTES, 1])
def test_a_torn_block_never_shows(path: Path, monkeypatch: pytest.MonkeyPatch, slab: int) -> None:
    monkeypatch.setattr(slabs, "SLAB_BYTES", slab)
    handles = regions(path)
    block = handles.layout.block(0)
    half = {**handles.read(block)}
    half["response"] = 3.0 * half["response"]  # one array is new, the others and the mark are not
    handles.write_data(block, half)
    assert codes(path) == [0, 0, 1, 1]


def test_a_damaged_chunk_hides_its_block_alone(path: Path) -> None:
    array = path / "response" / GROUP / "response"
    _, file = sorted(f for f in array.rglob("*") if f.is_file() and f.name != "zarr.json")
    file.write_bytes(file.read_bytes()[:-9])
    assert codes(path) == [1, 1, 0, 0]


def test_a_failed_block_shows_the_points_that_it_has(path: Path) -> None:
    handles = regions(path)
    block = handles.layout.block(0)
    values = handles.read(block)
    values["status"][1, list(results.scan_of(path).grid.experiments).index("sbnd")] = 2
    handles.fail(block, "out of memory", values)
    assert codes(path) == [1, 2, 1, 1]
    assert codes(path, "microboone") == [1, 1, 1, 1]
    values["n_produced"][0] = 7.0
    handles.write_data(block, values)
    assert codes(path) == [2, 2, 1, 1]


def test_a_failed_block_without_points_has_none(path: Path) -> None:
    handles = regions(path)
    handles.fail(handles.layout.block(0), "out of memory")
    assert codes(path) == [2, 2, 1, 1]


def test_a_store_that_is_replaced_is_read_again(tmp_path: Path) -> None:
    path = tmp_path / "test.zarr"
    path.mkdir()
    seen = []

    def read(place: Path) -> int:
        seen.append(place)
        if len(seen) == 1:
            swap.next_path(path).mkdir()
            swap.replace(path)
            raise KeyError("gone")
        return len(seen)

    assert steadily(path, read) == 2
    with pytest.raises(KeyError):
        steadily(path, lambda place: {}[place])


def test_between_two_renames_the_replaced_store_is_read(path: Path) -> None:
    path.rename(swap.old_path(path))
    assert codes(path) == [1, 1, 1, 1]
    assert status(path)["points"]["done"] == MASSES


def marked(path: Path) -> int:
    marks = path / "_scan" / GROUP / "mark" / "c"
    return sum(1 for file in marks.glob("*") if file.suffix != ".partial")


def held(scan: "subprocess.Popen[bytes]", path: Path, count: int) -> None:
    """Stop the process of a scan, wherever it is, once some blocks are marked."""
    deadline = time.monotonic() + 120
    while marked(path) < count:
        assert scan.poll() is None
        assert time.monotonic() < deadline
        time.sleep(0.01)
    scan.send_signal(signal.SIGSTOP)


def look(path: Path) -> xr.Dataset:
    for command in ("contour", "limits"):
        answer = call(command, path, "--json")
        assert answer.code == 0, answer.err
    return results.cube(path, "sbnd").load()


def test_cubes_limits_and_contours_of_a_running_scan(tmp_path: Path) -> None:
    grid = write_grid(tmp_path / "test.toml", "{ log = [0.05, 0.5], n = 24 }")
    path = tmp_path / "test.zarr"
    scan = subprocess.Popen([sys.executable, real_scan.__file__, grid, path, "0", "1"])
    try:
        cubes = []
        for count in (2, 10):
            held(scan, path, count)
            cubes.append(look(path))
            assert status(path)["running"]
            scan.send_signal(signal.SIGCONT)
            cubes.append(look(path))  # and while blocks are being written
        assert scan.wait(timeout=120) == 0
    finally:
        scan.kill()
    last = results.cube(path, "sbnd").load()
    assert set(last.status.values.ravel()) <= {1, 3}
    for cube in cubes:
        known = np.isfinite(cube.n_events.values)
        assert np.array_equal(known, np.isin(cube.status, (1, 3)))
        assert np.array_equal(cube.n_events.values[known], last.n_events.values[known])
    ended = [int((cube.status != 0).any("mu_tr_mu4").sum()) for cube in cubes]
    assert ended == sorted(ended)
    assert 2 <= ended[0] < 24
