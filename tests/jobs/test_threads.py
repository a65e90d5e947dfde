"""Commands compute on one thread, unless told else."""

import os
import subprocess
import sys

import pytest

from jobs.threads import THREAD_VARIABLES

PROGRAM = """
import os, sys
from scanner.cli.main import main
early = "numpy" in sys.modules
try:
    main(["--version"])
except SystemExit:
    print(early, *(os.environ[name] for name in sys.argv[1:]))
"""


@pytest.mark.parametrize(("given", "kept"), [({}, "1"), ({"OMP_NUM_THREADS": "3"}, "3")])
def test_commands_set_threads_before_numpy_is_imported(given, kept):
    inherited = {k: v for k, v in os.environ.items() if k not in THREAD_VARIABLES}
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, *THREAD_VARIABLES],
        env={**inherited, **given}, capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert done.stdout.splitlines()[-1] == f"False {kept} 1 1 1"
