"""Let tests import what runs Slurm, and the scans of the other tests, by their names."""

import sys
from pathlib import Path

HERE = Path(__file__).parent
sys.path[:0] = [str(HERE), str(HERE.parent / "scanner")]
