"""Production by Z' and Z against DarkNews 0.4.8 (arXiv:2207.04137), with its conventions.

Its couplings are passed as they are: the Z' couples with g s_W epsilon, the Z to nucleons with the
weak charge twice and with 1 + mu_p in place of the proton's moment; energies from 1.05 times the
threshold. What is compared is the dependence on energy, momentum transfer, target and helicity.
"""

import csv
from functools import cache
from itertools import pairwise
from operator import itemgetter

import numpy as np
import pytest
from test_darknews import (
    APPROXIMATE_BELOW,
    BEAMS,
    SHARED,
    TOLERANCE,
    compared,
    name,
    read,
    scattered,
)

from physics.beams import load
from physics.beams.schema import Flux
from physics.target_charges import Charges
from physics.upscattering import q2_limits, threshold
from physics.vector_cross_sections import Exchange, cross_section, differential, scatterer

# constants of DarkNews
SIN2, G_F, M_W, M_Z = 0.22343, 1.16637876e-5, 80.37912, 91.187621
G = np.sqrt(8 * G_F * M_W**2 / np.sqrt(2))
HALF_G_OVER_COS = G / (2 * np.sqrt(1 - SIN2))
MU_P, MU_N, G_A = 2.792, -1.913, 1.26
WEAK_PROTON = Charges(
    0.5 - 2 * SIN2,
    (0.5 - SIN2) * (1 + MU_P - MU_N) - SIN2 * (1 + MU_P + MU_N),
    G_A / 2,
)
POINTLIKE = Charges(1.0, 0.0, 0.0)
NUCLEI = {"C12": (6, 6), "Ar40": (18, 22), "Pb208": (82, 126)}
TABLES = {
    **BEAMS,
    "icarus": "bnb_at_icarus",
    "minerva_me_fhc": "numi_me_fhc_at_minerva",
    "dune_nd_fhc": "lbnf_fhc_at_dune_nd",
}
"""Beams with the flux of DarkNews."""
ENERGIES = np.polynomial.legendre.leggauss(6)
RATES = read("darknews_dark_photon_rates")
CROSS_SECTIONS = read("darknews_dark_photon_cross_sections")


def exchanges(row):
    """Z' and Z that couple to the target of a row with unit charge."""
    proton = row["regime"] == "p-el"
    return (
        Exchange(float(row["mzprime"]), Charges(1.0, MU_P, 0.0) if proton else POINTLIKE),
        Exchange(M_Z, WEAK_PROTON if proton else POINTLIKE),
    )


def pieces(row, E):
    """Cross-sections of Z' alone, of their interference and of Z alone for unit couplings."""
    hit, (a, b) = scatterer(scattered(row)), exchanges(row)
    helicity = 0 if row["helicity"] == "conserving" else 1
    pairs = ((a, a), (a, b), (b, b))
    return np.array(
        [cross_section(E, float(row["m4"]), hit, *both, 1.0)[helicity] for both in pairs]
    )


def couplings(row):
    """Products V^2, 2 V C and C^2 of the couplings of Z' and Z in a row with vertices."""
    V, C = (float(row[f"{x}ij"]) * float(row[f"{x}had"]) for x in "VC")
    return np.array([V * V, 2 * V * C, C * C])


@cache
def flux_of(experiment):
    """Flux that DarkNews has for an experiment; in neutrino mode at ND280 it is not ours."""
    if experiment in TABLES:
        return load(TABLES[experiment]).flux
    assert experiment == "nd280_fhc"
    rows = read("darknews_nd280_flux")
    energy, muons = (np.array([float(r[k]) for r in rows]) for k in ("energy_GeV", "nu_mu"))
    return Flux(energy=energy, values={"nu_mu": muons})


def folded(row):
    """Integrals of flux times the pieces of a row."""
    M, m4, flux = scatterer(scattered(row)).M, float(row["m4"]), flux_of(row["experiment"])
    projectile = "nu_mu_bar" if "numubar" in row["label"] else "nu_mu"
    low = max(float(row["E_min"]), 1.05 * threshold(m4, M))
    knots = flux.energy[(flux.energy > low) & (flux.energy < float(row["E_max"]))]
    edges = np.concatenate([[low], knots, [float(row["E_max"])]])
    total = np.zeros(3)
    for left, right in pairwise(edges):
        for x, weight in zip(*ENERGIES, strict=True):
            E = (left + right) / 2 + x * (right - left) / 2
            phi = float(flux.at(projectile, np.array([E]))[0])
            if phi > 0:
                total += weight * (right - left) / 2 * phi * with_their_limit(row, E)
    return total * float(row["multiplicity"]) * float(row["nuclei"]) * float(row["pot"])


def with_their_limit(row, E):
    """Pieces of a row; those of light HNLs on heavy nuclei from DarkNews' least Q2."""
    M, m4 = scatterer(scattered(row)).M, float(row["m4"])
    if m4 / np.sqrt(M * M + 2 * M * E) >= APPROXIMATE_BELOW:
        return pieces(row, E)
    # it begins at the leading term in m^2
    return pieces(row, E) - between(row, E, M**2 * m4**4 / (2 * M * E) ** 2)


def rate(row):
    """Z' alone, interference and Z alone in a row of rates."""
    return couplings(row) * folded(row)


def twice_weak(row):
    """Whether a row is the Z alone on protons, with their weak charge twice."""
    return row["regime"] == "p-el" and float(row["Vij"]) == 0


DIRAC_RATES = [r for r in RATES if r["hnl_type"] == "dirac" and compared(r) and not twice_weak(r)]
MAJORANA_RATES = [r for r in RATES if r["hnl_type"] == "majorana" and compared(r)]


def test_every_detector_and_regime_is_compared():
    assert {r["experiment"] for r in DIRAC_RATES} == {*TABLES, "nd280_fhc"}
    assert {r["regime"] for r in DIRAC_RATES} == {"coherent", "p-el"}
    assert len(DIRAC_RATES) == 87


@pytest.mark.parametrize("row", DIRAC_RATES, ids=name)
def test_rate_of_a_channel(row):
    assert rate(row).sum() == pytest.approx(float(row["rate"]), rel=TOLERANCE)


@pytest.mark.parametrize(
    "row", [r for r in MAJORANA_RATES if r["helicity"] == "conserving"], ids=name
)
def test_interference_of_a_majorana_hnl_is_minus_twice_the_trace(row):
    # a neutrino makes Dirac and Majorana HNLs by the same vertex of one chirality, so that the
    # traces of tests/physics hold for both
    assert interference(row) == pytest.approx(-2, rel=0.01)


def interference(row):
    """What a row has of the interference that the traces give."""
    alone, mixed, z = rate(row)
    return (float(row["rate"]) - alone - z) / mixed


@pytest.mark.parametrize(("epsilon", "change"), [(1e-3, -0.0106), (1e-4, -0.095)])
def test_small_kinetic_mixing_interferes_destructively(epsilon, change):
    # to the digits that runs of DarkNews gave
    assert change_by_the_z(epsilon) == pytest.approx(change, rel=0.02)


def change_by_the_z(epsilon):
    """Upscatterings in oil, CH2, at MiniBooNE over those by the Z' alone, less 1."""
    oil = (("C12", "coherent", 1), ("C12", "p-el", 6), ("H1", "p-el", 2))
    rows = [
        small_mixing_row(epsilon, *channel, helicity)
        for channel in oil
        for helicity in ("conserving", "flipping")
    ]
    total = sum(couplings(row) * folded(row) for row in rows)
    return total.sum() / total[0] - 1


def small_mixing_row(epsilon, nucleus, regime, number, helicity):
    """One channel of MiniBooNE at m4 = 0.1 GeV, mzprime = 1.25 GeV, g_D = 2."""
    row = {"experiment": "miniboone_fhc", "label": "", "m4": 0.1, "mzprime": 1.25, "g_D": 2.0,
           "U_mu4": 1e-4, "epsilon": epsilon, "nucleus": nucleus, "regime": regime,
           "helicity": helicity, "multiplicity": number, "nuclei": 1.0, "pot": 1.0, "E_min": 0.1,
           "E_max": 9.0}  # fmt: skip
    return row | vertices(row)


def vertices(row):
    """Vertices of a row that has parameters; |U_D4| = 1."""
    Z, N = (1, 0) if row["regime"] == "p-el" else NUCLEI[row["nucleus"]]
    mixing = float(row["U_mu4"])
    return {
        "Vij": float(row["g_D"]) * mixing,
        "Vhad": G * np.sqrt(SIN2) * float(row["epsilon"]) * Z,
        "Cij": HALF_G_OVER_COS * mixing,
        "Chad": HALF_G_OVER_COS * (0.5 * (1 - 4 * SIN2) * Z - 0.5 * N),
    }


def physical(row):
    """Whether a row of cross-sections has the physics that the traces show.

    Majorana HNLs have another interference; the Z of protons carries their weak charge twice.
    """
    return row["hnl_type"] == "dirac" and not (
        row["model"].startswith("smZ") and row["regime"] == "p-el"
    )


COMPARED = [r for r in CROSS_SECTIONS if physical(r)]


@pytest.mark.parametrize("row", COMPARED, ids=name)
def test_cross_section(row):
    row = row | vertices(row)
    ours = couplings(row) @ with_their_limit(row, float(row["E_nu"])) * float(row["multiplicity"])
    assert ours == pytest.approx(float(row["sigma"]), rel=TOLERANCE)


def between(row, E, least):
    """Part of the cross-sections of a nucleus below some Q2."""
    hit, (a, b), m4 = scatterer(row["nucleus"]), exchanges(row), float(row["m4"])
    low, _ = q2_limits(E, m4, hit.M)
    x, w = np.polynomial.legendre.leggauss(20)
    Q2 = (low + least) / 2 + (least - low) / 2 * x
    helicity = 0 if row["helicity"] == "conserving" else 1
    return np.array([
        (least - low) / 2 * w @ [differential(E, q, m4, hit, *both, 1.0)[helicity] for q in Q2]
        for both in ((a, a), (a, b), (b, b))
    ])  # fmt: skip


def test_models_and_nuclei_are_compared():
    assert len(COMPARED) > 150
    assert {r["nucleus"] for r in COMPARED} == {*NUCLEI, "H1"}


@pytest.mark.skipif(
    not (SHARED / "reference").is_dir(),
    reason="the full tables are not here; set HNLSCAN_SHARED to the folder that has reference/",
)
def test_all_rows_with_one_hnl_are_copied():
    with (SHARED / "reference" / "darknews_rates_by_channel.csv").open() as table:
        full = [r for r in csv.DictReader(table)
                if r["label"].startswith(("lightZp", "heavyZp", "SMonly"))]  # fmt: skip
    key = itemgetter("label", "nucleus", "regime", "helicity")
    copies = {key(r): r["rate"] for r in RATES}
    assert {key(r): r["rate_quad"] for r in full if r["regime"] != "n-el"} == copies
