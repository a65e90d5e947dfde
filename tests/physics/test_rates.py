"""What `hnlscan rate` says about one point: sums, shares and the cut flow."""

import numpy as np
import pytest

from physics import models
from physics.experiments import load
from physics.rates import rate
from physics.response import Precision

DIPOLE = models.get("dipole")
POINT = {"m4": 0.2, "mu_tr_mu4": 1e-6, "hnl_type": "dirac"}


@pytest.fixture(scope="module", params=["miniboone_fhc", "microboone"])
def report(request):
    return rate(DIPOLE, load(request.param), dict(POINT), Precision(), 1)


def test_channels_add_up(report):
    assert sum(c["n_events"] for c in report["channels"]) == pytest.approx(
        report["n_events"], rel=1e-12
    )
    assert sum(c["n_produced"] for c in report["channels"]) == report["n_produced"]
    assert all(0 <= c["n_events"] <= c["n_produced"] for c in report["channels"])
    assert report["converged"]
    assert 0 < report["n_events_sdev"] < 0.01 * report["n_events"]


def test_final_state_is_the_whole(report):
    (state,) = report["final_states"]
    assert state["n_events"] == report["n_events"]
    product = report["n_produced"] * state["branching_ratio"] * state["efficiency"]
    assert product == pytest.approx(report["n_events"], rel=1e-12)


def test_cut_flow_decreases_from_produced_to_selected(report):
    counts = [step["n"] for step in report["cut_flow"]]
    assert counts[0] == pytest.approx(report["n_produced"], rel=5e-3)
    assert (np.diff(counts) <= 0).all()
    assert counts[-1] == report["n_events"]


def test_channels_are_every_target_once(report):
    keys = [
        tuple(c[k] for k in ("projectile", "volume", "target", "regime", "helicity"))
        for c in report["channels"]
    ]
    assert len(set(keys)) == len(keys)
    assert {k[0] for k in keys} == {"nu_mu", "nu_mu_bar"}
    assert {k[3] for k in keys} == {"coherent", "p-el", "n-el"}
    assert ("H1", "coherent") not in {k[2:4] for k in keys}


def test_protons_are_shared_by_number():
    found = rate(DIPOLE, load("miniboone_fhc"), dict(POINT), Precision(max_events=8192), 1)
    produced = {
        c["target"]: c["n_produced"]
        for c in found["channels"]
        if (c["projectile"], c["volume"], c["regime"], c["helicity"])
        == ("nu_mu", "tank", "p-el", "flipping")
    }
    # six protons in one carbon, one in each of two hydrogens
    assert produced["C12"] == pytest.approx(3 * produced["H1"], rel=1e-12)


def test_dipole_flips_the_helicity_mostly(report):
    by_helicity = {
        h: sum(c["n_produced"] for c in report["channels"] if c["helicity"] == h)
        for h in ("conserving", "flipping")
    }
    assert by_helicity["flipping"] > 20 * by_helicity["conserving"]


def test_majorana_decays_twice_as_fast():
    dirac, majorana = (
        rate(DIPOLE, load("microboone"), {**POINT, "hnl_type": t}, Precision(max_events=8192), 1)
        for t in ("dirac", "majorana")
    )
    assert dirac["ctau_cm"] == pytest.approx(2 * majorana["ctau_cm"], rel=1e-12)
    assert dirac["n_produced"] == majorana["n_produced"]


def test_nothing_above_the_beam():
    found = rate(DIPOLE, load("microboone"), {**POINT, "m4": 9.0}, Precision(), 1)
    assert (found["n_events"], found["n_produced"], found["converged"]) == (0.0, 0, True)
    assert found["final_states"][0]["efficiency"] == 0.0
