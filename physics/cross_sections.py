"""Total upscattering cross-sections of a nucleus, by quadrature."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from physics.documents import then
from physics.errors import InputError, nearest
from physics.models import Model, ProductionTerm, Vertex
from physics.nuclei import nucleus
from physics.quadrature import cross_section
from physics.streams import Target, stream, targets
from physics.vector_cross_sections import cross_section as vector_cross_section
from physics.vector_cross_sections import exchange, scatterer


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
    terms = [term for term in _terms(model) if projectile in term.projectiles]
    channels = []
    for hit in targets((nucleus(nucleus_name).name,)):
        number = hit.in_nucleus(nucleus_name)
        total = np.zeros(2)
        for term in terms:
            unit = _per_target(term.vertex, point, hit, energy, projectile)
            total += float(factors[term.name]) * unit
        for helicity, sigma in zip(("conserving", "flipping"), number * total, strict=True):
            channels.append({"regime": hit.regime, "helicity": helicity, "sigma_cm2": float(sigma)})
    return {"per_nucleus_cm2": sum(c["sigma_cm2"] for c in channels), "channels": channels}


def _per_target(
    vertex: Vertex, point: dict[str, Any], hit: Target, energy: float, projectile: str
) -> NDArray[np.float64]:
    """Cross-sections of both helicities for unit factor."""
    m4 = float(point["m4"])
    if vertex.kind == "vector":
        sign = -1.0 if projectile.endswith("_bar") else 1.0
        pair = [exchange(boson, point, hit.name) for boson in vertex.exchanged]
        return np.array(vector_cross_section(energy, m4, scatterer(hit.name), *pair, sign))
    return np.array(cross_section(energy, m4, stream(hit, m4, 0.0, energy)))


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
