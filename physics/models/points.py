"""A point of a model from words: names and values as a user writes them."""

from collections.abc import Mapping
from math import isfinite
from typing import Any

from physics.documents import then
from physics.errors import InputError, nearest
from physics.models.base import Model, Parameter


def complete(model: Model, assignments: Mapping[str, str]) -> dict[str, Any]:
    """Check and complete the parameters of one point.

    Parameters
    ----------
    model : Model
        The theory.
    assignments : mapping of str to str
        Values by parameter name, as text.

    Returns
    -------
    dict
        Every parameter of the model: numbers in its units, words for options.

    Raises
    ------
    InputError
        In one sentence: an unknown name, a value out of range, a mass missing, no coupling.

    Examples
    --------
    >>> from physics.models.dipole import MODEL
    >>> complete(MODEL, {"m4": "0.1", "mu_tr_mu4": "1e-6"})["hnl_type"]
    'dirac'
    """
    known = {p.name: p for p in model.parameters}
    for name in assignments:
        if name not in known:
            raise InputError(
                f"the model {model.name} has no parameter {name!r}"
                + then(nearest(name, known), f"it has {', '.join(known)}")
            )
    point = {p.name: _value(p, assignments.get(p.name)) for p in model.parameters}
    couplings = [p.name for p in model.of_role("coupling") if not p.standard]
    if not any(point[name] for name in couplings):
        raise InputError(
            f"all couplings are zero; give one of {', '.join(couplings)}, "
            f"such as --set {couplings[0]}=1e-6"
        )
    return point


def _value(parameter: Parameter, text: str | None) -> float | str:
    """Read one value, or take the default."""
    if text is None:
        if parameter.default is None:
            raise InputError(
                f"{parameter.name} has no value; give it in {parameter.unit}, "
                f"such as --set {parameter.name}=0.1"
            )
        return parameter.default
    if parameter.role == "option":
        return _word(parameter, text)
    try:
        value = float(text)
    except ValueError:
        value = float("nan")
    if not isfinite(value):
        raise InputError(f"{parameter.name}={text} is no number; give it in {parameter.unit}")
    if parameter.above is not None and value <= parameter.above:
        raise InputError(
            f"{parameter.name}={text} must be above {parameter.above:g} {parameter.unit}"
        )
    if value < 0:
        raise InputError(f"{parameter.name}={text} must not be negative; give its magnitude")
    return value


def _word(parameter: Parameter, text: str) -> str:
    if text not in parameter.choices:
        raise InputError(
            f"{parameter.name}={text} is not allowed"
            + then(nearest(text, parameter.choices), f"choose {' or '.join(parameter.choices)}")
        )
    return text
