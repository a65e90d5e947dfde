"""What nature does: models, cross sections, widths, experiments, responses, statistics."""
