"""Write docs/validation.md: what is compared with what, and how well it agrees.

python tests/validation/report.py > docs/validation.md
"""

import csv
import math
import sys
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import report_dark_photon
import report_in_flight
import test_darknews as darknews
import test_darknews_dark_photon as dark_photon
import test_darknews_widths as darknews_widths
from scipy.optimize import brentq
from spin_density import acceptance_ratio

from physics import experiments, models, rates, statistics
from physics.decays import decay
from physics.experiments.schema import Experiment
from physics.precision import Precision
from physics.response import Response, Sampler
from scanner.plots import catalogue

HERE = Path(__file__).parent
DIPOLE = models.get("dipole")
MU = [t for t in DIPOLE.terms if t.name == "mu_tr_mu4^2"]
PRECISION = Precision(relative=0.003, max_events=2**21)
DEFAULT = Precision()
TRUTH = Precision(relative=0.0015, max_events=2**23)
SEED, PULL_SEEDS = 1, 40
PUBLISHED_MASSES = (
    *(0.01, 0.02, 0.04, 0.07, 0.1, 0.15, 0.2, 0.25, 0.3),
    *(0.35, 0.4, 0.47, 0.55, 0.65, 0.8),
)
"""Chosen before the comparison, the masses of the independent recipe and one below."""


def table(heading: list[str], rows: list[list[str]]) -> str:
    """A Markdown table."""
    lines = [heading, ["---"] * len(heading), *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def darknews_rates(
    compared: list[dict[str, str]] | None = None,
    rate: Callable[[dict[str, str]], float] = darknews.produced,
) -> str:
    """Largest deviation of production per detector and regime."""
    worst: dict[tuple[str, str], float] = defaultdict(float)
    for row in compared or [r for r in darknews.RATES if darknews.compared(r)]:
        key = (row["experiment"], row["regime"])
        worst[key] = max(worst[key], rate(row) / float(row["rate"]) - 1, key=abs)
    rows = [[e, r, f"{100 * w:+.3f} %"] for (e, r), w in sorted(worst.items())]
    return table(["detector", "regime", "largest deviation"], rows)


def dark_photon_rates() -> str:
    """Largest deviation of production by Z' and Z."""
    return darknews_rates(dark_photon.DIRAC_RATES, lambda row: dark_photon.rate(row).sum())


def majorana_interference() -> str:
    """Coefficient of the trace's interference that DarkNews' conserving rows have."""
    found = [
        dark_photon.interference(row)
        for row in dark_photon.MAJORANA_RATES
        if row["helicity"] == "conserving"
    ]
    return f"{max(found):.3f} to {min(found):.3f}"


def small_mixing() -> str:
    """Change of all upscatterings by the Z at two kinetic mixings."""
    return ", ".join(
        f"{100 * dark_photon.change_by_the_z(epsilon):.2f} % at epsilon = {epsilon:g}"
        for epsilon in (1e-3, 1e-4)
    )


def with_error(value: float, error: float) -> str:
    """Write a number to two digits after the point, with its error."""
    return f"{value:.2f} +- {error:.2f}"


def lepton_interference() -> str:
    """Coefficient of our interference in DarkNews' widths to electrons."""
    return with_error(*darknews_widths.coefficient())


def muon_interference() -> str:
    """Return the same of the row with muons."""
    (row,) = (r for r in darknews_widths.ROWS if r["leptons"] == "mu")
    return with_error(*darknews_widths.interference(row))


def preferred_point() -> str:
    """Events at m4 = 0.47 GeV, by what the reference has and what it leaves out."""
    point = {"m4": 0.47, "mu_tr_mu4": 2.5e-6, "hnl_type": "dirac"}
    found = rates.rate(DIPOLE, experiments.load("miniboone_fhc"), point, PRECISION, SEED)

    def part(projectile: str, *regimes: str) -> str:
        rows = found["channels"]
        same = [r for r in rows if r["projectile"] == projectile and r["regime"] in regimes]
        return f"{sum(r['n_events'] for r in same):.1f}"

    like, neutrons = part("nu_mu", "coherent", "p-el"), part("nu_mu", "n-el")
    others = part("nu_mu_bar", "coherent", "p-el", "n-el")
    return (
        f"{like} events like for like, and {neutrons} from neutrons and {others} from "
        f"antineutrinos, so that `hnlscan rate` gives {found['n_events']:.1f}"
    )


def independent_recipe() -> str:
    """Selected nu_mu events on carbon and protons against a separate calculation."""
    experiment = widened(experiments.load("miniboone_fhc"), 3.0)
    rows = []
    with (HERE / "data" / "miniboone_recipe.csv").open() as lines:
        reference = list(csv.DictReader(x for x in lines if not x.startswith("#")))
    for row in reference:
        m4, d, theirs = float(row["m4"]), float(row["d"]), float(row["n_events"])
        point = {"m4": m4, "mu_tr_mu4": 2 * d, "hnl_type": "dirac"}
        found = rates.rate(DIPOLE, experiment, point, PRECISION, SEED)
        like = [
            c for c in found["channels"] if c["projectile"] == "nu_mu" and c["regime"] != "n-el"
        ]
        ours = sum(c["n_events"] for c in like)
        dirt = sum(c["n_events"] for c in like if c["volume"] == "dirt") / ours
        rows.append(
            [f"{m4:g}", f"{d:.3g}", f"{theirs:.0f}", f"{ours:.0f}", f"{ours / theirs:.3f}",
             f"{dirt:.2f}", f"{found['n_events']:.0f}"]
        )  # fmt: skip
    heading = ["m4 (GeV)", "d (1/GeV)", "recipe", "ours", "ours/recipe", "dirt share"]
    heading.append("with all channels")
    return table(heading, rows)


def widened(experiment: Experiment, top_GeV: float) -> Experiment:
    """The experiment with E_nu_QE up to `top_GeV`."""
    cuts = tuple(
        msgspec.structs.replace(c, max=top_GeV) if c.observable == "E_nu_QE" else c
        for c in experiment.signature.selection
    )
    signature = msgspec.structs.replace(experiment.signature, selection=cuts)
    return msgspec.structs.replace(experiment, signature=signature)


def upper_limit_d(experiment: Experiment, m4: float, level: float) -> float:
    """Smallest excluded d in 1/GeV by the counting CLs."""
    sampler = Sampler([(experiment, MU[0])], polarised=True, precision=PRECISION, seed=SEED)
    value = {MU[0].name: sampler.respond({"m4": m4}).response(0).table.mean(-2)}
    signature = experiment.signature
    n_up = float(
        statistics.upper_limit(
            "cls", signature.observed, signature.background.mean, signature.background.uncertainty,
            signature.signal_relative_uncertainty(m4), level,
        )
    )  # fmt: skip

    def excess(log_d: float) -> float:
        point: dict[str, Any] = {"m4": m4, "mu_tr_mu4": 2 * math.exp(log_d), "hnl_type": "dirac"}
        lived = decay(DIPOLE, point)
        branching = lived.branching["nu_gamma"][None]
        n = rates.events(value, DIPOLE.factors(point), branching, rates.Lived(lived.ctau_cm)).sum(0)
        return math.log(max(float(n), 1e-300) / n_up)

    return math.exp(brentq(excess, math.log(1e-9), math.log(1e-3)))


def published_limit() -> str:
    """Our 95 % counting limit against the published 95 % curve."""
    experiment = experiments.load("miniboone_fhc")
    [curve] = [c for c in catalogue.curves("dipole", "m4", "mu_tr_mu4") if c.name == "miniboone"]
    rows = []
    for m4 in PUBLISHED_MASSES:
        theirs = math.exp(np.interp(math.log(m4), np.log(curve.x), np.log(curve.y))) / 2
        ours = upper_limit_d(experiment, m4, 0.95)
        change = 100 * (ours / theirs - 1)
        ratio = f"{ours / theirs:.2f}"
        rows.append([f"{m4:g}", f"{theirs:.3g}", f"{ours:.3g}", ratio, f"{change:+.0f} %"])
    return table(["m4 (GeV)", "published d", "our d", "ours/published", "difference"], rows)


def spin() -> str:
    """Acceptance with the exact spin density over ours."""
    rows = [
        [f"{m4:g}", hit, f"{100 * (acceptance_ratio(m4, hit) - 1):+.2f} %"]
        for m4 in (0.05, 0.15, 0.47, 0.8)
        for hit in ("C12", "p")
    ]
    return table(["m4 (GeV)", "target", "exact / ours - 1"], rows)


def pulls() -> str:
    """(ours - truth) / error of default responses, over seeds and lifetimes that matter."""
    rows = []
    for name in ("miniboone_fhc", "microboone"):
        view = (experiments.load(name), MU[0])
        for m4 in (0.05, 0.15, 0.4):
            truth = sampled(view, m4, TRUTH, seed=999)
            known = truth.value > 1e-3 * truth.value.max()
            found = [sampled(view, m4, DEFAULT, seed) for seed in range(PULL_SEEDS)]
            ours = np.array([r.value[known] for r in found])
            errors = np.array([r.sdev[known] for r in found])
            pull = (ours - truth.value[known]) / np.hypot(errors, truth.sdev[known])
            bias = 100 * (ours.mean(0) / truth.value[known] - 1)
            worst = bias[np.argmax(np.abs(bias))]
            cells = (f"{np.sqrt((pull**2).mean()):.2f}", f"{np.abs(pull).max():.1f}")
            rows.append([name, f"{m4:g}", *cells, f"{worst:+.2f} %"])
    return table(["experiment", "m4 (GeV)", "rms pull", "largest", "largest mean deviation"], rows)


def sampled(view: Any, m4: float, precision: Precision, seed: int) -> Response:
    """Response of one view at one mass."""
    source = Sampler([view], polarised=True, precision=precision, seed=seed)
    return source.respond({"m4": m4}).response(0)


def unverified() -> str:
    """Every number whose source could not be read."""
    rows = []
    for name in experiments.names():
        experiment = experiments.load(name)
        for key in experiments.unverified(experiment):
            source = experiment.beam.source if key.startswith("beam.") else experiment.source
            cite = source[key.removeprefix("beam.")]
            rows.append([name, key, f"{cite.cite}{': ' + cite.where if cite.where else ''}"])
    return table(["experiment", "number", "taken from"], rows)


def main() -> None:
    """Fill the template."""
    text = (HERE / "validation.md.in").read_text()
    parts = {
        "DARKNEWS": darknews_rates,
        "DARKPHOTON": dark_photon_rates,
        "MAJORANA": majorana_interference,
        "INTERFERENCE": small_mixing,
        "LEPTONS": lepton_interference,
        "MUONS": muon_interference,
        "POINT": preferred_point,
        "RECIPE": independent_recipe,
        "PUBLISHED": published_limit,
        "SPIN": spin,
        "PULLS": pulls,
        "UNVERIFIED": unverified,
        **report_dark_photon.SECTIONS,
        **report_in_flight.SECTIONS,
    }
    for mark, make in parts.items():
        text = text.replace(f"@{mark}@", make())
    sys.stdout.write(text)


if __name__ == "__main__":
    main()
