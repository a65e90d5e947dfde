"""What the shipped experiments say, against figures computed another way."""

import pickle
from itertools import pairwise
from math import pi

import numpy as np
import pytest

from physics import beams, experiments
from physics.errors import InputError
from physics.packaged import folder

BASE = 'base = "sbnd"\n'


def write(tmp_path, text, name="mine.toml"):
    """Write a user's file."""
    path = tmp_path / name
    path.write_text(text)
    return path


def test_names():
    assert experiments.names() == (
        *("dune_nd_fhc", "dune_nd_rhc", "icarus", "microboone", "minerva_le_fhc"),
        *("minerva_me_fhc", "minerva_me_rhc", "miniboone_fhc", "nd280_dif", "nd280_dif_full"),
        *("nd280_fhc", "nd280_rhc", "ps191", "sbnd"),
    )


def test_miniboone_nuclei_are_those_of_818_tonnes_of_ch2():
    tank, fiducial, dirt = experiments.load("miniboone_fhc").volumes
    assert tank.nuclei["C12"] == pytest.approx(818e6 / 14.027 * 6.02214076e23, rel=1e-12)
    assert tank.nuclei["H1"] == 2 * tank.nuclei["C12"]
    assert (tank.target, tank.decay) == (True, False)
    assert (fiducial.target, fiducial.decay, fiducial.nuclei) == (False, True, {})
    assert dirt.nuclei["O16"] == 2 * dirt.nuclei["Si28"]
    assert dirt.flux == "inverse_square"


def test_dirt_is_the_cone_that_opens_from_the_source():
    experiment = experiments.load("miniboone_fhc")
    cone = experiment.volumes[2].shape
    metres = pi * 474 / 3 * (1.047**2 + 1.047 * 10.27 + 10.27**2)
    assert cone.volume_cm3 == pytest.approx(1e6 * metres, rel=1e-12)
    assert experiment.volumes[2].mass_tonnes == pytest.approx(2.15 * metres, rel=1e-3)
    assert cone.apex_cm == pytest.approx(-experiment.beam.baseline_cm, rel=1e-4)


def test_miniboone_analysis():
    analysis = experiments.load("miniboone_fhc").signature
    assert (analysis.observed, analysis.background.mean) == (2870, 2359.0)
    assert [(c.observable, c.min, c.max) for c in analysis.selection] == [
        ("E_vis", 0.14, np.inf),
        ("E_nu_QE", 0.2, 1.25),
    ]
    efficiency = np.interp(0.35, analysis.efficiency.energy_GeV, analysis.efficiency.value)
    assert efficiency == pytest.approx(0.139 / 0.55, rel=1e-4)
    assert analysis.signal_relative_uncertainty(0.1) == pytest.approx((0.1**2 + 0.15**2) ** 0.5)


def test_microboone_decays_are_seen_inside_the_cryostat():
    cryostat, tpc = experiments.load("microboone").volumes
    corner = np.array(tpc.shape.lengths_cm) / 2 * 0.999999
    assert cryostat.shape.contains(corner[None])[0]
    assert cryostat.nuclei == pytest.approx({"Ar40": 170e6 / 39.95 * 6.02214076e23}, rel=1e-12)


def mass_tonnes(experiment):
    """Mass of all targets."""
    return sum(v.mass_tonnes for v in experiment.targets)


def above(experiment, projectile, low):
    """Neutrinos per cm^2 and POT from an energy in GeV on."""
    flux = experiment.beam.flux
    E = np.unique(np.maximum(flux.energy, low))
    return np.trapezoid(flux.at(projectile, E), E)


@pytest.mark.parametrize(
    ("name", "of", "projectile", "low", "active_tonnes"),
    [
        ("sbnd", "microboone", "nu_mu", 0.0, 85.0),
        ("icarus", "microboone", "nu_mu", 0.0, 85.0),
        ("minerva_me_rhc", "minerva_me_fhc", "nu_mu_bar", 0.0, 6.10),
        ("dune_nd_fhc", "minerva_me_fhc", "nu_mu", 1.0, 6.10),
        ("dune_nd_rhc", "minerva_me_fhc", "nu_mu_bar", 1.0, 6.10),
    ],
)
def test_backgrounds_of_projections_are_scaled(name, of, projectile, low, active_tonnes):
    """By flux, POT and active mass from the data of another experiment."""
    mine, other = experiments.load(name), experiments.load(of)
    scale = above(mine, projectile, low) / above(other, "nu_mu", low)
    scale *= mine.exposure_pot / other.exposure_pot * mass_tonnes(mine) / active_tonnes
    ours, theirs = mine.signature.background, other.signature.background
    assert ours.mean == pytest.approx(scale * theirs.mean, rel=1e-3)
    relative = 0.1 if name.startswith("dune") else theirs.uncertainty / theirs.mean
    assert ours.uncertainty / ours.mean == pytest.approx(relative, rel=1e-3)
    assert mine.signature.observed == round(ours.mean)
    assert mine.kind == "projection" and "projection" in ours.made


def element_tonnes(experiment):
    """Mass of each nuclide in all targets, at the weight of the natural element."""
    weights = {"H1": 1.008, "C12": 12.011, "O16": 15.999, "Ar40": 39.95}
    weights |= {"Cu63": 63.546, "Zn64": 65.38, "Pb208": 207.2}
    total = dict.fromkeys(weights, 0.0)
    for volume in experiment.targets:
        for nuclide, number in volume.nuclei.items():
            total[nuclide] += number * weights[nuclide] / 6.02214076e29
    return {nuclide: tonnes for nuclide, tonnes in total.items() if tonnes}


@pytest.mark.parametrize("mode", ["fhc", "rhc"])
def test_nd280_holds_the_masses_of_the_analysis(mode):
    found = element_tonnes(experiments.load(f"nd280_{mode}"))
    carbon = {"C12": 8.084, "O16": 2.712, "Cu63": 1.65, "Zn64": 0.85, "Pb208": 3.108}
    hydrogen = 40 * 0.192 / 7 + 2.5 / 9 + 0.082 + 0.099
    assert found == pytest.approx(carbon | {"Ar40": 0.016, "H1": hydrogen}, rel=1.5e-3)


def test_nd280_regions_follow_each_other_along_the_beam():
    experiment = experiments.load("nd280_fhc")
    ends = [v.shape.bounds_cm[:, 2] + v.centre_cm[2] for v in experiment.volumes]
    by_name = {v.name: e for v, e in zip(experiment.volumes, ends, strict=True)}
    order = ["p0d_upstream_ecal", "p0d_water", "p0d_downstream_ecal", "tpc1_gas", "fgd1"]
    order += ["tpc2_gas", "fgd2", "tpc3_gas"]
    for a, b in pairwise(order):
        assert by_name[a][1] <= by_name[b][0] + 1e-9
    assert by_name["p0d_downstream_ecal"][1] - by_name["p0d_upstream_ecal"][0] == pytest.approx(240)
    dif = {v.name: v.centre_cm[2] for v in experiments.load("nd280_dif").volumes}
    for i in (1, 2, 3):
        gas, fiducial = by_name[f"tpc{i}_gas"], by_name[f"tpc{i}"]
        assert gas[0] < fiducial[0] and fiducial[1] < gas[1]
        assert gas.mean() == pytest.approx(dif[f"tpc{i}"])
    # in the frame of the analysis, which starts at the P0D
    assert by_name["tpc1"] + 327.5 == pytest.approx([256.0, 312.3])
    assert by_name["fgd2"] + 327.5 == pytest.approx([479.6, 509.9])


def test_nd280_analysis():
    fhc, rhc = (experiments.load(f"nd280_{mode}") for mode in ("fhc", "rhc"))
    assert (fhc.pot, rhc.pot) == (12.34e20, 6.29e20)
    for experiment, mean in ((fhc, 0.563), (rhc, 0.015)):
        analysis = experiment.signature
        assert (analysis.observed, analysis.background.mean) == (0, mean)
        assert analysis.background.uncertainty == pytest.approx(0.2 * mean, rel=5e-3)
        assert analysis.signal_relative_uncertainty(0.1) == 0.2
        assert analysis.efficiency.value == (0.1,)
        assert analysis.merging is None and analysis.steps == analysis.cut_names
        assert {c.observable: (c.min, c.max) for c in analysis.selection} == {
            "cos_theta": (0.992, np.inf),
            "t": (0, 0.03),
            "theta_pair": (0, pytest.approx(pi / 2)),
            "p_vis": (0.15, np.inf),
        }


def test_minerva_tracker_is_the_fiducial_hexagon():
    for name, tonnes in (("le_fhc", 6.10), ("me_fhc", 6.10), ("me_rhc", 5.99)):
        experiment = experiments.load(f"minerva_{name}")
        [tracker] = experiment.volumes
        hexagon = 2 * 3**0.5 * 81.125**2
        assert tracker.shape.volume_cm3 == pytest.approx(hexagon * 255.0, rel=1e-4)
        assert tracker.target and tracker.decay
        found = element_tonnes(experiment)
        assert found["C12"] == pytest.approx(tonnes * 12 / 13, rel=1e-3)
        assert found["C12"] + found["H1"] == pytest.approx(tonnes)


@pytest.mark.parametrize(
    ("name", "observed", "mean", "normalisation", "exposure"),
    [
        ("minerva_le_fhc", 172.6, 174.3, 0.3, 9.69218e49),
        ("minerva_me_fhc", 1429.4, 1386.2, 0.5, 3.27782e50),
    ],
)
def test_minerva_sidebands(name, observed, mean, normalisation, exposure):
    """Against what follows from the grids of the authors, carbon nuclei times POT among it."""
    experiment = experiments.load(name)
    assert experiment.volumes[0].nuclei["C12"] * experiment.pot == pytest.approx(exposure, rel=2e-3)
    analysis = experiment.signature
    assert (analysis.observed, analysis.background.mean) == (round(observed), mean)
    both = (normalisation**2 + 0.1**2) ** 0.5
    assert analysis.background.uncertainty == pytest.approx(both * mean, rel=1e-3)
    assert analysis.steps == ("one shower", "0.8 < E_vis < inf", "0 < E_theta2 < 0.0032")
    assert (analysis.merging.opening_angle_deg, analysis.merging.least_energy_GeV) == (8.0, 0.0)


@pytest.mark.parametrize(
    ("name", "angle", "energy"),
    [
        ("miniboone_fhc", 13, 0.03),
        ("microboone", 35, 0.01),
        ("sbnd", 35, 0.01),
        ("icarus", 35, 0.01),
    ],
)
def test_photons_and_merged_pairs_count_alike(name, angle, energy):
    analysis = experiments.load(name).signature
    assert analysis.final_states == ("nu_gamma", "nu_e_e")
    assert (analysis.merging.opening_angle_deg, analysis.merging.least_energy_GeV) == (
        angle,
        energy,
    )
    assert analysis.steps == ("one shower", *analysis.cut_names)


def test_merging_by_a_table_replaces_that_by_an_angle(tmp_path):
    text = BASE + "signature.single_photon.merging = { energy_GeV = [0.15, 1], r = [0.5, 0.2] }\n"
    mine = experiments.load(write(tmp_path, text))
    assert mine.signature.merging == experiments.Merging(energy_GeV=(0.15, 1.0), r=(0.5, 0.2))
    assert "merging" in experiments.unverified(mine)
    assert mine.digest != experiments.load("sbnd").digest


def test_argon_at_icarus_and_dune():
    east, west = experiments.load("icarus").volumes
    assert east.centre_cm[0] == -west.centre_cm[0]
    assert west.centre_cm[0] - west.shape.lengths_cm[0] / 2 == pytest.approx(61.94)
    assert mass_tonnes(experiments.load("icarus")) == 476.0
    for mode in ("fhc", "rhc"):
        experiment = experiments.load(f"dune_nd_{mode}")
        [box] = experiment.volumes
        assert box.shape.volume_cm3 * 1.396e-6 == pytest.approx(67.0, rel=1e-3)
        assert (box.mass_tonnes, experiment.pot) == (67.0, 5.5e21)


def test_every_kind_of_quantity_may_be_cut(tmp_path):
    """Within the reach of the beam, with one limit open."""
    rows = [["E_vis", 0.1], ["cos_theta", 0.9], ["E_nu_QE", 0.2], ["theta_pair", 0.1]]
    rows += [["m_pair", 0.02], ["p_vis", 0.1], ["E_theta2", 0.001], ["t", 0.01]]
    assert tuple(name for name, _ in rows) == experiments.OBSERVABLES["upscattering"]
    cuts = ", ".join(f'["{name}", {low}, inf]' for name, low in rows)
    text = BASE + f"signature.single_photon.selection = [{cuts}]\n"
    mine = experiments.load(write(tmp_path, text)).signature
    assert [(c.observable, c.min) for c in mine.selection] == [tuple(row) for row in rows]


def test_unverified_numbers_are_listed():
    assert "efficiency" in experiments.unverified(experiments.load("microboone"))
    assert "exposure_pot" not in experiments.unverified(experiments.load("microboone"))
    assert "beam.flux_table" in experiments.unverified(experiments.load("sbnd"))


@pytest.mark.parametrize("name", experiments.names())
def test_every_number_has_a_source(name):
    experiment = experiments.load(name)
    assert {"exposure_pot", "volumes", "efficiency"} <= set(experiment.source)
    assert ("selection" in experiment.source) == bool(experiment.signature.selection)
    assert "signal_uncertainty" in experiment.source
    several = len(experiment.signature.channels) > 1
    counts = {"channels"} if several else {"observed", "background"}
    assert counts <= set(experiment.source)
    assert all(cite.cite for cite in experiment.source.values())


def test_experiments_cross_process_borders():
    experiment = experiments.load("sbnd")
    copy = pickle.loads(pickle.dumps(experiment))
    assert copy.digest == experiment.digest
    assert np.array_equal(copy.beam.flux.energy, experiment.beam.flux.energy)


def test_single_keys_of_a_shipped_experiment_can_be_changed(tmp_path):
    path = write(tmp_path, BASE + "exposure_pot = 13e20\n")
    mine, theirs = experiments.load(path), experiments.load("sbnd")
    assert (mine.name, mine.exposure_pot) == ("mine", 13e20)
    assert mine.volumes == theirs.volumes
    assert mine.digest != theirs.digest


def test_a_changed_number_does_not_keep_the_source_of_the_old_one(tmp_path):
    path = write(tmp_path, BASE + "exposure_pot = 13e20\n")
    mine = experiments.load(path)
    assert "exposure_pot" in experiments.unverified(mine)
    assert str(path) in str(mine.source["exposure_pot"])
    cited = 'source.exposure_pot = { cite = "arXiv:1" }\nexposure_pot = 13e20\n'
    mine = experiments.load(write(tmp_path, BASE + cited))
    assert str(mine.source["exposure_pot"]) == "arXiv:1"
    assert "exposure_pot" not in experiments.unverified(mine)


def test_a_projection_follows_its_background(tmp_path):
    text = "signature.single_photon = { background.mean = 100.0, observed = 100 }\n"
    mine = experiments.load(write(tmp_path, BASE + text)).signature
    assert (mine.observed, mine.background.mean, mine.background.uncertainty) == (100, 100, 371.5)


def test_efficiency_is_replaced_not_mixed(tmp_path):
    text = 'base = "miniboone_fhc"\nsignature.single_photon.efficiency.constant = 0.3\n'
    mine = experiments.load(write(tmp_path, text)).signature.efficiency
    assert mine.value == (0.3,)


def test_a_base_may_have_a_base(tmp_path):
    write(tmp_path, BASE + "exposure_pot = 13e20\n", "first.toml")
    path = write(tmp_path, 'base = "first.toml"\ntitle = "two steps"\n', "second.toml")
    assert experiments.load(path).exposure_pot == 13e20


def test_bases_in_a_circle_and_unknown_bases(tmp_path):
    write(tmp_path, 'base = "second.toml"', "first.toml")
    path = write(tmp_path, 'base = "first.toml"', "second.toml")
    with pytest.raises(InputError, match=r"base: got .* after 8 bases of bases, which is a circle"):
        experiments.load(path)
    for name in ("none.toml", "a\\u0000.toml", "x" * 300 + ".toml"):
        with pytest.raises(InputError, match=r"mine\.toml: base: got .* no such file"):
            experiments.load(write(tmp_path, f'base = "{name}"'))
    with pytest.raises(InputError, match=r"mine.toml: base: unknown experiment .*mean 'sbnd'"):
        experiments.load(write(tmp_path, 'base = "sbndd"'))


def test_digest_sees_physics_and_no_words(tmp_path):
    text = (folder("physics.experiments") / "sbnd.toml").read_text()
    (tmp_path / "other").mkdir()
    first = experiments.load(write(tmp_path, text, "sbnd.toml"))
    words = text.replace("a projection", "the near detector").replace("a choice of ours", "ours")
    assert first.digest == experiments.load("sbnd").digest
    assert experiments.load(write(tmp_path / "other", words, "sbnd.toml")).digest == first.digest
    number = text.replace("efficiency = { constant = 0.07 }", "efficiency = { constant = 0.08 }")
    assert experiments.load(write(tmp_path, number, "sbnd.toml")).digest != first.digest


def test_digest_sees_every_value_of_the_flux(tmp_path):
    source = folder("physics.beams")
    table = (source / "sbnd_bnb.csv").read_text()
    beam = (source / "bnb_at_sbnd.toml").read_text()
    (tmp_path / "bnb_at_sbnd.toml").write_text(beam)
    text = (folder("physics.experiments") / "sbnd.toml").read_text()
    text = text.replace('beam = "bnb_at_sbnd"', 'beam = "bnb_at_sbnd.toml"')
    path = write(tmp_path, text, "sbnd.toml")
    (tmp_path / "sbnd_bnb.csv").write_text(table)
    assert experiments.load(path).digest == experiments.load("sbnd").digest
    assert "3.66614443e-11" in table
    (tmp_path / "sbnd_bnb.csv").write_text(table.replace("3.66614443e-11", "3.66614444e-11"))
    assert experiments.load(path).digest != experiments.load("sbnd").digest


def test_experiments_together(tmp_path):
    loaded = experiments.load_all(experiments.names())
    assert [e.name for e in loaded] == list(experiments.names())
    with pytest.raises(InputError, match="'sbnd' is asked for twice"):
        experiments.load_all(["sbnd", "sbnd"])


def test_liquid_argon_in_the_booster_beam_is_sampled_together():
    groups = {name: experiments.load(name).beam.sampling_group for name in experiments.names()}
    assert groups["microboone"] == groups["sbnd"] == groups["icarus"] == "bnb_argon"
    assert groups["miniboone_fhc"] == "bnb_mineral_oil"
    assert beams.load("bnb_at_sbnd").envelope == beams.load("bnb_at_microboone").envelope
