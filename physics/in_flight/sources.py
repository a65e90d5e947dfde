"""The streams of an experiment in flight: each decay of each parent of its beam, at one mass."""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from physics.beams.schema import ParentBeam
from physics.events import Map
from physics.in_flight.boost import BRANCHES, Intensity, Parent, intensity_at, produce
from physics.in_flight.quadrature import arriving, intensity, neutrinos, usable_range
from physics.in_flight.spectra import PARENTS, PARTNERS, Spectrum, neutrino_energy, spectrum
from physics.jit import jit
from physics.particles import mass
from physics.sampling import TINY, anchor, flat_map, for_all_lifetimes, train

Floats = NDArray[np.float64]

LATE = 7.0
"""Decay lengths of the fastest HNLs between source and detector where a response is about 1e-3 of
its maximum: the shortest lifetimes that matter."""


@dataclass(frozen=True)
class Decay:
    """One decay of one parent that makes HNLs.

    Parameters
    ----------
    parent : str
        Beam particle.
    lepton : str
        Flavour that N mixes into.
    partner : str
        What else comes out: ``""``, ``"pi0"`` or ``"nu"``.
    """

    parent: str
    lepton: str
    partner: str

    @property
    def name(self) -> str:
        """In words, e.g. ``"K+ -> mu N"``, ``"K+ -> pi0 e N"`` or ``"mu+ -> N(e) e nu"``."""
        if self.partner == "nu":
            return f"{self.parent} -> N({self.lepton}) e nu"
        return " ".join([self.parent, "->", *filter(None, [self.partner]), self.lepton, "N"])


def decays(beam: ParentBeam, lepton: str) -> tuple[Decay, ...]:
    """List the decays of a beam that make HNLs by one mixing.

    Parameters
    ----------
    beam : ParentBeam
        The beam.
    lepton : {"e", "mu"}
        Flavour that N mixes into.

    Returns
    -------
    tuple of Decay
        In a fixed order.

    Examples
    --------
    >>> from physics import beams
    >>> [d.name for d in decays(beams.load("ps191_parents"), "e")]
    ['K+ -> e N', 'K+ -> pi0 e N', 'pi+ -> e N']
    """
    return tuple(
        Decay(parent, lepton, partner)
        for parent in PARENTS
        if parent in beam.flux
        for partner in PARTNERS[PARENTS[parent]]
    )


@dataclass(frozen=True)
class Source:
    """A decay at one HNL mass, packed for the kernel.

    Parameters
    ----------
    decay : Decay
        Which.
    parent : Parent
        Kinematics.
    intensity : Intensity
        Of the parents, times the HNLs per neutrino.
    arriving : float
        HNLs per cm^2 and POT at the detector, by quadrature.
    mapping : Map
        Frozen vegas map.
    """

    decay: Decay
    parent: Parent
    intensity: Intensity
    arriving: float
    mapping: Map


class Sources:
    """Makes the streams of one beam; keeps what does not depend on the mass.

    Parameters
    ----------
    beam : ParentBeam
        The beam.
    method : str
        One of `physics.experiments.schema.FLUX_METHODS`.
    seed : int
        Root seed, for the maps.
    """

    def __init__(self, beam: ParentBeam, method: str, seed: int) -> None:
        self.beam, self.method, self.seed = beam, method, seed
        self.sigma = beam.sigma_rad if method == "two_branch" else 0.0
        self.flux = {
            parent: intensity(flux, neutrino_energy(parent), self.sigma)
            for parent, flux in beam.flux.items()
        }
        self.nodes = {
            parent: neutrinos(flux, neutrino_energy(parent), self.sigma)
            for parent, flux in beam.flux.items()
        }
        self._map = lru_cache(maxsize=1024)(self._trained)

    def at(self, m4: float, lepton: str) -> list[Source]:
        """List the streams that are open at an HNL mass in GeV."""
        opened = ((d, self._spectrum(d, m4)) for d in decays(self.beam, lepton))
        return [self._source(d, m4, found) for d, found in opened if found.ratio > 0.0]

    def _spectrum(self, decay: Decay, m4: float) -> Spectrum:
        return spectrum(decay.parent, decay.lepton, decay.partner, m4)

    def _parent(self, decay: Decay, found: Spectrum) -> Parent:
        rest = neutrino_energy(decay.parent)
        low, high = usable_range(self.beam.flux[decay.parent], rest, self.sigma)
        return Parent(
            mass(PARENTS[decay.parent]),
            rest,
            found.energy,
            found.polarisation,
            self.sigma,
            low,
            high,
        )

    def _source(self, decay: Decay, m4: float, found: Spectrum) -> Source:
        parent = self._parent(decay, found)
        whole = self.flux[decay.parent]
        scaled = whole._replace(value=found.ratio * whole.value)
        total = arriving(m4, parent, self.nodes[decay.parent], found)
        return Source(decay, parent, scaled, total, self._map(decay, anchor(m4)))

    def _trained(self, decay: Decay, mass_there: float) -> Map:
        """Train the map of a decay at an anchor; one above threshold has no map of its own."""
        found = self._spectrum(decay, mass_there)
        if found.ratio == 0.0:
            return flat_map()
        parent, flux = self._parent(decay, found), self.flux[decay.parent]

        def weigh(x: Floats) -> Floats:
            weights = _weights(x, mass_there, parent, flat_map(), flux)
            return _for_all_lifetimes(*weights).sum(1)

        key = (self.beam.sampling_group, self.method, decay.name, mass_there)
        return train(weigh, self.seed, key)


def _for_all_lifetimes(weights: Floats, slowness: Floats) -> Floats:
    """Add the fastest HNLs, the last to arrive when lifetimes are short, to what others need."""
    fastest = slowness[weights > 0].min(initial=np.inf)
    with np.errstate(over="ignore"):
        late = weights * np.exp(-LATE * (slowness / fastest - 1.0))
    share = weights.sum() / max(late.sum(), TINY)
    return for_all_lifetimes(weights, slowness) + share * late


@jit
def _weights(x, m, parent, mapping, intensity):
    """Weight of HNLs at the detector, and m/p, of all branches of (neutrino energy, angle)."""
    weights, slowness = np.zeros((len(x), BRANCHES)), np.ones((len(x), BRANCHES))
    for i in range(len(x)):
        for branch in range(BRANCHES):
            # spectra are narrow against the beam: their middle will do
            E, weight, p, _, _ = produce(branch, x[i, 0], x[i, 1], 0.8, m, parent, mapping)
            if p > 0.0:
                weights[i, branch] = weight * intensity_at(E, intensity)
                slowness[i, branch] = m / p
    return weights, slowness
