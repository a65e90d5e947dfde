"""What an experiment is: the values every other module reads."""

from math import hypot
from typing import Literal

import msgspec

from physics.beams.schema import Beam
from physics.citations import Cite
from physics.experiments.shapes import Shape

OBSERVABLES = ("E_vis", "cos_theta", "E_nu_QE")
"""What a selection may cut on: visible energy (GeV), cosine of the angle of the shower to the beam,
and the neutrino energy (GeV) reconstructed as if the event were quasi-elastic."""

FINAL_STATES = ("nu_gamma",)
"""Final states whose visible particles the kernel can follow."""

STATISTICS = ("cls", "poisson_zero_background")
"""Statistics an experiment may ask for."""


class Volume(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A piece of space in which neutrinos scatter, HNLs decay, or both.

    Parameters
    ----------
    name : str
        Unique in the experiment; upstream rock is called ``dirt``.
    shape : Sphere, Box, Cylinder or Cone
        Lengths in cm.
    centre_cm : tuple of float
        Centre in the detector frame, z along the beam (a cone is placed by its own z).
    material : str or None
        Name in materials.toml; None for a volume without targets.
    mass_tonnes : float or None
        Mass of the target.
    density_g_cm3 : float or None
        Density, where the source gives one.
    nuclei : dict
        Number of target nuclei of each nuclide in the whole volume.
    decay : bool
        Whether decays in here are seen.
    flux : {"uniform", "inverse_square"}
        Same flux everywhere, or (cone only) that of the baseline times (baseline / distance)^2.
    """

    name: str
    shape: Shape
    centre_cm: tuple[float, float, float] = (0.0, 0.0, 0.0)
    material: str | None = None
    mass_tonnes: float | None = None
    density_g_cm3: float | None = None
    nuclei: dict[str, float] = {}
    decay: bool = False
    flux: Literal["uniform", "inverse_square"] = "uniform"

    @property
    def target(self) -> bool:
        """Whether neutrinos scatter in here."""
        return self.material is not None


class Cut(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """One row of a selection: min <= observable <= max (GeV, or a cosine)."""

    observable: str
    min: float
    max: float


class Smearing(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Resolution of the shower: Gaussian in energy and in angle.

    sigma_E = `energy_stochastic` sqrt(E) + `energy_constant` and sigma_theta = `angle_constant_deg`
    + `angle_log_deg` ln(1 GeV / E), with E in GeV.
    """

    energy_stochastic: float
    energy_constant: float
    angle_constant_deg: float
    angle_log_deg: float


class Efficiency(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Efficiency at the generated photon energy (GeV): linear between knots, constant outside."""

    energy_GeV: tuple[float, ...]  # noqa: N815
    value: tuple[float, ...]


class Background(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Expected background events, their systematic uncertainty, parts, and how they were made."""

    mean: float
    uncertainty: float
    made: str | None = None
    parts: dict[str, float] = {}


class Signature(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What is looked for, what was seen, and what was expected.

    Parameters
    ----------
    name : str
        e.g. ``single_photon``.
    final_states : tuple of str
        Decay channels of the HNL that count.
    selection : tuple of Cut
        All have to hold.
    efficiency : Efficiency
        At the generated photon energy.
    smearing : Smearing or None
        None: the cuts see generated values.
    observed : int
        Events seen; the rounded background for a projection.
    background : Background
        Events expected without signal.
    signal_uncertainty : dict
        Relative uncertainties of the signal by origin, independent of each other.
    statistic : str
        Default statistic of limits.
    """

    name: str
    final_states: tuple[str, ...]
    selection: tuple[Cut, ...]
    efficiency: Efficiency
    smearing: Smearing | None = None
    observed: int
    background: Background
    signal_uncertainty: dict[str, float] = {}
    statistic: str = "cls"

    @property
    def cut_names(self) -> tuple[str, ...]:
        """Rows of the selection in words, as cut flows name them."""
        return tuple(f"{c.min:g} < {c.observable} < {c.max:g}" for c in self.selection)

    @property
    def signal_relative_uncertainty(self) -> float:
        """Quadrature sum of the signal uncertainties."""
        return hypot(*self.signal_uncertainty.values())


class Experiment(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A detector in a beam with one analysis.

    Parameters
    ----------
    name, title, path : str
        Stem of its file, one line of text, and where the file is.
    kind : {"search", "projection"}
        Whether data were taken, or expected.
    beam : Beam
        Flux and baseline.
    exposure_pot : float
        Protons on target.
    volumes : tuple of Volume
        At least one target and one decay volume.
    signature : Signature
        The analysis.
    source : dict
        Where each number comes from, by key.
    digest : str
        SHA-256 of everything above that enters a number.
    """

    name: str
    title: str
    kind: Literal["search", "projection"]
    beam: Beam
    exposure_pot: float
    volumes: tuple[Volume, ...]
    signature: Signature
    source: dict[str, Cite]
    digest: str
    path: str

    @property
    def targets(self) -> tuple[Volume, ...]:
        """Volumes in which neutrinos scatter."""
        return tuple(v for v in self.volumes if v.target)

    @property
    def decay_volumes(self) -> tuple[Volume, ...]:
        """Volumes in which decays are seen."""
        return tuple(v for v in self.volumes if v.decay)
