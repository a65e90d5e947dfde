"""Total cross-sections of vector exchange, by quadrature."""

from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from physics.form_factors import interpolate_squared, nucleon_parameters, squared_table
from physics.jit import jit
from physics.nuclei import nucleus
from physics.particles import mass
from physics.target_charges import Charges, electric, nuclear_current, nucleon_current, weak
from physics.upscattering import COHERENT, NUCLEON, q2_limits
from physics.vector_exchange import Current, structure, vector_helicities

Q2_NODES = 256
_GL_X, _GL_W = np.polynomial.legendre.leggauss(Q2_NODES)


class Exchange(NamedTuple):
    """A vector: its mass in GeV and what it couples to."""

    mass: float
    charges: Charges


class Scatterer(NamedTuple):
    """What is hit: mass in GeV, kind, and of a nucleus Z and the table of Z^2 F^2."""

    M: float
    kind: int
    Z: float
    table: NDArray[np.float64]


def exchange(boson: str, point: Mapping[str, Any], target: str) -> Exchange:
    """Pack a boson that a target exchanges with the neutrino.

    Parameters
    ----------
    boson : {"zprime", "z"}
        Which vector.
    point : mapping
        With ``mzprime`` in GeV.
    target : str
        ``"p"``, ``"n"`` or a nucleus.

    Returns
    -------
    Exchange
        For unit coupling to nubar N and unit coupling of the charges.

    Examples
    --------
    >>> exchange("zprime", {"mzprime": 0.03}, "p").charges.charge
    1.0
    """
    if boson == "zprime":
        return Exchange(float(point["mzprime"]), electric(target))
    return Exchange(mass("Z"), weak(target))


def scatterer(name: str) -> Scatterer:
    """Pack a target for the quadrature.

    Parameters
    ----------
    name : str
        ``"p"``, ``"n"`` or a nucleus such as ``"C12"``.

    Returns
    -------
    Scatterer
        For `cross_section`.

    Examples
    --------
    >>> scatterer("p").kind == NUCLEON, scatterer("C12").Z
    (True, 6.0)
    """
    if name in ("p", "n"):
        return Scatterer(nucleon_parameters(name)[2], NUCLEON, 1.0, np.zeros(2))
    return Scatterer(nucleus(name).mass, COHERENT, float(nucleus(name).Z), squared_table(name))


@jit
def current(exchange, hit, Q2):
    """Give the current of the target times the propagator of an exchange."""
    if hit.kind == COHERENT:
        F = np.sqrt(interpolate_squared(hit.table, Q2)) / hit.Z
        bare = nuclear_current(exchange.charges, F)
    else:
        bare = nucleon_current(exchange.charges, Q2, hit.M)
    propagator = 1.0 / (Q2 + exchange.mass * exchange.mass)
    return Current(bare.GM * propagator, bare.F2 * propagator, bare.GA * propagator)


@jit
def differential(E, Q2, m, hit, first, second, sign):
    """Differential cross-section of a pair of exchanges for unit couplings: both helicities."""
    tensor = structure(current(first, hit, Q2), current(second, hit, Q2), Q2, hit.M)
    return vector_helicities(E, Q2, m, hit.M, tensor, sign)


@jit
def cross_section(E, m, hit, first, second, sign):
    """Total cross-section in cm^2 of a pair of exchanges for unit couplings: both helicities.

    The square of an exchange when both are the same; of two, half of what their interference adds.
    Zero below threshold. `sign` is 1 for neutrinos and -1 for antineutrinos.
    """
    low, high = q2_limits(E, m, hit.M)
    if high <= low:
        return 0.0, 0.0
    span = np.log(high / low)
    conserving, flipping = 0.0, 0.0
    for node in range(Q2_NODES):
        Q2 = low * np.exp(0.5 * span * (1.0 + _GL_X[node]))
        a, b = differential(E, Q2, m, hit, first, second, sign)
        conserving += 0.5 * span * _GL_W[node] * Q2 * a
        flipping += 0.5 * span * _GL_W[node] * Q2 * b
    return conserving, flipping
