from importlib.resources import files

import numpy as np
import pytest

from scanner.plots.catalogue import curves, entries

FOLDER = files("scanner") / "published"


PLANES = [("dipole", f"mu_tr_{f}4") for f in ("e", "mu", "tau")]
PLANES += [("minimal", f"U2_{f}4") for f in ("e", "mu", "tau")]


def by_name(y="mu_tr_mu4", hnl_type=None, superseded=True):
    model = "minimal" if y.startswith("U2") else "dipole"
    found = curves(model, "m4", y, hnl_type, superseded=superseded)
    return {curve.name: curve for curve in found}


def coupling(curve, m4):
    """Straight in logarithms between the points of a lower edge."""
    return np.exp(np.interp(np.log(m4), np.log(curve.x), np.log(curve.y)))


def test_published_d_becomes_the_transition_moment():
    """First row of the published MiniBooNE curve: m4 = 1.00197 MeV, d = 1.33621e-5 / GeV."""
    curve = by_name()["miniboone"]
    assert curve.x[0] == pytest.approx(0.00100197, rel=1e-12)
    assert curve.y[0] == pytest.approx(2.67242e-5, rel=1e-12)
    assert curve.y.min() == pytest.approx(2 * 1.944e-7, rel=1e-3)


def test_the_muon_plane_has_the_limits_that_the_issue_names():
    found = by_name()
    assert list(found) == [
        "miniboone",
        "nomad",
        "charm2",
        "superk_atmospheric",
        "lep",
        "borexino",
        "borexino_superk",
        "sn1987a",
    ]
    assert [c.confidence_level for c in found.values()] == [0.95, *[0.9] * 3, 0.95, 0.9, 0.9, None]
    assert found["miniboone"].nature == found["lep"].nature == "dirac"


def test_muon_limits_are_not_shown_for_other_flavours_or_planes():
    assert set(by_name("mu_tr_tau4")) == {"lep", "borexino", "borexino_superk", "sn1987a"}
    assert curves("dark_photon", "m4", "U2_mu4") == []
    assert curves("dipole", "m4", "hnl_type") == []


def test_every_curve_is_positive_has_a_source_and_every_file_is_used():
    used = {name for entry in entries() for name in entry.files + entry.upper_files}
    assert used == {f.name for f in FOLDER.iterdir() if f.name.endswith(".csv")}
    for _, y in PLANES:
        for curve in by_name(y).values():
            assert np.all(curve.x > 0)
            assert np.all(curve.y > 0)
            assert "arXiv:" in curve.source or "19" in curve.source


def test_the_supernova_pieces_join_at_the_highest_mass():
    curve = by_name()["sn1987a"]
    jump = np.abs(np.diff(np.log(curve.x)))
    assert curve.x.argmax() not in (0, curve.x.size - 1)
    assert jump[36] < 1e-3


def test_the_notice_keeps_the_licence_of_the_package_the_curves_came_in():
    notice = (FOLDER / "NOTICE").read_text()
    assert "HNLimits" in notice
    assert "Copyright (c) 2021 Matheus Hostert" in notice
    assert "above copyright notice" in notice


def test_names_are_used_once_and_every_entry_belongs_to_a_plane():
    names = [entry.name for entry in entries()]
    shown = {name for _, y in PLANES for name in by_name(y)}
    assert len(set(names)) == len(names)
    assert shown == set(names)


def test_what_another_curve_supersedes_is_listed_but_not_drawn_and_says_why():
    hidden = {e.name: e.note for e in entries() if not e.drawn}
    assert {"microboone_2019_mu", "kek_recast_mu", "superk_mu", "ps191_other_e"} <= set(hidden)
    assert all(hidden.values())
    drawn = {name for _, y in PLANES for name in by_name(y, superseded=False)}
    assert drawn == {entry.name for entry in entries()} - set(hidden)


def test_searches_recasts_projections_and_cosmology_are_told_apart():
    kinds = {entry.name: entry.kind for entry in entries()}
    assert kinds["t2k_2019_mu"] == kinds["na62_2020_e"] == kinds["ps191_mu"] == "search"
    assert kinds["t2k_recast_mu"] == kinds["miniboone"] == "recast"
    assert kinds["dune_mu"] == kinds["pioneer_e"] == kinds["t2k_projection_mu"] == "projection"
    assert kinds["bbn_tau"] == kinds["sn1987a"] == "cosmology"


@pytest.mark.parametrize(
    ("name", "m4", "mixing"),
    [
        ("t2k_2019_mu", 0.38, 8.13963e-10),
        ("t2k_recast_mu", 0.02, 8.38569e-4),
        ("na62_2021_mu", 0.384, 3.937e-8),
        # the abstract of arXiv:1911.10545: 0.7e-7 at 385 MeV for Majorana HNLs
        ("microboone_2019_mu", 0.3845, 6.6e-8),
    ],
)
def test_mixings_are_as_published(name, m4, mixing):
    assert coupling(by_name("U2_mu4")[name], m4) == pytest.approx(mixing, rel=0.01)


@pytest.mark.parametrize(
    ("name", "factor"),
    [("t2k_2019_mu", np.sqrt(2)), ("na62_2021_mu", 1), ("lepton_universality_mu", 1)],
)
def test_the_nature_matters_for_decays_alone(name, factor):
    published, dirac, majorana = (
        by_name("U2_mu4", nature)[name] for nature in (None, "dirac", "majorana")
    )
    np.testing.assert_allclose(dirac.y, factor * majorana.y, rtol=1e-14)
    assert published.y[0] in (dirac.y[0], majorana.y[0])
    assert (dirac.nature == "dirac") == (factor != 1)


def test_the_rule_for_decays_is_what_microboone_published_for_both_natures():
    """The same search digitised twice; digitisation scatters by 3 %."""
    published = by_name("U2_mu4")
    other = by_name("U2_mu4", "dirac")["microboone_2022_majorana_mu"]
    mass = np.geomspace(0.25, 0.384, 30)
    ratio = coupling(other, mass) / coupling(published["microboone_2022_mu"], mass)
    assert np.median(ratio) == pytest.approx(1, abs=0.01)
    assert np.abs(ratio - 1).max() < 0.04


def test_upper_edges_go_with_the_lifetime_and_lower_edges_of_cosmology_stay():
    for name in ("bbn_mu", "ps191_mu"):
        dirac, majorana = (by_name("U2_mu4", n)[name] for n in ("dirac", "majorana"))
        ratio = dirac.y / majorana.y
        assert ratio[-1] == pytest.approx(2)
        assert ratio[0] == pytest.approx(1 if name == "bbn_mu" else np.sqrt(2))


def test_a_nature_that_is_not_stated_is_never_converted_but_marked():
    for nature in (None, "dirac", "majorana"):
        curve = by_name("U2_mu4", nature)["microboone_2023_mu"]
        assert curve.y[0] == 0.00978614
        assert curve.nature == "not stated"
        assert curve.doubtful == (nature is not None)
    assert not any(c.doubtful for c in by_name("mu_tr_mu4", "majorana").values())


def test_pienu_muons_above_and_below_the_cut_have_the_masses_of_kinematics():
    """T_mu = ((m_pi - m_mu)^2 - m4^2) / (2 m_pi) is 1.2 MeV at 28.5 MeV."""
    mass = by_name("U2_mu4")["pienu_2019_mu"].x
    energy = ((0.13957039 - 0.1056583755) ** 2 - mass**2) / (2 * 0.13957039)
    assert np.all(energy[:43] > 1.0e-3)
    assert np.all(energy[43:] < 1.3e-3)
    assert energy[0] > 3e-3


def test_the_slip_of_the_digitisation_is_left_out():
    curve = by_name("U2_mu4")["microboone_2022_majorana_mu"]
    assert curve.x.size == 12
    assert curve.y[0] == 1.28418e-7


def test_edges_go_to_higher_masses_and_upper_edges_back():
    """But for the steep sides of PS191, which are traced."""
    for _, y in PLANES[3:]:
        for name, curve in by_name(y).items():
            steps = np.diff(np.log(curve.x))
            top = int(np.argmax(curve.x)) if curve.region == "inside" else curve.x.size
            assert steps[: max(top - 1, 0)].min() > -0.04, name
            assert np.all(steps[top:] < 0.04), name
