"""Exchange of vectors: explicit traces of gamma matrices, and what symmetry asks for."""

import numpy as np
import pytest
from gamma_matrices import GAMMA, LEFT, RIGHT, centre_of_mass, nucleon_vertex, summed

from physics.units import GEV2_TO_CM2
from physics.upscattering import q2_limits
from physics.vector_exchange import Current, structure, vector_helicities

PHOTON_LIKE, WEAK = Current(1.7, 0.9, 0.0), Current(-0.4, 0.6, 0.63)
NEUTRINO, ANTINEUTRINO = 1.0, -1.0
POINTS = [
    (E, m, M, fraction)
    for E in (0.3, 1.5, 6.0)
    for m in (0.05, 0.25, 0.5)
    for M in (0.94, 11.2)
    for fraction in (0.1, 0.5, 0.9)
    if m + m * m / (2 * M) < E
]


def traced(E, Q2, m, M, a, b, sign):
    """d sigma / d Q2 of both helicities from traces, the exchanges having unit couplings.

    An antineutrino is a right-handed particle; its conserving helicity is the positive one.
    """
    momenta = centre_of_mass(np.float64(E), np.float64(Q2), m, M)
    transfer = momenta[3] - momenta[1]
    lepton = GAMMA @ (LEFT if sign > 0 else RIGHT)
    first, second = (nucleon_vertex(transfer, M, c.GM - c.F2, c.F2, c.GA) for c in (a, b))
    squared = [summed(lepton, first, second, momenta, m, M, h).real for h in (-sign, sign)]
    # average over the spins of the target; the neutrino has one
    return np.array(squared) / 2 / (16 * np.pi * (2 * M * E) ** 2) * GEV2_TO_CM2


def momentum_transfer(E, m, M, fraction):
    """Q2 at a fraction of the way from the least to the largest, on a log scale."""
    low, high = q2_limits(E, m, M)
    return low * (high / low) ** fraction


@pytest.mark.parametrize(("E", "m", "M", "fraction"), POINTS)
@pytest.mark.parametrize("sign", [NEUTRINO, ANTINEUTRINO])
@pytest.mark.parametrize("pair", [(PHOTON_LIKE, PHOTON_LIKE), (PHOTON_LIKE, WEAK), (WEAK, WEAK)])
def test_helicities_are_the_traces(E, m, M, fraction, sign, pair):
    Q2 = momentum_transfer(E, m, M, fraction)
    expected = traced(E, Q2, m, M, *pair, sign)
    ours = np.array(vector_helicities(E, Q2, m, M, structure(*pair, Q2, M), sign))
    assert np.abs(ours - expected).max() < 1e-8 * np.abs(expected).max()
