"""Columns of the working block of the event loop.

A block holds some events in one flat array, one column of `BLOCK` numbers per quantity. Short loops
without branches run over whole columns and compile to vector instructions; look-ups in tables have
loops of their own. A loop runs over a multiple of `LANES` rows, the last ones filled with something
harmless, so that every event meets the same instructions wherever it stands and gives the same
bits.
"""

from physics.jit import jit

BLOCK = 128
"""Events per block; its columns stay in the nearest caches."""

LANES = 32
"""A multiple of what one turn of any vector loop handles."""

# Uniform numbers of axis a start at a * BLOCK.
UNIFORMS = 16
"""Columns set aside for uniform numbers."""


def _columns(first: int, number: int) -> range:
    """Offsets of some columns, counted after the uniform numbers."""
    return range((UNIFORMS + first) * BLOCK, (UNIFORMS + first + number) * BLOCK, BLOCK)


# Events: neutrino energy, jacobian, uniform of ln Q2, least Q2, ln(Q2max/Q2min), Q2, structure
ENERGY, JACOBIAN, Y, LOW, SPAN, Q2, GM2, C2 = _columns(0, 8)
# weight, flipping share, photon energy and cosine, HNL direction (along, across twice), m / p
WEIGHT, FLIPPED, PHOTON, COSINE, HNL, ACROSS_1, ACROSS_2, SLOWNESS = _columns(8, 8)
# Seen by a view: flux knot and fraction, flux, reconstructed energy and cosine, efficiency
KNOT, FRACTION, FLUX, SEEN_E, SEEN_COS, EFFICIENCY = _columns(16, 6)
# Selected events, close together: row, weight, HNL direction, m / p, three uniform numbers
ROW, DETECTED, S_HNL, S_ACROSS_1, S_ACROSS_2, S_SLOWNESS, U1, U2, U3 = _columns(22, 9)
# Flights: vertex, its weight, proper lengths at entry and exit
VX, VY, VZ, DRAWN, NEAR, FAR = _columns(31, 6)
SIZE = (UNIFORMS + 37) * BLOCK


@jit
def padded(rows):
    """Round a number of rows up to a multiple of `LANES`."""
    return (rows + LANES - 1) // LANES * LANES
