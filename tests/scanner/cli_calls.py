"""Calling the command line in this process, and a scan small enough for every test to share."""

import json
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from io import StringIO
from pathlib import Path
from typing import Any

from scanner.cli.main import main

LISTENING = "import signal; signal.signal(signal.SIGINT, signal.default_int_handler); "
"""What is started in the background ignores Ctrl-C otherwise."""

PROGRAM = "from scanner.cli.main import main; main()"

GRID = """
title = "three masses and one above the beam"
model = "dipole"
experiments = ["miniboone_fhc", "microboone"]

[axes]
m4 = { values = [0.05, 0.2, 0.4, 20.0], unit = "GeV" }
mu_tr_mu4 = { log = [1e-7, 1e-3], n = 6, unit = "GeV^-1" }

[precision]
relative = 0.2
events = 64
max_events = 4096
"""


@dataclass
class Answer:
    """What a command left: exit code and what it printed."""

    code: int
    out: str
    err: str

    @property
    def document(self) -> Any:
        """The one JSON object on the standard output."""
        return json.loads(self.out)


def call(*arguments: str | Path) -> Answer:
    """Run a command in this process."""
    out, err = StringIO(), StringIO()
    code: Any = None
    with redirect_stdout(out), redirect_stderr(err):
        try:
            main([str(argument) for argument in arguments])
        except SystemExit as end:
            code = end.code
    assert isinstance(code, int), "a command must end with an exit code"
    return Answer(code, out.getvalue(), err.getvalue())
