"""Refined scans with physics: the same numbers as sampled everywhere, where they are sampled."""

import dataclasses
import json
from pathlib import Path

import numpy as np
import pytest
import xarray as xr
from cli_calls import call
from real_scan import UPSCATTERING, digest, scan, write_grid
from scipy.interpolate import RegularGridInterpolator

from physics.errors import InputError
from scanner import results
from scanner.assembly import grid_record
from scanner.assembly.assemble import Scan
from scanner.blocks.blocks import INTERPOLATED
from scanner.cli.results import altered
from scanner.execution import execute
from scanner.storage import store
from scanner.storage.status import status

PLANE = """
title = "two masses"
model = "dark_photon"
experiments = ["microboone"]
seed = 3

[parameters]
U2_mu4 = 2.2e-7
alphaD = 0.4
epsilon = 0.02145

[axes]
m4 = {{ log = [0.02, 1.0], n = {n} }}
mzprime = {{ log = [0.02, 5.0], n = {n} }}

[precision]
relative = 0.5
replicates = 16
events = 16
max_events = 256
"""
ADAPTIVE = "\n[adaptive]\n"


def write(path: Path, n: int, rest: str = ADAPTIVE) -> Path:
    """Write the grid of a plane."""
    path.write_text(PLANE.format(n=n) + rest)
    return path


def asked(path: Path) -> np.ndarray:
    """Rounds in which blocks were asked for."""
    group = xr.open_zarr(path, group="_scan/bnb_argon", consolidated=False, chunks=None)
    return np.asarray(group["asked"].values)


@pytest.fixture(scope="module")
def plane(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[np.ndarray]]:
    """A plane computed in one process, and its contours before the limits were written."""
    folder = tmp_path_factory.mktemp("plane")
    grid = write(folder / "plane.toml", 17)
    loaded, path = Scan.load(str(grid)), folder / "plane.zarr"
    attrs = {"grid": grid_record.to_json(loaded)}
    with store.open_or_create(path, loaded.groups(), loaded.identity, attrs=attrs) as opened:
        refine = results.refinement(opened, loaded)
        assert execute.run(opened, loaded.evaluate, refine=refine).exit_code == 0
    live = [contour.points for contour in results.contours(path, loaded)]
    scan(grid, path)
    return path, live


def test_what_is_not_sampled_is_interpolated_and_says_so(
    plane: tuple[Path, list[np.ndarray]],
) -> None:
    cube = xr.open_zarr(plane[0], group="microboone", chunks=None).load()
    sampled = asked(plane[0]).reshape(17, 17) > 0
    assert 9 < sampled.sum() < 200
    between = cube["status"].values == INTERPOLATED
    np.testing.assert_array_equal(between, ~sampled)
    assert np.isfinite(cube["limit_ratio"]).all()
    for name in ("n_events", "n_events_sdev", "n_produced", "ctau_cm", "acceptance"):
        unknown = np.isnan(cube[name].values).reshape(17, 17, -1)
        assert unknown[between].all()
        assert not unknown[~between].any()
    counted = status(plane[0])
    assert counted["sealed"]
    assert counted["points"]["total"] == counted["points"]["done"] == sampled.sum()


def test_contours_are_the_same_before_and_after_sealing(
    plane: tuple[Path, list[np.ndarray]],
) -> None:
    stored = results.contours(plane[0], results.scan_of(plane[0]))
    assert len(stored) == len(plane[1]) > 0
    for contour, live in zip(stored, plane[1], strict=True):
        np.testing.assert_array_equal(contour.points, live)


def test_two_workers_sample_the_same_points_to_the_bit(
    plane: tuple[Path, list[np.ndarray]], tmp_path: Path
) -> None:
    scan(write(tmp_path / "plane.toml", 17), tmp_path / "two.zarr", workers=2)
    np.testing.assert_array_equal(asked(tmp_path / "two.zarr"), asked(plane[0]))
    assert digest(tmp_path / "two.zarr") == digest(plane[0])


def test_another_rule_is_another_scan(plane: tuple[Path, list[np.ndarray]], tmp_path: Path) -> None:
    other = write(tmp_path / "plane.toml", 17, "\n[adaptive]\ntolerance = 0.1\n")
    with pytest.raises(InputError, match=r"adaptive.tolerance = 0.01, this run has 0.1"):
        scan(other, plane[0])
    loaded = results.scan_of(plane[0])
    assert loaded.grid.adaptive is not None
    record = grid_record.to_json(loaded)
    assert grid_record.from_json(json.loads(json.dumps(record))).grid == loaded.grid
    del record["adaptive"]  # as older versions wrote it
    assert grid_record.from_json(record).grid == dataclasses.replace(loaded.grid, adaptive=None)


@pytest.mark.slow
def test_the_contour_of_a_refined_plane_is_that_of_the_whole_plane(tmp_path: Path) -> None:
    scan(write(tmp_path / "dense.toml", 33, ""), tmp_path / "dense.zarr", workers=2)
    loaded = scan(write(tmp_path / "refined.toml", 33), tmp_path / "refined.zarr", workers=2)
    one, all_of = (
        xr.open_zarr(tmp_path / f"{name}.zarr", group="microboone", chunks=None).load()
        for name in ("refined", "dense")
    )
    sampled = one["status"].values != INTERPOLATED
    assert sampled.mean() < 0.3
    for name in ("n_events", "n_events_sdev", "limit_ratio", "ctau_cm"):
        assert (one[name].values[sampled] == all_of[name].values[sampled]).all()
    with np.errstate(divide="ignore"):
        z = np.log(all_of["limit_ratio"].values)
    axes = np.log(one["m4"].values), np.log(one["mzprime"].values)
    found = results.contours(tmp_path / "refined.zarr", loaded)
    at = np.log(np.concatenate([contour.points for contour in found]))
    none = RegularGridInterpolator(axes, np.isneginf(z).astype(float))(at) > 0.0
    assert none.mean() < 0.2
    height = RegularGridInterpolator(axes, np.where(np.isneginf(z), 0.0, z))(at[~none])
    assert np.abs(height).max() < 0.01


def test_a_mass_against_a_coupling(tmp_path: Path) -> None:
    grid = write_grid(tmp_path / "line.toml", UPSCATTERING.axis(33), '["microboone"]')
    grid.write_text(grid.read_text() + "\n[adaptive]\ntolerance = 0.2\n")
    path = tmp_path / "line.zarr"
    answer = call("run", grid, "--out", path, "--workers", "0", "--json")
    assert answer.code == 0, answer.err
    loaded, cube = results.scan_of(path), xr.open_zarr(path, group="microboone", chunks=None)
    sampled = (cube["status"].values != INTERPOLATED).all(axis=1)
    assert 5 <= sampled.sum() == answer.document["points"]["total"] < 33
    masses = cube["m4"].values[sampled]
    edges = results.limits(path, loaded)
    assert {limit.point["m4"] for limit in edges} <= set(masses)
    lower = {limit.point["m4"]: limit.lower for limit in edges}
    [contour] = results.contours(path, loaded)
    on_grid = [(m, c) for m, c in contour.points if m in lower]
    assert len(on_grid) >= len(lower) - 1
    for m, c in on_grid:
        assert c == pytest.approx(lower[m], rel=1e-9)
    assert set(contour.points[:-1, 0]) <= set(masses)  # the last may be at the threshold
    other = altered(loaded, "poisson_zero_background", 0.95, {})
    derived = tmp_path / "derived.zarr"
    results.write_derived(derived, path, other, results.limits(path, other))
    again = xr.open_zarr(derived, group="microboone", chunks=None)
    between = again["status"].values == INTERPOLATED
    np.testing.assert_array_equal(between, np.repeat(~sampled[:, None], 6, axis=1))
    assert np.isfinite(again["limit_ratio"]).all()


def test_an_array_of_jobs_has_nobody_who_decides(tmp_path: Path) -> None:
    grid = write(tmp_path / "plane.toml", 17)
    answer = call("run", grid, "--out", tmp_path / "no.zarr", "--cluster", "job-array")
    assert answer.code == 1
    assert "has [adaptive], but" in answer.err
