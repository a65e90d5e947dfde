"""Put this folder on the path, for the calculations that tests and report share."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
