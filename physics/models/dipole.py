r"""Transition magnetic moment: L = d nubar_L sigma^{mu nu} N F_{mu nu} + h.c., d = mu_tr / 2.

Magill, Plestid, Pospelov and Tsai, arXiv:1803.03262.
"""

from math import hypot

import numpy as np

from physics.models.base import (
    HNL_MASS,
    HNL_TYPE,
    Array,
    Model,
    Parameter,
    Point,
    ProductionTerm,
    Vertex,
    is_dirac,
)
from physics.widths import dilepton_ratio, dipole_width_gamma

FLAVOURS = ("e", "mu", "tau")
PHOTON_DIPOLE = Vertex("dipole")

PARAMETERS = (
    HNL_MASS,
    *(
        Parameter(
            f"mu_tr_{flavour}4",
            "GeV^-1",
            "coupling",
            rf"|\mu_{{\mathrm{{tr}},{'e' if flavour == 'e' else chr(92) + flavour} 4}}|",
            f"transition magnetic moment of nu_{flavour} and N4",
        )
        for flavour in FLAVOURS
    ),
    HNL_TYPE,
)

TERMS = tuple(
    ProductionTerm(
        name=f"mu_tr_{flavour}4^2",
        projectiles=(f"nu_{flavour}", f"nu_{flavour}_bar"),
        vertex=PHOTON_DIPOLE,
    )
    for flavour in FLAVOURS
)


def factors(point: Point) -> dict[str, Array]:
    """Coupling factor of each term: d^2 of its flavour, in GeV^-2.

    Examples
    --------
    >>> float(factors({"m4": 0.1, "mu_tr_mu4": 2e-6})["mu_tr_mu4^2"])
    1e-12
    """
    return {f"mu_tr_{f}4^2": 0.25 * np.square(_moment(point, f)) for f in FLAVOURS}


def widths(point: Point) -> dict[str, Array]:
    """Partial widths in GeV of N -> nu gamma and of the dileptons of its virtual photon.

    Hadrons from the virtual photon are left out: their share is below alpha/pi.

    Examples
    --------
    >>> w = widths({"m4": 0.1, "mu_tr_mu4": 1e-6, "hnl_type": "dirac"})
    >>> f"{w['nu_gamma']:.6e}"
    '1.989437e-17'
    >>> float(w["nu_mu_mu"])
    0.0
    """
    moment = _norm([_moment(point, f) for f in FLAVOURS])
    gamma = dipole_width_gamma(point["m4"], moment, majorana=not is_dirac(point))
    ratios = {lepton: dilepton_ratio(point["m4"], lepton) for lepton in FLAVOURS}
    return {"nu_gamma": gamma, **{f"nu_{x}_{x}": gamma * r for x, r in ratios.items()}}


def _moment(point: Point, flavour: str) -> Array:
    return point.get(f"mu_tr_{flavour}4", 0.0)  # type: ignore[return-value]


def _norm(moments: list[Array]) -> Array:
    if all(np.ndim(m) == 0 for m in moments):
        return hypot(*(float(m) for m in moments))
    return np.sqrt(sum(np.square(m) for m in moments))


MODEL = Model(
    name="dipole",
    title="transition magnetic moment, upscattering by photon exchange, N -> nu gamma "
    "(arXiv:1803.03262)",
    parameters=PARAMETERS,
    terms=TERMS,
    factors=factors,
    widths=widths,
    polarised=is_dirac,
    followed=("nu_gamma",),
)
