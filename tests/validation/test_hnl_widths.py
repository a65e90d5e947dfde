"""Widths of HNLs that only mix against three independent calculations, with their constants."""

import csv
from pathlib import Path

import pytest

from physics.electroweak import Constants
from physics.minimal_widths import unit_widths

TABLE = Path(__file__).parent / "data" / "hnl_widths.csv"
ROWS = list(csv.DictReader(x for x in TABLE.read_text().splitlines() if x[0] != "#"))

OWN = Constants(f_pi=0.1302, f_kaon=0.1557, f_eta=0.0817, V_ud=0.97373, V_us=0.2243)
"""Constants of the reference column."""

LEPTONIC = ("nu_nu_nu", "nu_e_e", "nu_e_mu", "nu_mu_mu")


def width(row, constants):
    """Width of a Dirac N; totals of the table leave out nu gamma."""
    found = unit_widths(float(row["m4"]), constants)
    if row["channel"] == "total":
        states = [s for s, f in found if f == row["flavour"] and s != "nu_gamma"]
    else:
        states = [row["channel"]]
    return float(row["U2"]) * sum(found[s, row["flavour"]] for s in states)


def name(row):
    """Identify a row."""
    return f"{row['channel']}-{row['flavour']}-{row['m4']}"


@pytest.mark.parametrize("row", ROWS, ids=name)
def test_reference_widths(row):
    assert width(row, OWN) == pytest.approx(float(row["dirac"]), rel=1e-6)
    assert 2 * width(row, OWN) == pytest.approx(float(row["majorana"]), rel=1e-6)


@pytest.mark.parametrize("row", [r for r in ROWS if r["channel"] != "total"], ids=name)
def test_hnlcalc(row):
    """Its widths are those of a Majorana N; mesons with f_pi = 0.1303, to the table's digits."""
    constants = Constants(f_pi=0.1303, V_ud=0.97373)
    assert 2 * width(row, constants) == pytest.approx(float(row["hnlcalc_majorana"]), rel=1e-5)


@pytest.mark.parametrize("row", [r for r in ROWS if r["channel"] in LEPTONIC], ids=name)
def test_hnldif_leptons(row):
    """With its weak angle; nu_e_mu without the electron's mass there."""
    constants = Constants(sin2_theta_w=0.22343)
    ratio = width(row, constants) / float(row["hnldif_dirac"])
    assert ratio == pytest.approx(1, rel=2e-4)


@pytest.mark.parametrize(
    "m4, state, flavour, expected",
    [
        (0.6, "e_K", "e", 7.439e-17),
        (0.6, "mu_K", "mu", 6.17e-18),
        (0.6, "nu_eta", "e", 5.39e-17),
        (1.0, "e_K", "e", 1.888e-15),
        (1.0, "mu_K", "mu", 1.781e-15),
        (1.0, "nu_eta", "e", 4.42e-15),
        (1.5, "e_K", "e", 8.858e-15),
        (1.5, "mu_K", "mu", 8.694e-15),
        (1.5, "nu_eta", "e", 2.29e-14),
    ],
)
def test_heavier_mesons(m4, state, flavour, expected):
    """Numbers of the same source, printed with three or four digits."""
    assert unit_widths(m4, OWN)[state, flavour] == pytest.approx(expected, rel=2e-3)
