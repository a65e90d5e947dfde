"""Reading the signature of an experiment: selection, resolution, efficiency and counts."""

import math
import re

from physics.beams.parents import by_mass
from physics.beams.schema import Beam, ByMass, ParentBeam
from physics.documents import Table, as_float, show
from physics.experiments.schema import (
    FINAL_STATES,
    OBSERVABLES,
    Background,
    Channel,
    Cut,
    Efficiency,
    MassEfficiency,
    Merging,
    Process,
    Signature,
    Smearing,
)
from physics.statistic_names import METHODS

_KEYS = (
    "final_states",
    "selection",
    "smearing",
    "merging",
    "efficiency",
    "observed",
    "background",
    "channels",
    "signal_uncertainty",
    "statistic",
)
_NAME = re.compile(r"[a-z][a-z0-9_]*")
_ROW = '[["E_vis", 0.14, inf]]'
_SUM_TOLERANCE = 0.005
_MERGING = "{ opening_angle_deg = 13.0, least_energy_GeV = 0.03 }"
_BACKGROUND = "{ mean = 145.1, uncertainty = 13.8 }"
_ENERGY = ("energy", "GeV", 1.0)
_QUANTITIES = {
    "E_theta2": ("E theta^2", "GeV rad^2", math.pi**2),
    "m_pair": ("mass", "GeV", 1.0),
    "p_vis": ("momentum", "GeV", 1.0),
    "t": ("t", "GeV^2", 5.0),
}
"""Observables in powers of the energy: what they are called, their unit, and the most they can be
in units of the highest energy (of its square for t: (2 E)^2 + E^2)."""

ONE_CHANNEL = "all"
"""Name of the channel of an experiment that makes one count."""


def read(table: Table, *, projection: bool, beam: Beam | ParentBeam) -> Signature:
    """Read the one signature of an experiment.

    Parameters
    ----------
    table : Table
        The table `[signature]`, with one table inside.
    projection : bool
        Whether nothing was observed yet.
    beam : Beam or ParentBeam
        Where the HNLs, or the neutrinos that make them, come from.

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
    process: Process = "in_flight" if isinstance(beam, ParentBeam) else "upscattering"
    top_energy = _top_energy(beam)
    states = inner.texts("final_states", '["nu_gamma"]', choices=FINAL_STATES[process])
    modes = tuple(beam.modes) if isinstance(beam, ParentBeam) else ()
    return Signature(
        name=names[0],
        final_states=states,
        selection=_selection(inner, process, top_energy),
        smearing=_smearing(inner, process) if "smearing" in inner else None,
        merging=_merging(inner, process, top_energy) if "merging" in inner else None,
        efficiency=(
            _mass_efficiency(inner.table("efficiency", "{ constant = 0.3 }"), states)
            if process == "in_flight"
            else _efficiency(inner.table("efficiency", "{ constant = 0.07 }"), top_energy)
        ),
        channels=_channels(inner, projection, modes),
        signal_uncertainty=_uncertainties(inner),
        statistic=inner.text("statistic", '"cls"', METHODS) if "statistic" in inner else "cls",
    )


def _top_energy(beam: Beam | ParentBeam) -> float:
    """Highest energy (GeV) of the flux: cuts above it are in another unit."""
    if isinstance(beam, ParentBeam):
        return max(float(flux.energy[-1]) for flux in beam.flux.values())
    return float(beam.flux.energy[-1])


def _selection(table: Table, process: Process, top_energy: float) -> tuple[Cut, ...]:
    """Read the rows of the selection, which decays in flight may do without."""
    if process == "in_flight" and "selection" not in table:
        return ()
    rows = table.rows("selection", _ROW)
    cuts = tuple(_cut(row, process, top_energy) for row in rows)
    for i, cut in enumerate(cuts):
        if cut.observable in [c.observable for c in cuts[:i]]:
            raise rows[i].error(
                "0", f'"{cut.observable}" is cut twice, but one row each is allowed; join the rows'
            )
    return cuts


def _cut(row: Table, process: Process, top_energy: float) -> Cut:
    """Read one row of a selection: observable, minimum, maximum."""
    if len(row.data) != 3:
        raise row.error(
            (),
            f"got {len(row.data)} entries, but a row is [observable, min, max]; "
            f"write for example {_ROW}",
        )
    observable = row.text("0", '"E_vis"', choices=OBSERVABLES[process])
    low, high = (_limit(row, key) for key in ("1", "2"))
    if low >= high:
        raise row.error(
            (),
            f"got min {show(low)} and max {show(high)}, but min must be below max; correct them",
        )
    _reachable(row, observable, low, high, top_energy)
    return Cut(observable=observable, min=low, max=high)


def _reachable(row: Table, observable: str, low: float, high: float, top_energy: float) -> None:
    """Hold that some value of the observable lies between the limits of its cut."""
    if observable == "cos_theta":
        if low >= 1 or high <= -1:
            raise row.error((), "no cosine lies between these limits; give some from -1 to 1")
        return
    if observable == "theta_pair":
        if low >= math.pi or high <= 0:
            raise row.error((), "no angle lies between these limits; give some from 0 to pi rad")
        return
    noun, unit, most = _QUANTITIES.get(observable, _ENERGY)
    top = most * top_energy**2 if unit == "GeV^2" else most * top_energy
    if high <= 0 or low >= top:
        raise row.error(
            (),
            f"no {noun} between these limits reaches from 0 to {top:.4g} {unit}, as the beam ends "
            f"at {top_energy:g} GeV; give them in {unit}",
        )


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


def _smearing(signature: Table, process: Process) -> Smearing:
    """Read the resolution."""
    if process == "in_flight":
        raise signature.error(
            "smearing",
            "given for decays in flight, but their selection sees generated values; remove it",
        )
    table = signature.table("smearing", "{ ... }")
    keys = ("energy_stochastic", "energy_constant", "angle_constant_deg", "angle_log_deg")
    table.only(*keys)
    return Smearing(
        energy_stochastic=table.number(keys[0], "0.12", at_least=0, at_most=10),
        energy_constant=table.number(keys[1], "0.01", at_least=0, at_most=10),
        angle_constant_deg=table.number(keys[2], "2.7", at_least=0, at_most=180),
        angle_log_deg=table.number(keys[3], "1.0", at_least=0, at_most=180),
    )


def _merging(signature: Table, process: Process, top_energy: float) -> Merging:
    """Read when two leptons are one shower: by angle and energy, or by a table of r."""
    if process == "in_flight":
        raise signature.error(
            "merging", "given for decays in flight, whose particles are seen apart; remove it"
        )
    table = signature.table("merging", _MERGING)
    angle, least, energy, r = "opening_angle_deg", "least_energy_GeV", "energy_GeV", "r"
    table.only(angle, least, energy, r)
    if (angle in table or least in table) == (energy in table or r in table):
        raise table.error(
            (),
            f"got {show(list(table.data))}, but either {angle} and {least} or {energy} and {r} are "
            f"needed; write for example merging = {_MERGING}",
        )
    if energy not in table and r not in table:
        below = _below(table, least, table.number(least, "0.03", at_least=0), top_energy)
        opening = table.number(angle, "13.0", above=0, at_most=180)
        return Merging(opening_angle_deg=opening, least_energy_GeV=below)
    knots = table.numbers(energy, "[0.15, 1.27]", at_least=0, increasing=True)
    _below(table, energy, knots[0], top_energy)
    values = table.numbers(r, "[0.54, 0.27]", length=len(knots), at_least=0, at_most=2)
    if not any(values):
        raise table.error(r, "is zero everywhere, but some pairs are one shower; correct it")
    return Merging(energy_GeV=knots, r=values)


def _below(table: Table, key: str, energy: float, top_energy: float) -> float:
    """Return an energy if the beam reaches it; else it was not given in GeV."""
    if energy >= top_energy:
        raise table.error(
            key, f"got {energy:g}, but the beam ends at {top_energy:g} GeV; give it in GeV"
        )
    return energy


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
    _below(table, "energy_GeV", energy[0], top_energy)
    value_at = table.numbers("value", "[0.1, 0.2]", length=len(energy), at_least=0, at_most=1)
    if not any(value_at):
        raise table.error("value", "is zero everywhere, but something must be seen; correct it")
    return Efficiency(energy_GeV=energy, value=value_at)


def _mass_efficiency(table: Table, states: tuple[str, ...]) -> MassEfficiency:
    """Read the efficiency of decays in flight: one number, or tables by lepton and final state."""
    if "constant" in table:
        flat = by_mass(table, above=0, at_most=1)
        return MassEfficiency(by_lepton={"any": {"any": flat}})
    table.only("any", "e", "mu", noun="lepton")
    found: dict[str, dict[str, ByMass]] = {}
    for lepton in table.data:
        inner = table.table(lepton, "{ nu_e_e = { constant = 0.1 } }")
        inner.only("any", *states, noun="final state")
        found[lepton] = {
            state: by_mass(inner.table(state, "{ constant = 0.1 }"), at_least=0, at_most=1)
            for state in inner.data
        }
    if not any(any(each.value) for by_state in found.values() for each in by_state.values()):
        raise table.error((), "is zero everywhere, but something must be seen; correct it")
    return MassEfficiency(by_lepton=found)


def _channels(table: Table, projection: bool, modes: tuple[str, ...]) -> tuple[Channel, ...]:
    """Read the counts: one, or several under `channels`."""
    if "channels" not in table:
        return (_channel(table, ONE_CHANNEL, projection, modes),)
    for key in ("observed", "background"):
        if key in table:
            raise table.error(
                key, "given beside channels, but each channel has its own; remove one of the two"
            )
    inner = table.table("channels", "{ fhc = { ... } }")
    found = []
    for name in inner.data:
        if not _NAME.fullmatch(name):
            raise inner.error(name, f"{show(name)} is no lower case word; rename the channel")
        channel = inner.table(name, "{ observed = 0, background = ... }")
        channel.only("modes", "observed", "background")
        chosen = channel.texts("modes", '["fhc"]', choices=modes) if "modes" in channel else modes
        found.append(_channel(channel, name, projection, chosen))
    if not found:
        raise table.error("channels", "is empty, but a count is needed; add one or remove it")
    return tuple(found)


def _channel(table: Table, name: str, projection: bool, modes: tuple[str, ...]) -> Channel:
    """Read one count."""
    background = _background(table.table("background", _BACKGROUND))
    if projection and background.made is None:
        raise table.error(
            ("background", "made"),
            "missing, but a projection says how its background was made; "
            'write for example made = "scaled from MicroBooNE"',
        )
    observed = _observed(table, background, projection)
    return Channel(name=name, modes=modes, observed=observed, background=background)


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


def _uncertainties(table: Table) -> dict[str, ByMass]:
    """Read the relative uncertainties of the signal."""
    if "signal_uncertainty" not in table:
        return {}
    inner = table.table("signal_uncertainty", "{ flux = 0.10 }")
    return {name: _uncertainty(inner, name) for name in inner.data}


def _uncertainty(table: Table, name: str) -> ByMass:
    """Read a relative uncertainty: a number, or a table against the HNL mass."""
    if isinstance(table.data[name], dict):
        return by_mass(table.table(name, "{ ... }"), at_least=0, at_most=1)
    value = table.number(name, "0.10", at_least=0, at_most=1)
    return ByMass(mass_GeV=(1.0,), value=(value,))
