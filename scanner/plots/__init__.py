"""Exclusion plots: our regions beside published limits."""
