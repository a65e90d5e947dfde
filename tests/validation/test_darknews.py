"""Production against DarkNews 0.4.8 (arXiv:2207.04137), channel by channel.

The rows needed are copied to `data/`; where the full reference tables are at hand, in the folder
named by HNLSCAN_SHARED or in `shared` beside the project, the copies are compared with them.
"""

import csv
import os
from pathlib import Path

import numpy as np
import pytest

from physics.beams import load
from physics.form_factors import nucleon_parameters, squared_table
from physics.nuclei import nucleus
from physics.quadrature import folded, tabulate
from physics.streams import stream, target
from physics.upscattering import COHERENT, NUCLEON, differential, q2_limits, threshold

HERE = Path(__file__).parent
SHARED = Path(os.environ.get("HNLSCAN_SHARED", HERE.parents[2] / "shared"))
BEAMS = {
    "miniboone_fhc": "bnb_at_miniboone", "microboone": "bnb_at_microboone", "sbnd": "bnb_at_sbnd",
}  # fmt: skip
LEAST_SHARE = 1e-6
TOLERANCE = 1e-3
APPROXIMATE_BELOW = 1e-3
"""DarkNews replaces the least Q2 by its leading term when m4 / sqrt(s) is below this."""


def read(name):
    """Rows of a data file, without its comments."""
    lines = (HERE / "data" / f"{name}.csv").read_text().splitlines()
    return list(csv.DictReader(line for line in lines if not line.startswith("#")))


RATES = read("darknews_dipole_rates")
CROSS_SECTIONS = [r for r in read("darknews_dipole_cross_sections") if float(r["sigma"]) > 0]


def scattered(row):
    """Name of what is hit."""
    return {"coherent": row["nucleus"], "p-el": "p", "n-el": "n"}[row["regime"]]


def produced(row):
    """Upscatterings in the channel of a row, with its targets, energies and exposure."""
    m4, hit = float(row["m4"]), target(scattered(row))
    low = max(float(row["E_min"]), 1.05 * threshold(m4, hit.mass))
    packed = stream(hit, m4, low, float(row["E_max"]))
    flux = load(BEAMS[row["experiment"]]).flux
    both = folded(flux.energy, flux.values["nu_mu"][:, None], tabulate(m4, packed))[0]
    per_target = both[0 if row["helicity"] == "conserving" else 1]
    number = float(row["multiplicity"]) * float(row["nuclei"]) * float(row["pot"])
    return (float(row["mu_tr"]) / 2) ** 2 * per_target * number


def name(row):
    """Short name of a channel."""
    keys = ("label", "model", "nucleus", "regime", "helicity", "E_nu")
    return "-".join(row[key] for key in keys if key in row)


def compared(row):
    """Whether a channel is one to compare: DarkNews gives neutrons no moment."""
    return row["regime"] != "n-el" and (
        float(row["rate"]) > LEAST_SHARE * float(row["rate_of_all_channels"])
    )


def test_every_detector_and_regime_is_compared():
    rows = [r for r in RATES if compared(r)]
    assert len(rows) == 40
    assert {r["experiment"] for r in rows} == set(BEAMS)
    assert {r["regime"] for r in rows} == {"coherent", "p-el"}


@pytest.mark.parametrize("row", [r for r in RATES if compared(r)], ids=name)
def test_rate_of_a_channel(row):
    assert produced(row) == pytest.approx(float(row["rate"]), rel=TOLERANCE)


def cross_section(row, least=None):
    """Cross-section of a row, with a least Q2 of one's own if given."""
    m4, E = float(row["m4"]), float(row["E_nu"])
    if row["regime"] == "coherent":
        kind, M, cap = COHERENT, nucleus(row["nucleus"]).mass, 4.0
        hit = (0.0, 0.0, squared_table(row["nucleus"]))
    else:
        charge, moment, M = nucleon_parameters("p")
        kind, cap, hit = NUCLEON, 25.0, (charge, moment, np.zeros(2))
    low, high = q2_limits(E, m4, M)
    low, high = low if least is None else least, min(high, cap)
    x, w = np.polynomial.legendre.leggauss(400)
    Q2 = low * (high / low) ** ((1 + x) / 2)
    helicity = 0 if row["helicity"] == "conserving" else 1
    values = np.array([differential(E, q, m4, M, kind, *hit)[helicity] for q in Q2])
    integral = 0.5 * np.log(high / low) * (w * Q2) @ values
    return (float(row["mu_tr"]) / 2) ** 2 * integral * float(row["multiplicity"])


def approximated(row):
    """Whether DarkNews uses the leading term of the least Q2 for a row."""
    M, E = float(row["target_mass"]), float(row["E_nu"])
    return float(row["m4"]) / np.sqrt(M * M + 2 * M * E) < APPROXIMATE_BELOW


@pytest.mark.parametrize("row", [r for r in CROSS_SECTIONS if not approximated(r)], ids=name)
def test_cross_section(row):
    assert cross_section(row) == pytest.approx(float(row["sigma"]), rel=TOLERANCE)


@pytest.mark.parametrize("row", [r for r in CROSS_SECTIONS if approximated(r)], ids=name)
def test_cross_section_with_the_approximate_least_momentum_transfer(row):
    # leading term in m^2: M^2 m^4 / (s - M^2)^2
    M, E, m4 = float(row["target_mass"]), float(row["E_nu"]), float(row["m4"])
    least = M**2 * m4**4 / (2 * M * E) ** 2
    assert cross_section(row, least) == pytest.approx(float(row["sigma"]), rel=TOLERANCE)
    # the flipping part, nearly all of the sum, does not notice
    if row["helicity"] == "flipping":
        assert cross_section(row) == pytest.approx(float(row["sigma"]), rel=TOLERANCE)


def test_the_approximation_matters_somewhere():
    rows = [r for r in CROSS_SECTIONS if approximated(r) and r["helicity"] == "conserving"]
    off = [abs(cross_section(r) / float(r["sigma"]) - 1) for r in rows]
    assert max(off) > 0.05
    assert {r["nucleus"] for r in rows} == {"Pb208"}


@pytest.mark.skipif(
    not (SHARED / "reference").is_dir(),
    reason="the full tables are not here; set HNLSCAN_SHARED to the folder that has reference/",
)
def test_copies_are_those_of_the_full_tables():
    with (SHARED / "reference" / "darknews_rates_by_channel.csv").open() as table:
        rates = [r["rate_quad"] for r in csv.DictReader(table)
                 if r["label"].startswith("tmm") and r["experiment"] in BEAMS]  # fmt: skip
    assert rates == [r["rate"] for r in RATES]
    with (SHARED / "reference" / "darknews_cross_sections.csv").open() as table:
        sigmas = [r["sigma_quad_cm2"] for r in csv.DictReader(table)
                  if r["model"].startswith("tmm") and r["regime"] != "n-el"]  # fmt: skip
    assert sigmas == [r["sigma"] for r in read("darknews_dipole_cross_sections")]
