"""The commands on HNLs in flight: keys of the JSON, sums, complaints, grids without experiments."""

import numpy as np
import pytest
import xarray as xr
from cli_calls import call

POINT = ("--model", "minimal", "--set", "m4=0.25", "--set", "U2_mu4=1e-7")

GRID = """
title = "three masses and one above the beam"
model = "minimal"
experiments = ["nd280_dif", "ps191"]

[axes]
m4 = { values = [0.05, 0.2, 0.3, 0.45] }
U2_mu4 = { log = [1e-10, 1.0], n = 8 }

[precision]
relative = 0.2
events = 64
max_events = 4096
"""

LIFETIMES = """
title = "lifetimes alone"
model = "minimal"
experiments = []

[axes]
m4 = { log = [0.02, 0.5], n = 6 }
U2_tau4 = { log = [1e-9, 1.0], n = 6 }
"""


@pytest.fixture(scope="module")
def store(tmp_path_factory):
    path = tmp_path_factory.mktemp("in_flight") / "small.toml"
    path.write_text(GRID)
    ran = call("run", path, "--out", path.with_suffix(".zarr"), "--workers", "0", "--json")
    assert ran.code == 0, ran.err
    return path.with_suffix(".zarr")


@pytest.fixture(scope="module")
def rate():
    return call("rate", "--experiment", "nd280_dif", *POINT, "--json").document


def test_rate_has_exactly_the_keys_of_the_contract(rate):
    assert set(rate) == {
        *("n_events", "n_events_sdev", "n_produced", "exposure_pot", "target_tonnes", "ctau_cm"),
        *("branching_ratio", "converged", "cut_flow", "channels", "final_states"),
    }
    assert rate["exposure_pot"] == {"fhc": 12.34e20, "rhc": 6.29e20}
    assert rate["target_tonnes"] == {}
    channel = {"beam_mode", "parent", "lepton", "n_produced", "n_events"}
    assert all(set(row) == channel for row in rate["channels"])
    assert all(set(row) == {"step", "n"} for row in rate["cut_flow"])
    assert [row["final_state"] for row in rate["final_states"]] == [
        *("nu_e_e", "nu_e_mu", "nu_mu_mu", "e_pi", "mu_pi"),
    ]


def test_channels_states_and_steps_add_up(rate):
    for total in ("n_produced", "n_events"):
        assert sum(row[total] for row in rate["channels"]) == pytest.approx(rate[total], rel=1e-9)
    states = rate["final_states"]
    assert sum(s["n_events"] for s in states) == pytest.approx(rate["n_events"], rel=1e-9)
    assert sum(s["branching_ratio"] for s in states) == pytest.approx(rate["branching_ratio"])
    assert {row["beam_mode"] for row in rate["channels"]} == {"fhc", "rhc"}
    assert {row["parent"] for row in rate["channels"]} == {"K+", "K-"}
    numbers = [row["n"] for row in rate["cut_flow"]]
    assert numbers == sorted(numbers, reverse=True)
    assert numbers[0] == pytest.approx(rate["n_produced"], rel=1e-9)
    assert numbers[-1] == rate["n_events"]


def test_efficiency_of_a_final_state_is_that_of_the_file():
    found = call("rate", "--experiment", "ps191", *POINT, "--json").document
    for state in found["final_states"]:
        if state["branching_ratio"] > 0:
            assert state["efficiency"] == pytest.approx(0.3, rel=1e-9)


def test_rate_is_told_to_people_too():
    told = call("rate", "--experiment", "ps191", *POINT).out
    assert "events" in told and "decays in the decay volume" in told


def test_a_mixing_that_makes_nothing_here_gives_nothing():
    point = ("--model", "minimal", "--set", "m4=0.25", "--set", "U2_tau4=1e-4")
    found = call("rate", "--experiment", "ps191", *point, "--json").document
    assert (found["n_events"], found["n_produced"], found["n_events_sdev"]) == (0, 0, 0)
    assert found["branching_ratio"] > 0
    assert found["converged"]


def test_cube_has_channels_and_what_the_light_elements_say(store):
    cube = xr.open_zarr(store, group="nd280_dif", chunks=None).load()
    total = cube["n_events_by_channel"].sum("channel")
    np.testing.assert_allclose(total.values, cube["n_events"].values, rtol=1e-12)
    assert cube["n_events_by_channel"].attrs["channels"] == "fhc, rhc"
    assert cube["n_up"].dims == ("m4", "U2_mu4")
    # the extrapolated efficiency makes the limit weaker below 0.14 GeV
    assert (cube["n_up"].sel(m4=0.05) > cube["n_up"].sel(m4=0.2)).all()
    assert (cube["n_events"].sel(m4=0.45) == 0).all()
    assert "n_events_by_channel" not in xr.open_zarr(store, group="ps191", chunks=None)
    cosmology = xr.open_zarr(store, group="cosmology", chunks=None).load()
    np.testing.assert_allclose(
        cosmology["tau_s"].values, cube["ctau_cm"].values / 2.99792458e10, rtol=1e-12
    )
    np.testing.assert_allclose(
        cosmology["bbn_0.1s_ratio"].values, cosmology["tau_s"].values / 0.1, rtol=1e-12
    )


def test_limits_of_other_statistics_follow_from_the_store(store):
    limits = {
        method: {
            (row["experiment"], row["point"]["m4"]): row["lower"]
            for row in call("limits", store, "--statistic", method, "--json").document["limits"]
        }
        for method in ("cls", "bayes_flat_u2", "poisson_zero_background")
    }
    key = ("ps191", 0.3)
    # events go with the fourth power: 1.353 and 2.303 of them, the first raised by 3.5 %
    ratio = limits["bayes_flat_u2"][key] / limits["poisson_zero_background"][key]
    assert ratio == pytest.approx((1.3528 / 2.3026) ** 0.5, rel=2e-3)
    assert limits["cls"][key] == pytest.approx(limits["poisson_zero_background"][key], rel=2e-3)
    assert {name for name, _ in limits["cls"]} == {"nd280_dif", "ps191", "bbn_0.1s", "bbn_table"}


def test_couplings_without_responses_are_refused(store):
    answer = call("limits", store, "--set", "U2_e4=1e-6")
    assert answer.code == 1
    assert "no responses for U2_e4" in answer.err


def test_a_mixing_that_makes_nothing_still_decays(store):
    """N -> nu e e by the tau's mixing adds events, the same way for every mass of the store."""
    before, after = (
        {
            row["point"]["m4"]: row["lower"]
            for row in call("limits", store, *more, "--json").document["limits"]
            if row["experiment"] == "ps191"
        }
        for more in ((), ("--set", "U2_tau4=1e-3"))
    )
    assert after[0.2] < 0.5 * before[0.2]


def test_a_grid_without_experiments_runs(tmp_path):
    grid = tmp_path / "lifetimes.toml"
    grid.write_text(LIFETIMES)
    path = tmp_path / "lifetimes.zarr"
    ran = call("run", grid, "--out", path, "--json")
    assert ran.code == 0, ran.err
    assert ran.document["blocks"] == {"total": 0, "done": 0, "failed": 0}
    assert call("run", grid, "--out", path, "--json").code == 0
    status = call("status", path, "--json").document
    assert (status["points"]["total"], status["seconds_left"]) == (0, 0)
    contours = call("contour", path, "--json").document["contours"]
    assert {c["experiment"] for c in contours} == {"bbn_0.1s", "bbn_table"}
    assert call("plot", path, "--out", tmp_path / "x.png").code == 0
    [one] = [c for c in contours if c["experiment"] == "bbn_0.1s"]
    tau = xr.open_zarr(path, group="cosmology", chunks=None)["tau_s"].load()
    for m4, coupling in one["points"][1:-1]:
        # tau is inversely proportional to the mixing
        at = tau.sel(m4=m4, method="nearest")
        assert float(at[0] * at["U2_tau4"][0]) / coupling == pytest.approx(0.1, rel=1e-6)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("rate", "--experiment", "sbnd", *POINT), "the model minimal does not have"),
        (("rate", "--experiment", "ps191", "--model", "dipole", "--set", "m4=0.1",
          "--set", "mu_tr_mu4=1e-6"), "ps191 sees HNLs from decays in a beam"),
        (("rate", "--experiment", "ps119", *POINT), "did you mean 'ps191'"),
        (("rate", "--experiment", "ps191", "--model", "minimal", "--set", "m4=0.1"),
         "all couplings are zero"),
        (("rate", "--experiment", "ps191", "--model", "minimal", "--set", "m4=0.1", "--set",
          "U2_my4=1e-6"), "U2_mu4"),
        (("xsec", "--target", "Ar40", "--energy", "1", *POINT), "has no upscattering"),
    ],
)  # fmt: skip
def test_complaints_are_one_sentence(arguments, words):
    answer = call(*arguments)
    assert answer.code == 1
    assert words in answer.err
    assert answer.err.count("\n") == 1


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ('["nd280_dif", "ps191"]', '["nd280_dif", "sbnd"]', "sbnd sees HNLs from upscattering"),
        ('["nd280_dif", "ps191"]', '["nd280dif"]', "did you mean 'nd280_dif'"),
        ('"minimal"', '"dipole"', "is no parameter of the model dipole"),
        ("U2_mu4 =", "U2_mu =", "did you mean 'U2_mu4'"),
        ("log = [1e-10, 1.0]", "log = [0.0, 1.0]", "above 0"),
    ],
)
def test_wrong_grids_are_one_sentence(tmp_path, old, new, words):
    assert old in GRID
    (tmp_path / "mine.toml").write_text(GRID.replace(old, new))
    answer = call("run", tmp_path / "mine.toml", "--out", tmp_path / "mine.zarr")
    assert answer.code == 1
    assert words in answer.err
    assert not (tmp_path / "mine.zarr").exists()


def test_experiments_may_be_none_only_where_something_is_left(tmp_path):
    text = GRID.replace('["nd280_dif", "ps191"]', "[]").replace("minimal", "dipole")
    (tmp_path / "mine.toml").write_text(text.replace("U2_mu4", "mu_tr_mu4"))
    answer = call("run", tmp_path / "mine.toml")
    assert answer.code == 1
    assert "experiments: got [], but a list with at least one value is needed" in answer.err


def test_another_experiment_is_added_without_sampling_again(tmp_path):
    grid, path = tmp_path / "small.toml", tmp_path / "small.zarr"
    grid.write_text(GRID.replace('["nd280_dif", "ps191"]', '["nd280_dif"]'))
    assert call("run", grid, "--out", path, "--workers", "0").code == 0
    before = xr.open_zarr(path, group="nd280_dif", chunks=None).load()
    grid.write_text(GRID.replace('"ps191"', '"nd280_dif_full"'))
    assert call("run", grid, "--out", path, "--workers", "0").code == 1
    assert call("run", grid, "--out", path, "--workers", "0", "--extend").code == 0
    xr.testing.assert_identical(xr.open_zarr(path, group="nd280_dif", chunks=None).load(), before)
    full = xr.open_zarr(path, group="nd280_dif_full", chunks=None).load()
    known = before["n_events"].values > 0
    ratio = full["n_events"].values[known] / before["n_events"].values[known]
    assert ratio == pytest.approx(np.full(known.sum(), 10.735), rel=1e-3)
