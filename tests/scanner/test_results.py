"""Limit cubes, limits and contours from stored responses."""

from pathlib import Path

import numpy as np
import pytest
import xarray as xr
from real_scan import scan, write_grid

from physics import experiments, models, rates, statistics
from physics.errors import InputError
from scanner import results
from scanner.cli.results import altered
from scanner.storage.status import status


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("results")
    grid = write_grid(folder / "test.toml", "{ log = [0.05, 0.5], n = 4 }")
    scan(grid, folder / "test.zarr")
    return folder / "test.zarr"


def test_the_limit_is_where_the_events_are_the_upper_limit(store: Path) -> None:
    loaded = results.scan_of(store)
    model, found = models.get("dipole"), results.limits(store, loaded)
    assert [limit.experiment for limit in found] == ["microboone"] * 4 + ["sbnd"] * 4
    for limit in found[::3]:
        experiment = experiments.load(limit.experiment)
        point = {"m4": limit.point["m4"], "mu_tr_mu4": limit.lower, "hnl_type": "dirac"}
        n = rates.rate(model, experiment, point, loaded.grid.precision, loaded.grid.seed)
        signature = experiment.signature
        n_up = statistics.upper_limit(
            "cls",
            signature.observed,
            signature.background.mean,
            signature.background.uncertainty,
            signature.signal_relative_uncertainty(0.1),
            0.9,
        )
        assert n["n_events"] == pytest.approx(float(n_up), rel=1e-8)
        assert limit.upper is None


def test_contours_are_stored_and_pass_through_the_limits(store: Path) -> None:
    loaded = results.scan_of(store)
    paths = results.contours(store, loaded)
    assert {path.experiment for path in paths} == {"microboone", "sbnd"}
    lower = {limit.point["m4"]: limit.lower for limit in results.limits(store, loaded)[:4]}
    [path] = [path for path in paths if path.experiment == "microboone"]
    for m4, edge in path.points:
        assert edge == pytest.approx(lower[float(m4)], rel=1e-9)


def test_excluded_points_of_the_cube_are_above_the_limit(store: Path) -> None:
    cube = xr.open_zarr(store, group="sbnd", chunks=None).load()
    assert ((cube["n_events"] / cube["n_up"] - cube["limit_ratio"]) == 0).all()
    lower = {x.point["m4"]: x.lower for x in results.limits(store, results.scan_of(store))[4:]}
    for m4 in cube["m4"].values:
        excluded = cube["mu_tr_mu4"].values[cube["limit_ratio"].sel(m4=m4).values > 1]
        assert (excluded > lower[float(m4)]).all()
        assert len(excluded) == (cube["mu_tr_mu4"].values > lower[float(m4)]).sum()


def test_other_statistics_and_couplings_go_into_a_store_of_their_own(store: Path) -> None:
    other = altered(results.scan_of(store), "poisson_zero_background", 0.95, {"mu_tr_tau4": "1e-5"})
    found, derived = results.limits(store, other), store.with_name("derived.zarr")
    results.write_derived(derived, store, other, found)
    tree = xr.open_datatree(derived, engine="zarr", chunks=None)
    assert float(tree["sbnd"]["n_up"]) == pytest.approx(-np.log(0.05))
    np.testing.assert_array_equal(tree["limits"]["lower"], [limit.lower for limit in found])
    # a moment of nu_tau shortens the lifetime and adds no production: no such neutrinos here
    before = xr.open_zarr(store, group="sbnd", chunks=None)
    assert (tree["sbnd"]["ctau_cm"].values < before["ctau_cm"].values).all()
    assert (tree["sbnd"]["n_produced"].values == before["n_produced"].values).all()
    assert len(results.contours(derived, results.scan_of(derived))) == 2
    with pytest.raises(InputError, match="exists and is not replaced"):
        results.write_derived(derived, store, other, found)
    with pytest.raises(InputError, match="not a store of hnlscan"):
        status(derived)


def test_couplings_without_responses_are_refused(store: Path) -> None:
    other = altered(results.scan_of(store), None, None, {"mu_tr_e4": "1e-6"})
    with pytest.raises(InputError, match=r"no responses for mu_tr_e4\^2"):
        results.limits(store, other)


@pytest.mark.parametrize(
    ("statistic", "level", "assignments", "message"),
    [
        ("clss", None, {}, "did you mean 'cls'"),
        (None, 1.5, {}, "between 0.5 and 1"),
        (None, None, {"mu_tr_mu4": "1e-6"}, "cannot be set"),
        (None, None, {"m4": "0.1"}, "cannot be set"),
        (None, None, {"mu_tr_e4": "-1"}, "must not be negative"),
    ],
)
def test_wrong_changes_are_one_sentence(
    store: Path,
    statistic: str | None,
    level: float | None,
    assignments: dict[str, str],
    message: str,
) -> None:
    with pytest.raises(InputError, match=message) as problem:
        altered(results.scan_of(store), statistic, level, assignments)
    assert "\n" not in str(problem.value)
