"""Points given as NAME=VALUE words, and `hnlscan width`, which needs no kernel."""

from typing import Any

import click

from physics import models
from physics.decays import decay
from physics.errors import InputError
from physics.models.points import complete
from scanner.cli.main import command, emit

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


@command("width")
@model_option
@set_option
def width(model_name: str, assignments: tuple[str, ...], as_json: bool) -> None:
    """Partial widths, branching ratios and proper decay length of N4."""
    model = models.get(model_name)
    point = complete(model, parse(assignments))
    lived = decay(model, point)
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
