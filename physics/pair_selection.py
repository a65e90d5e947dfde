"""Overlap and observables of a block of pairs, column by column.

One loop for each rule and observable: with the choice inside, it would be no vector loop.
"""

from physics.block import BLOCK
from physics.jit import jit
from physics.pair_block import REACHED, SEEN, VALUE
from physics.pair_visible import (
    BY_ANGLE,
    BY_TABLE,
    COS_THETA,
    E_NU_QE,
    E_THETA2,
    E_VIS,
    M_PAIR,
    P_VIS,
    THETA_PAIR,
    T,
    is_one_shower,
    observable,
)


@jit
def _pair(work, i):
    return (
        work[SEEN + i], work[SEEN + BLOCK + i], work[SEEN + 2 * BLOCK + i],
        work[SEEN + 3 * BLOCK + i], work[SEEN + 4 * BLOCK + i], work[SEEN + 5 * BLOCK + i],
        work[SEEN + 6 * BLOCK + i], work[SEEN + 7 * BLOCK + i],
    )  # fmt: skip


@jit
def merge(rows, merging, e, table, start, stop, work):
    """Count the first step of pairs that are one shower for view e."""
    rule = merging[e, 0]
    cos, least = merging[e, 1], merging[e, 2]
    if rule == BY_ANGLE:
        for i in range(rows):
            one = is_one_shower(_pair(work, i), BY_ANGLE, cos, least, table, start, stop)
            work[REACHED + i] = 1.0 if one else 0.0
    else:
        for i in range(rows):
            one = is_one_shower(_pair(work, i), BY_TABLE, cos, least, table, start, stop)
            work[REACHED + i] = 1.0 if one else 0.0


@jit
def measure(kind, rows, work):
    """Fill the values of an observable."""
    if kind == E_VIS:
        for i in range(rows):
            work[VALUE + i] = observable(E_VIS, _pair(work, i))
    elif kind == COS_THETA:
        for i in range(rows):
            work[VALUE + i] = observable(COS_THETA, _pair(work, i))
    elif kind == E_NU_QE:
        for i in range(rows):
            work[VALUE + i] = observable(E_NU_QE, _pair(work, i))
    elif kind == M_PAIR:
        for i in range(rows):
            work[VALUE + i] = observable(M_PAIR, _pair(work, i))
    elif kind == P_VIS:
        for i in range(rows):
            work[VALUE + i] = observable(P_VIS, _pair(work, i))
    elif kind == T:
        for i in range(rows):
            work[VALUE + i] = observable(T, _pair(work, i))
    elif kind == THETA_PAIR:
        for i in range(rows):
            work[VALUE + i] = observable(THETA_PAIR, _pair(work, i))
    else:
        for i in range(rows):
            work[VALUE + i] = observable(E_THETA2, _pair(work, i))
