"""`hnlscan rate` and `xsec`: single points that need the kernel, without a store."""

from typing import Any

import click

import grids
from grids import DEFAULT_SEED
from physics import cross_sections, experiments, models, rates
from physics.models.points import complete
from physics.precision import Precision
from scanner.cli.main import command, emit
from scanner.cli.points import model_option, parse, set_option


@command("rate")
@model_option
@click.option("--experiment", required=True, help="Name (see `list experiments`) or TOML file.")
@set_option
@click.option("--grid", help="Take seed and precision from this grid.")
def rate(
    model_name: str, experiment: str, assignments: tuple[str, ...], grid: str | None, as_json: bool
) -> None:
    """Events of one point in one experiment, with cut flow and channels."""
    model = models.get(model_name)
    loaded = experiments.load(experiment)
    point = complete(model, parse(assignments))
    precision, seed = Precision(), DEFAULT_SEED
    if grid is not None:
        definition = grids.load(grid)
        precision, seed = definition.precision, definition.seed
    document = rates.rate(model, loaded, point, precision, seed)
    emit(document, lambda: _rate_text(document), as_json)


def _rate_text(rate: dict[str, Any]) -> str:
    flow = rate["cut_flow"]
    width = max(len(row["step"]) for row in flow)
    note = "" if rate["converged"] else "  (not converged)"
    return "\n".join(
        [
            f"{rate['n_events']:.4g} +- {rate['n_events_sdev']:.1g} events{note}",
            f"c tau {rate['ctau_cm']:.4g} cm, branching ratio {rate['branching_ratio']:.4g}",
            *(f"  {row['step']:{width}}  {row['n']:.4g}" for row in flow),
        ]
    )


@command("xsec")
@model_option
@click.option("--target", required=True, help="Nucleus, such as Ar40.")
@click.option("--energy", type=float, required=True, help="Neutrino energy in GeV.")
@click.option("--projectile", default="nu_mu", show_default=True, help="nu_mu, nu_e_bar, ...")
@set_option
def xsec(
    model_name: str,
    target: str,
    energy: float,
    projectile: str,
    assignments: tuple[str, ...],
    as_json: bool,
) -> None:
    """Upscattering cross-section of a nucleus and its nucleons."""
    model = models.get(model_name)
    point = complete(model, parse(assignments))
    document = cross_sections.per_nucleus(model, point, target, energy, projectile)
    emit(document, lambda: _xsec_text(document), as_json)


def _xsec_text(xsec: dict[str, Any]) -> str:
    rows = [
        f"  {c['regime']:<9} {c['helicity']:<11} {c['sigma_cm2']:.6g} cm^2"
        for c in xsec["channels"]
    ]
    return "\n".join([f"{xsec['per_nucleus_cm2']:.6g} cm^2 per nucleus", *rows])
