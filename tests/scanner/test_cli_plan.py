"""`hnlscan plan` on a small grid."""

import re

import pytest
from cli_calls import GRID, call

NUMBERS = {
    "blocks", "points", "grid_points", "core_hours", "start_seconds", "limit_seconds",
    "worker_bytes", "client_bytes", "uncompressed_bytes", "store_bytes", "most_bytes", "files",
    "budget_bytes", "free_bytes",
}  # fmt: skip


@pytest.fixture
def grid(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "small.toml").write_text(GRID)
    return "small.toml"


def test_a_plan_has_all_numbers_and_writes_nothing(grid, tmp_path):
    answer = call("plan", grid, "--json", "--workers", "1", "--workers", "4")
    assert answer.code == 0, answer.err
    found = answer.document
    assert set(found) == NUMBERS | {"path", "adaptive", "wall", "groups", "fits", "warnings"}
    assert found["adaptive"] is False
    assert all(found[name] > 0 for name in NUMBERS)
    assert (found["path"], found["blocks"], found["points"]) == ("small.zarr", 8, 8)
    assert found["grid_points"] == 24
    assert [row["workers"] for row in found["wall"]] == [1, 4]
    assert found["wall"][0]["seconds"] > found["wall"][1]["seconds"] > found["start_seconds"]
    assert [g["experiments"] for g in found["groups"]] == ["miniboone_fhc", "microboone"]
    seconds = sum(g["blocks"] * g["block_seconds"] for g in found["groups"])
    assert 3600 * found["core_hours"] == pytest.approx(seconds)
    assert found["fits"]
    assert found["warnings"] == []
    assert [path.name for path in tmp_path.iterdir()] == ["small.toml"]


def test_a_store_that_is_too_large_is_told_before_anything_is_written(grid):
    answer = call("plan", grid, "--json", "--budget", "1 kB", "--out", "deep/er/store.zarr")
    assert answer.code == 0
    assert not answer.document["fits"]
    [warning] = answer.document["warnings"]
    assert warning.endswith("more than the budget of 0.0 MB")
    assert f"hnlscan: {warning}" in answer.err.splitlines()


def test_text_names_groups_and_workers(grid):
    answer = call("plan", grid)
    assert answer.out.startswith("small.zarr: 8 blocks, 8 sampled points, 24 grid points\n")
    assert "  microboone: 4 blocks of 1 points" in answer.out
    assert re.search(r"^ +128 workers  \d+:\d\d:\d\d$", answer.out, re.MULTILINE)


def test_of_an_adaptive_grid_all_points_are_counted_and_it_is_said(grid, tmp_path):
    path = tmp_path / "adaptive.toml"
    path.write_text(GRID + "\n[adaptive]\ncoarse = 2\n")
    answer = call("plan", path)
    assert answer.code == 0, answer.err
    assert answer.out.splitlines()[0].endswith("8 blocks, 8 sampled points, 24 grid points")
    assert answer.out.splitlines()[1] == "  at most: [adaptive] computes a part of them"


def test_a_budget_is_a_size(grid):
    answer = call("plan", grid, "--budget", "ten")
    assert (answer.code, answer.out) == (1, "")
    assert "--budget 'ten' is no size" in answer.err
