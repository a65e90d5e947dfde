"""Total upscattering cross-sections of a nucleus, by quadrature."""

from typing import Any

from physics.documents import then
from physics.errors import InputError, nearest
from physics.models import Model, ProductionTerm
from physics.nuclei import nucleus
from physics.quadrature import cross_section
from physics.streams import stream, targets


def per_nucleus(
    model: Model, point: dict[str, Any], nucleus_name: str, energy: float, projectile: str
) -> dict[str, Any]:
    """Cross-section of a neutrino on one nucleus, its nucleons included.

    Parameters
    ----------
    model : Model
        The theory.
    point : dict
        All its parameters.
    nucleus_name : str
        Target, such as ``"Ar40"``.
    energy : float
        Neutrino energy in GeV.
    projectile : str
        ``"nu_mu"``, ``"nu_e_bar"``, ...

    Returns
    -------
    dict
        ``per_nucleus_cm2`` and ``channels`` with regime, helicity and sigma_cm2; zero below
        threshold.

    Raises
    ------
    InputError
        For an unknown nucleus or projectile, or an energy that is not positive.

    Examples
    --------
    >>> from physics import models
    >>> dipole = models.get("dipole")
    >>> point = {"m4": 0.1, "mu_tr_mu4": 1e-6, "hnl_type": "dirac"}
    >>> f"{per_nucleus(dipole, point, 'C12', 1.0, 'nu_mu')['per_nucleus_cm2']:.3e}"
    '6.476e-40'
    """
    _check(model, energy, projectile)
    factors = model.factors(point)
    factor = sum(
        float(factors[term.name]) for term in _terms(model) if projectile in term.projectiles
    )
    channels = []
    for hit in targets((nucleus(nucleus_name).name,)):
        packed = stream(hit, float(point["m4"]), 0.0, energy)
        values = cross_section(energy, float(point["m4"]), packed)
        for helicity, sigma in zip(("conserving", "flipping"), values, strict=True):
            number = factor * hit.in_nucleus(nucleus_name)
            channels.append(
                {"regime": hit.regime, "helicity": helicity, "sigma_cm2": number * float(sigma)}
            )
    return {"per_nucleus_cm2": sum(c["sigma_cm2"] for c in channels), "channels": channels}


def _terms(model: Model) -> list[ProductionTerm]:
    return [term for term in model.terms if isinstance(term, ProductionTerm)]


def _check(model: Model, energy: float, projectile: str) -> None:
    known = [p for term in _terms(model) for p in term.projectiles]
    if not known:
        raise InputError(
            f"the model {model.name} has no upscattering in this version; choose a model that "
            "makes HNLs from neutrinos on a target, such as dipole"
        )
    if projectile not in known:
        raise InputError(
            f"unknown projectile {projectile!r}"
            + then(nearest(projectile, known), f"choose one of {', '.join(known)}")
        )
    if not 0 < energy < 1e6:
        raise InputError(f"energy {energy:g} GeV must be above 0 and below 1e6 GeV")
