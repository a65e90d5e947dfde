"""Where to compute it: clusters and batch systems."""
