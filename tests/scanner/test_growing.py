"""Grids that grow, with physics: what is sampled, and that the cube is the one made at once."""

import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import xarray as xr
from cli_calls import Answer, call
from real_scan import IN_FLIGHT, digest, write_grid

from scanner.assembly import assemble, filling

MASSES = "{{ log = [0.05, 0.8], n = {} }}"
BOTH = '["microboone", "sbnd"]'


@pytest.fixture
def counted(monkeypatch: pytest.MonkeyPatch) -> list[tuple[float, str]]:
    """Every mass and experiment that is sampled."""
    found: list[tuple[float, str]] = []
    sample = assemble.Evaluate._sample

    def noted(self: Any, members: Any, masses: Any) -> Any:
        found.extend((masses["m4"], member.name) for member in members)
        return sample(self, members, masses)

    monkeypatch.setattr(assemble.Evaluate, "_sample", noted)
    return found


def run(folder: Path, name: str, *options: str | Path, **grid: Any) -> Path:
    """Write a grid and scan it here."""
    file = write_grid(folder / f"{name}.toml", **grid)
    return again(file, *options)


def again(file: Path, *options: str | Path) -> Path:
    """Scan a grid here, to the store beside it."""
    answer = answered(file, *options)
    assert answer.code == 0, answer.err
    return file.with_suffix(".zarr")


def answered(file: Path, *options: str | Path) -> Answer:
    return call("run", file, "--out", file.with_suffix(".zarr"), "--workers", "0", *options)


def changed(file: Path, old: str, new: str, name: str) -> Path:
    """Write a grid with one change."""
    assert old in file.read_text()
    other = file.with_name(f"{name}.toml")
    other.write_text(file.read_text().replace(old, new))
    return other


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The grid that is made at once: five masses, two experiments."""
    return run(tmp_path_factory.mktemp("whole"), "whole", masses=MASSES.format(5), experiments=BOTH)


@pytest.fixture(scope="module")
def parts(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """Every second mass of one experiment, and two masses more with another and a third."""
    folder = tmp_path_factory.mktemp("parts")
    other = '["sbnd", "icarus"]'
    return [
        run(folder, "one", masses=MASSES.format(3), experiments='["microboone"]'),
        run(folder, "two", masses="{ values = [0.05, 0.1, 0.2] }", experiments=other),
    ]


def test_two_stores_are_the_one_made_at_once(
    tmp_path: Path, whole: Path, parts: list[Path], counted: list[tuple[float, str]]
) -> None:
    sources = [word for part in parts for word in ("--from", part)]
    merged = run(tmp_path, "whole", *sources, masses=MASSES.format(5), experiments=BOTH)
    assert sorted(counted) == [
        *((0.1, "microboone"), (0.4, "microboone"), (0.4, "sbnd"), (0.8, "sbnd"))
    ]
    assert digest(merged) == digest(whole)
    attrs = xr.open_zarr(merged, chunks=None).attrs
    assert [r["points"]["bnb_argon"] for r in attrs["taken_from"]] == [3, 3]
    before = (merged / "zarr.json").read_bytes()
    again(tmp_path / "whole.toml", *sources)
    assert (merged / "zarr.json").read_bytes() == before


def test_a_finer_axis_samples_its_new_masses(
    tmp_path: Path, whole: Path, counted: list[tuple[float, str]]
) -> None:
    store = run(tmp_path, "grid", masses=MASSES.format(3), experiments=BOTH)
    assert len(counted) == 3 * 2
    counted.clear()
    write_grid(tmp_path / "grid.toml", MASSES.format(5), BOTH)
    again(tmp_path / "grid.toml", "--extend")
    assert sorted(counted) == [(m, n) for m in (0.1, 0.4) for n in ("microboone", "sbnd")]
    assert digest(store) == digest(whole)


def test_more_couplings_sample_nothing(
    tmp_path: Path, whole: Path, counted: list[tuple[float, str]]
) -> None:
    grid = whole.with_suffix(".toml")
    longer = changed(grid, "n = 6", "n = 11", "longer")
    taken = again(longer, "--from", whole)
    (growing := tmp_path / "growing.toml").write_text(longer.read_text())
    shutil.copytree(whole, growing.with_suffix(".zarr"))
    assert digest(again(growing, "--extend")) == digest(taken)
    # a coupling that was an axis may be a number, and back
    lines = [line for line in grid.read_text().splitlines() if not line.startswith("mu_tr")]
    fixed = "\n".join(lines).replace("[parameters]", "[parameters]\nmu_tr_mu4 = 1e-6")
    (number := tmp_path / "number.toml").write_text(fixed)
    again(number, "--from", whole)
    back = tmp_path / "back.toml"
    back.write_text(grid.read_text())
    assert digest(again(back, "--from", number.with_suffix(".zarr"))) == digest(whole)
    assert counted == []


def test_another_term_samples_anew_and_leaves_nothing_open(
    tmp_path: Path, whole: Path, counted: list[tuple[float, str]]
) -> None:
    grid = whole.with_suffix(".toml")
    more = changed(grid, "[axes]", "[axes]\nmu_tr_e4 = { values = [1e-7, 1e-6] }", "more")
    fresh = again(more)
    counted.clear()
    (extended := tmp_path / "extended.toml").write_text(more.read_text())
    shutil.copytree(whole, extended.with_suffix(".zarr"))
    assert digest(again(extended, "--extend")) == digest(fresh)
    assert len(counted) == 5 * 2
    # and back: events of one term alone are not those of two
    (less := tmp_path / "less.toml").write_text(grid.read_text())
    assert digest(again(less, "--from", fresh)) == digest(whole)
    assert len(counted) == 5 * 2 * 2
    response = xr.open_zarr(fresh, group="response/bnb_argon", chunks=None)
    assert np.isfinite(response["response"].values).all()


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("relative = 0.2", "relative = 0.1", "precision.relative = 0.2, this run has 0.1"),
        ("seed = 11", "seed = 12", "seed = 11, this run has 12"),
        ("[parameters]", '[parameters]\nhnl_type = "majorana"', 'hnl_type = "dirac", this run'),
    ],
)
def test_other_numbers_are_refused(
    tmp_path: Path, whole: Path, old: str, new: str, words: str
) -> None:
    other = changed(whole.with_suffix(".toml"), old, new, "refused")
    moved = other.rename(tmp_path / "refused.toml")
    answer = answered(moved, "--from", whole)
    assert answer.code == 1
    assert f"nothing can be taken over from {whole}: it was made with" in answer.err
    assert words in answer.err
    assert answer.err.count("\n") == 1
    assert not moved.with_suffix(".zarr").exists()


def test_a_share_of_a_job_array_takes_nothing_over(tmp_path: Path, whole: Path) -> None:
    (grid := tmp_path / "shared.toml").write_text(whole.with_suffix(".toml").read_text())
    answer = answered(grid, "--cluster", "job-array", "--from", whole)
    assert answer.code == 1
    assert "--from does not go with --cluster job-array" in answer.err
    assert not grid.with_suffix(".zarr").exists()


def test_a_default_may_be_said(tmp_path: Path, whole: Path) -> None:
    text = '[parameters]\nhnl_type = "dirac"'
    said = changed(whole.with_suffix(".toml"), "[parameters]", text, "said")
    assert digest(again(said, "--from", whole)) == digest(whole)


def test_an_experiment_with_fewer_modes_gets_the_zeros_of_its_group(
    tmp_path: Path, counted: list[tuple[float, str]]
) -> None:
    narrow = tmp_path / "ps191_ee.toml"
    narrow.write_text('base = "ps191"\n\n[signature.charged_pair]\nfinal_states = ["nu_e_e"]\n')
    masses = "{ values = [0.05, 0.2] }"
    common: dict[str, Any] = {"masses": masses, "kind": IN_FLIGHT}
    alone = run(tmp_path, "alone", experiments='["./ps191_ee.toml"]', **common)
    both = '["./ps191_ee.toml", "ps191"]'
    fresh = run(tmp_path, "fresh", experiments=both, **common)
    counted.clear()
    taken = run(tmp_path, "taken", "--from", alone, experiments=both, **common)
    assert counted == [(0.05, "ps191"), (0.2, "ps191")]
    assert digest(taken) == digest(fresh)
    counted.clear()
    back = run(tmp_path, "back", "--from", fresh, experiments='["./ps191_ee.toml"]', **common)
    assert counted == []
    assert digest(back) == digest(alone)


def test_zeros_are_written_where_only_others_have_something() -> None:
    arrays = {
        "response": np.full((1, 1, 2, 3, 2, 4, 1), np.nan),
        "response_covariance": np.full((1, 1, 2, 2, 3, 2, 4, 1), np.nan),
        "acceptance": np.full((1, 1, 2, 3, 5), np.nan),
    }
    for name, own in {"response": (0, 0), "response_covariance": (0, 0)}.items():
        arrays[name][own][..., [0, 2], :1, :, :] = 7.0
    arrays["acceptance"][0, 0][:, [0, 2], :4] = 7.0
    filling.zero_elsewhere(arrays, (0, 0), [0, 2], 1, 4)
    for array in arrays.values():
        assert set(np.unique(array)) == {0.0, 7.0}
    assert (arrays["response"] == 7).sum() == 2 * 2 * 4
    assert (arrays["acceptance"] == 7).sum() == 2 * 2 * 4
