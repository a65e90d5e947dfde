"""How to compute it: plan, blocks, execution, store, limits, contours, plots, command line."""
