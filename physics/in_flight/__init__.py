"""HNLs from decays in a beam that fly to a detector and decay in it."""
