r"""Mixing only: :math:`\nu_\alpha \ni U_{\alpha 4} N`, made and decaying by the weak interaction.

arXiv:1805.08567 and arXiv:2007.03701; widths up to the D meson's mass.
"""

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from physics.minimal_widths import CHANNELS, FLAVOURS, MODES, unit_widths
from physics.models.base import (
    HNL_MASS,
    HNL_TYPE,
    Array,
    MixingTerm,
    Model,
    Parameter,
    Point,
    is_dirac,
)

_SYMBOLS = {"e": "e", "mu": r"\mu", "tau": r"\tau"}

MIXINGS = tuple(
    Parameter(
        f"U2_{flavour}4",
        "1",
        "coupling",
        rf"|U_{{{_SYMBOLS[flavour]} 4}}|^2",
        f"squared mixing of nu_{flavour} with N4",
    )
    for flavour in FLAVOURS
)
"""Couplings of every model in which N4 mixes."""

PARAMETERS = (HNL_MASS, *MIXINGS, HNL_TYPE)

# none of the tau: the beams have too few D mesons and taus
TERMS = tuple(MixingTerm(name=f"U2_{flavour}4", lepton=flavour) for flavour in ("e", "mu"))


def factors(point: Point) -> dict[str, Array]:
    """Coupling factor of each term: |U|^2 of its flavour.

    Examples
    --------
    >>> factors({"m4": 0.1, "U2_mu4": 1e-6})
    {'U2_e4': 0.0, 'U2_mu4': 1e-06}
    """
    return {term.name: point.get(term.name, 0.0) for term in TERMS}  # type: ignore[misc]


def widths(point: Point) -> dict[str, Array]:
    """Partial widths in GeV of all channels, those that are closed included.

    Examples
    --------
    >>> w = widths({"m4": 0.1, "U2_mu4": 1e-6, "hnl_type": "dirac"})
    >>> f"{w['nu_nu_nu']:.6e} {w['nu_e_e']:.4e} {w['nu_pi0']:.1f}"
    '2.285222e-25 2.8712e-26 0.0'
    """
    total = np.einsum("cf...,f...->c...", _table(point), _mixing(point))
    return dict(zip(CHANNELS, total, strict=True))


def decay_modes(point: Point) -> dict[str, Array]:
    """Partial widths in GeV by final state and flavour of the mixing, which fix the shape.

    Examples
    --------
    >>> modes = decay_modes({"m4": 0.3, "U2_e4": 1e-6, "U2_mu4": 1e-6})
    >>> f"{modes['nu_e_e:e'] / modes['nu_e_e:mu']:.2f}"
    '4.68'
    """
    each = np.einsum("cf...,f...->cf...", _table(point), _mixing(point))
    return {
        f"{state}:{flavour}": each[CHANNELS.index(state), FLAVOURS.index(flavour)]
        for state, flavour in MODES
    }


def _mixing(point: Point) -> NDArray[np.float64]:
    """Squared mixings by flavour, doubled for Majorana: each final state and its antiparticles."""
    mixings = [np.asarray(point.get(f"U2_{f}4", 0.0), dtype=float) for f in FLAVOURS]
    return np.stack(np.broadcast_arrays(*mixings)) * (1.0 if is_dirac(point) else 2.0)


def _table(point: Point) -> NDArray[np.float64]:
    """Look up the unit widths, shape (channels, flavours) and the masses'."""
    m4 = point["m4"]
    return _tabulate(m4) if np.ndim(m4) else _at_mass(float(m4))  # type: ignore[arg-type]


@lru_cache(maxsize=1024)
def _at_mass(m4: float) -> NDArray[np.float64]:
    """Remember masses: couplings are asked for thousands of times at each."""
    table = _tabulate(m4)
    table.setflags(write=False)
    return table


def _tabulate(m4: float | NDArray[np.float64]) -> NDArray[np.float64]:
    table = np.zeros((len(CHANNELS), len(FLAVOURS), *np.shape(m4)))
    for (state, flavour), width in unit_widths(m4).items():
        table[CHANNELS.index(state), FLAVOURS.index(flavour)] = width
    return table


MODEL = Model(
    name="minimal",
    title="mixing with light neutrinos only, production in meson decays, decays by W and Z "
    "(arXiv:2007.03701)",
    parameters=PARAMETERS,
    terms=TERMS,
    factors=factors,
    widths=widths,
    polarised=is_dirac,
    decay_modes=decay_modes,
    cosmology=True,
)
