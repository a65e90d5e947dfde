r"""How strongly photons and Z bosons couple to nuclei and nucleons, as currents of form factors.

The photon's (and the dark photon's) charges are in units of e (of :math:`e\epsilon`), the Z's in
units of :math:`g/2c_W`. Form factors of nucleons are dipoles; a nucleus has its charge form factor
for both.
"""

from functools import cache
from typing import NamedTuple

from physics.electroweak import PDG, Constants
from physics.form_factors import DIPOLE_MASS2, nucleon_parameters
from physics.jit import jit
from physics.nuclei import nucleus
from physics.vector_exchange import Current

AXIAL_COUPLING = 1.2754
"""g_A of neutron decay (PDG 2024)."""

AXIAL_MASS2 = 1.026**2
"""Squared axial dipole mass in GeV^2, world average of neutrino scattering (hep-ph/0107088)."""


class Charges(NamedTuple):
    """Charge, magnetic moment (nuclear magnetons) and axial coupling at Q2 = 0."""

    charge: float
    moment: float
    axial: float


def electric(name: str) -> Charges:
    """Couplings to the photon, in units of e.

    Parameters
    ----------
    name : str
        ``"p"``, ``"n"`` or a nucleus such as ``"C12"``.

    Returns
    -------
    Charges
        Without a moment for a nucleus.

    Examples
    --------
    >>> electric("C12")
    Charges(charge=6.0, moment=0.0, axial=0.0)
    """
    if name in ("p", "n"):
        charge, moment, _ = nucleon_parameters(name)
        return Charges(charge, moment, 0.0)
    return Charges(float(nucleus(name).Z), 0.0, 0.0)


@cache
def weak(name: str, constants: Constants = PDG) -> Charges:
    r"""Couplings to the Z, in units of g/2c_W.

    A proton has :math:`(1/2 - 2s_W^2)` times its electric ones less half of the neutron's, and
    :math:`g_A/2`; a neutron the other way round. Strange quarks and spins of nuclei are left out.

    Parameters
    ----------
    name : str
        ``"p"``, ``"n"`` or a nucleus.
    constants : Constants
        Weak angle.

    Returns
    -------
    Charges
        In units of g/2c_W.

    Examples
    --------
    >>> [round(x, 4) for x in weak("p")], [round(x, 4) for x in weak("n")]
    ([0.0376, 1.0615, 0.6377], [-0.5, -1.4683, -0.6377])
    >>> round(weak("C12").charge, 4) == round(6 * (weak("p").charge + weak("n").charge), 4)
    True
    """
    part = 0.5 - 2 * constants.sin2_theta_w
    if name in ("p", "n"):
        own, other = electric(name), electric("n" if name == "p" else "p")
        charge, moment = (part * a - 0.5 * b for a, b in zip(own[:2], other[:2], strict=True))
        return Charges(charge, moment, (1 if name == "p" else -1) * AXIAL_COUPLING / 2)
    target = nucleus(name)
    return Charges(part * target.Z - 0.5 * (target.A - target.Z), 0.0, 0.0)


@jit
def nucleon_current(charges, Q2, M):
    """Give the current of a nucleon: dipole Sachs form factors G_E, G_M, and the axial one."""
    D, axial = 1.0 / (1.0 + Q2 / DIPOLE_MASS2) ** 2, 1.0 / (1.0 + Q2 / AXIAL_MASS2) ** 2
    F2 = (charges.moment - charges.charge) * D / (1.0 + Q2 / (4.0 * M * M))
    return Current(charges.moment * D, F2, charges.axial * axial)


@jit
def nuclear_current(charges, F):
    """Give the current of a nucleus that scatters as a whole: its charge times F."""
    return Current(charges.charge * F, 0.0, 0.0)
