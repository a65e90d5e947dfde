"""Columns of the working block for HNLs that decay to pairs, after those of `physics.block`."""

from physics.block import BLOCK, SIZE

MOST_EXCHANGES = 3
MOST_MODES = 8
MOST_ROWS = MOST_EXCHANGES * MOST_MODES
"""Weights of one event: a row for each exchange and mode of decay."""

# Production: sum and difference of the helicities, by exchange, of neutrinos and antineutrinos
SUM = SIZE
DIFFERENCE = SUM + 2 * MOST_EXCHANGES * BLOCK
# N: energy, momentum, sine of its angle; what helicities add and differ by for unit exchanges;
# drawn decays: y, 1/density, cosine of the pair, parts of the amplitude, density of the cosine
E_HNL, P_HNL, S_HNL_SINE, PLAIN, SPIN, MASS2, STEP, COS_PAIR, BASE, LEANT, DRAWN_WITH = range(
    DIFFERENCE + 2 * MOST_EXCHANGES * BLOCK,
    DIFFERENCE + (2 * MOST_EXCHANGES + 11) * BLOCK,
    BLOCK,
)
# Decay: weight without helicity, and what the helicity multiplies, by mode
EVEN = DRAWN_WITH + BLOCK
ODD = EVEN + MOST_MODES * BLOCK
# Leptons in the lab: E, x, y, z of each
MINUS = ODD + MOST_MODES * BLOCK
PLUS = MINUS + 4 * BLOCK
# The same as a view sees them
SEEN = PLUS + 4 * BLOCK
# In a view: fluxes, an observable, steps of the selection passed, helicity difference, sum by
# exchange, weight by row
NEUTRINOS, ANTINEUTRINOS, VALUE, REACHED, TURNED = range(SEEN + 8 * BLOCK, SEEN + 13 * BLOCK, BLOCK)
TOTAL = SEEN + 13 * BLOCK
WEIGHTS = TOTAL + MOST_EXCHANGES * BLOCK
# Selected events: their weights by row
ROWS = WEIGHTS + MOST_ROWS * BLOCK
PAIR_SIZE = ROWS + MOST_ROWS * BLOCK
