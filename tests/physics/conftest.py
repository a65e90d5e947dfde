"""Let tests import the plain Monte Carlo and the gamma matrices by name."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
