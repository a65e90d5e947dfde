"""Names of the statistics, for those who need no more; the methods are in `physics.statistics`."""

METHODS = ("cls", "poisson_zero_background", "bayes_flat_u2")
"""Statistics that turn counts into an upper limit on the signal."""
