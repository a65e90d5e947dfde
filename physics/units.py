"""Units of hnlscan: GeV, cm, s; fluxes per cm^2 per GeV per proton on target (POT).

The only place where conversion factors and couplings of nature are written.
"""

HBAR_C_GEV_CM = 1.973269804593025e-14
"""hbar c in GeV cm, exact in the SI of 2019 (CODATA 2018)."""

GEV2_TO_CM2 = HBAR_C_GEV_CM**2
"""A cross section of 1 GeV^-2 in cm^2: 3.8937937e-28."""

FM_GEV = 1e-13 / HBAR_C_GEV_CM
"""One fermi in GeV^-1."""

ALPHA = 7.2973525693e-3
"""Fine-structure constant at zero momentum transfer (CODATA 2018)."""

AVOGADRO = 6.02214076e23
"""Particles per mole, exact (SI 2019)."""

GRAMS_PER_TONNE = 1e6

SPEED_OF_LIGHT_CM_PER_S = 2.99792458e10
"""Exact in the SI."""
