"""What an experiment is: the values every other module reads."""

from math import hypot
from typing import Literal

import msgspec

from physics.beams.schema import Beam, ByMass, ParentBeam
from physics.citations import Cite
from physics.experiments.shapes import Shape

Process = Literal["upscattering", "in_flight"]
"""How HNLs come to a detector: made in it by neutrinos, or in the beam by decays."""

OBSERVABLES = {
    "upscattering": (
        "E_vis",
        "cos_theta",
        "E_nu_QE",
        "theta_pair",
        "m_pair",
        "p_vis",
        "E_theta2",
        "t",
    ),
    "in_flight": ("E_vis", "cos_theta", "theta_pair", "m_pair"),
}
"""What a selection may cut on, in the order of the kernel: visible energy (GeV), cosine of the
angle of all that is visible to the beam, the neutrino energy (GeV) reconstructed as if the event
were quasi-elastic, the opening angle (rad; 0 for a photon) and the invariant mass (GeV) of the two
visible particles, the size of the visible momentum (GeV), visible energy times squared angle to the
beam (GeV rad^2), and t = (sum of E_i - p_z,i)^2 + sum of p_T,i^2 over the visible particles (GeV^2,
as in the analysis of arXiv:2205.12273)."""

FINAL_STATES = {
    "upscattering": ("nu_gamma", "nu_e_e", "nu_mu_mu"),
    "in_flight": ("nu_e_e", "nu_e_mu", "nu_mu_mu", "e_pi", "mu_pi", "nu_pi0", "nu_gamma"),
}
"""Final states whose visible particles the kernel can follow."""

FLUX_METHODS = ("two_branch", "rescaling")
"""How HNLs follow from the neutrinos of their parents: boosted from the rest frame of the parent,
or with the neutrino's energy as their momentum."""


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
    """One row of a selection: min <= observable <= max, in the units of `OBSERVABLES`."""

    observable: str
    min: float
    max: float


class Smearing(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Resolution of the shower: Gaussian in energy and in angle.

    sigma_E = `energy_stochastic` sqrt(E) + `energy_constant` and sigma_theta = `angle_constant_deg`
    + `angle_log_deg` ln(1 GeV / E), with E in GeV. It applies to each visible particle.
    """

    energy_stochastic: float
    energy_constant: float
    angle_constant_deg: float
    angle_log_deg: float


class Merging(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """When two leptons are one shower, by one of two rules; a photon always is.

    Parameters
    ----------
    opening_angle_deg, least_energy_GeV : float
        The angle between the leptons is below the first, or the energy of one is below the second
        and that of the other above it.
    energy_GeV, r : tuple of float
        sqrt((1 - cos)^2 / 4 + (1 - E_max / E_vis)^2) is below `r`, which depends on the visible
        energy: linear between knots, constant outside. Empty for the other rule.
    """

    opening_angle_deg: float = 0.0
    least_energy_GeV: float = 0.0  # noqa: N815
    energy_GeV: tuple[float, ...] = ()  # noqa: N815
    r: tuple[float, ...] = ()


class Efficiency(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Efficiency at the generated visible energy (GeV): linear between knots, constant outside."""

    energy_GeV: tuple[float, ...]  # noqa: N815
    value: tuple[float, ...]


class MassEfficiency(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Efficiency for decays in the decay volume that pass the selection, against the HNL mass.

    Parameters
    ----------
    by_lepton : dict
        {lepton made with N: {final state: efficiency}}; the lepton ``"any"`` stands for all, the
        final state ``"any"`` for those not named.
    """

    by_lepton: dict[str, dict[str, ByMass]]

    def at(self, lepton: str, state: str, mass: float) -> float:
        """Return the efficiency of a final state at a mass in GeV; 0 for one that is not named.

        Examples
        --------
        >>> flat = ByMass(mass_GeV=(1.0,), value=(0.3,))
        >>> MassEfficiency(by_lepton={"any": {"any": flat}}).at("mu", "nu_e_e", 0.1)
        0.3
        """
        table = self.by_lepton.get(lepton, self.by_lepton.get("any", {}))
        found = table.get(state, table.get("any"))
        return found.at(mass) if found is not None else 0.0


class Background(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Expected background events, their systematic uncertainty, parts, and how they were made."""

    mean: float
    uncertainty: float
    made: str | None = None
    parts: dict[str, float] = {}


class Channel(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """One count: what was seen and expected in some of the beam's modes.

    Parameters
    ----------
    name : str
        Name in the store.
    modes : tuple of str
        Modes of the beam that it counts; empty for a beam without modes.
    observed : int
        Events seen; the rounded background for a projection.
    background : Background
        Events expected without signal.
    """

    name: str
    modes: tuple[str, ...] = ()
    observed: int
    background: Background


class Signature(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What is looked for, what was seen, and what was expected.

    Parameters
    ----------
    name : str
        e.g. ``single_photon``.
    final_states : tuple of str
        Decay channels of the HNL that count.
    selection : tuple of Cut
        All have to hold; may be empty for decays in flight.
    efficiency : Efficiency or MassEfficiency
        At the generated visible energy, or of a decay in flight at the HNL mass.
    smearing : Smearing or None
        None: the cuts see generated values.
    merging : Merging or None
        What pairs of leptons have to pass before the selection; None: nothing.
    channels : tuple of Channel
        Independent counts, with all signal uncertainties in common.
    signal_uncertainty : dict of ByMass
        Relative uncertainties of the signal by origin, independent of each other.
    statistic : str
        Default statistic of limits.
    """

    name: str
    final_states: tuple[str, ...]
    selection: tuple[Cut, ...]
    efficiency: Efficiency | MassEfficiency
    smearing: Smearing | None = None
    merging: Merging | None = None
    channels: tuple[Channel, ...]
    signal_uncertainty: dict[str, ByMass] = {}
    statistic: str = "cls"

    @property
    def cut_names(self) -> tuple[str, ...]:
        """Rows of the selection in words, as cut flows name them."""
        return tuple(f"{c.min:g} < {c.observable} < {c.max:g}" for c in self.selection)

    @property
    def steps(self) -> tuple[str, ...]:
        """All that an event has to pass, in the order of a cut flow."""
        return (("one shower",) if self.merging else ()) + self.cut_names

    @property
    def observed(self) -> int:
        """Events seen in all channels."""
        return sum(channel.observed for channel in self.channels)

    @property
    def background(self) -> Background:
        """Background of all channels, their uncertainties added in quadrature."""
        if len(self.channels) == 1:
            return self.channels[0].background
        each = [channel.background for channel in self.channels]
        return Background(
            mean=sum(b.mean for b in each), uncertainty=hypot(*(b.uncertainty for b in each))
        )

    def signal_relative_uncertainty(self, mass: float) -> float:
        """Quadrature sum of the signal uncertainties at an HNL mass in GeV."""
        return hypot(*(part.at(mass) for part in self.signal_uncertainty.values()))


class Experiment(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A detector in a beam with one analysis.

    Parameters
    ----------
    name, title, path : str
        Stem of its file, one line of text, and where the file is.
    kind : {"search", "projection"}
        Whether data were taken, or expected.
    beam : Beam or ParentBeam
        Flux and baseline.
    exposure_pot : float or dict of float
        Protons on target; by mode for a beam with modes.
    flux_method : str
        One of `FLUX_METHODS`, for HNLs made in the beam.
    volumes : tuple of Volume
        At least one decay volume, and one target where neutrinos scatter.
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
    beam: Beam | ParentBeam
    exposure_pot: float | dict[str, float]
    flux_method: str = "two_branch"
    volumes: tuple[Volume, ...]
    signature: Signature
    source: dict[str, Cite]
    digest: str
    path: str

    @property
    def process(self) -> Process:
        """How HNLs come to this detector."""
        return "in_flight" if isinstance(self.beam, ParentBeam) else "upscattering"

    @property
    def neutrinos(self) -> Beam:
        """The beam of an experiment in which neutrinos scatter."""
        assert isinstance(self.beam, Beam)
        return self.beam

    @property
    def parents(self) -> ParentBeam:
        """The beam of an experiment to which HNLs fly."""
        assert isinstance(self.beam, ParentBeam)
        return self.beam

    @property
    def pot(self) -> float:
        """Protons on target over all modes."""
        given = self.exposure_pot
        return sum(given.values()) if isinstance(given, dict) else given

    @property
    def targets(self) -> tuple[Volume, ...]:
        """Volumes in which neutrinos scatter."""
        return tuple(v for v in self.volumes if v.target)

    @property
    def decay_volumes(self) -> tuple[Volume, ...]:
        """Volumes in which decays are seen."""
        return tuple(v for v in self.volumes if v.decay)
