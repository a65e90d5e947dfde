"""Where the physics meets the engine: from a grid to groups and to what a worker computes."""
