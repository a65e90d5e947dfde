"""What a beam is: where its neutrinos come from and how many arrive."""

import msgspec
import numpy as np
from numpy.typing import NDArray

from physics.citations import Cite

PARENTS = ("K+", "K-", "pi+", "pi-", "mu+", "mu-")
"""Particles of a beam whose decays make HNLs."""

PROJECTILES = ("nu_e", "nu_mu", "nu_tau", "nu_e_bar", "nu_mu_bar", "nu_tau_bar")
"""Columns of a flux table after `energy_GeV`."""

FLUX_UNIT = "cm^-2 GeV^-1 POT^-1"
"""The one unit of fluxes."""


class Envelope(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Shape in energy that places the samples of a group: piecewise linear, zero outside.

    Parameters
    ----------
    energy_GeV : tuple of float
        Knots, strictly increasing.
    weight : tuple of float
        Value at the knots, >= 0; the overall scale has no meaning.
    """

    energy_GeV: tuple[float, ...]  # noqa: N815
    weight: tuple[float, ...]


class Flux(msgspec.Struct, frozen=True, kw_only=True):
    """Flux at the baseline: piecewise linear, zero outside the table.

    Parameters
    ----------
    energy : ndarray, shape (n,)
        Knots in GeV, strictly increasing.
    values : dict of ndarray, shape (n,)
        Per projectile, in cm^-2 GeV^-1 POT^-1, >= 0.
    """

    energy: NDArray[np.float64]
    values: dict[str, NDArray[np.float64]]

    def at(self, projectile: str, energy: NDArray[np.float64] | float) -> NDArray[np.float64]:
        """Return the flux of `projectile` at `energy` (GeV) in cm^-2 GeV^-1 POT^-1."""
        values = self.values[projectile]
        return np.asarray(np.interp(energy, self.energy, values, left=0.0, right=0.0))

    def integral(self, projectile: str) -> float:
        """Return the neutrinos per cm^2 and POT of `projectile` over all energies."""
        return float(np.trapezoid(self.values[projectile], self.energy))


class Beam(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """The neutrinos that reach one detector.

    Parameters
    ----------
    name, title : str
        Stem of its file and one line of text.
    baseline_cm : float
        From the neutrino source, at (0, 0, -baseline), to the origin of the detector frame.
    sampling_group : str
        Beams of one group are sampled together and carry the same envelope.
    envelope : Envelope
        Shape of the sampling in energy.
    flux : Flux
        At the baseline.
    source : dict
        Where each number comes from, by key.
    path : str
        Where its file is.
    """

    name: str
    title: str
    baseline_cm: float
    sampling_group: str
    envelope: Envelope
    flux: Flux
    source: dict[str, Cite]
    path: str


class ByMass(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A number that depends on the HNL mass (GeV): linear between knots, constant outside."""

    mass_GeV: tuple[float, ...]  # noqa: N815
    value: tuple[float, ...]

    def at(self, mass: float) -> float:
        """Return the value at a mass in GeV.

        Examples
        --------
        >>> round(ByMass(mass_GeV=(0.1, 0.2), value=(1.0, 3.0)).at(0.15), 12)
        2.0
        """
        return float(np.interp(mass, self.mass_GeV, self.value))


class ParentFlux(msgspec.Struct, frozen=True, kw_only=True):
    """Muon neutrinos of one parent at the baseline: log flux by PCHIP in log energy, zero outside.

    Parameters
    ----------
    energy, value : ndarray (n,)
        Knots in GeV, strictly increasing, and the flux there in cm^-2 GeV^-1 POT^-1, above zero.
    """

    energy: NDArray[np.float64]
    value: NDArray[np.float64]

    def at(self, energy: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the flux at energies in GeV, in cm^-2 GeV^-1 POT^-1."""
        from scipy.interpolate import PchipInterpolator  # slow to import: lists need no flux

        curve = PchipInterpolator(np.log(self.energy), np.log(self.value))
        inside = np.clip(energy, self.energy[0], self.energy[-1])
        return np.where(inside == energy, np.exp(curve(np.log(inside))), 0.0)


class Mode(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Polarity of a beam: what multiplies the table for kaons, and for pions and muons."""

    kaons: ByMass
    others: ByMass

    def factor(self, parent: str, mass: float) -> float:
        """Return the factor on the flux of a parent, for an HNL mass in GeV."""
        return (self.kaons if parent.startswith("K") else self.others).at(mass)


class ParentBeam(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """The mesons and muons of a beam, told by the muon neutrinos they send to one detector.

    Parameters
    ----------
    name, title : str
        Stem of its file and one line of text.
    baseline_cm : float
        From the source, at (0, 0, -baseline), to the origin of the detector frame.
    sampling_group : str
        Name in the store and of the random numbers.
    flux : dict of ParentFlux
        By parent: K+, K-, pi+, pi-, mu+ or mu-.
    sigma_rad, sigma_error_rad : float
        Rayleigh spread of the angle between parent and line to the detector, and its error.
    modes : dict of Mode
        Polarities by name.
    source : dict
        Where each number comes from, by key.
    path : str
        Where its file is.
    """

    name: str
    title: str
    baseline_cm: float
    sampling_group: str
    flux: dict[str, ParentFlux]
    sigma_rad: float
    sigma_error_rad: float
    modes: dict[str, Mode]
    source: dict[str, Cite]
    path: str
