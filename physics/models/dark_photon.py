r"""Dark photon: a Z' with kinetic mixing :math:`\epsilon` that couples to N by :math:`g_D`.

The Z' couples to charge with :math:`e\epsilon`, and to nubar_alpha N with
:math:`g_D U_{\alpha 4} |U_{D4}|^2`; the Z to nubar_alpha N with :math:`(g/2c_W) U_{\alpha4}`.
Positive epsilon interferes destructively with the Z on nuclei, as in arXiv:2207.04137.
"""

from typing import Any

import numpy as np

from physics.dark_photon_widths import pair_widths, partial_widths
from physics.electroweak import PDG
from physics.minimal_widths import DILEPTONS, FLAVOURS
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
from physics.models.minimal import MIXINGS
from physics.pair_names import INTERFERENCE, REAL, VIRTUAL
from physics.particles import mass
from physics.units import ALPHA
from physics.zprime_decays import hold_decays, zprime_ctau_cm

PARAMETERS = (
    HNL_MASS,
    Parameter("mzprime", "GeV", "mass", r"m_{Z'}", "mass of the dark photon", above=0.0),
    *MIXINGS,
    Parameter(
        "U2_D4", "1", "coupling", "|U_{D 4}|^2", "squared mixing of the dark neutrino with N4",
        standard=1.0,
    ),
    Parameter(
        "alphaD", "1", "coupling", r"\alpha_D", "dark fine-structure constant g_D^2 / 4 pi",
        standard=0.25,
    ),
    Parameter("epsilon", "1", "coupling", r"\epsilon", "kinetic mixing"),
    HNL_TYPE,
)  # fmt: skip

EXCHANGES = {
    "zprime^2": Vertex("vector", ("zprime", "zprime")),
    "zprime*z": Vertex("vector", ("zprime", "z")),
    "z^2": Vertex("vector", ("z", "z")),
}
"""Squares of the two amplitudes, and their interference."""

TERMS = tuple(
    ProductionTerm(f"U2_{f}4 {pair}", (f"nu_{f}", f"nu_{f}_bar"), vertex)
    for f in FLAVOURS
    for pair, vertex in EXCHANGES.items()
)


def factors(point: Point) -> dict[str, Array]:
    r"""Coupling factor of each term: products of nubar N and target couplings of two exchanges.

    With :math:`a = g_D|U_{D4}|^2 e\epsilon` and :math:`b = (g/2c_W)^2 = \sqrt2 G_F m_Z^2` these
    are :math:`|U_{\alpha4}|^2` times :math:`a^2, 2ab, b^2`.

    Examples
    --------
    >>> some = factors({"U2_mu4": 1.0, "U2_D4": 1.0, "alphaD": 0.25, "epsilon": 1e-3})
    >>> [round(float(a), 8) for name, a in some.items() if name.startswith("U2_mu4")]
    [2.9e-07, 0.00014724, 0.018813]
    """
    a = dark_coupling(point) * np.sqrt(4 * np.pi * ALPHA) * point["epsilon"]
    b = np.sqrt(2) * PDG.G_F * mass("Z") ** 2
    products = {"zprime^2": a * a, "zprime*z": 2 * a * b, "z^2": b * b}
    return {
        f"U2_{f}4 {pair}": point.get(f"U2_{f}4", 0.0) * product
        for f in FLAVOURS
        for pair, product in products.items()
    }


def widths(point: Point) -> dict[str, Array]:
    """Partial widths in GeV: those of mixing, dileptons and pions by the Z' besides.

    Examples
    --------
    >>> point = {"m4": 0.1, "mzprime": 1.25, "U2_mu4": 1e-8, "epsilon": 1e-2}
    >>> w = widths({**point, "U2_D4": 1.0, "alphaD": 0.25, "hnl_type": "dirac"})
    >>> bool(w["nu_e_e"] > 0.99 * sum(w.values()))
    True
    """
    return _both(point, partial_widths(*_arguments(point)))


def modes(point: Point) -> dict[str, Array]:
    """Widths in GeV of the decays to pairs of leptons by shape (`physics.pair_shapes`).

    Examples
    --------
    >>> point = {"m4": 0.1, "mzprime": 0.03, "U2_mu4": 1e-8, "epsilon": 1e-3}
    >>> w = modes({**point, "U2_D4": 1.0, "alphaD": 0.25})
    >>> float(w["nu_e_e:virtual"]), f"{w['nu_e_e:real']:.2e}"
    (0.0, '3.39e-10')
    """
    return _both(point, pair_widths(*_arguments(point)))


def active_modes(point: Point) -> tuple[str, ...]:
    """Modes of a whole grid that are not zero everywhere.

    Examples
    --------
    >>> point = {"m4": np.array([0.1, 0.2]), "mzprime": 0.15, "U2_mu4": 1e-8, "epsilon": 1e-3}
    >>> names = active_modes({**point, "U2_D4": 1.0, "alphaD": 0.25})
    >>> [name for name in names if name.startswith("nu_e_e")]
    ['nu_e_e:mu', 'nu_e_e:interference', 'nu_e_e:virtual', 'nu_e_e:real']
    """
    lighter = np.less(point["mzprime"], point["m4"])
    dark = np.any(dark_coupling(point))
    found = {f: np.any(point.get(f"U2_{f}4", 0.0)) and not lighter.all() for f in FLAVOURS}
    virtual = not lighter.all() and dark and np.any(point["epsilon"])
    found |= {INTERFERENCE: virtual, VIRTUAL: virtual, REAL: lighter.any() and dark}
    return tuple(f"{state}:{mode}" for state in DILEPTONS for mode, there in found.items() if there)


def second_ctau_cm(point: Point) -> Array:
    """Proper decay length of the Z' in cm where it is real, 0 where it is not.

    InputError where a real Z' decays to nothing: a scan asks before it samples.

    Examples
    --------
    >>> float(second_ctau_cm({"m4": 0.1, "mzprime": 0.2, "epsilon": 1e-3}))
    0.0
    >>> f"{float(second_ctau_cm({'m4': 0.1, 'mzprime': 0.03, 'epsilon': 1e-6})):.1f}"
    '270.4'
    """
    hold_decays(point["m4"], point["mzprime"])
    real = np.less(point["mzprime"], point["m4"])
    found = zprime_ctau_cm(point["mzprime"], point["epsilon"])
    return np.where(real, found, 0.0)


def _arguments(point: Point) -> tuple[Any, ...]:
    mixings = {f: point.get(f"U2_{f}4", 0.0) for f in FLAVOURS}
    return point["m4"], point["mzprime"], mixings, dark_coupling(point), point["epsilon"]


def _both(point: Point, dirac: dict[str, Any]) -> dict[str, Array]:
    """Double the widths of a Majorana N, which decays to antiparticles as well."""
    both = 1.0 if is_dirac(point) else 2.0
    return {state: both * width for state, width in dirac.items()}


def dark_coupling(point: Point) -> Array:
    """Coupling g_D |U_D4|^2 of the Z' to nubar_alpha N, without U_alpha4.

    Examples
    --------
    >>> round(float(dark_coupling({"alphaD": 0.25, "U2_D4": 1.0})), 4)
    1.7725
    """
    return np.sqrt(4 * np.pi * point["alphaD"]) * point["U2_D4"]  # type: ignore[operator]


MODEL = Model(
    name="dark_photon",
    title="kinetically mixed dark photon, upscattering by Z' and Z with interference, N -> nu l l "
    "(arXiv:2207.04137)",
    parameters=PARAMETERS,
    terms=TERMS,
    factors=factors,
    widths=widths,
    polarised=is_dirac,
    decay_modes=modes,
    active_modes=active_modes,
    second_ctau_cm=second_ctau_cm,
)
