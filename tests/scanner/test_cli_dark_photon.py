"""The commands on the dark photon: cross-sections, widths, rates, and what is refused."""

from itertools import pairwise

import pytest
import xarray as xr
from cli_calls import call

from scanner.assembly.assemble import Scan

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


GRID = """
title = "small"
model = "dark_photon"
experiments = ["sbnd"]

[parameters]
mzprime = {mzprime}
epsilon = 1e-3

[axes]
m4 = {{ values = [0.1, 0.2] }}
U2_mu4 = {{ log = [1e-14, 1e-2], n = 7 }}

[precision]
relative = 0.2
events = 64
max_events = 4096
"""


@pytest.fixture(scope="module", params=[0.03, 1.25], ids=["light", "heavy"])
def store(request, tmp_path_factory):
    folder = tmp_path_factory.mktemp("small")
    (folder / "small.toml").write_text(GRID.format(mzprime=request.param))
    path = folder / "small.zarr"
    assert call("run", folder / "small.toml", "--out", path, "--workers", "0").code == 0
    return path


def test_other_couplings_need_no_sampling_where_the_store_has_what_they_need(store):
    def lowest(*words):
        found = call("limits", store, "--json", *words).document["limits"]
        return min(limit["lower"] for limit in found)

    assert lowest("--set", "epsilon=2e-3") < lowest() < lowest("--set", "alphaD=0.1")


def test_couplings_for_which_the_store_has_no_responses(store):
    light = xr.open_zarr(store, group="response/bnb_argon").final_state.values.tolist()
    answer = call("limits", store, "--set", "U2_e4=1e-6")
    assert answer.code == 1
    assert "the store has no responses for " in answer.err
    if light == ["nu_e_e:real"]:
        # 1e-7 makes the Z' fly
        answer = call("limits", store, "--set", "epsilon=1e-7")
        assert answer.code == 1
        assert "there are no responses for a Z' of c tau = 2.7e+04 cm" in answer.err


def test_cubes_of_terms_that_cancel(store):
    cube = xr.open_zarr(store, group="sbnd").load()
    assert (cube.n_events > 0).all()
    assert (cube.n_events_sdev < 0.3 * cube.n_events).all()
    response = xr.open_zarr(store, group="response/bnb_argon").load()
    assert response.sizes["ctau_2"] == 1
    assert bool(response.ctau_2.isnull().all())
    assert list(response.term.values) == [f"U2_mu4 {x}" for x in ("zprime^2", "zprime*z", "z^2")]


def test_a_dark_photon_without_decays_is_refused_before_sampling(tmp_path):
    text = GRID.format(mzprime=5e-4)
    (tmp_path / "small.toml").write_text(text)
    answer = call("run", tmp_path / "small.toml", "--out", tmp_path / "no.zarr", "--workers", "0")
    assert answer.code == 1
    assert "two electrons" in answer.err.splitlines()[-1]
    assert not (tmp_path / "no.zarr").exists()


@pytest.mark.parametrize("mzprime", [0.03, 1.25])
def test_workers_find_the_kernel_compiled(tmp_path, monkeypatch, mzprime):
    """What is compiled beforehand runs the event loop, on shell and off."""
    (tmp_path / "small.toml").write_text(GRID.format(mzprime=mzprime))
    calls = []
    monkeypatch.setattr("physics.pair_response.sample_pairs", lambda *_: calls.append(1))
    Scan.load(str(tmp_path / "small.toml")).evaluate.warm()
    assert calls
