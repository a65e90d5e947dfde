"""Names of the modes in which a Z' makes pairs: quick to import, for models.

Those of the weak interaction alone are named by the flavour of the mixing.
"""

REAL, VIRTUAL, INTERFERENCE = "real", "virtual", "interference"
