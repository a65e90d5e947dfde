"""Let tests import the plain Monte Carlo and the gamma matrices by name."""

import sys
from pathlib import Path

for folder in (Path(__file__).parent, Path(__file__).parent / "in_flight"):
    sys.path.insert(0, str(folder))
