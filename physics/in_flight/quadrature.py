"""HNLs that reach the detector, without Monte Carlo: the exact check of every sampled point."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from physics.beams.schema import ParentFlux
from physics.in_flight.boost import Intensity, Parent, gain, rest_energy
from physics.in_flight.spectra import Spectrum
from physics.jit import jit

Floats = NDArray[np.float64]

ANGLE_NODES, SPECTRUM_NODES, ENERGY_NODES = 24, 16, 4
"""Per branch; over a three-body spectrum; between two knots of the flux: good to 1e-4."""

KNOTS = 512
"""Knots of the intensity, dense enough for errors of 1e-5."""

_ANGLE_X, _ANGLE_W = np.polynomial.legendre.leggauss(ANGLE_NODES)
_SPECTRUM_X, _SPECTRUM_W = np.polynomial.legendre.leggauss(SPECTRUM_NODES)
_ONE = np.ones(1)
_ENERGY_X, _ENERGY_W = np.polynomial.legendre.leggauss(ENERGY_NODES)


def usable_range(flux: ParentFlux, neutrino_energy: float, sigma: float) -> tuple[float, float]:
    """Neutrino energies in GeV that stand for a parent: not below the energy at rest."""
    low, high = float(flux.energy[0]), float(flux.energy[-1])
    return (low if sigma == 0.0 else max(low, neutrino_energy)), high


def intensity(flux: ParentFlux, neutrino_energy: float, sigma: float) -> Intensity:
    """Flux of neutrinos over what one parent sends to the detector.

    Parameters
    ----------
    flux : ParentFlux
        Muon neutrinos of the parent.
    neutrino_energy : float
        Their energy in GeV in its rest frame.
    sigma : float
        Spread of the angle in rad; 0 leaves the flux as it is.

    Returns
    -------
    Intensity
        Over the usable range.
    """
    start, stop = np.log(usable_range(flux, neutrino_energy, sigma))
    logs = np.linspace(start, stop, KNOTS)
    energy = np.clip(np.exp(logs), np.exp(start), np.exp(stop))
    value = flux.at(energy) / _neutrino_gain(energy, neutrino_energy, sigma)
    return Intensity(float(start), float(logs[1] - logs[0]), value)


def _neutrino_gain(energy: Floats, rest: float, sigma: float) -> Floats:
    """Gain of the neutrinos themselves; 1 where angles are not followed."""
    if sigma == 0.0:
        return np.ones_like(energy)
    return np.array([gain(E, rest, rest, rest, sigma, _ANGLE_X, _ANGLE_W) for E in energy])


@jit
def _gains(energies, m, parent, nodes, weights, x, w):
    """Gain of the HNLs of a parent, averaged over their spectrum, at each energy."""
    result = np.zeros(len(energies))
    for i in range(len(energies)):
        for k in range(len(x)):
            energy, _, share = rest_energy(0.5 * (1.0 + x[k]), parent)
            momentum = np.sqrt(max(energy * energy - m * m, 1e-12 * m * m))
            each = gain(
                energies[i], parent.neutrino_energy, energy, momentum, parent.sigma, nodes, weights
            )
            result[i] += 0.5 * w[k] * share * each
    return result


class Neutrinos(NamedTuple):
    """Nodes of an integral over the neutrinos of a parent: energy in GeV, and parents at each.

    The weight is the flux times the step in energy over the gain of the neutrinos.
    """

    energy: Floats
    weight: Floats


def neutrinos(flux: ParentFlux, neutrino_energy: float, sigma: float) -> Neutrinos:
    """Place the nodes for one parent, the same for all HNL masses.

    Parameters
    ----------
    flux, neutrino_energy, sigma
        As for `intensity`.

    Returns
    -------
    Neutrinos
        Gauss and Legendre in the logarithm of the energy, between the knots of the flux.
    """
    low, high = usable_range(flux, neutrino_energy, sigma)
    inner = flux.energy[(flux.energy > low) & (flux.energy < high)]
    edges = np.log(np.concatenate([[low], inner, [high]]))
    centre, half = 0.5 * (edges[1:] + edges[:-1]), 0.5 * np.diff(edges)
    energy = np.exp(centre[:, None] + half[:, None] * _ENERGY_X).ravel()
    step = (half[:, None] * _ENERGY_W).ravel() * energy
    return Neutrinos(
        energy, step * flux.at(energy) / _neutrino_gain(energy, neutrino_energy, sigma)
    )


def arriving(m4: float, parent: Parent, nodes: Neutrinos, found: Spectrum) -> float:
    """HNLs per cm^2 and POT at the detector from one decay of one parent, for unit mixing.

    Parameters
    ----------
    m4 : float
        HNL mass in GeV.
    parent : Parent
        As the kernel sees it.
    nodes : Neutrinos
        Of the parent.
    found : Spectrum
        Of the decay.

    Returns
    -------
    float
        Integral of the flux of HNLs over their momentum.
    """
    if found.ratio == 0.0 or parent.sigma == 0.0:
        return float(found.ratio * nodes.weight.sum())
    spectrum = (_SPECTRUM_X, _SPECTRUM_W) if len(parent.energy) > 1 else (_ONE, 2.0 * _ONE)
    hnls = _gains(nodes.energy, m4, parent, _ANGLE_X, _ANGLE_W, *spectrum)
    return float(found.ratio * (nodes.weight * hnls).sum())
