"""Experiments and beams of HNLs in flight: what they say, and one sentence for what is wrong."""

import numpy as np
import pytest
from test_experiments_errors import complaint

from physics import beams, experiments
from physics.errors import InputError
from physics.packaged import folder

TEXT = (folder("physics.experiments") / "nd280_dif.toml").read_text()
BEAM = (folder("physics.beams") / "nd280_parents.toml").read_text()
PAIR = "signature.charged_pair"
FLAT = "[signature.charged_pair.efficiency.mu.nu_e_e]\nmass_GeV"

CASES = [
    ("{ fhc = 12.34e20, rhc = 6.29e20 }", "18.63e20", "exposure_pot", "but a table is needed"),
    ("rhc = 6.29e20", "rch = 6.29e20", "exposure_pot.rch", "unknown mode"),
    ("rhc = 6.29e20", "rhc = -1", "exposure_pot.rhc", "at least 0"),
    (", rhc = 6.29e20", "", "exposure_pot.rhc", "missing"),
    ("fhc = 12.34e20, rhc = 6.29e20", "fhc = 0, rhc = 0", "exposure_pot", "is zero"),
    ('"two_branch"', '"two_branches"', "flux_method", "allowed are two_branch, rescaling"),
    ('"nu_e_mu", ', '"nu_mu_e", ', f"{PAIR}.final_states[1]", "unknown"),
    ('beam = "nd280_parents"', 'beam = "nd280_parent"', "beam", "did you mean 'nd280_parents'"),
    ("decay = true", 'material = "Ar"\nmass_tonnes = 0.03\ndecay = true', "volumes[0].material",
     "HNLs come from the beam here"),
    ('modes = ["fhc"]', 'modes = ["phc"]', f"{PAIR}.channels.fhc.modes[0]", "allowed are fhc, rhc"),
    ("observed = 0", "observed = -1", f"{PAIR}.channels.fhc.observed", "at least 0"),
    (f"[{PAIR}.channels.fhc]", f"[{PAIR}.channels.FHC]", f"{PAIR}.channels.FHC", "lower case"),
    (f"[{PAIR}]", f"[{PAIR}]\nobserved = 0", f"{PAIR}.observed", "each channel has its own"),
    (f"[{PAIR}]", f"[{PAIR}]\nsmearing = {{ energy_constant = 0 }}", f"{PAIR}.smearing",
     "sees generated values"),
    (f"[{PAIR}]", f'[{PAIR}]\nselection = [["E_nu_QE", 0, 1]]', f"{PAIR}.selection[0][0]",
     "allowed are E_vis, cos_theta, theta_pair, m_pair"),
    (f"[{PAIR}]", f'[{PAIR}]\nselection = [["theta_pair", 4, 5]]', f"{PAIR}.selection[0]",
     "from 0 to pi"),
    ("efficiency.mu.nu_e_e]", "efficiency.tau.nu_e_e]", f"{PAIR}.efficiency.tau", "unknown lepton"),
    ("efficiency.mu.nu_e_e]", "efficiency.mu.nu_ee]", f"{PAIR}.efficiency.mu.nu_ee",
     "unknown final state"),
    (FLAT, "[signature.charged_pair.efficiency.mu.nu_e_e]\nconstant = 0.1\nmass_GeV",
     f"{PAIR}.efficiency.mu.nu_e_e", "got a constant and a table"),
    ("value = [0.0727", "value = [7.27", f"{PAIR}.efficiency.mu.nu_e_e.value[0]", "at most 1"),
    ("mass_GeV = [0.139, 0.14], value", "mass_GeV = [0.14, 0.139], value",
     f"{PAIR}.signal_uncertainty.efficiency.mass_GeV[1]", "increase strictly"),
    ("flux = 0.15", "flux = 1.5", f"{PAIR}.signal_uncertainty.flux", "at most 1"),
    ("channels = { cite", "chanels = { cite", "source.chanels", "did you mean 'channels'"),
]  # fmt: skip


@pytest.mark.parametrize(("old", "new", "where", "words"), CASES)
def test_wrong_file_earns_one_sentence_with_its_key(tmp_path, old, new, where, words):
    assert old in TEXT
    message = complaint(TEXT.replace(old, new, 1), tmp_path)
    assert message.startswith(f"{where}: ")
    assert words in message


def test_the_way_of_the_flux_belongs_to_parents(tmp_path):
    message = complaint('base = "sbnd"\nflux_method = "rescaling"\n', tmp_path)
    assert message.startswith("flux_method: given for a beam of neutrinos that scatter")


def load_beam(tmp_path, text=BEAM, table=None):
    """Write a beam and its table, and load them."""
    shipped = (folder("physics.beams") / "nd280_parents.csv").read_text()
    (tmp_path / "nd280_parents.csv").write_text(shipped if table is None else table)
    (tmp_path / "mine.toml").write_text(text)
    return beams.load(tmp_path / "mine.toml")


@pytest.mark.parametrize(
    ("old", "new", "where", "words"),
    [
        ("sigma_rad = 0.030", "sigma_rad = 0", "angular_spread.sigma_rad", "at least 0.0001"),
        ("sigma_rad = 0.030", "sigma = 0.030", "angular_spread.sigma", "did you mean"),
        ("error_rad = 0.006", "", "angular_spread.error_rad", "missing"),
        ("0.668, ", "", "modes.rhc.kaons.value", "a list of 9 values"),
        ("others = { constant = 0.85 }", "pions = { constant = 0.85 }", "modes.rhc.pions",
         "allowed are kaons, others"),
        ("POT^-1", "(1e20 POT)^-1", "flux_unit", "unknown"),
        ("baseline_cm = 28000.0", "baseline_cm = 0", "baseline_cm", "above 0"),
    ],
)  # fmt: skip
def test_wrong_beam(tmp_path, old, new, where, words):
    assert load_beam(tmp_path).baseline_cm == 28000.0
    with pytest.raises(InputError) as caught:
        load_beam(tmp_path, BEAM.replace(old, new, 1))
    assert str(caught.value).startswith(f"{tmp_path / 'mine.toml'}: {where}: ")
    assert words in str(caught.value)
    assert str(caught.value).isprintable()


HEADER = "parent,energy_GeV,flux"


@pytest.mark.parametrize(
    ("table", "words"),
    [
        ("energy,flux\n", "line 1: got the columns 'energy,flux'"),
        (f"{HEADER}\n", "has no rows"),
        (f"{HEADER}\nK0,1,1e-12\nK0,2,1e-12\n", "line 2: got the parent 'K0'"),
        (f"{HEADER}\nK+,1,1e-12\n", "K+ has one row"),
        (f"{HEADER}\nK+,1,1e-12\nK+,1,1e-12\n", "line 3: energy_GeV is 1.0 after 1.0"),
        (f"{HEADER}\nK+,1,0\nK+,2,1e-12\n", "line 2, column flux: got '0', but a finite number"),
        (f"{HEADER}\nK+,1,1\nK+,2,1\npi+,1,1\npi+,2,1\nK+,3,1\n", "line 6: got the parent 'K+'"),
        (f"{HEADER}\nK+,1\n", "got 2 columns, but 3 are needed"),
    ],
)
def test_wrong_table_of_parents(tmp_path, table, words):
    with pytest.raises(InputError) as caught:
        load_beam(tmp_path, table=table)
    assert str(caught.value).startswith(f"{tmp_path / 'nd280_parents.csv'}: ")
    assert words in str(caught.value)


def test_shipped_fluxes_integrate_to_those_of_their_release():
    """Neutrinos per cm^2 and POT of the figures that the knots were made from, to 0.5 %."""
    totals = {"K+": 9.134e-10, "K-": 8.22e-11, "pi+": 1.804e-8, "pi-": 9.5e-10}
    for parent, total in totals.items():
        flux = beams.load("nd280_parents").flux[parent]
        E = np.geomspace(flux.energy[0], flux.energy[-1], 5001)
        assert np.trapezoid(flux.at(E), E) == pytest.approx(total, rel=5e-3)
    muons = beams.load("nd280_parents").flux["mu+"]
    E = np.geomspace(muons.energy[0], muons.energy[-1], 5001)
    # as many as the electron neutrinos that the same muons make, 2.3e-10 with those of kaons
    assert 1e-10 < np.trapezoid(muons.at(E), E) < 2.3e-10


def test_backgrounds_are_those_of_five_selections():
    fhc, rhc = experiments.load("nd280_dif").signature.channels
    five = [(1.54251, 0.51567), (0.375851, 0.27052), (0.327995, 0.254383), (0.215799, 0.133057),
            (0.563221, 0.240792)]  # fmt: skip
    assert fhc.background.mean == pytest.approx(sum(b for b, _ in five), abs=1e-3)
    assert fhc.background.uncertainty == pytest.approx(sum(e * e for _, e in five) ** 0.5, abs=1e-3)
    assert (fhc.observed, rhc.observed, rhc.background.mean) == (0, 0, 0.674)


def test_full_exposure_keeps_the_proportions():
    now, full = (experiments.load(name) for name in ("nd280_dif", "nd280_dif_full"))
    assert full.pot == pytest.approx(2e22, rel=1e-4)
    for mode in ("fhc", "rhc"):
        scale = full.exposure_pot[mode] / now.exposure_pot[mode]
        assert scale == pytest.approx(2e22 / 1.863e21, rel=1e-3)
    for a, b in zip(now.signature.channels, full.signature.channels, strict=True):
        assert b.background.mean / a.background.mean == pytest.approx(10.735, rel=1e-3)
    assert full.kind == "projection"
