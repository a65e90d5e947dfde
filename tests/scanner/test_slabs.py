"""Results made slab by slab are the same whatever the size of a slab."""

import shutil
from pathlib import Path

import numpy as np
import pytest
import xarray as xr
from real_scan import IN_FLIGHT, UPSCATTERING, Kind, digest, sample, write_grid

from scanner import results
from scanner.assembly.assemble import Scan
from scanner.cli.results import altered
from scanner.cubes import slabs
from scanner.cubes.slabs import Part
from scanner.curves.limits import Limit
from scanner.storage import seal, store

ATTRS = {"units": "1"}
FOUR_AXES = """
title = "couplings before masses, and two of each"
model = "dark_photon"
experiments = ["microboone", "sbnd"]

[axes]
U2_mu4 = { log = [1e-10, 1e-3], n = 3 }
m4 = { log = [0.05, 0.5], n = 3 }
epsilon = { log = [1e-5, 1e-2], n = 2 }
mzprime = { log = [0.6, 1.2], n = 2 }

[precision]
relative = 0.2
events = 64
max_events = 1024
"""
ONE_MASS = """
title = "two couplings at one mass"
model = "dipole"
experiments = ["microboone"]

[parameters]
m4 = 0.2

[axes]
mu_tr_mu4 = { log = [1e-8, 1e-3], n = 4 }
mu_tr_e4 = { log = [1e-8, 1e-3], n = 5 }

[precision]
relative = 0.2
events = 64
max_events = 1024
"""


def template() -> xr.Dataset:
    sizes, step = {"m4": 5, "x": 4}, {"m4": 2, "x": 4}
    return xr.Dataset(
        {
            "n": slabs.empty(("m4", "x"), sizes, step, ATTRS),
            "n_up": slabs.empty(("m4", "x"), sizes, step, ATTRS),
            "status": slabs.empty(("m4", "x"), sizes, step, {}, "int8"),
        },
        coords={"m4": np.arange(5.0)},
        attrs={"title": "a cube"},
    )


def parts(limit: float = 2.3) -> list[Part]:
    here = (slice(0, 2), slice(0, 4))
    last = (slice(4, 5), slice(0, 4))
    values = np.arange(8.0).reshape(2, 4)
    return [
        ("n", here, values),
        ("n_up", here, np.full((2, 4), 2.3)),
        ("status", here, np.ones((2, 4), dtype=np.int8)),
        ("n_up", last, np.full((1, 4), limit)),
    ]


def test_what_no_part_gives_stays_unknown() -> None:
    found = slabs.in_memory(template(), parts())
    assert found.n[:2].values.ravel().tolist() == list(range(8))
    assert np.isnan(found.n[2:]).all()
    assert found.status.values.sum(axis=1).tolist() == [4, 4, 0, 0, 0]


@pytest.mark.parametrize(("limit", "shape"), [(2.3, ()), (2.4, (5, 4))])
def test_one_number_stands_for_many_only_where_all_are_equal(
    limit: float, shape: tuple[int, ...]
) -> None:
    found = slabs.in_memory(template(), parts(limit), ["n_up"])
    assert found.n_up.shape == shape
    assert found.n_up.attrs == ATTRS
    assert float(found.n_up.max()) == limit


@pytest.mark.parametrize("limit", [2.3, 2.4])
def test_a_store_holds_what_memory_would(tmp_path: Path, limit: float) -> None:
    slabs.to_store(tmp_path, "sbnd", template(), parts(limit), ["n_up"])
    stored = xr.open_zarr(tmp_path, group="sbnd", consolidated=False, chunks=None).load()
    xr.testing.assert_identical(stored, slabs.in_memory(template(), parts(limit), ["n_up"]))


def test_slabs_cover_a_grid_once() -> None:
    sizes = {"m4": 7, "mzprime": 3, "x": 5}
    step = slabs.steps({"m4": 7, "mzprime": 3}, {"x": 5}, slabs.SLAB_BYTES // 20)
    counts = np.zeros(tuple(sizes.values()), dtype=int)
    for along in slabs.cut(sizes, step):
        region = tuple(along.values())
        counts[region] += 1
        assert counts[region].size <= 20
    assert (counts == 1).all()


def grid(folder: Path, what: Kind | str) -> Path:
    if isinstance(what, Kind):
        return write_grid(folder / "test.toml", what.axis(3), kind=what)
    (folder / "test.toml").write_text(what)
    return folder / "test.toml"


@pytest.mark.parametrize("what", [UPSCATTERING, IN_FLIGHT, FOUR_AXES, ONE_MASS])
def test_cubes_contours_and_limits_do_not_depend_on_slabs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, what: Kind | str
) -> None:
    whole, cut = tmp_path / "whole.zarr", tmp_path / "cut.zarr"
    loaded = sample(grid(tmp_path, what), whole)
    shutil.copytree(whole, cut)
    found = [second_pass(whole, loaded)]
    # a few hundred numbers: one mass point, and only some of its couplings
    monkeypatch.setattr(slabs, "SLAB_BYTES", 400)
    found.append(second_pass(cut, loaded))
    assert found[0] == found[1]


def second_pass(path: Path, loaded: Scan) -> tuple[str, str, list[Limit]]:
    """What is written, written elsewhere for another statistic, and found along an axis."""
    with store.open_or_create(path, loaded.groups(), loaded.identity) as opened:
        results.write(opened, loaded)
        seal.seal(opened)
    limits = results.limits(path, loaded)
    derived = path.with_name(f"derived_{path.name}")
    other = altered(loaded, "poisson_zero_background", 0.95, {})
    results.write_derived(derived, path, other, limits)
    return digest(path), digest(derived), limits
