"""Grids that are right: what they hold and how they resolve to parameters."""

import pickle

import numpy as np
import pytest

import grids
from physics import experiments

HEAD = 'title = "a grid"\nmodel = "dipole"\nexperiments = ["sbnd"]\n'


def load(tmp_path, axes, rest=""):
    """Write a grid with these axes and load it."""
    path = tmp_path / "mine.toml"
    path.write_text(f"{HEAD}{rest}\n[axes]\n{axes}\n")
    return grids.load(path)


def test_shipped_grids():
    models = {
        "dark_photon_heavy": "dark_photon",
        "dark_photon_light": "dark_photon",
        "dark_photon_masses": "dark_photon",
        "dipole_upscattering": "dipole",
        "quickstart": "dipole",
        "ue4_minimal": "minimal",
        "umu4_minimal": "minimal",
        "utau4_minimal": "minimal",
    }
    assert grids.names() == tuple(models)
    for name, model in models.items():
        grid = grids.load(name)
        number = {"dark_photon_masses": 5, "utau4_minimal": 0}
        number |= dict.fromkeys(("dark_photon_heavy", "dark_photon_light"), 10)
        assert len(experiments.load_all(grid.experiments)) == number.get(name, 3)
        assert grid.model == model
        assert grid.parameters["hnl_type"] == "dirac"
        assert len(grid.parameters) == 1 or model == "dark_photon"
    assert grids.load("quickstart").shape == (240, 40)
    assert grids.load("umu4_minimal").shape == (100, 50)
    assert grids.load("dark_photon_masses").mass_axes == grids.load("dark_photon_masses").axes


def test_the_light_dark_photon_ties_its_mixing():
    grid = grids.load("dark_photon_light")
    point = grid.resolve({"alpha_epsilon2": 2e-10, "m4": 0.1, "U2_mu4": 1e-8})
    assert point["epsilon"] ** 2 / 137.035999 == pytest.approx(2e-10)


def test_the_shipped_scan_of_the_dipole():
    assert grids.load("dipole_upscattering").axis("m4").values[::79] == (0.01, 1.0)


def test_refinement_is_asked_for_by_a_table_that_may_be_empty(tmp_path):
    axes = "m4.values = [0.1]\nmu_tr_mu4 = { log = [1e-8, 1e-3], n = 4 }"
    assert load(tmp_path, axes).adaptive is None
    assert load(tmp_path, axes, "[adaptive]").adaptive == grids.Adaptive(8, 0.01)
    given = load(tmp_path, axes, "[adaptive]\ncoarse = 16\ntolerance = 0")
    assert given.adaptive == grids.Adaptive(16, 0.0)


def test_what_is_not_given_has_a_default(tmp_path):
    grid = load(tmp_path, "m4.values = [0.1]\nmu_tr_mu4 = { log = [1e-8, 1e-3], n = 4 }")
    assert grid.precision == grids.Precision(0.01, 16, 512, 131072)
    assert grid.statistic == grids.StatisticChoice(None, 0.90)
    assert grid.seed == grids.DEFAULT_SEED
    assert [a.unit for a in grid.axes] == ["GeV", "GeV^-1"]
    assert [a.scale for a in grid.axes] == ["explicit", "log"]


def test_a_point_has_all_parameters_of_the_model(tmp_path):
    grid = load(tmp_path, "m4.values = [0.1]\nmu_tr_mu4 = { log = [1e-8, 1e-3], n = 4 }")
    assert grid.resolve({"m4": 0.1, "mu_tr_mu4": 3e-7}) == {
        "m4": 0.1,
        "mu_tr_e4": 0.0,
        "mu_tr_mu4": 3e-7,
        "mu_tr_tau4": 0.0,
        "hnl_type": "dirac",
    }


def test_masses_have_twelve_digits_whatever_path_they_come_by(tmp_path):
    assert load(tmp_path, "m4.values = [0.30000000000000004]\nmu_tr_mu4.values = [1e-6]").axes[
        0
    ].values == (0.3,)
    grid = load(tmp_path, 'x.values = [0.1]\nm4.tied = "3 * x"\nmu_tr_mu4.values = [1e-6]')
    assert grid.resolve({"x": 0.1, "mu_tr_mu4": 1e-6})["m4"] == 0.3
    grid = load(tmp_path, "mu_tr_mu4.values = [1e-6]", "parameters.m4 = 0.30000000000000004")
    assert grid.parameters["m4"] == 0.3


def test_derived_axis_and_chain_of_ties(tmp_path):
    grid = load(
        tmp_path,
        'delta.linear = [0.0, 1.0]\ndelta.n = 3\nscale.tied = "1 + delta"\n'
        'm4.tied = "0.1 * scale"\nmu_tr_mu4 = { log = [1e-8, 1e-4], n = 5 }\n'
        'mu_tr_e4.tied = "mu_tr_mu4 / 2 * scale"',
    )
    assert [axis.name for axis in grid.mass_axes] == ["delta"]
    assert [axis.name for axis in grid.coupling_axes] == ["mu_tr_mu4"]
    delta, moment = np.array([0.0, 0.5])[:, None], np.array([1e-8, 2e-8, 4e-8])
    point = grid.resolve({"delta": delta, "mu_tr_mu4": moment})
    assert point["m4"].tolist() == [[0.1], [0.15]]
    assert point["mu_tr_e4"] == pytest.approx(moment / 2 * (1 + delta))
    scalar = grid.resolve({"delta": 0.5, "mu_tr_mu4": 2e-8})
    assert isinstance(scalar["m4"], float) and scalar["m4"] == 0.15
    assert scalar["mu_tr_e4"] == point["mu_tr_e4"][1, 1]


def test_ties_are_evaluated_in_order_wherever_they_are_written(tmp_path):
    grid = load(
        tmp_path,
        'mu_tr_e4.tied = "y"\ny.tied = "x * base"\nx.values = [1, 2]\nm4.values = [0.1]\n'
        'mu_tr_tau4.values = [1e-6]\nbase.tied = "2 * mu_tr_mu4"',
        "parameters.mu_tr_mu4 = 1e-6",
    )
    assert list(grid.tied).index("y") < list(grid.tied).index("mu_tr_e4")
    point = grid.resolve({"x": 2.0, "m4": 0.1, "mu_tr_tau4": 0.0})
    assert point["mu_tr_e4"] == pytest.approx(4e-6)
    assert grid.axes_of("mu_tr_e4") == {"x"}
    assert [a.name for a in grid.mass_axes] == ["m4"]
    assert [a.name for a in grid.coupling_axes] == ["x", "mu_tr_tau4"]


def test_a_mass_may_be_fixed_for_the_scan(tmp_path):
    grid = load(tmp_path, "mu_tr_mu4.values = [1e-7, 1e-6]", "parameters.m4 = 0.1")
    assert grid.mass_axes == ()
    assert [axis.name for axis in grid.coupling_axes] == ["mu_tr_mu4"]
    assert grid.resolve({"mu_tr_mu4": 1e-7})["m4"] == 0.1


def test_many_diamonds_of_ties_are_no_exponential_work(tmp_path):
    chain = "\n".join(f'a{i + 1}.tied = "(a{i} + b{i}) / 2"\nb{i + 1}.tied = "a{i} * b{i} / a{i}"'
                      for i in range(60))  # fmt: skip
    text = f'a0.values = [0.1]\nb0.values = [0.1]\n{chain}\nm4.tied = "(a60 + b60) / 2"\n'
    grid = load(tmp_path, text + "mu_tr_mu4.values = [1e-6]")
    assert grid.resolve({"a0": 0.1, "b0": 0.1, "mu_tr_mu4": 1e-6})["m4"] == 0.1


def test_experiments_by_path_start_from_the_folder_of_the_grid(tmp_path):
    (tmp_path / "mine_too.toml").write_text('base = "sbnd"')
    path = tmp_path / "grid.toml"
    head = HEAD.replace('["sbnd"]', '["sbnd", "mine_too.toml"]')
    path.write_text(head + "[axes]\nm4.values = [0.1]\nmu_tr_mu4.values = [1e-6]")
    grid = grids.load(path)
    assert grid.experiments[0] == "sbnd"
    assert [e.name for e in experiments.load_all(grid.experiments)] == ["sbnd", "mine_too"]


def test_grids_cross_process_borders():
    grid = grids.load("quickstart")
    assert pickle.loads(pickle.dumps(grid)) == grid


@pytest.mark.parametrize("values", [{}, {"m4": 0.1}, {"m4": 0.1, "mu_tr_mu4": 1e-6, "x": 1}])
def test_a_point_needs_every_axis_and_no_more(values):
    with pytest.raises(ValueError, match="the axes of quickstart are m4, mu_tr_mu4"):
        grids.load("quickstart").resolve(values)
