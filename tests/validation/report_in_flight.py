"""Sections of docs/validation.md on decays in flight."""

import csv
from collections import defaultdict

import msgspec
import numpy as np
from in_flight_limits import (
    HERE,
    SHARED,
    T2K_LINE,
    T2K_MODE_10,
    Yield,
    interchanged_model,
    our_decays,
    ps191_recipe,
    release_decays,
    release_limit,
    t2k_recipe,
    table,
)
from test_hnl_widths import OWN, ROWS, width

from physics import experiments
from scanner.plots import catalogue

CURVES = {c.name: c for c in catalogue.curves("minimal", "m4", "U2_mu4", superseded=True)}
ND280 = experiments.load("nd280_dif")
MISSING = (
    "The tables this needs are not in the repository and were not here when the page was made."
)


def rows_to_table(heading, rows):
    """A Markdown table."""
    lines = [heading, ["---"] * len(heading), *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def signed(ratio):
    """A ratio as a signed difference in percent."""
    return f"{100 * (ratio - 1):+.1f} %"


def widths():
    """Largest deviation of each channel from the independent widths."""
    worst = defaultdict(float)
    for row in ROWS:
        difference = width(row, OWN) / float(row["dirac"]) - 1
        worst[row["channel"]] = max(worst[row["channel"]], difference, key=abs)
    rows = [[channel, f"{w:+.1e}"] for channel, w in sorted(worst.items())]
    return rows_to_table(["channel", "largest relative deviation"], rows)


def hnldif():
    """Largest deviation from the events of HNL-DIF by detector."""
    recipes = {"ND280": t2k_recipe({**T2K_LINE, **T2K_MODE_10}), "PS191": ps191_recipe()}
    worst = {}
    for row in table(HERE / "data" / "hnldif_rates.csv"):
        key = (row["detector"], float(row["m_GeV"]))
        found = Yield(recipes[key[0]], "mu", key[1]).events(float(row["Umu4sq"]))
        ratio = found / float(row["n_events_ee_hnldif"])
        low, high = worst.get(key[0], (ratio, ratio))
        worst[key[0]] = (min(low, ratio), max(high, ratio))
    rows = [[d, signed(low), signed(high)] for d, (low, high) in worst.items()]
    return rows_to_table(["detector", "lowest", "highest"], rows)


def decays():
    """Decays in the TPCs over those of the T2K release."""
    if not (SHARED / "external").is_dir():
        return MISSING
    rows = []
    for mass in (*range(150, 371, 20), 400, 440, 480):
        mu = our_decays("mu", mass / 1000) / release_decays("mu", mass) if mass < 385 else None
        e = our_decays("e", mass / 1000) / release_decays("e", mass)
        cells = [f"{mu:.3f}" if mu else "", f"{e:.3f}"]
        rows.append([f"{mass}", *cells])
    return rows_to_table(["m4 (MeV)", "K -> mu N (calibrated)", "K -> e N"], rows)


def calibration():
    """How well each angular spread describes what it is calibrated on."""
    if not (SHARED / "external").is_dir():
        return MISSING
    rows = []
    for sigma in (0.020, 0.024, 0.027, 0.030, 0.033, 0.036, 0.040):
        masses = range(150, 371, 10)
        logs = [np.log(our_decays("mu", m / 1000, sigma) / release_decays("mu", m)) for m in masses]
        rows.append([f"{sigma:.3f}", signed(np.exp(np.mean(logs))), f"{100 * np.std(logs):.1f} %"])
    return rows_to_table(["spread (rad)", "mean deviation", "rms about the mean"], rows)


def spread():
    """What the error of the angular spread does to long-lived decays."""
    rows = []
    for m4 in (0.15, 0.25, 0.35, 0.38):
        counts = [_with_spread(m4, step) for step in (-1, 0, 1)]
        rows.append([f"{m4:g}", signed(counts[0] / counts[1]), signed(counts[2] / counts[1])])
    return rows_to_table(["m4 (GeV)", "narrower by its error", "wider by its error"], rows)


def _with_spread(m4, step):
    beam = ND280.beam
    sigma = beam.sigma_rad + step * beam.sigma_error_rad
    changed = msgspec.structs.replace(ND280, beam=msgspec.structs.replace(beam, sigma_rad=sigma))
    return Yield(changed, "mu", m4).events(1e-12)


def t2k_limits():
    """Bayesian limits over the published ones, at every published mass."""
    curve, rows = CURVES["t2k_2019_mu"], []
    for m4, theirs in zip(curve.x.tolist(), curve.y.tolist(), strict=True):
        ours, interchanged = (
            Yield(ND280, "mu", m4, "majorana", *model).limit("bayes_flat_u2")
            for model in ((), (interchanged_model(),))
        )
        rows.append(
            [f"{m4:.2f}", f"{theirs:.3g}", f"{ours:.3g}", signed(ours / theirs),
             signed(interchanged / theirs), *_electron(m4)]
        )  # fmt: skip
    heavier = np.arange(0.39, 0.491, 0.02).tolist()
    rows += [[f"{m4:.2f}", "", "", "", "", *_electron(m4)] for m4 in heavier]
    heading = ["m4 (GeV)", "published U_mu", "ours", "difference", "with their widths",
               "U_e of the release", "ours", "difference", "with their widths"]  # fmt: skip
    return rows_to_table(heading, rows)


def _electron(m4):
    ours, interchanged = (
        Yield(ND280, "e", m4, "majorana", *model).limit("bayes_flat_u2")
        for model in ((), (interchanged_model(),))
    )
    if not (SHARED / "external").is_dir():
        return ["", f"{ours:.3g}", "", ""]
    theirs = release_limit("e", round(1000 * m4))
    return [f"{theirs:.3g}", f"{ours:.3g}", signed(ours / theirs), signed(interchanged / theirs)]


def default_limits():
    """Our default limits, all decays, Dirac, CLs, over the recipe of the publication."""
    rows = []
    for m4 in (0.05, 0.1, 0.15, 0.2, 0.3, 0.38):
        default = Yield(ND280, "mu", m4, two_body=False).limit("cls")
        same = Yield(ND280, "mu", m4, "majorana").limit("bayes_flat_u2")
        rows.append([f"{m4:g}", f"{default:.3g}", f"{same:.3g}", f"{default / same:.2f}"])
    heading = ["m4 (GeV)", "Dirac, CLs, all parents", "Majorana, Bayes, K -> mu N", "ratio"]
    return rows_to_table(heading, rows)


def ps191():
    """PS-191 over its original limit, turned into one by the Z alone."""
    path = SHARED / "external" / "limits" / "PS191_original_UeUmu_K.csv"
    if not path.exists():
        return MISSING
    with path.open() as lines:
        read = sorted((float(r["mass_GeV"]), float(r["U2"])) for r in csv.DictReader(lines))
    rows = []
    for m4, product in [row for row in read if 0.032 <= row[0] <= 0.3][::3]:
        limits = [
            Yield(ps191_recipe(method), "mu", m4).limit("poisson_zero_background")
            for method in ("rescaling", "two_branch")
        ]
        rows.append([f"{m4:.3f}", *(f"{x / (product / 0.3555):.2f}" for x in limits)])
    return rows_to_table(["m4 (GeV)", "rescaling / published", "two branches / published"], rows)


def low_mass():
    """The limit of arXiv:2109.03831 on the T2K data."""
    curve, rows = CURVES["t2k_recast_mu"], []
    line = {m: 0.07254 + 0.1676 * m for m in (0.01, 0.4)}
    order = np.argsort(curve.x)
    for m4 in np.geomspace(0.02, 0.3, 12):
        ours = Yield(t2k_recipe(line), "mu", m4).limit("poisson_zero_background")
        logs = np.interp(np.log(m4), np.log(curve.x[order]), np.log(curve.y[order]))
        rows.append(
            [f"{m4:.4f}", f"{np.exp(logs):.3g}", f"{ours:.3g}", signed(ours / np.exp(logs))]
        )
    return rows_to_table(["m4 (GeV)", "published", "ours", "difference"], rows)


SECTIONS = {
    "WIDTHS": widths,
    "HNLDIF": hnldif,
    "DECAYS": decays,
    "CALIBRATION": calibration,
    "SPREAD": spread,
    "T2K": t2k_limits,
    "DEFAULT": default_limits,
    "PS191": ps191,
    "LOWMASS": low_mass,
}
