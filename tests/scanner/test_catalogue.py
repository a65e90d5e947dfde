from importlib.resources import files

import numpy as np
import pytest

from scanner.catalogue import curves, entries

FOLDER = files("scanner") / "published"


def by_name(y="mu_tr_mu4"):
    return {curve.name: curve for curve in curves("dipole", "m4", y)}


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
    used = {name for entry in entries() for name in entry.files}
    assert used == {f.name for f in FOLDER.iterdir() if f.name.endswith(".csv")}
    for curve in by_name().values():
        assert np.all(curve.x > 0)
        assert np.all(curve.y > 0)
        assert curve.source.startswith("arXiv:")


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
