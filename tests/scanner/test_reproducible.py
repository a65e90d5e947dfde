"""A mass point's numbers are a pure function of the physics, to the bit."""

import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
import real_scan
import xarray as xr
from real_scan import HEAVY, IN_FLIGHT, KINDS, LIGHT, UPSCATTERING, Kind, digest, scan, write_grid

from physics import experiments, models, rates
from scanner.storage.identity import IdentityError


@pytest.fixture(scope="module", params=list(KINDS))
def kind(request: pytest.FixtureRequest) -> Kind:
    """Each kind of physics: all promises hold for both."""
    return KINDS[request.param]


@pytest.fixture(scope="module")
def reference(tmp_path_factory: pytest.TempPathFactory, kind: Kind) -> tuple[Path, Path]:
    """A grid and its store, computed in one process."""
    folder = tmp_path_factory.mktemp("reference")
    grid = write_grid(folder / "test.toml", kind.axis(5), kind=kind)
    scan(grid, folder / "reference.zarr")
    return grid, folder / "reference.zarr"


def responses(path: Path) -> dict[str, xr.Dataset]:
    """Responses of all sampling groups."""
    tree = xr.open_datatree(path, engine="zarr", chunks=None)
    return {name: node.to_dataset().load() for name, node in tree["response"].children.items()}


@pytest.mark.parametrize(("workers", "block_points"), [(1, None), (2, 2), (4, 3)])
def test_workers_and_block_sizes_do_not_change_a_bit(
    reference: tuple[Path, Path], tmp_path: Path, workers: int, block_points: int | None
) -> None:
    scan(reference[0], tmp_path / "other.zarr", workers, block_points)
    assert digest(tmp_path / "other.zarr") == digest(reference[1])


def test_points_of_a_coarser_grid_are_the_same_in_a_finer_one(
    reference: tuple[Path, Path], tmp_path: Path, kind: Kind
) -> None:
    finer = write_grid(tmp_path / "finer.toml", kind.axis(9), kind=kind)
    scan(finer, tmp_path / "finer.zarr")
    coarse = responses(reference[1])
    for name, fine in responses(tmp_path / "finer.zarr").items():
        assert fine.sizes["m4"] == 9
        xr.testing.assert_identical(fine.isel(m4=slice(0, 9, 2)), coarse[name])


def test_an_experiment_does_not_know_whether_another_is_there(
    reference: tuple[Path, Path], tmp_path: Path, kind: Kind
) -> None:
    alone = write_grid(tmp_path / "alone.toml", kind.axis(5), f'["{kind.one}"]', kind)
    scan(alone, tmp_path / "alone.zarr")
    one = xr.open_zarr(tmp_path / "alone.zarr", group=kind.one, chunks=None).load()
    both = xr.open_zarr(reference[1], group=kind.one, chunks=None).load()
    xr.testing.assert_identical(one, both)


@pytest.mark.parametrize(
    ("kind", "names", "places"),
    [
        (UPSCATTERING, ("miniboone_fhc", "sbnd"), ((0, 1), (1, 3), (2, 5))),
        (IN_FLIGHT, ("nd280_dif", "ps191"), ((0, 3), (1, 2), (1, 4))),
        (HEAVY, ("miniboone_fhc", "sbnd"), ((0, 1), (1, 3), (2, 5))),
        (LIGHT, ("microboone", "sbnd"), ((0, 1), (1, 3), (2, 5))),
    ],
    ids=list(KINDS),
)
def test_a_single_point_is_the_cube_to_the_bit(
    tmp_path: Path, kind: Kind, names: tuple[str, str], places: tuple[tuple[int, int], ...]
) -> None:
    experiment_names = str(list(names)).replace("'", '"')
    masses = "{ values = [0.035, 0.2, 0.36] }"
    grid = write_grid(tmp_path / "test.toml", masses, experiment_names, kind)
    loaded = scan(grid, tmp_path / "store.zarr")
    for name in names:
        cube = xr.open_zarr(tmp_path / "store.zarr", group=name, chunks=None).load()
        for i, j in places:
            point = loaded.grid.resolve(
                {a.name: a.values[k] for a, k in zip(loaded.grid.axes, (i, j), strict=True)}
            )
            single = rates.rate(
                models.get(kind.model),
                experiments.load(name),
                dict(point),
                loaded.grid.precision,
                loaded.grid.seed,
            )
            at = cube.isel({"m4": i, kind.coupling: j})
            assert single["n_events"] == float(at["n_events"]) > 0
            assert single["n_events_sdev"] == float(at["n_events_sdev"])
            assert single["ctau_cm"] == float(at["ctau_cm"])
            assert single["n_produced"] == pytest.approx(float(at["n_produced"]), rel=1e-12)


def test_masses_beyond_the_beam_are_an_answer(tmp_path: Path, kind: Kind) -> None:
    masses = "{ values = [5.0, 20.0] }"
    grid = write_grid(tmp_path / "heavy.toml", masses, f'["{kind.two}"]', kind)
    scan(grid, tmp_path / "heavy.zarr")
    cube = xr.open_zarr(tmp_path / "heavy.zarr", group=kind.two, chunks=None).load()
    assert (cube["n_events"] == 0).all()
    assert (cube["status"] == 1).all()


def test_changed_physics_or_seed_is_refused(
    reference: tuple[Path, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = tmp_path / "seed.toml"
    other.write_text(reference[0].read_text().replace("seed = 11", "seed = 12"))
    with pytest.raises(IdentityError, match="seed = 11, this run has 12"):
        scan(other, reference[1])
    monkeypatch.setattr("scanner.assembly.assemble.physics_digest", lambda: "0" * 16)
    with pytest.raises(IdentityError, match="physics_digest"):
        scan(reference[0], reference[1])


@pytest.mark.slow
@pytest.mark.parametrize(
    ("kind", "names"),
    [
        (UPSCATTERING, '["miniboone_fhc", "sbnd"]'),
        (IN_FLIGHT, '["nd280_dif", "ps191"]'),
        (HEAVY, '["miniboone_fhc", "sbnd"]'),
        (LIGHT, '["miniboone_fhc", "sbnd"]'),
    ],
    ids=list(KINDS),
)
def test_killed_three_times_a_scan_of_120_blocks_loses_nothing(
    tmp_path: Path, kind: Kind, names: str
) -> None:
    """SIGKILL to the process group at random moments; at most two blocks are computed again."""
    grid = write_grid(tmp_path / "kill.toml", kind.axis(60), names, kind)
    undisturbed, killed = tmp_path / "undisturbed.zarr", tmp_path / "killed.zarr"
    scan(grid, undisturbed, workers=2, block_points=1)
    command = [sys.executable, real_scan.__file__, str(grid), str(killed), "2", "1"]
    fractions = sorted(random.Random(3).uniform(0.1, 0.9) for _ in range(3))
    for fraction in fractions:
        process = subprocess.Popen(command, start_new_session=True)
        deadline = time.monotonic() + 240
        while done(killed) < fraction * 120 and time.monotonic() < deadline:
            time.sleep(0.02)
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
    subprocess.run(command, check=True, timeout=240)
    assert digest(killed) == digest(undisturbed)
    tree = xr.open_datatree(killed, engine="zarr", chunks=None)
    runs = sum(int(tree[f"_scan/{g}"]["executions"].sum()) for g in tree["_scan"].children)
    assert 120 <= runs <= 120 + 2 * 3
    marks = np.concatenate([tree[f"_scan/{g}"]["mark"].values for g in tree["_scan"].children])
    assert len(marks) == 120
    assert (marks >= 0).all()


def done(path: Path) -> int:
    """Blocks marked so far: each mark is a file of its own."""
    return len(list(path.glob("_scan/*/mark/c/*")))
