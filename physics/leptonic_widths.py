r"""Phase space of N -> nu l l': factors that multiply :math:`G_F^2 m^5 |U|^2 / (192\pi^3)`.

For :math:`|M|^2 \propto g_L^2 (p_N p_+)(p_\nu p_-) + g_R^2 (p_N p_-)(p_\nu p_+) +
g_L g_R m_- m_+ (p_N p_\nu)`; arXiv:1805.08567 and arXiv:2007.03701.
"""

from fractions import Fraction
from functools import cache

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]

_NEAR_THRESHOLD = 0.5
_TERMS = 30


def dilepton_phase_space(x: ArrayLike, g_left: float, g_right: float) -> Floats:
    r"""Factor of N -> nu l+ l-, one mass of charged leptons.

    :math:`(g_L^2 + g_R^2) f_1(x) + g_L g_R f_2(x)`, :math:`x = m_l/m_N`,
    :math:`f_1 = (1 - 14x^2 - 2x^4 - 12x^6)\beta + 48 x^4(1 - x^4)L`,
    :math:`f_2 = 8x^2(1 + 5x^2 - 6x^4)\beta - 96 x^4(1 - 2x^2 + 2x^4)L`,
    :math:`\beta = \sqrt{1 - 4x^2}`, :math:`L = \mathrm{artanh}\,\beta` (arXiv:1805.08567, whose
    logarithm is -4 L).

    Parameters
    ----------
    x : array_like
        Lepton mass over HNL mass, > 0.
    g_left, g_right : float
        Couplings of the leptons, see `electroweak.charged_lepton_couplings`.

    Returns
    -------
    ndarray
        Factor, to eleven digits from threshold (x = 1/2, and 0 above it) to x = 1e-9.

    Examples
    --------
    >>> f"{dilepton_phase_space(1e-9, 1.0, 0.0):.6f}", float(dilepton_phase_space(0.5, 1.0, 0.0))
    ('1.000000', 0.0)
    """
    x = np.asarray(x, dtype=float)
    x2 = np.minimum(x, 0.5) ** 2
    beta = np.sqrt(np.maximum(0.0, (1 - 2 * x) * (1 + 2 * x)))
    # artanh(beta), where 1 - beta would lose digits
    L = np.log((1 + beta) / (2 * np.sqrt(x2)))
    f1 = (1 - x2 * (14 + x2 * (2 + 12 * x2))) * beta + 48 * x2**2 * (1 - x2**2) * L
    f2 = 8 * x2 * (1 + x2 * (5 - 6 * x2)) * beta - 96 * x2**2 * (1 - 2 * x2 * (1 - x2)) * L
    near = np.minimum(beta, _NEAR_THRESHOLD)
    series = [near**7 * np.polynomial.polynomial.polyval(near**2, c) for c in _threshold_series()]
    f1, f2 = (np.where(beta > _NEAR_THRESHOLD, f, s) for f, s in zip((f1, f2), series, strict=True))
    return np.asarray((g_left**2 + g_right**2) * f1 + g_left * g_right * f2)


@cache
def _threshold_series() -> tuple[Floats, Floats]:
    """Coefficients of f_1 and f_2 over beta^7 in beta^2: the powers below cancel.

    Exact fractions of the closed forms with x^2 = (1 - beta^2)/4, artanh expanded.
    """
    one = [Fraction(1)]
    x2 = [Fraction(1, 4), Fraction(-1, 4)]
    x4, x6 = _product(x2, x2), _product(x2, x2, x2)
    artanh = [Fraction(1, 2 * k + 1) for k in range(_TERMS)]
    f1 = _sum(
        (1, one), (-14, x2), (-2, x4), (-12, x6),
        (48, _product(x4, artanh)), (-48, _product(x4, x4, artanh)),
    )  # fmt: skip
    f2 = _sum(
        (8, x2), (40, x4), (-48, x6),
        (-96, _product(x4, artanh)), (192, _product(x6, artanh)),
        (-192, _product(x4, x4, artanh)),
    )  # fmt: skip
    return np.array(f1[3:_TERMS], dtype=float), np.array(f2[3:_TERMS], dtype=float)


def _product(*factors: list[Fraction]) -> list[Fraction]:
    """Multiply polynomials."""
    total = [Fraction(1)]
    for factor in factors:
        longer = [Fraction(0)] * (len(total) + len(factor) - 1)
        for i, a in enumerate(total):
            for j, b in enumerate(factor):
                longer[i + j] += a * b
        total = longer
    return total


def _sum(*terms: tuple[int, list[Fraction]]) -> list[Fraction]:
    """Sum of polynomials times integers."""
    length = max(len(p) for _, p in terms)
    return [sum((n * p[k] for n, p in terms if k < len(p)), Fraction(0)) for k in range(length)]


def charged_current_phase_space(x: ArrayLike, y: ArrayLike) -> Floats:
    r"""Factor of N -> l l' nu by a W: two charged leptons of different flavours.

    :math:`I(0, x^2, y^2)` with :math:`I(a, b, c) = 12\int\frac{ds}{s}(s-a-b)(1+c-s)
    \sqrt{\lambda(s,a,b)\lambda(1,s,c)}` between :math:`(\sqrt a+\sqrt b)^2` and
    :math:`(1-\sqrt c)^2`, symmetric in its arguments (arXiv:1805.08567).

    Parameters
    ----------
    x, y : array_like
        Masses of the charged leptons over the HNL mass; they broadcast.

    Returns
    -------
    ndarray
        Factor, 0 for x + y >= 1.

    Examples
    --------
    >>> r = 0.25
    >>> closed = 1 - 8 * r + 8 * r**3 - r**4 - 12 * r**2 * np.log(r)
    >>> f"{charged_current_phase_space(0.5, 0.0):.10f}", f"{closed:.10f}"
    ('0.1608145208', '0.1608145208')
    """
    # nothing depends on masses beyond the threshold
    heavy, light = (np.minimum(1.0, choose(x, y)) for choose in (np.maximum, np.minimum))
    # s, the squared mass of the lighter lepton and the neutrino, is low + span sin^2: this takes
    # out the root at the upper end and the pole just below the lower one
    low = light**2
    span = np.maximum(0.0, 1 - heavy - light) * (1 - heavy + light)
    total = np.zeros(np.shape(span))
    for sine, cosine, weight in zip(*_nodes(), strict=True):
        part = span * sine**2
        s = low + part
        root = np.sqrt((1 + heavy) ** 2 - s) * np.sqrt(span) * cosine
        ratio = np.divide(part**2, s, out=np.zeros(np.shape(s)), where=s > 0)
        total += weight * ratio * (1 + heavy**2 - s) * root
    return np.asarray(12 * span * total)


@cache
def _nodes() -> tuple[list[float], list[float], list[float]]:
    """Sine and cosine of angles in [0, pi/2], and weights of d sin^2, by Gauss and Legendre."""
    nodes, weights = np.polynomial.legendre.leggauss(64)
    angles = np.pi / 4 * (1 + nodes)
    sine, cosine = np.sin(angles), np.cos(angles)
    return sine.tolist(), cosine.tolist(), (np.pi / 2 * weights * sine * cosine).tolist()
