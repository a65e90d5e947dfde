"""Random schedules of SIGKILL on scans of real physics: nothing lost, nothing wrong."""

import random
from pathlib import Path

import pytest
import real_scan
import xarray as xr
from clusters_to_kill import Local, Parts, scan, wait_until
from real_scan import UPSCATTERING, digest, write_grid

BLOCKS = 500
SCHEDULES = 10
SEED = 200
"""Of the schedule that runs by default: client, worker and everything are killed once each."""


@pytest.fixture(scope="module")
def grid(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """500 blocks of one mass point, about 20 ms each."""
    path = tmp_path_factory.mktemp("schedules") / "test.toml"
    write_grid(path, UPSCATTERING.axis(BLOCKS), '["microboone"]')
    text = path.read_text().replace("relative = 0.2", "relative = 0.003")
    path.write_text(text.replace("max_events = 4096", "max_events = 131072"))
    return path


@pytest.fixture(scope="module")
def undisturbed(grid: Path) -> str:
    """What every disturbed scan must give."""
    path = grid.with_name("undisturbed.zarr")
    real_scan.scan(grid, path, workers=2, block_points=1)
    return digest(path)


def marks(path: Path) -> int:
    """Blocks marked so far: each mark is a file of its own."""
    files = path.glob("_scan/*/mark/c/*")
    return sum(1 for file in files if file.suffix != ".partial")


def disturbed(kind: type[Local] | type[Parts], grid: Path, path: Path, seed: int) -> int:
    """Scan to the end through a random schedule; give the number of kills."""
    rng = random.Random(seed)
    kills = [(rng.uniform(0.02, 0.98), rng.choice(kind.parts)) for _ in range(rng.randint(3, 6))]
    waiting = sorted(kills)
    while True:
        with scan(kind, grid, path) as running:
            while waiting:
                fraction, part = waiting.pop(0)
                wait_until(lambda: marks(path) >= fraction * BLOCKS, f"{marks(path)} blocks")  # noqa: B023
                running.kill(part, rng)
                if running.over(part):
                    break
            else:
                assert running.client.wait(240) == 0
                return len(kills)


def check(kind: type[Local] | type[Parts], grid: Path, path: Path, seed: int, wanted: str) -> None:
    """Nothing is lost, nothing is wrong, and little is computed twice."""
    kills = disturbed(kind, grid, path, seed)
    assert digest(path) == wanted
    scanned = xr.open_zarr(path, group="_scan/bnb_argon", chunks=None)
    assert scanned.sizes["block"] == BLOCKS
    assert (scanned["mark"] >= 0).all()
    executions = int(scanned["executions"].sum())
    assert BLOCKS <= executions <= BLOCKS + 2 * kills


@pytest.mark.timeout(900)
def test_a_random_schedule(grid: Path, undisturbed: str, tmp_path: Path) -> None:
    check(Local, grid, tmp_path / "scan.zarr", SEED, undisturbed)


@pytest.mark.slow
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("seed", range(1, SCHEDULES + 1))
def test_ten_random_schedules(grid: Path, undisturbed: str, tmp_path: Path, seed: int) -> None:
    """Every other one with scheduler and workers of their own."""
    kind = Parts if seed % 2 else Local
    check(kind, grid, tmp_path / "scan.zarr", seed, undisturbed)
