"""What to compute: grid definitions, their axes and validation."""
