"""The commands on the dark photon: cross-sections, widths, and what is refused."""

import pytest
from cli_calls import call

POINT = ("--model", "dark_photon", "--set", "m4=0.1", "--set", "mzprime=1.25")
MIXED = (*POINT, "--set", "U2_mu4=1e-6", "--set", "epsilon=1e-4")
ON_CARBON = ("--target", "C12", "--energy", "1", "--json")

GRID = """
title = "no events yet"
model = "dark_photon"
experiments = ["sbnd"]

[axes]
m4 = { values = [0.1, 0.2] }
mzprime = { values = [0.5, 1.25] }
epsilon = { log = [1e-4, 1e-2], n = 3 }

[parameters]
U2_mu4 = 1e-6
"""


def total(*words):
    return call("xsec", *words, *ON_CARBON).document["per_nucleus_cm2"]


def test_cross_section_has_the_keys_of_the_contract():
    found = call("xsec", *MIXED, *ON_CARBON).document
    assert set(found) == {"per_nucleus_cm2", "channels"}
    assert {row["regime"] for row in found["channels"]} == {"coherent", "p-el", "n-el"}
    assert sum(row["sigma_cm2"] for row in found["channels"]) == found["per_nucleus_cm2"] > 0
    assert "per nucleus" in call("xsec", *MIXED, *ON_CARBON[:-1]).out


def test_dark_couplings_have_standard_values():
    given = total(*MIXED, "--set", "U2_D4=1", "--set", "alphaD=0.25")
    assert total(*MIXED) == given
    # the Z remains
    assert 0 < total(*MIXED, "--set", "alphaD=0") < given


def test_cross_section_by_flavour_and_for_antineutrinos():
    assert total(*MIXED, "--projectile", "nu_e") == 0
    assert 0 < total(*MIXED, "--projectile", "nu_mu_bar") < total(*MIXED)


def test_heavier_hnls_live_shorter_by_the_dark_photon():
    found = call("width", *MIXED, "--json").document
    alone = call("width", *POINT, "--set", "U2_mu4=1e-6", "--json").document
    assert found["ctau_cm"] < alone["ctau_cm"]
    minimal = call(
        "width", "--model", "minimal", "--set", "m4=0.1", "--set", "U2_mu4=1e-6", "--json"
    )
    assert alone["total_GeV"] == pytest.approx(minimal.document["total_GeV"], rel=1e-12)
    twice = call("width", *MIXED, "--set", "hnl_type=majorana", "--json").document
    assert twice["total_GeV"] == pytest.approx(2 * found["total_GeV"], rel=1e-12)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("rate", *MIXED, "--experiment", "sbnd"), "not sampled in this version"),
        (("xsec", *POINT, *ON_CARBON[:-1]), "all couplings are zero; give one of U2_e4, "),
        (("width", "--model", "dark_photon", "--set", "m4=0.1", "--set", "U2_e4=1"), "mzprime"),
        (("width", *MIXED[:4], "--set", "mzprime=0.001", "--set", "U2_e4=1"), "two electrons"),
    ],
)
def test_complaints_are_one_sentence(words, said):
    answer = call(*words)
    assert answer.code == 1
    assert said in answer.err
    assert len(answer.err.splitlines()) == 1


def test_scan_is_refused_before_it_begins(tmp_path):
    path = tmp_path / "dark.toml"
    path.write_text(GRID)
    answer = call("run", path, "--out", tmp_path / "dark.zarr", "--workers", "0")
    assert answer.code == 1
    assert "not sampled in this version" in answer.err
    assert not (tmp_path / "dark.zarr").exists()
