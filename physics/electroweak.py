r"""Constants of the weak interaction, and how strongly its currents make mesons.

Conventions: :math:`\langle 0|\bar q\gamma_\mu\gamma_5 q'|P(p)\rangle = i f_P p_\mu` and
:math:`\langle 0|\bar q\gamma_\mu q'|V\rangle = g_V\epsilon_\mu` for a charged meson. A neutral
meson has the constant that a charged one would have if all flavours weighed alike: f_pi for the
pi0, and g_V with :math:`\Gamma(V\to ee) = 4\pi\alpha^2 g_V^2 Q_V^2/(3 m_V^3)`,
Q = 1/sqrt2, 1/(3 sqrt2), 1/3 for rho, omega, phi.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class Constants:
    """Weak couplings, elements of the quark mixing matrix, and decay constants.

    Parameters
    ----------
    G_F : float
        Fermi's constant in GeV^-2 (PDG 2026).
    sin2_theta_w : float
        Squared sine of the weak angle, MS-bar at the Z mass (PDG 2026).
    V_ud, V_us : float
        Magnitudes (PDG 2024; FLAG 2023).
    f_pi, f_kaon : float
        In GeV (FLAG 2021 and 2+1+1).
    f_eta, f_eta_prime : float
        In GeV: the light quarks' axial neutral currents cancel, f_s/sqrt2 times the sine or cosine
        of 39.3 degrees remains, f_s = 1.34 f_pi (Feldmann, Kroll and Stech, hep-ph/9802409).
    g_rho, g_kstar : float
        Charged, in GeV^2, from the branching ratios of tau -> V nu, 25.49 % and 1.20 % (PDG 2026).
    g_rho0, g_omega, g_phi : float
        In GeV^2, from the widths to e+ e-, 7.04, 0.643 and 1.266 keV (PDG 2026).
    """

    G_F: float = 1.1663788e-5
    sin2_theta_w: float = 0.23121
    V_ud: float = 0.97367
    V_us: float = 0.2248
    f_pi: float = 0.1302
    f_kaon: float = 0.1554
    f_eta: float = 0.0781
    f_eta_prime: float = 0.0955
    g_rho: float = 0.1625
    g_kstar: float = 0.183
    g_rho0: float = 0.171
    g_omega: float = 0.158
    g_phi: float = 0.233


PDG = Constants()
"""The values used unless others are given."""

ALPHA_S_TAU = 0.314
"""Strong coupling at the tau mass with three flavours (PDG 2024, review of QCD)."""


def charged_lepton_couplings(
    flavour: str, lepton: str, constants: Constants = PDG
) -> tuple[float, float]:
    r"""Couplings (g_L, g_R) of a charged lepton to the current nu_flavour N.

    :math:`\mathcal L = -2\sqrt2\,G_F U^*\,\bar\nu\gamma^\mu P_L N\;
    \bar l\gamma_\mu(g_L P_L + g_R P_R)l`, with :math:`g_L = -1/2 + s_W^2`, :math:`g_R = s_W^2`
    of the Z; for l of the same flavour the W adds 1 to g_L (Fierz).

    Parameters
    ----------
    flavour : {"e", "mu", "tau"}
        Of the mixing.
    lepton : {"e", "mu", "tau"}
        Of the pair.
    constants : Constants
        Weak angle.

    Returns
    -------
    tuple of float
        g_L, g_R.

    Examples
    --------
    >>> [round(g, 5) for g in charged_lepton_couplings("mu", "e")]
    [-0.26879, 0.23121]
    >>> [round(g, 5) for g in charged_lepton_couplings("e", "e")]
    [0.73121, 0.23121]
    """
    right = constants.sin2_theta_w
    return right - 0.5 + (1.0 if flavour == lepton else 0.0), right


def quark_couplings(
    isospin: float, charge: float, constants: Constants = PDG
) -> tuple[float, float]:
    """Couplings (g_L, g_R) of a quark to the Z: T3 - Q s_W^2 and -Q s_W^2.

    Parameters
    ----------
    isospin, charge : float
        T3 and Q of the left-handed quark.
    constants : Constants
        Weak angle.

    Returns
    -------
    tuple of float
        g_L, g_R, in the normalisation of `charged_lepton_couplings`.

    Examples
    --------
    >>> [round(g, 5) for g in quark_couplings(0.5, 2 / 3)]
    [0.34586, -0.15414]
    """
    right = -charge * constants.sin2_theta_w
    return isospin + right, right
