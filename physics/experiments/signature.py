"""Reading the signature of an experiment: selection, resolution, efficiency and counts."""

import math
import re

from physics.documents import Table, as_float, show
from physics.experiments.schema import (
    FINAL_STATES,
    OBSERVABLES,
    STATISTICS,
    Background,
    Cut,
    Efficiency,
    Signature,
    Smearing,
)

_KEYS = (
    "final_states",
    "selection",
    "smearing",
    "efficiency",
    "observed",
    "background",
    "signal_uncertainty",
    "statistic",
)
_NAME = re.compile(r"[a-z][a-z0-9_]*")
_ROW = '[["E_vis", 0.14, inf]]'
_SUM_TOLERANCE = 0.005


def read(table: Table, *, projection: bool, top_energy: float) -> Signature:
    """Read the one signature of an experiment.

    Parameters
    ----------
    table : Table
        The table `[signature]`, with one table inside.
    projection : bool
        Whether nothing was observed yet.
    top_energy : float
        Highest energy (GeV) of the flux: cuts above it are in another unit.

    Raises
    ------
    InputError
        One sentence with file and key when anything is wrong.
    """
    names = list(table.data)
    if len(names) != 1 or not _NAME.fullmatch(names[0]):
        raise table.error(
            (),
            f"got {show(names)}, but exactly one signature with a lower case name is needed; "
            "write for example [signature.single_photon]",
        )
    inner = table.table(names[0], "{ ... }")
    inner.only(*_KEYS)
    background = _background(inner.table("background", "{ mean = 145.1, uncertainty = 13.8 }"))
    if projection and background.made is None:
        raise inner.error(
            ("background", "made"),
            "missing, but a projection says how its background was made; "
            'write for example made = "scaled from MicroBooNE"',
        )
    return Signature(
        name=names[0],
        final_states=inner.texts("final_states", '["nu_gamma"]', choices=FINAL_STATES),
        selection=_selection(inner, top_energy),
        smearing=_smearing(inner.table("smearing", "{ ... }")) if "smearing" in inner else None,
        efficiency=_efficiency(inner.table("efficiency", "{ constant = 0.07 }"), top_energy),
        observed=_observed(inner, background, projection),
        background=background,
        signal_uncertainty=_uncertainties(inner),
        statistic=inner.text("statistic", '"cls"', STATISTICS) if "statistic" in inner else "cls",
    )


def _selection(table: Table, top_energy: float) -> tuple[Cut, ...]:
    """Read the rows of the selection."""
    rows = table.rows("selection", _ROW)
    cuts = tuple(_cut(row, top_energy) for row in rows)
    for i, cut in enumerate(cuts):
        if cut.observable in [c.observable for c in cuts[:i]]:
            raise rows[i].error(
                "0", f'"{cut.observable}" is cut twice, but one row each is allowed; join the rows'
            )
    return cuts


def _cut(row: Table, top_energy: float) -> Cut:
    """Read one row of a selection: observable, minimum, maximum."""
    if len(row.data) != 3:
        raise row.error(
            (),
            f"got {len(row.data)} entries, but a row is [observable, min, max]; "
            f"write for example {_ROW}",
        )
    observable = row.text("0", '"E_vis"', choices=OBSERVABLES)
    low, high = (_limit(row, key) for key in ("1", "2"))
    if low >= high:
        raise row.error(
            (),
            f"got min {show(low)} and max {show(high)}, but min must be below max; correct them",
        )
    if observable == "cos_theta":
        if low >= 1 or high <= -1:
            raise row.error((), "no cosine lies between these limits; give some from -1 to 1")
    elif high <= 0 or low >= top_energy:
        raise row.error(
            (),
            f"no energy between these limits reaches from 0 to {top_energy:g} GeV, where the beam "
            "ends; give them in GeV",
        )
    return Cut(observable=observable, min=low, max=high)


def _limit(row: Table, key: str) -> float:
    """Read a limit of a cut: a number, infinite where there is no limit."""
    value = as_float(row.data[key])
    if value is None or math.isnan(value):
        raise row.error(
            key,
            f"got {show(row.data[key])}, but a number, inf or -inf is needed; "
            f"write for example {_ROW}",
        )
    return value


def _smearing(table: Table) -> Smearing:
    """Read the resolution."""
    keys = ("energy_stochastic", "energy_constant", "angle_constant_deg", "angle_log_deg")
    table.only(*keys)
    return Smearing(
        energy_stochastic=table.number(keys[0], "0.12", at_least=0, at_most=10),
        energy_constant=table.number(keys[1], "0.01", at_least=0, at_most=10),
        angle_constant_deg=table.number(keys[2], "2.7", at_least=0, at_most=180),
        angle_log_deg=table.number(keys[3], "1.0", at_least=0, at_most=180),
    )


def _efficiency(table: Table, top_energy: float) -> Efficiency:
    """Read the efficiency: a constant, or knots."""
    table.only("constant", "energy_GeV", "value")
    if "constant" in table:
        if len(table.data) != 1:
            raise table.error(
                (), "got a constant and a table, but one of them is allowed; remove the other"
            )
        value = table.number("constant", "0.07", above=0, at_most=1)
        return Efficiency(energy_GeV=(1.0,), value=(value,))
    energy = table.numbers("energy_GeV", "[0.1, 1.0]", at_least=0, increasing=True)
    if energy[0] >= top_energy:
        raise table.error(
            "energy_GeV",
            f"starts at {energy[0]:g}, but the beam ends at {top_energy:g} GeV; give it in GeV",
        )
    value_at = table.numbers("value", "[0.1, 0.2]", length=len(energy), at_least=0, at_most=1)
    if not any(value_at):
        raise table.error("value", "is zero everywhere, but something must be seen; correct it")
    return Efficiency(energy_GeV=energy, value=value_at)


def _background(table: Table) -> Background:
    """Read the background; its parts must add up."""
    table.only("mean", "uncertainty", "made", "parts")
    mean = table.number("mean", "145.1", at_least=0)
    uncertainty = table.number("uncertainty", "13.8", at_least=0)
    if mean == 0 < uncertainty:
        raise table.error(
            "uncertainty", f"got {uncertainty:g} about a mean of 0, but that has none; write 0.0"
        )
    parts: dict[str, float] = {}
    if "parts" in table:
        inner = table.table("parts", "{ nu_e = 12.0 }")
        parts = {name: inner.number(name, "12.0", at_least=0) for name in inner.data}
        total = sum(parts.values())
        if not math.isclose(total, mean, rel_tol=_SUM_TOLERANCE):
            raise table.error(
                "parts",
                f"add up to {total:g}, but mean is {mean:g} and the two must agree to 0.5 %; "
                "correct one",
            )
    made = table.text("made", '"scaled from MicroBooNE"') if "made" in table else None
    return Background(mean=mean, uncertainty=uncertainty, made=made, parts=parts)


def _observed(table: Table, background: Background, projection: bool) -> int:
    """Read the observed count; a projection sees the rounded background."""
    expected = round(background.mean)
    if projection and "observed" not in table:
        return expected
    observed = table.integer("observed", "153", at_least=0)
    if projection and observed != expected:
        raise table.error(
            "observed",
            f"got {observed}, but a projection observes its rounded background, {expected}; "
            "correct or remove it",
        )
    return observed


def _uncertainties(table: Table) -> dict[str, float]:
    """Read the relative uncertainties of the signal."""
    if "signal_uncertainty" not in table:
        return {}
    inner = table.table("signal_uncertainty", "{ flux = 0.10 }")
    return {name: inner.number(name, "0.10", at_least=0, at_most=1) for name in inner.data}
