"""Beams: the shipped fluxes, and what is wrong with wrong ones."""

import numpy as np
import pytest

from physics import beams
from physics.errors import InputError
from physics.packaged import folder

HEADER = "energy_GeV,nu_e,nu_mu,nu_tau,nu_e_bar,nu_mu_bar,nu_tau_bar"
BEAM = """title = "a beam"
baseline_cm = 10000.0
flux_table = "flux.csv"
flux_unit = "cm^-2 GeV^-1 POT^-1"
sampling_group = "mine"
envelope = { energy_GeV = [0.1, 3.0], weight = [1.0, 1.0] }
source.baseline_cm = { cite = "a map" }
source.flux_table = { cite = "a table" }
"""
FLUX = f"""# a comment
{HEADER}
0.1,1e-12,1e-10,0,1e-13,1e-11,0
1.0,1e-12,2e-10,0,1e-13,1e-11,0
3.0,0,0,0,0,0,0
"""


def load(tmp_path, beam=BEAM, flux=FLUX):
    """Write both files and load the beam."""
    (tmp_path / "mine.toml").write_text(beam)
    if flux is not None:
        (tmp_path / "flux.csv").write_text(flux)
    return beams.load(tmp_path / "mine.toml")


@pytest.mark.parametrize(
    ("name", "nu_mu", "nu_mu_bar"),
    [
        ("bnb_at_miniboone", 5.18e-10, 3.13e-11),
        ("bnb_at_microboone", 7.36e-10, 4.38e-11),
        ("bnb_at_sbnd", 1.55e-8, 9.92e-10),
    ],
)
def test_integrals_of_the_shipped_fluxes(name, nu_mu, nu_mu_bar):
    flux = beams.load(name).flux
    assert flux.integral("nu_mu") == pytest.approx(nu_mu, rel=2e-3)
    assert flux.integral("nu_mu_bar") == pytest.approx(nu_mu_bar, rel=2e-3)
    assert flux.integral("nu_tau") == 0


def test_flux_is_linear_between_knots_and_zero_outside(tmp_path):
    flux = load(tmp_path).flux
    assert flux.at("nu_mu", [0.05, 0.1, 0.55, 3.5]) == pytest.approx([0, 1e-10, 1.5e-10, 0])
    assert flux.integral("nu_mu") == pytest.approx(0.9 * 1.5e-10 + 2.0 * 1e-10)


def test_nobody_can_write_to_a_flux():
    with pytest.raises(ValueError, match="read-only"):
        beams.load("bnb_at_sbnd").flux.energy[0] = 1.0


def test_notice_of_the_package_the_tables_come_from():
    notice = (folder("physics.beams") / "NOTICE").read_text()
    assert "MIT License" in notice and "Matheus Hostert" in notice


@pytest.mark.parametrize("name", [n for n in beams.names() if n.startswith("bnb")])
def test_envelope_follows_the_flux_within_a_factor(name):
    """Weights of samples drawn from the envelope stay bounded, for every projectile."""
    beam = beams.load(name)
    for projectile in ("nu_mu", "nu_mu_bar", "nu_e", "nu_e_bar"):
        values = beam.flux.values[projectile]
        envelope = np.interp(beam.flux.energy, beam.envelope.energy_GeV, beam.envelope.weight)
        seen = values > 0
        assert (values[seen] / values.max() / envelope[seen]).max() < 2.5


@pytest.mark.parametrize(
    ("old", "new", "where", "words"),
    [
        ("baseline_cm = 10000.0", "baseline_cm = -1", "baseline_cm", "above 0"),
        ("baseline_cm = 10000.0", "baseline_m = 100", "baseline_m", "mean 'baseline_cm'?"),
        ("POT^-1", "(1e20 POT)^-1", "flux_unit", "unknown"),
        ('flux_unit = "cm^-2 GeV^-1 POT^-1"\n', "", "flux_unit", "missing"),
        ('sampling_group = "mine"', "sampling_group = 1", "sampling_group", "got 1"),
        ("[0.1, 3.0]", "[3.0, 0.1]", "envelope.energy_GeV[1]", "increase strictly"),
        ("[0.1, 3.0]", "[0.1]", "envelope.energy_GeV", "at least 2"),
        ("[1.0, 1.0]", "[1.0]", "envelope.weight", "a list of 2 values"),
        ("[1.0, 1.0]", "[1.0, -1.0]", "envelope.weight[1]", "at least 0"),
        ("[0.1, 3.0]", "[0.2, 3.0]", "envelope", "is zero at 0.15 GeV where the flux of nu_e"),
        ("[0.1, 3.0]", "[0.1, 2.0]", "envelope", "is zero at 2.5 GeV where the flux of nu_e is"),
        ("source.flux_table", "source.flux_tabel", "source.flux_tabel", "mean 'flux_table'?"),
        ('source.flux_table = { cite = "a table" }', "", "source.flux_table", "missing"),
        ('flux_table = "flux.csv"', "flux_table = []", "flux_table", "got []"),
    ],
)
def test_wrong_beam(tmp_path, old, new, where, words):
    assert old in BEAM
    with pytest.raises(InputError) as caught:
        load(tmp_path, BEAM.replace(old, new, 1))
    assert str(caught.value).startswith(f"{tmp_path / 'mine.toml'}: {where}: ")
    assert words in str(caught.value)
    assert str(caught.value).isprintable()


@pytest.mark.parametrize(
    ("old", "new", "where", "words"),
    [
        (HEADER, "E,nue,numu", "line 2", "a flux table has energy_GeV"),
        ("1.0,1e-12", "0.1,1e-12", "line 4", "increase strictly"),
        ("1.0,1e-12", "1.0,nan", "line 4, column nu_e", "got 'nan'"),
        ("1.0,1e-12", "1.0,inf", "line 4, column nu_e", "got 'inf'"),
        ("1.0,1e-12", "1.0,-1e-12", "line 4, column nu_e", "at least 0"),
        ("1.0,1e-12", "1.0,many", "line 4, column nu_e", "got 'many'"),
        ("1.0,1e-12", "1.0", "line 4", "got 6 columns"),
        ("0.1,1e-12", "0,1e-12", "line 3, column energy_GeV", "above 0"),
        ("2e-10", "2e10", "the flux adds up to", "divide the table by its protons on target"),
        (FLUX, "", "line 1", "a flux table has"),
        (FLUX, HEADER, "got 0 rows", "2 or more"),
        (FLUX, f"{HEADER}\n1,0,0,0,0,0,0\n2,0,0,0,0,0,0", "all fluxes are zero", "correct it"),
    ],
)
def test_wrong_flux_table(tmp_path, old, new, where, words):
    assert old in FLUX
    with pytest.raises(InputError) as caught:
        load(tmp_path, flux=FLUX.replace(old, new, 1))
    assert str(caught.value).startswith(f"{tmp_path / 'flux.csv'}: {where}")
    assert words in str(caught.value)
    assert str(caught.value).isprintable()


def test_missing_flux_table(tmp_path):
    with pytest.raises(InputError, match=r"flux\.csv: there is no such file, but a flux table"):
        load(tmp_path, flux=None)


def test_beams_of_a_group_share_their_envelope(tmp_path):
    beams.check_groups([load(tmp_path)])
    other = load(tmp_path, BEAM.replace('"mine"', '"bnb_argon"'))
    with pytest.raises(InputError, match=r"mine\.toml: envelope: differs from that of bnb_at_"):
        beams.check_groups([other])


def test_unknown_beam():
    with pytest.raises(InputError, match="unknown beam 'bnb_at_snbd'; did you mean 'bnb_at_sbnd'"):
        beams.load("bnb_at_snbd")
