"""Widths with a dark photon against DarkNews 0.4.8 (arXiv:2207.04137).

With its coupling g s_W epsilon, and its leptons, whose charge has the sign of the proton's.
"""

import numpy as np
import pytest
from test_darknews import TOLERANCE, read
from test_darknews_dark_photon import SIN2, G

from physics.dark_photon_widths import partial_widths
from physics.units import ALPHA

ROWS = read("darknews_dark_photon_widths")
ELECTRONS = [r for r in ROWS if r["leptons"] == "e"]
VIRTUAL = [r for r in ELECTRONS if r["label"].startswith("heavy")]
DARK_COUPLING = np.sqrt(4 * np.pi * 0.25)
CHARGE_RATIO = G * np.sqrt(SIN2) / np.sqrt(4 * np.pi * ALPHA)


def width(row, sign=1):
    """Our width of a row, with either sign of epsilon; 0 for the weak interaction alone."""
    found = partial_widths(
        float(row["m4"]),
        float(row["mzprime"]),
        {"mu": float(row["U_mu4"]) ** 2},
        DARK_COUPLING,
        sign * CHARGE_RATIO * float(row["epsilon"]),
    )
    number = 2 if row["hnl_type"] == "majorana" else 1
    return number * float(found[f"nu_{row['leptons']}_{row['leptons']}"])


def interference(row):
    """What a row has of our interference of W and Z with the Z'; its error."""
    plus, minus, weak = width(row), width(row, -1), width(row, 0)
    alone, mixed = (plus + minus) / 2 - weak, (plus - minus) / 2
    return (float(row["width"]) - alone - weak) / mixed, abs(float(row["error"]) / mixed)


@pytest.mark.parametrize("row", ELECTRONS, ids=lambda row: row["label"])
def test_width(row):
    assert width(row, sign=-1) == pytest.approx(float(row["width"]), rel=TOLERANCE)


def coefficient():
    """Mean interference of the rows with a virtual Z', and its error."""
    values, errors = np.array([interference(row) for row in VIRTUAL]).T
    weights = errors**-2
    return (weights * values).sum() / weights.sum(), weights.sum() ** -0.5


def test_leptons_of_darknews_have_the_charge_of_protons():
    # with epsilon destructive on nuclei, leptons of charge -1 interfere the other way than there
    mean, error = coefficient()
    assert error < 0.2
    assert mean == pytest.approx(-1, abs=3 * error)
