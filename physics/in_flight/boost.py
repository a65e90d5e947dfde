r"""From the rest frame of a parent to the beam: HNLs that come the way of the detector.

The flux of muon neutrinos of energy E_nu stands for parents with gamma = (E_nu/E* + E*/E_nu)/2, as
if they flew straight at the detector, E* being the neutrino's energy in their rest frame. Parents
make an angle theta to the line to the detector, of Rayleigh density with spread sigma, so that
each HNL of the rest frame counts with

.. math:: w(\theta) = \frac{\theta}{\sin\theta}\,\frac{e^{-\theta^2/2\sigma^2}}{2\pi\sigma^2}

per solid angle of the lab, over the same for the neutrino. Forward and backward HNLs are the two
branches of the boost.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from physics.events import mapped
from physics.jit import jit

FORWARD, BACKWARD, BACKWARD_WIDE = range(3)
BRANCHES = 3
"""Ways in which HNLs are drawn in the rest frame of the parent."""

LEAST_SCALE = 1e-4
"""Least velocity in the lab of HNLs that go straight back, over that in the parent's rest frame."""


class Parent(NamedTuple):
    """How a beam particle makes HNLs; energies in GeV.

    Parameters
    ----------
    mass : float
        Of the parent.
    neutrino_energy : float
        Of the neutrino that the flux table counts, in the parent's rest frame.
    energy, polarisation : ndarray (k,)
        Of N in the rest frame, at the points of `physics.in_flight.spectra.Spectrum`.
    sigma : float
        Spread of the angle in rad; 0 for HNLs with the energy of the neutrino as momentum.
    E_min, E_max : float
        Range of the neutrino energies in the lab.
    """

    mass: float
    neutrino_energy: float
    energy: NDArray[np.float64]
    polarisation: NDArray[np.float64]
    sigma: float
    E_min: float
    E_max: float


class Intensity(NamedTuple):
    """Flux of neutrinos over what one parent sends to the detector, tabulated.

    Parameters
    ----------
    start, step : float
        Knots in ln(E / GeV), equally spaced.
    value : ndarray (k,)
        In cm^-2 GeV^-1 POT^-1.
    """

    start: float
    step: float
    value: NDArray[np.float64]


@jit
def at_part(x, values):
    """Value at x of [0, 1), linear between equally spaced ones."""
    last = len(values) - 1
    position = x * last
    index = min(int(position), last - 1)
    return values[index] + (position - index) * (values[index + 1] - values[index])


@jit
def rest_energy(x, parent):
    """Draw the energy of N in the parent's rest frame: energy, polarisation and weight.

    Slow HNLs of a three-body decay, of which there are few, all fly along with the parent: the
    points of the spectrum, at parts x^3 of its HNLs, make up for it.
    """
    if len(parent.energy) == 1:
        return parent.energy[0], parent.polarisation[0], 1.0
    return at_part(x, parent.energy), at_part(x, parent.polarisation), 3.0 * x * x


@jit
def rest_angle(branch, u, gamma, beta, energy, momentum, sigma):
    """Draw the angle of N in the parent's rest frame: cosine, sine and weight, from a uniform u.

    The forward hemisphere is filled most densely where the lab angle is about sigma: t = tan of
    half the angle, t^2 = a y/(1 - y). The backward one is filled twice, in that way about its pole
    and evenly in the cosine; the two share the weight by their densities (the balance heuristic of
    Veach and Guibas 1995).
    """
    along = beta * energy + (momentum if branch == FORWARD else -momentum)
    a = 0.5 * (sigma * gamma * max(abs(along) / momentum, LEAST_SCALE)) ** 2
    whole = 1.0 / (1.0 + a)
    lost = (branch != FORWARD) & (along <= 0.0)  # what goes straight back stays behind the parent
    if branch == BACKWARD_WIDE:
        cos = u
        sin, t2 = np.sqrt(1.0 - u * u), (1.0 - u) / (1.0 + u)
    else:
        y = whole * u
        denominator = 1.0 - y + a * y
        cos = (1.0 - y - a * y) / denominator
        sin, t2 = 2.0 * np.sqrt(a * y * (1.0 - y)) / denominator, a * y / (1.0 - y)
    density = 0.5 * a * ((1.0 + t2) / (a + t2)) ** 2 / whole
    if branch == FORWARD:
        return cos, sin, 1.0 / density
    if lost:
        return -cos, sin, 1.0 if branch == BACKWARD_WIDE else 0.0
    return -cos, sin, 1.0 / (density + 1.0)


@jit
def lab_weight(along, across, sigma):
    """Density w(theta) per solid angle, and the lab momentum."""
    p = np.sqrt(along * along + across * across)
    if along <= 0.0:
        return 0.0, p
    theta = np.arctan2(across, along)
    stretch = theta * p / across if across > 1e-9 * p else 1.0
    return stretch * np.exp(-0.5 * (theta / sigma) ** 2) / (2.0 * np.pi * sigma**2), p


@jit
def boost(E, neutrino_energy):
    """Gamma and beta of the parent of a neutrino of lab energy E >= its energy at rest."""
    ratio = E / neutrino_energy
    return 0.5 * (ratio + 1.0 / ratio), (ratio * ratio - 1.0) / (ratio * ratio + 1.0)


@jit
def gain(E, neutrino_energy, energy, momentum, sigma, nodes, weights):
    """Integral of w over the rest frame, for HNLs of one energy from parents of one gamma.

    `nodes` and `weights` are those of Gauss and Legendre on [-1, 1], used in each hemisphere.
    """
    gamma, beta = boost(E, neutrino_energy)
    total = 0.0
    for branch in range(BRANCHES):
        for i in range(len(nodes)):
            u = 0.5 * (1.0 + nodes[i])
            cos, sin, jacobian = rest_angle(branch, u, gamma, beta, energy, momentum, sigma)
            along = gamma * (momentum * cos + beta * energy)
            w, _ = lab_weight(along, momentum * sin, sigma)
            total += 0.5 * weights[i] * jacobian * w
    return 2.0 * np.pi * total


@jit
def intensity_at(E, intensity):
    """Intensity of parents at a neutrino energy in GeV: linear in its logarithm, 0 outside."""
    position = (np.log(E) - intensity.start) / intensity.step
    last = len(intensity.value) - 1
    if position < 0.0 or position > last:
        return 0.0
    index = min(int(position), last - 1)
    left = intensity.value[index]
    return left + (position - index) * (intensity.value[index + 1] - left)


@jit
def produce(branch, x0, x1, x2, m, parent, mapping):
    """Draw an HNL that comes the way of the detector, in one of the `BRANCHES`.

    Returns
    -------
    tuple of float
        Neutrino energy (GeV); weight without the flux; momentum (GeV) of N in the lab;
        polarisation along the direction opposite to the parent in the rest frame of N; cosine of
        that direction to the direction of flight.
    """
    y0, j0 = mapped(x0, 0, mapping)
    u, j1 = mapped(x1, 1, mapping)
    E = parent.E_min + (parent.E_max - parent.E_min) * y0
    jacobian = (parent.E_max - parent.E_min) * j0 * j1
    energy, polarisation, share = rest_energy(x2, parent)
    jacobian *= share
    if parent.sigma == 0.0:  # no branches: all goes forward
        return E, jacobian if branch == FORWARD else 0.0, E, polarisation, 1.0
    momentum = np.sqrt(max(energy * energy - m * m, 1e-12 * m * m))
    gamma, beta = boost(E, parent.neutrino_energy)
    cos, sin, rest = rest_angle(branch, u, gamma, beta, energy, momentum, parent.sigma)
    if rest == 0.0:
        return E, 0.0, energy, polarisation, 1.0
    along, across = gamma * (momentum * cos + beta * energy), momentum * sin
    w, p = lab_weight(along, across, parent.sigma)
    lab_energy = gamma * (energy + beta * momentum * cos)
    # the parent's momentum along the flight of N, in the rest frame of N, is M momentum / m at most
    spin = (p - lab_energy * beta * along / p) * gamma / momentum
    spin = min(1.0, max(-1.0, spin))
    return E, 2.0 * np.pi * rest * w * jacobian, p, polarisation, spin
