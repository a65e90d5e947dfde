"""`hnlscan rate`, `width` and `xsec`: single points, without a store."""

from typing import Any

import click

import grids
from grids import DEFAULT_SEED
from physics import cross_sections, experiments, models, rates
from physics.errors import InputError
from physics.models.points import complete
from physics.precision import Precision
from scanner.cli import command, emit

set_option = click.option(
    "--set", "assignments", multiple=True, metavar="NAME=VALUE", help="A parameter; repeat."
)
model_option = click.option("--model", "model_name", required=True, help="See `list models`.")


def parse(assignments: tuple[str, ...]) -> dict[str, str]:
    """Split NAME=VALUE words.

    Parameters
    ----------
    assignments : tuple of str
        As typed.

    Returns
    -------
    dict
        Text by name.

    Raises
    ------
    InputError
        When a word has no ``=`` or a name comes twice.

    Examples
    --------
    >>> parse(("m4=0.1", "mu_tr_mu4=1e-6"))
    {'m4': '0.1', 'mu_tr_mu4': '1e-6'}
    """
    found: dict[str, str] = {}
    for word in assignments:
        name, sign, value = word.partition("=")
        if not sign or not name:
            raise InputError(f"--set {word} is not of the form NAME=VALUE, such as m4=0.1")
        if name in found:
            raise InputError(f"--set {name} is given twice; give it once")
        found[name] = value
    return found


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


@command("width")
@model_option
@set_option
def width(model_name: str, assignments: tuple[str, ...], as_json: bool) -> None:
    """Partial widths, branching ratios and proper decay length of N4."""
    model = models.get(model_name)
    point = complete(model, parse(assignments))
    lived = rates.decay(model, point)
    widths = {state: float(w) for state, w in model.widths(point).items()}
    document = {
        "total_GeV": sum(widths.values()),
        "ctau_cm": float(lived.ctau_cm),
        "channels": [
            {
                "channel": state,
                "width_GeV": value,
                "branching_ratio": float(lived.branching[state]),
            }
            for state, value in widths.items()
        ],
    }
    emit(document, lambda: _width_text(document), as_json)


def _width_text(width: dict[str, Any]) -> str:
    rows = [
        f"  {c['channel']:<12} {c['width_GeV']:.6g} GeV  {c['branching_ratio']:.4g}"
        for c in width["channels"]
    ]
    return "\n".join([f"{width['total_GeV']:.6g} GeV, c tau {width['ctau_cm']:.6g} cm", *rows])


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
