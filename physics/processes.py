"""Which of a model's production terms an experiment sees, and who samples them."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from physics.beams.schema import Beam, ParentBeam
from physics.errors import InputError
from physics.experiments.schema import Experiment
from physics.in_flight.spectra import PARENTS
from physics.models import MixingTerm, Model, Point, ProductionTerm, Term
from physics.particles import mass
from physics.precision import Precision
from physics.second_lifetime import ONE_FLIGHT, needed
from physics.upscattering import largest_mass as upscattered

_WORDS = {"in_flight": "decays in a beam", "upscattering": "upscattering in a detector"}


def terms(model: Model, experiment: Experiment) -> tuple[Term, ...]:
    """Production terms of a model that bring HNLs to an experiment.

    Parameters
    ----------
    model : Model
        The theory.
    experiment : Experiment
        The detector and analysis.

    Returns
    -------
    tuple of ProductionTerm or MixingTerm
        In the model's order.

    Raises
    ------
    InputError
        When the experiment sees none, or no final state of the model.

    Examples
    --------
    >>> from physics import experiments, models
    >>> [t.name for t in terms(models.get("minimal"), experiments.load("ps191"))]
    ['U2_e4', 'U2_mu4']
    """
    mixing = experiment.process == "in_flight"
    found = tuple(t for t in model.terms if isinstance(t, MixingTerm) == mixing)
    if not found:
        raise InputError(
            f"{experiment.name} sees HNLs from {_WORDS[experiment.process]}, which the model "
            f"{model.name} does not have in this version; choose another model or experiment"
        )
    if not decays(model, experiment):
        states = ", ".join(experiment.signature.final_states)
        raise InputError(
            f"{experiment.name} looks for {states}, to which the model {model.name} does not "
            "decay; choose another model or experiment"
        )
    return found


def decays(model: Model, experiment: Experiment) -> tuple[str, ...]:
    """Decay modes of a model that count in an experiment.

    Parameters
    ----------
    model : Model
        The theory.
    experiment : Experiment
        Its final states are looked for.

    Returns
    -------
    tuple of str
        ``"state"`` or ``"state:flavour"``, in the order of the experiment's final states.

    Examples
    --------
    >>> from physics import experiments, models
    >>> decays(models.get("dipole"), experiments.load("sbnd"))
    ('nu_gamma',)
    """
    some: dict[str, Any] = {
        p.name: p.choices[0] if p.role == "option" else 1.0 for p in model.parameters
    }
    modes = (model.decay_modes or model.widths)(some)
    followed = model.followed or experiment.signature.final_states
    return tuple(
        mode
        for state in experiment.signature.final_states
        for mode in modes
        if mode.split(":")[0] == state and state in followed
    )


def active_decays(model: Model, experiment: Experiment, point: Point) -> tuple[str, ...]:
    """Decay modes that count in an experiment and are not zero everywhere on a grid.

    Decays in flight keep all of them, which cost nothing there.

    Parameters
    ----------
    model : Model
        The theory.
    experiment : Experiment
        Its final states are looked for.
    point : mapping
        Parameters; masses and couplings may be arrays over a whole grid.

    Returns
    -------
    tuple of str
        Of `decays`, in order.
    """
    found = decays(model, experiment)
    if model.active_modes is None or experiment.process == "in_flight":
        return found
    active = model.active_modes(point)
    return tuple(mode for mode in found if mode in active)


def steps(model: Model, experiment: Experiment) -> tuple[str, ...]:
    """Tell what a selection asks of the events of a model: pairs have to be one shower too.

    Parameters
    ----------
    model : Model
        The theory.
    experiment : Experiment
        The detector and analysis.

    Returns
    -------
    tuple of str
        Between what is produced, or decays, and the efficiency.
    """
    pairs = makes_pairs(terms(model, experiment))
    return experiment.signature.steps if pairs else experiment.signature.cut_names


def makes_pairs(terms: Sequence[Term]) -> bool:
    """Tell whether HNLs are made by vector exchange and decay to pairs of leptons."""
    return any(isinstance(t, ProductionTerm) and t.vertex.kind == "vector" for t in terms)


def second_nodes(model: Model, point: Point) -> tuple[float, ...]:
    """Lifetimes of a second flight that a grid needs: nodes of `physics.second_lifetime`.

    Parameters
    ----------
    model : Model
        The theory.
    point : mapping
        Parameters; masses and couplings may be arrays over a whole grid.

    Returns
    -------
    tuple of float
        In cm; `ONE_FLIGHT` for a model in which nothing flies twice.
    """
    if model.second_ctau_cm is None:
        return ONE_FLIGHT
    return needed(model.second_ctau_cm(point))


def sampler(
    model: Model,
    experiments: Sequence[Experiment],
    terms: Sequence[Term],
    point: Point,
    precision: Precision,
    seed: int,
) -> Any:
    """Make what samples experiments of one sampling group: a view for each of them and each term.

    Parameters
    ----------
    model : Model
        The theory.
    experiments : sequence of Experiment
        Of one sampling group, at least one.
    terms : sequence of ProductionTerm or MixingTerm
        Production terms; they may be none.
    point : mapping
        Parameters of the model, over a whole grid.
    precision : Precision
        How hard to sample.
    seed : int
        Root seed.

    Returns
    -------
    Sampler, PairSampler or FlightSampler
        With a method ``respond(masses)``; views of one experiment stand together.
    """
    views: Any = [(experiment, term) for experiment in experiments for term in terms]
    common: Any = {"polarised": model.polarised(point), "precision": precision, "seed": seed}
    # imported when used: each brings the compiled kernel of its process
    if experiments[0].process == "in_flight":
        from physics.in_flight.response import FlightSampler

        return FlightSampler(
            views, decays={e.name: decays(model, e) for e in experiments}, **common
        )
    if makes_pairs(terms):
        from physics.pair_response import PairSampler

        found = {e.name: active_decays(model, e, point) for e in experiments}
        return PairSampler(views, decays=found, seconds=second_nodes(model, point), **common)
    from physics.response import Sampler

    return Sampler(views, **common)


def has_flux(experiment: Experiment, term: Term) -> bool:
    """Tell whether anything of a term's projectiles is in the beam."""
    if isinstance(term, MixingTerm) or isinstance(experiment.beam, ParentBeam):
        return True
    return any(experiment.beam.flux.values[p].any() for p in term.projectiles)


def largest_mass(experiment: Experiment, terms: Sequence[Term]) -> float | None:
    """Mass at and beyond which a beam makes no HNLs.

    Parameters
    ----------
    experiment : Experiment
        The detector and analysis.
    terms : sequence of ProductionTerm or MixingTerm
        Terms that are not zero.

    Returns
    -------
    float or None
        In GeV; None where the terms have no flux at all.

    Examples
    --------
    >>> from physics import experiments, models
    >>> ps191 = experiments.load("ps191")
    >>> round(largest_mass(ps191, [t for t in models.get("minimal").terms if t.lepton == "mu"]), 3)
    0.388
    """
    if isinstance(experiment.beam, ParentBeam):
        tops = [
            mass(PARENTS[parent]) - mass(term.lepton)
            for parent in experiment.beam.flux
            for term in terms
            if isinstance(term, MixingTerm)
        ]
        return max(tops, default=None)
    reached = [
        _top_energy(experiment.beam, projectile)
        for term in terms
        if not isinstance(term, MixingTerm)
        for projectile in term.projectiles
        if experiment.beam.flux.values[projectile].any()
    ]
    nuclei = {n for volume in experiment.targets for n in volume.nuclei}
    return max(upscattered(max(reached), name) for name in nuclei) if reached else None


def _top_energy(beam: Beam, projectile: str) -> float:
    """Energy in GeV at which a piecewise linear flux ends."""
    last = np.flatnonzero(beam.flux.values[projectile])[-1]
    return float(beam.flux.energy[min(last + 1, len(beam.flux.energy) - 1)])
