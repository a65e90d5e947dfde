"""The compiled event loop of HNLs that come from the beam: boost, ray, decay, selection, histogram.

One call runs a range of points of every replicate of one decay of one parent, for one experiment.
HNLs arrive in parallel from the source and cross the face of the detector evenly; the proper
lengths u = l m / p at which they enter and leave each decay volume go into a histogram
(`physics.lifetime`). Without a selection all final states share one histogram.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from physics.events import Map
from physics.geometry import path
from physics.in_flight.boost import BRANCHES, Intensity, Parent, intensity_at, produce
from physics.in_flight.visible import observables
from physics.jit import jit
from physics.lifetime import record

DIMENSIONS = 10
"""Uniform numbers per event: neutrino energy, angle at rest, energy at rest, place on the face (2),
decay (5)."""

MOMENTS = 3


class Stream(NamedTuple):
    """One decay of one parent at one HNL mass.

    Parameters
    ----------
    m : float
        HNL mass in GeV.
    alignment : float
        1 for HNLs whose decays know their spin (Dirac), 0 for others.
    parent : Parent
        Kinematics of the decay.
    mapping : Map
        Frozen vegas map of (neutrino energy, angle).
    intensity : Intensity
        Flux of parents times the HNLs per neutrino.
    """

    m: float
    alignment: float
    parent: Parent
    mapping: Map
    intensity: Intensity


class Detector(NamedTuple):
    """An experiment as the loop sees it; lengths in cm, energies in GeV.

    Parameters
    ----------
    baseline : float
        From the source to the origin.
    face : ndarray (4,)
        Least and largest x and y of the rectangle that HNLs are sent through.
    area : float
        Of the face, in cm^2.
    volumes : ndarray (n, 8)
        Decay volumes, rows of `physics.geometry`.
    cuts : ndarray (n, 3)
        Observable, minimum, maximum.
    """

    baseline: float
    face: NDArray[np.float64]
    area: float
    volumes: NDArray[np.float64]
    cuts: NDArray[np.float64]


class Tallies(NamedTuple):
    """What the loop adds to, by replicate or decay.

    Parameters
    ----------
    histogram : ndarray (replicates, decays, MOMENTS, bins)
        Proper lengths of HNLs that are selected.
    produced : ndarray (replicates,)
        HNLs that cross the face, per POT and unit mixing.
    flow : ndarray (decays, cuts + 1)
        Decays of long-lived HNLs: all, and left after each cut.
    accepted : ndarray (3,)
        Sum of weights and of their squares, and number, of HNLs that may be seen.
    """

    histogram: NDArray[np.float64]
    produced: NDArray[np.float64]
    flow: NDArray[np.float64]
    accepted: NDArray[np.float64]


@jit
def _crossings(x3, x4, detector, paths):
    """Fill the distances (cm) from the source at which a ray enters and leaves the volumes.

    Rays are parallel: over the length of a detector the flux is that of the table.
    Returns the length inside: zero when all are missed.
    """
    face = detector.face
    x = face[0] + x3 * (face[1] - face[0])
    y = face[2] + x4 * (face[3] - face[2])
    inside = 0.0
    for v in range(len(detector.volumes)):
        near, far = path(detector.volumes[v], x, y, -detector.baseline, 0.0, 0.0, 1.0)
        paths[v, 0], paths[v, 1] = near, far
        inside += far - near
    return inside


@jit
def _record_all(histogram, paths, slowness, weight):
    """Add the decay intervals of an HNL."""
    for v in range(len(paths)):
        if paths[v, 1] > paths[v, 0]:
            record(histogram, paths[v, 1] * slowness, weight)
            if paths[v, 0] > 0.0:
                record(histogram, paths[v, 0] * slowness, -weight)


@jit
def _passed(seen, cuts):
    """Count the leading rows of a selection that an event passes."""
    for row in range(len(cuts)):
        value = seen[int(cuts[row, 0])]
        if not cuts[row, 1] <= value <= cuts[row, 2]:
            return row
    return len(cuts)


@jit
def _select(u, m, p, polarisation, spin, shapes, detector, weight, inside, tallies, r, paths):
    """Decay an HNL in each of the ways given, and add what passes the selection."""
    seen = np.zeros(4)
    for d in range(len(shapes)):
        drawn = observables(shapes[d], m, p, polarisation, spin, u[5], u[6], u[7], u[8], u[9], seen)
        each = weight * drawn
        passed = _passed(seen, detector.cuts)
        for step in range(passed + 1):
            tallies.flow[d, step] += each * inside * m / p
        if passed == len(detector.cuts) and each != 0.0:
            _record_all(tallies.histogram[r, d], paths, m / p, each)


@jit
def _follow(branch, u, r, stream, inside, paths, detector, shapes, tallies):
    """Draw an HNL of one branch on a ray with a length `inside` the volumes, and add it up."""
    m = stream.m
    E, weight, p, polarisation, spin = produce(
        branch, u[0], u[1], u[2], m, stream.parent, stream.mapping
    )
    weight *= intensity_at(E, stream.intensity) * detector.area
    if weight == 0.0 or p <= 0.0:
        return
    tallies.produced[r] += weight
    if inside == 0.0:
        return
    tallies.accepted[0] += weight
    tallies.accepted[1] += weight * weight
    tallies.accepted[2] += 1.0
    if len(shapes) == 0:
        tallies.flow[0, 0] += weight * inside * m / p
        _record_all(tallies.histogram[r, 0], paths, m / p, weight)
    else:
        aligned = stream.alignment * polarisation
        _select(u, m, p, aligned, spin, shapes, detector, weight, inside, tallies, r, paths)


@jit
def sample(points, shifts, first, last, stream, detector, shapes, tallies):
    """Run points [first, last) of every replicate; weights are not divided by their number.

    `points` are base points in [0, 1) of shape (n, DIMENSIONS), `shifts` (replicates, DIMENSIONS)
    their shifts modulo 1; `shapes` the decays to follow, or none where all share one histogram.
    """
    paths = np.zeros((len(detector.volumes), 2))
    u = np.zeros(DIMENSIONS)
    for r in range(len(shifts)):
        for i in range(first, last):
            for axis in range(DIMENSIONS):
                value = points[i, axis] + shifts[r, axis]
                u[axis] = value - 1.0 if value >= 1.0 else value
            inside = _crossings(u[3], u[4], detector, paths)
            for branch in range(BRANCHES):
                _follow(branch, u, r, stream, inside, paths, detector, shapes, tallies)
