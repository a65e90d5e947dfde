"""Points of the Sobol sequence, without the second that scipy.stats takes to import.

Direction numbers of S. Joe and F. Y. Kuo, SIAM J. Sci. Comput. 30 (2008) 2635, file new-joe-kuo-6:
those of `scipy.stats.qmc.Sobol`, whose points a test compares with these to the bit.
"""

import numpy as np
from numpy.typing import NDArray

BITS = 30
"""Binary digits of a coordinate."""

_JOE_KUO: tuple[tuple[int, tuple[int, ...]], ...] = (
    (3, (1,)),
    (7, (1, 3)),
    (11, (1, 3, 1)),
    (13, (1, 1, 1)),
    (19, (1, 1, 3, 3)),
    (25, (1, 3, 5, 13)),
    (37, (1, 1, 5, 5, 17)),
    (41, (1, 1, 5, 5, 5)),
    (47, (1, 1, 7, 11, 19)),
    (55, (1, 1, 5, 1, 1)),
    (59, (1, 1, 1, 3, 11)),
    (61, (1, 3, 5, 5, 31)),
    (67, (1, 3, 3, 9, 7, 49)),
    (91, (1, 1, 1, 15, 21, 21)),
    (97, (1, 3, 1, 13, 27, 49)),
)
"""Primitive polynomial, its coefficients as binary digits, and first direction numbers of the
dimensions from the second on."""

MOST_DIMENSIONS = len(_JOE_KUO) + 1


def sobol(number: int, dimensions: int) -> NDArray[np.float64]:
    """First points of the Sobol sequence, in the order of the Gray code.

    Parameters
    ----------
    number : int
        How many, at most 2^30.
    dimensions : int
        At most `MOST_DIMENSIONS`; the first ones do not depend on it.

    Returns
    -------
    ndarray
        Shape (number, dimensions), in [0, 1); the first is the origin.

    Examples
    --------
    >>> sobol(4, 2).tolist()
    [[0.0, 0.0], [0.5, 0.5], [0.75, 0.25], [0.25, 0.75]]
    """
    directions = np.stack([_directions(dimension) for dimension in range(dimensions)], axis=1)
    points = np.zeros((number, dimensions), dtype=np.uint32)
    known = 1
    for direction in directions:
        if known >= number:
            break
        # the Gray code of the next half is that of the first one backwards, with one bit more
        more = min(known, number - known)
        points[known : known + more] = points[known - 1 :: -1][:more] ^ direction
        known += more
    return np.asarray(points * 2.0**-BITS, dtype=np.float64)


def _directions(dimension: int) -> NDArray[np.uint32]:
    """Direction numbers of one dimension, each of `BITS` binary digits.

    With the polynomial x^s + a_1 x^(s-1) + ... + 1:
    m_k = 2 a_1 m_(k-1) xor ... xor 2^s m_(k-s) xor m_(k-s), and v_k = m_k / 2^k.
    """
    numbers = [1] * BITS
    if dimension > 0:
        polynomial, first = _JOE_KUO[dimension - 1]
        degree = polynomial.bit_length() - 1
        numbers[:degree] = first
        for k in range(degree, BITS):
            value = numbers[k - degree]
            for i in range(1, degree + 1):
                if (polynomial >> (degree - i)) & 1:
                    value ^= numbers[k - i] << i
            numbers[k] = value
    return np.array([m << (BITS - 1 - k) for k, m in enumerate(numbers)], dtype=np.uint32)
