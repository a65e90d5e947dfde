"""Which points of a lattice to sample, as pure functions of values, and what lies between them."""
