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
        ("bnb_at_icarus", 7.36e-10 * (47 / 60) ** 2, 4.38e-11 * (47 / 60) ** 2),
        ("lbnf_fhc_at_dune_nd", 1.044e-7, 7.52e-9),
        ("lbnf_rhc_at_dune_nd", 9.01e-9, 9.39e-8),
        ("numi_me_fhc_at_minerva", 6.74e-8, 2.36e-9),
        ("numi_me_rhc_at_minerva", 3.24e-9, 5.13e-8),
        ("numi_le_at_minerva", 2.858e-8, 3.165e-9),
        ("jparc_fhc_at_nd280", 1.916e-8, 0.0),
        ("jparc_rhc_at_nd280", 0.0, 1.544e-8),
    ],
)
def test_integrals_of_the_shipped_fluxes(name, nu_mu, nu_mu_bar):
    flux = beams.load(name).flux
    assert flux.integral("nu_mu") == pytest.approx(nu_mu, rel=2e-3)
    assert flux.integral("nu_mu_bar") == pytest.approx(nu_mu_bar, rel=2e-3)
    assert flux.integral("nu_tau") == 0


def between(beam, projectile, low, high):
    """Neutrinos per cm^2 and POT between two energies in GeV."""
    flux = beams.load(beam).flux
    E = np.unique(np.clip(flux.energy, low, high))
    return np.trapezoid(flux.at(projectile, E), E)


@pytest.mark.parametrize(
    ("name", "projectile", "low", "high", "expected"),
    [
        ("lbnf_fhc_at_dune_nd", "nu_mu", 0.05, 40.0, 1.043e-7),
        ("lbnf_rhc_at_dune_nd", "nu_mu", 0.05, 40.0, 8.96e-9),
        ("numi_le_at_minerva", "nu_mu", 0.1, 19.0, 2.804e-8),
        ("numi_me_fhc_at_minerva", "nu_mu", 1.0, 19.0, 6.732e-8),
    ],
)
def test_integrals_as_darknews_takes_them(name, projectile, low, high, expected):
    assert between(name, projectile, low, high) == pytest.approx(expected, rel=2e-3)


def test_modes_of_t2k_are_not_taken_for_each_other():
    """The table of neutrino mode in DarkNews 0.4.8 is that of antineutrino mode."""
    fhc, rhc = (beams.load(f"jparc_{mode}_at_nd280").flux for mode in ("fhc", "rhc"))
    assert fhc.energy[fhc.values["nu_mu"].argmax()] == pytest.approx(0.575, abs=0.03)
    assert fhc.at("nu_mu", 0.5779) == pytest.approx(3.4e-8, rel=0.01)
    assert rhc.at("nu_mu_bar", 0.525) == pytest.approx(2.84e-8, rel=0.02)
    assert between("jparc_rhc_at_nd280", "nu_mu_bar", 3.0, 14.5) < 0.03 * rhc.integral("nu_mu_bar")


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
    for table in folder("physics.beams").glob("*.csv"):
        assert (table.name in notice) == ("MIT, see NOTICE" in table.read_text())


@pytest.mark.parametrize("name", [n for n in beams.names() if not n.endswith("_parents")])
def test_envelope_follows_the_flux_within_a_factor(name):
    """Weights of samples drawn from the envelope stay bounded, for every projectile."""
    beam = beams.load(name)
    for projectile in ("nu_mu", "nu_mu_bar", "nu_e", "nu_e_bar"):
        values = beam.flux.values[projectile]
        envelope = np.interp(beam.flux.energy, beam.envelope.energy_GeV, beam.envelope.weight)
        seen = values > 0
        if not seen.any():
            continue
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


def test_groups_of_the_shipped_beams():
    groups = {}
    for beam in map(beams.load, beams.names()):
        groups.setdefault(beam.sampling_group, set()).add(beam.name)
    assert groups["bnb_argon"] == {"bnb_at_icarus", "bnb_at_microboone", "bnb_at_sbnd"}
    assert groups["numi_me_ch"] == {"numi_me_fhc_at_minerva", "numi_me_rhc_at_minerva"}
    assert groups["lbnf_argon"] == {"lbnf_fhc_at_dune_nd", "lbnf_rhc_at_dune_nd"}
    assert groups["t2k_nd280"] == {"jparc_fhc_at_nd280", "jparc_rhc_at_nd280"}
    assert groups["numi_le_ch"] == {"numi_le_at_minerva"}


def test_unknown_beam():
    with pytest.raises(InputError, match="unknown beam 'bnb_at_snbd'; did you mean 'bnb_at_sbnd'"):
        beams.load("bnb_at_snbd")
