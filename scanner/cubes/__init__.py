"""From responses to labelled cubes, slab by slab, without sampling."""
