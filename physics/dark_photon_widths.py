r"""Decays of a heavy neutral lepton N that mixes and couples to a dark photon Z'.

The Z' couples to dark charge with g_D and, by kinetic mixing, to electric charge with
:math:`e\epsilon`. Next to the W and the Z it adds to the couplings g_L and g_R of
`electroweak.charged_lepton_couplings`, at the squared mass s of the pair,

.. math:: Q\,\kappa\,\frac{m_{Z'}^2}{m_{Z'}^2 - s}, \qquad
   \kappa = \frac{g_D |U_{D4}|^2\, e\,\epsilon}{2\sqrt2\,G_F\, m_{Z'}^2}.

Positive epsilon weakens the Z on nuclei, whose weak charge is negative, and strengthens the vector
coupling of the Z to charged leptons; with the W's, of the other sign, it interferes destructively.
With :math:`y = s/m_4^2` a vector coupling g, that is :math:`g_L = g_R = g`, gives

.. math:: \frac{d\Gamma}{dy} = \frac{G_F^2 m_4^5}{192\pi^3}\, 4 g^2 (1-y)^2 (1+2y)\,\rho(s),
   \qquad \rho_l = \beta\,(1 + 2 m_l^2/s), \quad \rho_\pi = \beta^3 |F_\pi(s)|^2/4,

and :math:`\Gamma(Z' \to X) = \alpha\epsilon^2 m_{Z'}\,\rho_X(m_{Z'}^2)/3`. An axial coupling does
not interfere with a vector one after integration: in the term linear in what the Z' adds, d, the
product :math:`d\,(g_L + g_R)` takes the place of :math:`g^2`.
"""

from collections.abc import Mapping
from functools import cache, lru_cache

import numpy as np
from numpy.typing import ArrayLike, NDArray

from physics import minimal_widths
from physics.electroweak import PDG, Constants, charged_lepton_couplings
from physics.errors import InputError
from physics.minimal_widths import DILEPTONS, FLAVOURS, unit_widths
from physics.units import ALPHA
from physics.zprime_decays import hold_decays, member_mass, spectrum, zprime_widths

Floats = NDArray[np.float64]

CHANNELS = (*minimal_widths.CHANNELS, "nu_pi_pi")
"""Final states: those of the minimal model, and two pions from the Z'."""

_PAIRS = {**DILEPTONS, "nu_pi_pi": "pi"}
"""Final states that the Z' makes, and half of the pair."""

_CHARGE = np.sqrt(4 * np.pi * ALPHA)

# least m_Z'^2/m_4^2 - 1, finer than floats resolve: the integrals are finite there
_NEAREST = 1e-15


def partial_widths(
    m4: ArrayLike,
    mzprime: ArrayLike,
    mixings: Mapping[str, ArrayLike],
    dark_coupling: ArrayLike,
    epsilon: ArrayLike,
    constants: Constants = PDG,
) -> dict[str, Floats]:
    r"""Partial widths of a Dirac N with the W, the Z and the Z'; double them for Majorana.

    A Z' at least as heavy as N is virtual: N -> nu l+ l- is the coherent sum of W, Z and Z', and
    N -> nu pi+ pi- that of the Z' alone, without its interference with the Z. A lighter Z' is on
    shell and narrow: to the widths of the minimal model is added, without interference,

    .. math:: \Gamma(N\to\nu Z') = \sum_\alpha |U_{\alpha4}|^2\, g_D^2 |U_{D4}|^4\,
       \frac{m_4^3}{32\pi m_{Z'}^2}(1-r^2)^2(1+2r^2), \qquad r = m_{Z'}/m_4,

    times the branching ratios of `zprime_widths`. At m_Z' = m_4 this goes to zero and the virtual
    Z' does not: the sum has a step of order epsilon^2, made good where 1 - r reaches about
    epsilon/90. Left out are three neutrinos from a Z', which ask for the small dark charge of light
    neutrinos once more, and hadrons from it other than two pions.

    Parameters
    ----------
    m4 : array_like
        HNL mass in GeV, > 0, below the D meson's.
    mzprime : array_like
        Mass of the Z' in GeV; above two electrons where it is below `m4`.
    mixings : mapping of str to array_like
        :math:`|U_{\alpha4}|^2` by flavour, "e", "mu", "tau"; 0 for those left out.
    dark_coupling : array_like
        :math:`g_D |U_{D4}|^2`, :math:`g_D = \sqrt{4\pi\alpha_D}`.
    epsilon : array_like
        Kinetic mixing; of either sign.
    constants : Constants
        Weak couplings and decay constants.

    Returns
    -------
    dict
        Width in GeV of every final state in `CHANNELS`, 0 where it is closed; all arguments
        broadcast. The parts without couplings of single masses are remembered.

    Examples
    --------
    The Z' off and on shell:

    >>> widths = partial_widths(0.1, 1.25, {"mu": 1e-6}, 1.0, 1e-3)
    >>> f"{widths['nu_e_e']:.4e} {widths['nu_nu_nu']:.4e}"
    '1.5959e-23 2.2852e-25'
    >>> widths = partial_widths(0.1, 0.03, {"mu": 1e-6}, 1.0, 1e-3)
    >>> f"{widths['nu_e_e']:.4e} {1e-6 * 0.1**3 / (32 * np.pi * 0.03**2) * 0.91**2 * 1.18:.4e}"
    '1.0800e-08 1.0800e-08'
    """
    dark, visible = np.asarray(dark_coupling, dtype=float), np.asarray(epsilon, dtype=float)
    table = _table(m4, mzprime, constants)
    powers = _powers(dark, visible)
    total = _mixed(np.moveaxis(table, 0, 1), powers, _squared(mixings))
    return dict(zip(CHANNELS, total, strict=True))


def pair_widths(
    m4: ArrayLike,
    mzprime: ArrayLike,
    mixings: Mapping[str, ArrayLike],
    dark_coupling: ArrayLike,
    epsilon: ArrayLike,
) -> dict[str, Floats]:
    """Widths of `partial_widths` to two leptons of a flavour, split by the shape of the decay.

    Parameters
    ----------
    m4, mzprime, mixings, dark_coupling, epsilon
        As for `partial_widths`.

    Returns
    -------
    dict
        Width in GeV by "state:mode": the weak interaction by flavour of the mixing, its
        "interference" with a virtual Z', which may be negative, the "virtual" and the "real" Z'.

    Examples
    --------
    >>> parts = pair_widths(0.1, 1.25, {"mu": 1e-6}, 1.0, 1e-3)
    >>> [f"{parts[f'nu_e_e:{mode}']:.2e}" for mode in ("mu", "interference", "virtual", "real")]
    ['2.87e-26', '1.01e-25', '1.58e-23', '0.00e+00']
    >>> f"{sum(w for name, w in parts.items() if name.startswith('nu_e_e')):.4e}"
    '1.5959e-23'
    """
    dark, visible = np.asarray(dark_coupling, dtype=float), np.asarray(epsilon, dtype=float)
    table, powers = _table(m4, mzprime, PDG), _powers(dark, visible)
    squared = _squared(mixings)
    found = {}
    for state in DILEPTONS:
        own = table[:, CHANNELS.index(state)]
        for f, flavour in enumerate(FLAVOURS):
            found[f"{state}:{flavour}"] = own[0, f] * powers[0] * squared[f]
        for power, mode in enumerate(("interference", "virtual", "real"), start=1):
            part = slice(power, power + 1)
            found[f"{state}:{mode}"] = _mixed(own[None, part], powers[part], squared)[0]
    return found


def _mixed(table: Floats, powers: Floats, squared: Floats) -> Floats:
    """Sum (channels, powers, flavours, ...) over powers and flavours, always in this order.

    einsum chooses an order by shape: a point would differ from the same one in a grid.
    """
    shape = np.broadcast_shapes(table.shape[3:], powers.shape[1:], squared.shape[1:])
    total = np.zeros((len(table), *shape))
    lead = (len(table), *(1,) * (len(shape) - len(table.shape[3:])), *table.shape[3:])
    for power, weight in enumerate(powers):
        for flavour, mixing in enumerate(squared):
            if not mixing.any():
                continue
            total = total + table[:, power, flavour].reshape(lead) * weight * mixing
    return np.asarray(total)


def _powers(dark: Floats, visible: Floats) -> Floats:
    """Stack what multiplies the parts of `_tabulate`."""
    product = dark * visible
    return np.stack([np.ones_like(product), product, product**2, dark**2 + 0 * product])


def _squared(mixings: Mapping[str, ArrayLike]) -> Floats:
    """Stack the squared mixings in the order of the flavours."""
    unknown = sorted(set(mixings) - set(FLAVOURS))
    if unknown:
        raise InputError(
            f"mixing with {unknown[0]!r} is unknown; allowed are {', '.join(FLAVOURS)}"
        )
    squared = [np.asarray(mixings.get(f, 0.0), dtype=float) for f in FLAVOURS]
    return np.stack(np.broadcast_arrays(*squared))


def _table(m4: ArrayLike, mzprime: ArrayLike, constants: Constants) -> Floats:
    """Look up the parts, shape (powers, channels, flavours) and the masses'."""
    if np.ndim(m4) or np.ndim(mzprime):
        return _tabulate(np.asarray(m4, dtype=float), np.asarray(mzprime, dtype=float), constants)
    return _at_masses(float(m4), float(mzprime), constants)  # type: ignore[arg-type]


@lru_cache(maxsize=1024)
def _at_masses(m4: float, mzprime: float, constants: Constants) -> Floats:
    """Remember masses: couplings are asked for thousands of times at each."""
    table = _tabulate(np.asarray(m4), np.asarray(mzprime), constants)
    table.setflags(write=False)
    return table


def _tabulate(m4: Floats, mzprime: Floats, constants: Constants) -> Floats:
    """Widths for unit mixing that multiply 1, g epsilon, (g epsilon)^2 and g^2, g = g_D |U_D4|^2.

    The weak interaction, its interference with a virtual Z', the virtual and the real Z'.
    """
    m4, mzprime = np.broadcast_arrays(m4, mzprime)
    table = np.zeros((4, len(CHANNELS), len(FLAVOURS), *m4.shape))
    for (state, flavour), width in unit_widths(m4, constants).items():
        table[0, CHANNELS.index(state), FLAVOURS.index(flavour)] = width
    virtual = mzprime >= m4
    scale = m4**5 / (192 * np.pi**3)
    # kappa G_F
    contact = _CHARGE / (2 * np.sqrt(2) * mzprime**2)
    real = _real_widths(m4, mzprime)
    for state, particle in _PAIRS.items():
        c = CHANNELS.index(state)
        once, twice = propagated(m4, mzprime, particle)
        if state in DILEPTONS:
            for f, flavour in enumerate(FLAVOURS):
                # the charge of the lepton is -1
                vector = -sum(charged_lepton_couplings(flavour, particle, constants))
                interference = scale * constants.G_F * contact * vector * once
                table[1, c, f] = np.where(virtual, interference, 0.0)
        table[2, c] = np.where(virtual, scale * contact**2 * twice, 0.0)
        table[3, c] = real[particle]
    return table


def _real_widths(m4: Floats, mzprime: Floats) -> dict[str, Floats]:
    """N -> nu Z' and the Z' to each pair, for unit couplings."""
    # 1 - r^2, of which closed masses leave nothing
    open_share = np.maximum(0.0, (m4 - mzprime) * (m4 + mzprime)) / m4**2
    width = m4**3 / (32 * np.pi * mzprime**2) * open_share**2 * (1 + 2 * (mzprime / m4) ** 2)
    widths = zprime_widths(mzprime, 1.0)
    total = np.sum([*widths.values()], axis=0)
    hold_decays(m4, mzprime)
    share = np.divide(width, total, out=np.zeros(m4.shape), where=total > 0)
    return {state.split("_")[0]: np.asarray(share * w) for state, w in widths.items()}


def propagated(m4: Floats, mzprime: Floats, particle: str) -> tuple[Floats, Floats]:
    r"""Integrals of the pair's 4 (1-y)^2 (1+2y) rho times P and P^2, P = m_Z'^2/(m_Z'^2 - s).

    In two halves: below, y = y_0 cosh^2 t takes out the root at threshold y_0; above,
    R - y = (R - 1) exp w, R = m_Z'^2/m_4^2, spreads out the pole just beyond the end.
    """
    m4, mzprime = m4[..., None], mzprime[..., None]
    light = 2 * member_mass(particle)
    low = np.minimum(light / m4, 1.0) ** 2
    # 1 - y_0 and R - 1 without cancellation
    span = np.maximum(0.0, (m4 - light) * (m4 + light)) / m4**2
    gap = np.maximum(_NEAREST, (mzprime - m4) * (mzprime + m4) / m4**2)
    nodes, weights = _nodes()

    end = np.arcsinh(np.sqrt(span / (2 * low)))
    t = end * nodes
    rest = span - low * np.sinh(t) ** 2
    dy = low * np.sinh(2 * t) * end * weights
    lower = _integrate(m4, particle, rest, np.tanh(t) ** 2, gap, dy)

    end = np.log1p(span / (2 * gap))
    w = end * nodes
    rest = gap * np.expm1(w)
    dy = gap * np.exp(w) * end * weights
    upper = _integrate(m4, particle, rest, np.maximum(0.0, span - rest) / (1 - rest), gap, dy)
    return lower[0] + upper[0], lower[1] + upper[1]


def _integrate(
    m4: Floats, particle: str, rest: Floats, beta2: Floats, gap: Floats, dy: Floats
) -> tuple[Floats, Floats]:
    """Sum over the last axis, with rest = 1 - y and gap = R - 1."""
    y = 1 - rest
    propagator = (1 + gap) / (gap + rest)
    once = 4 * rest**2 * (1 + 2 * y) * spectrum(particle, y * m4**2, beta2) * propagator * dy
    return np.asarray(once.sum(-1)), np.asarray((once * propagator).sum(-1))


@cache
def _nodes() -> tuple[Floats, Floats]:
    """Nodes and weights of Gauss and Legendre on [0, 1]; as many as the rho asks for."""
    nodes, weights = np.polynomial.legendre.leggauss(128)
    return (1 + nodes) / 2, weights / 2
