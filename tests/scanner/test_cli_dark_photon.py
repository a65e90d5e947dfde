"""The commands on the dark photon: cross-sections, widths, rates, and what is refused."""

from itertools import pairwise

import pytest
from cli_calls import call

POINT = ("--model", "dark_photon", "--set", "m4=0.1", "--set", "mzprime=1.25")
MIXED = (*POINT, "--set", "U2_mu4=1e-6", "--set", "epsilon=1e-4")
ON_CARBON = ("--target", "C12", "--energy", "1", "--json")


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
        (("rate", *MIXED, "--experiment", "ps191"), "decays in a beam"),
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


def test_rate_has_the_keys_of_the_contract_and_sums_that_agree():
    words = (*POINT[:4], "--set", "mzprime=0.03", "--set", "U2_mu4=1e-8", "--set", "epsilon=1.7e-4")
    found = call("rate", *words, "--experiment", "sbnd", "--json").document
    assert found["converged"]
    assert found["n_events_sdev"] < 0.01 * found["n_events"]
    for key in ("n_events", "n_produced"):
        assert sum(row[key] for row in found["channels"]) == pytest.approx(found[key], rel=1e-9)
    assert {row["regime"] for row in found["channels"]} == {"coherent", "p-el", "n-el"}
    (state,) = found["final_states"]
    assert state["final_state"] == "nu_e_e"
    assert state["n_events"] == pytest.approx(found["n_events"], rel=1e-9)
    steps = [row["step"] for row in found["cut_flow"]]
    assert steps[:3] == ["produced", "decays to nu_e_e", "one shower"]
    flow = [row["n"] for row in found["cut_flow"]]
    assert all(a >= b for a, b in pairwise(flow[1:]))


def test_rate_of_a_displaced_dark_photon():
    """The smaller epsilon, the fewer events per upscattering: the Z' flies out of the detector."""

    def inside(epsilon):
        words = (*POINT[:4], "--set", "mzprime=0.03", "--set", "U2_mu4=1e-8")
        found = call(
            "rate", *words, "--set", f"epsilon={epsilon}", "--experiment", "sbnd", "--json"
        ).document
        assert sum(r["n_events"] for r in found["channels"]) == pytest.approx(
            found["n_events"], rel=1e-9
        )
        return found["n_events"] / found["n_produced"]

    # c tau of 2.7e-4, 270 and 2.7e6 cm
    prompt, near, far = inside(1e-3), inside(1e-6), inside(1e-8)
    assert prompt > near > 300 * far > 0
