"""Decays in flight against the T2K release, published limits and another code.

Tolerances were fixed before anything was compared. The angular spread is a calibration on
K -> mu N of the release in neutrino mode, so that comparison is none; K -> e N and the limits are.
Tables of the release and of the original PS-191 limit are not in the repository: they are looked
for in the folder named by HNLSCAN_SHARED, or in `shared` beside the project.
"""

from functools import cache

import numpy as np
import pytest
from in_flight_limits import (
    HERE,
    MINIMAL,
    SHARED,
    T2K_LINE,
    T2K_MODE_10,
    Yield,
    interchange,
    interchanged_model,
    our_decays,
    ps191_recipe,
    release,
    release_decays,
    release_limit,
    t2k_recipe,
    table,
)

from physics import experiments
from scanner.plots import catalogue

CURVES = {c.name: c for c in catalogue.curves("minimal", "m4", "U2_mu4", superseded=True)}
MASSES = [float(m) for m in CURVES["t2k_2019_mu"].x]
HNLDIF = table(HERE / "data" / "hnldif_rates.csv")
EXTERNAL = pytest.mark.skipif(
    not (SHARED / "external").is_dir(),
    reason="released tables are not here; name their folder in HNLSCAN_SHARED",
)


@cache
def rescaled(detector, m4):
    """Events as HNL-DIF counts them."""
    recipe = t2k_recipe({**T2K_LINE, **T2K_MODE_10}) if detector == "ND280" else ps191_recipe()
    return Yield(recipe, "mu", m4)


@pytest.mark.parametrize("row", HNLDIF, ids=lambda r: f"{r['detector']}-{r['m_GeV']}-{r['Umu4sq']}")
def test_events_of_hnldif(row):
    found = rescaled(row["detector"], float(row["m_GeV"])).events(float(row["Umu4sq"]))
    tolerance = {"ND280": 0.03, "PS191": 0.04}[row["detector"]]
    assert found == pytest.approx(float(row["n_events_ee_hnldif"]), rel=tolerance)


@EXTERNAL
@pytest.mark.parametrize("lepton", ["mu", "e"])
@pytest.mark.parametrize("mass_MeV", range(150, 371, 10))
def test_decays_in_the_tpcs_of_the_release(lepton, mass_MeV):
    ratio = our_decays(lepton, mass_MeV / 1000) / release_decays(lepton, mass_MeV)
    assert ratio == pytest.approx(1, abs=0.12)


@pytest.mark.parametrize("m4", [m for m in MASSES if 0.14 <= m <= 0.38])
def test_limit_of_t2k_on_the_muon(m4):
    """Bayesian, flat in |U|^2, Majorana, our widths, K -> mu N alone as in the release."""
    ours = Yield(experiments.load("nd280_dif"), "mu", m4, "majorana").limit("bayes_flat_u2")
    theirs = float(np.interp(m4, CURVES["t2k_2019_mu"].x, CURVES["t2k_2019_mu"].y))
    assert ours == pytest.approx(theirs, rel=0.15)


@pytest.mark.parametrize("m4", [0.25, 0.3, 0.35])
def test_limit_with_the_interchanged_masses_of_the_release(m4):
    experiment = experiments.load("nd280_dif")
    with_ours = Yield(experiment, "mu", m4, "majorana").limit("bayes_flat_u2")
    with_theirs = Yield(experiment, "mu", m4, "majorana", interchanged_model())
    assert 1 < with_theirs.limit("bayes_flat_u2") / with_ours < 1.06


@EXTERNAL
@pytest.mark.parametrize(
    ("mass_MeV", "lepton", "modes"),
    [(m, "e", (7, 3)) for m in (150, 200, 250, 300, 380)] + [(m, "mu", (4, 0)) for m in (250, 300)],
)
def test_the_release_interchanges_lepton_and_pion(mass_MeV, lepton, modes):
    """Modes l+ pi- and l- pi+, which CP makes equal for a Majorana HNL."""
    positive, negative = (release("flux")[mass_MeV, "nu", mode] for mode in modes)
    assert positive / negative < 0.9
    assert positive / negative == pytest.approx(interchange(mass_MeV / 1000, lepton), rel=5e-3)


@EXTERNAL
def test_limit_of_ps191_was_too_strong():
    """N -> nu e e by the Z alone, Dirac, 2.303 events, against the curve for W and Z together."""
    rows = table(SHARED / "external" / "limits" / "PS191_original_UeUmu_K.csv")
    published = {float(r["mass_GeV"]): float(r["U2"]) / 0.3555 for r in rows}
    compared = [m for m in published if 0.032 <= m <= 0.3]
    assert len(compared) > 30
    for m4 in compared:
        ours = Yield(ps191_recipe(), "mu", m4).limit("poisson_zero_background")
        assert 6.4 <= ours / published[m4] <= 8.0


LOW = np.geomspace(0.02, 0.3, 12)


@pytest.mark.parametrize("m4", LOW)
def test_low_mass_limit_of_t2k(m4):
    """arXiv:2109.03831, lower edge: rescaled, all POT in neutrino mode, the straight line."""
    line = {m: 0.07254 + 0.1676 * m for m in (0.01, 0.4)}
    ours = Yield(t2k_recipe(line), "mu", m4).limit("poisson_zero_background")
    curve = CURVES["t2k_recast_mu"]
    order = np.argsort(curve.x)
    theirs = np.exp(np.interp(np.log(m4), np.log(curve.x[order]), np.log(curve.y[order])))
    assert ours == pytest.approx(theirs, rel=0.08)


@EXTERNAL
@pytest.mark.parametrize("mass_MeV", [150, 200, 300, 380])
def test_the_release_gives_the_limit_it_quotes(mass_MeV):
    theirs = float(np.interp(mass_MeV / 1000, CURVES["t2k_2019_mu"].x, CURVES["t2k_2019_mu"].y))
    assert release_limit("mu", mass_MeV) == pytest.approx(theirs, rel=0.04)


def test_models_agree_where_nothing_is_interchanged():
    point = {"m4": 0.15, "U2_mu4": 1e-6}
    assert interchanged_model().decay_modes(point) == MINIMAL.decay_modes(point)
