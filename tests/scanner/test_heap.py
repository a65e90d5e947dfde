"""Freed memory goes back to the system."""

import platform
import re
import subprocess
import sys
from pathlib import Path

import pytest

CHURN = """
import re
from pathlib import Path
import numpy as np
from scanner.execution import heap

def resident():
    text = Path("/proc/self/status").read_text()
    return int(re.search(r"VmRSS:\\s*(\\d+)", text).group(1)) / 1024

assert heap.give_back()
before = resident()
np.ones(2**21)  # freed at once: 16 MB
arrays = [np.ones(2**17) for _ in range(200)]
kept = arrays[::20]
del arrays
print(resident() - before - 10)
"""


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="only glibc can be asked")
def test_little_stays_of_what_is_freed() -> None:
    done = subprocess.run(
        [sys.executable, "-c", CHURN],
        cwd=Path(__file__).parents[2], capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert float(re.sub(r"\s", "", done.stdout)) < 20
