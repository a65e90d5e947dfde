"""What every model declares: its parameters, its production terms and its partial widths."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

Value = float | str | NDArray[np.float64]
Point = Mapping[str, Value]
Array = NDArray[np.float64] | float


@dataclass(frozen=True)
class Parameter:
    """A named parameter of a model.

    Parameters
    ----------
    name, unit : str
        As used in grids and on the command line; the unit is ``"1"`` for pure numbers.
    role : {"mass", "coupling", "option"}
        Only masses need sampling; couplings are free; options are words.
    symbol, description : str
        LaTeX symbol without dollars, and one line of text.
    above : float or None
        Exclusive lower bound of a mass; couplings may be zero.
    choices : tuple of str
        Allowed words of an option, the first being the default.
    standard : float
        What a coupling is when it is not given.
    """

    name: str
    unit: str
    role: Literal["mass", "coupling", "option"]
    symbol: str
    description: str
    above: float | None = None
    choices: tuple[str, ...] = ()
    standard: float = 0.0

    @property
    def default(self) -> float | str | None:
        """Value when none is given: the first choice, a standard coupling, none for masses."""
        if self.role == "option":
            return self.choices[0]
        return self.standard if self.role == "coupling" else None


@dataclass(frozen=True)
class Vertex:
    """How the projectile couples to the target when it turns into the HNL.

    Parameters
    ----------
    kind : {"dipole", "vector"}
        Lorentz structure of the HNL current.
    exchanged : tuple of str
        Bosons of the amplitude and of the conjugate amplitude: twice the same for a square, two
        different ones for an interference.
    """

    kind: Literal["dipole", "vector"]
    exchanged: tuple[str, str] = ("photon", "photon")


@dataclass(frozen=True)
class ProductionTerm:
    """One term a_p R_p of the rate: who is hit by what, and where its coupling factor comes from.

    Parameters
    ----------
    name : str
        Name in the store, e.g. ``"mu_tr_mu4^2"``.
    projectiles : tuple of str
        Neutrinos that start it.
    vertex : Vertex
        Coupling structure; the response is computed for unit factor.
    """

    name: str
    projectiles: tuple[str, ...]
    vertex: Vertex


@dataclass(frozen=True)
class MixingTerm:
    """One term a_p R_p of the rate: HNLs in the decays of mesons and muons of a beam.

    Parameters
    ----------
    name : str
        Name in the store and of the coupling factor, e.g. ``"U2_mu4"``.
    lepton : {"e", "mu"}
        Flavour of the charged lepton's current that the HNL mixes into.
    """

    name: str
    lepton: str


Term = ProductionTerm | MixingTerm


@dataclass(frozen=True)
class Model:
    """A theory: declared parameters and pure functions of a point.

    Parameters
    ----------
    name, title : str
        Name in grids, and one line with the reference.
    parameters : tuple of Parameter
        In the order of the documentation.
    terms : tuple of ProductionTerm or MixingTerm
        Production terms p of the rate: upscattering, and decays in the beam.
    factors : callable
        Point to {term name: a_p}, vectorised over couplings.
    widths : callable
        Point to {final state: partial width in GeV}, vectorised over couplings and masses.
    polarised : callable
        Point to bool: whether the HNL decays with the angular distribution of its helicity.
    decay_modes : callable or None
        Point to {"state:mode": partial width in GeV}: the widths split by what fixes the shape of
        the decay, such as ``"nu_e_e:mu"``; an interference may be negative. None where each final
        state has one shape.
    followed : tuple of str or None
        Final states whose events are sampled; None where all that the kernel knows are.
    active_modes : callable or None
        Point, over a whole grid, to the names in `decay_modes` that are not zero everywhere; None
        where all count.
    second_ctau_cm : callable or None
        Point to the proper decay length in cm of what N decays to, where that flies on.
    cosmology : bool
        Whether limits from the primordial light elements apply to the lifetime.
    """

    name: str
    title: str
    parameters: tuple[Parameter, ...]
    terms: tuple[Term, ...]
    factors: Callable[[Point], dict[str, Array]]
    widths: Callable[[Point], dict[str, Array]]
    polarised: Callable[[Point], bool]
    decay_modes: Callable[[Point], dict[str, Array]] | None = None
    followed: tuple[str, ...] | None = None
    active_modes: Callable[[Point], tuple[str, ...]] | None = None
    second_ctau_cm: Callable[[Point], Array] | None = None
    cosmology: bool = False

    def parameter(self, name: str) -> Parameter:
        """Return the declared parameter called `name` (KeyError when there is none)."""
        return {p.name: p for p in self.parameters}[name]

    def of_role(self, role: str) -> tuple[Parameter, ...]:
        """Return the parameters of one role, in order."""
        return tuple(p for p in self.parameters if p.role == role)


HNL_MASS = Parameter("m4", "GeV", "mass", "m_4", "mass of the heavy neutral lepton", above=0.0)
"""Of all models."""

HNL_TYPE = Parameter(
    "hnl_type",
    "1",
    "option",
    r"\mathrm{type}",
    "whether N4 is a Dirac or a Majorana fermion",
    choices=("dirac", "majorana"),
)
"""Of all models."""


def is_dirac(point: Point) -> bool:
    """Tell whether N4 is a Dirac fermion and so decays with its helicity's angular distribution.

    A Majorana N4 decays as often to a final state as to its antiparticles, with opposite
    asymmetries and equal widths; a detector that does not tell charges apart, or sees a photon,
    finds no dependence on the spin.

    Parameters
    ----------
    point : mapping
        Of any model.

    Returns
    -------
    bool
        True where no type is given.

    Examples
    --------
    >>> is_dirac({"hnl_type": "majorana"})
    False
    """
    return point.get("hnl_type", "dirac") == "dirac"
