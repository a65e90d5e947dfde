"""What the shipped experiments say, against figures computed another way."""

import pickle
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
        *("microboone", "miniboone_fhc", "nd280_dif", "nd280_dif_full", "ps191", "sbnd"),
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


def test_background_of_sbnd_is_microboone_scaled_by_flux_pot_and_active_mass():
    sbnd, microboone = experiments.load("sbnd"), experiments.load("microboone")
    flux = [e.beam.flux.integral("nu_mu") for e in (sbnd, microboone)]
    scale = flux[0] / flux[1] * sbnd.exposure_pot / microboone.exposure_pot * 112.0 / 85.0
    ours, theirs = sbnd.signature.background, microboone.signature.background
    assert ours.mean == pytest.approx(scale * theirs.mean, rel=1e-3)
    assert ours.uncertainty / ours.mean == pytest.approx(theirs.uncertainty / theirs.mean, rel=1e-3)
    assert sbnd.signature.observed == round(ours.mean)
    assert sbnd.kind == "projection" and "projection" in ours.made


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


def test_microboone_and_sbnd_are_sampled_together():
    groups = {name: experiments.load(name).beam.sampling_group for name in experiments.names()}
    assert groups["microboone"] == groups["sbnd"] == "bnb_argon"
    assert groups["miniboone_fhc"] == "bnb_mineral_oil"
    assert beams.load("bnb_at_sbnd").envelope == beams.load("bnb_at_microboone").envelope
