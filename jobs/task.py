"""What a batch job is to do, and what has to be written and called for it."""

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from jobs.times import Ends

Part = Literal["allocation", "elastic", "array", "finish"]
"""Jobs that there are: scheduler, workers and client in one; a client whose workers are jobs; one
element of an array; what comes after an array."""


@dataclass(frozen=True)
class Task:
    """A scan as a batch job.

    Parameters
    ----------
    grid : str
        Name of a shipped grid, or an absolute path.
    store : Path
        Where the results go; absolute.
    workers : int
        Processes, or elements of an array.
    ends : Ends
        When its parts end.
    """

    grid: str
    store: Path
    workers: int
    ends: Ends

    @property
    def name(self) -> str:
        """Name of its jobs; begins with a letter, as some batch systems want."""
        return f"hnlscan-{self.store.stem}"

    def file(self, kind: str) -> Path:
        """Path of a file beside the store, such as ``quickstart.array.sh``."""
        return self.store.with_name(f"{self.store.stem}.{kind}")


@dataclass(frozen=True)
class Script:
    """A file to write.

    Parameters
    ----------
    path : Path
        Where.
    text : str
        Its content.
    """

    path: Path
    text: str


@dataclass(frozen=True)
class Step:
    """A command that submits something.

    Parameters
    ----------
    command : tuple of str
        Words; ``{after}`` stands for the job of the step before.
    stdin : Path or None
        What it reads.
    job : str
        Regular expression whose group finds the number of the job in what it prints.
    """

    command: tuple[str, ...]
    job: str
    stdin: Path | None = None

    def line(self) -> str:
        """Write it as one would type it."""
        words = [word.format(after="JOB") for word in self.command]
        return " ".join(words) + (f" < {self.stdin}" if self.stdin else "")


@dataclass(frozen=True)
class Submission:
    """Files to write and commands to call, in this order.

    Parameters
    ----------
    scripts : tuple of Script
        The first is the one that computes.
    steps : tuple of Step
        The first gives the number of the job.
    """

    scripts: tuple[Script, ...]
    steps: tuple[Step, ...]

    def text(self) -> str:
        """Everything, exactly as it is written; several files under a line with their names."""
        if len(self.scripts) == 1:
            return self.scripts[0].text
        parts = [f"### {script.path}\n{script.text}" for script in self.scripts]
        steps = "".join(f"{step.line()}\n" for step in self.steps)
        return "\n".join([*parts, f"### submitted by\n{steps}"])
