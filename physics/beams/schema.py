"""What a beam is: where its neutrinos come from and how many arrive."""

import msgspec
import numpy as np
from numpy.typing import NDArray

from physics.citations import Cite

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
