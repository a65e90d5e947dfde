r"""How often mesons make HNLs, relative to the neutrinos they make, and with what spin.

Two-body decays: Shrock, Phys. Lett. B 96 (1980) 159 and Phys. Rev. D 24 (1981) 1232. All
functions are for unit |U|^2 of the lepton they name. For the charge conjugate of each decay the
polarisation changes sign, and so do the asymmetries of the HNL's own decays: one sign serves both.
"""

from math import sqrt

from physics.particles import mass

BRANCHING_MU_NU = {"K+": 0.6356, "pi+": 0.9998770, "mu": 1.0}
"""BR of K -> mu nu, pi -> mu nu and mu -> e nu nu, PDG 2026: the parents of muon neutrinos."""

BRANCHING_PI0 = {"e": 0.0507, "mu": 0.03352}
"""BR(K+ -> pi0 l nu), PDG 2026."""


def kallen(a: float, b: float, c: float) -> float:
    """Kallen's triangle function a^2 + b^2 + c^2 - 2ab - 2bc - 2ca.

    Examples
    --------
    >>> kallen(1.0, 0.0, 0.0), kallen(9.0, 1.0, 4.0)
    (1.0, 0.0)
    """
    return a * a + b * b + c * c - 2.0 * (a * b + b * c + c * a)


def two_body_ratio(m4: float, parent: str, lepton: str) -> float:
    r"""HNLs of P -> l N per muon neutrino of P -> mu nu, for unit mixing.

    :math:`[x_l + x_N - (x_l - x_N)^2]\sqrt{\lambda(1, x_l, x_N)} / [x_\mu (1-x_\mu)^2]`,
    :math:`x_i = m_i^2/m_P^2` (Shrock 1981). Normalised to the muon also for l = e, whose own
    neutrino is suppressed by its helicity.

    Parameters
    ----------
    m4 : float
        HNL mass in GeV.
    parent : {"K+", "pi+"}
        Charged meson.
    lepton : {"e", "mu"}
        Charged lepton.

    Returns
    -------
    float
        Ratio, above 1 where the mass of N lifts the suppression; 0 above threshold.

    Examples
    --------
    >>> round(two_body_ratio(0.2, "K+", "mu"), 5), two_body_ratio(0.1, "pi+", "mu")
    (3.6212, 0.0)
    """
    m_parent, m_lepton = mass(parent), mass(lepton)
    if m4 + m_lepton >= m_parent:
        return 0.0
    x_lepton, x_hnl = (m_lepton / m_parent) ** 2, (m4 / m_parent) ** 2
    x_mu = (mass("mu") / m_parent) ** 2
    helicity = x_lepton + x_hnl - (x_lepton - x_hnl) ** 2
    return helicity * sqrt(kallen(1.0, x_lepton, x_hnl)) / (x_mu * (1.0 - x_mu) ** 2)


def two_body_energy(m4: float, parent: str, lepton: str) -> float:
    """Energy in GeV of N (or, for m4 = 0, of the neutrino) of P -> l N in the rest frame of P.

    Examples
    --------
    >>> round(two_body_energy(0.0, "K+", "mu"), 5)
    0.23553
    """
    m_parent = mass(parent)
    return (m_parent**2 + m4**2 - mass(lepton) ** 2) / (2.0 * m_parent)


def two_body_polarisation(m4: float, parent: str, lepton: str) -> float:
    """Mean helicity of N in P+ -> l+ N, in the rest frame of P.

    The helicities are as (E_l + p)(E_N - p) for + to (E_l - p)(E_N + p) for -.

    Parameters
    ----------
    m4 : float
        HNL mass in GeV, below threshold.
    parent, lepton : str
        As for `two_body_ratio`.

    Returns
    -------
    float
        From -1, a neutrino without mass, to nearly 1 for K -> e N.

    Examples
    --------
    >>> round((1 - two_body_polarisation(0.2, "K+", "mu")) / 2, 3)
    0.267
    >>> two_body_polarisation(0.0, "K+", "mu")
    -1.0
    """
    energy = two_body_energy(m4, parent, lepton)
    momentum = sqrt(max(0.0, energy**2 - m4**2))
    lepton_energy = mass(parent) - energy
    plus = (lepton_energy + momentum) * (energy - momentum)
    minus = (lepton_energy - momentum) * (energy + momentum)
    return (plus - minus) / (plus + minus)
