"""The preferred point of arXiv:2206.07100 at MiniBooNE, against an independent recipe.

m4 = 0.47 GeV and mu_tr = 2.5e-6/GeV, nu_mu only, carbon coherently and protons, in the tank. The
numbers come from a separate numpy calculation with two-dimensional tables of (E, ln Q2), the
efficiency divided by 0.55 and decays within 500 cm.
"""

import math

import msgspec
import pytest

from physics import models
from physics.experiments import load
from physics.experiments.schema import Cut
from physics.rates import rate
from physics.response import Precision

POINT = {"m4": 0.47, "mu_tr_mu4": 2.5e-6}


def channels(hnl_type, top_GeV):
    """Channels of the tank for nu_mu with the reconstructed energy below `top_GeV`."""
    experiment = load("miniboone_fhc")
    selection = (
        Cut(observable="E_vis", min=0.14, max=math.inf),
        Cut(observable="E_nu_QE", min=0.2, max=top_GeV),
    )
    experiment = msgspec.structs.replace(
        experiment, signature=msgspec.structs.replace(experiment.signature, selection=selection)
    )
    point = {**POINT, "hnl_type": hnl_type}
    found = rate(models.get("dipole"), experiment, point, Precision(relative=0.005), 1)
    return [c for c in found["channels"] if c["projectile"] == "nu_mu" and c["volume"] == "tank"]


def selected(rows, *regimes):
    """Sum of the selected events of some regimes."""
    return sum(row["n_events"] for row in rows if row["regime"] in regimes)


def test_dirac_events_below_1250_mev():
    rows = channels("dirac", 1.25)
    assert selected(rows, "coherent", "p-el") == pytest.approx(584, rel=0.05)


def test_dirac_events_below_3000_mev():
    rows = channels("dirac", 3.0)
    assert selected(rows, "coherent", "p-el") == pytest.approx(610.5, rel=0.05)
    assert selected(rows, "coherent") == pytest.approx(242, rel=0.05)
    produced = sum(row["n_produced"] for row in rows if row["regime"] != "n-el")
    assert produced == pytest.approx(6770, rel=0.02)


def test_majorana_events_below_3000_mev():
    rows = channels("majorana", 3.0)
    assert selected(rows, "coherent", "p-el") == pytest.approx(635, rel=0.05)


def test_nothing_comes_from_the_dirt_within_two_centimetres_of_flight():
    point = {**POINT, "hnl_type": "dirac"}
    found = rate(models.get("dipole"), load("miniboone_fhc"), point, Precision(), 1)
    dirt = sum(row["n_events"] for row in found["channels"] if row["volume"] == "dirt")
    assert found["ctau_cm"] == pytest.approx(1.53, rel=0.02)
    assert dirt < 1e-6 * found["n_events"]
