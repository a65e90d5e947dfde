"""From arrays to limits and contours: exact roots, curves, polygons, files."""
