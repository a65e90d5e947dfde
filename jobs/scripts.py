"""The batch job of a scan: which there is for a cluster, written and submitted."""

import re
import subprocess
from pathlib import Path

from jobs import allocation, htcondor, languages
from jobs.settings import BATCH, Site
from jobs.task import Step, Submission, Task
from physics.errors import InputError

PLAIN = re.compile(r"[\w@%+=:,./~-]+")
"""Paths that need no quotes in any shell and in any directive."""

SUBMIT_SECONDS = 120
"""Longest time a batch system takes to accept a job."""


def submission(site: Site, task: Task) -> Submission:
    """Write the batch job of a scan.

    Parameters
    ----------
    site : Site
        A batch system.
    task : Task
        What to compute.

    Returns
    -------
    Submission
        Files and commands; nothing is written or called yet.

    Raises
    ------
    InputError
        If the cluster has no queue, if an array would have one element, or if a path needs quotes.
    """
    if site.kind not in BATCH:
        raise InputError(
            f"{site.kind} has no queue to submit to; allowed are {', '.join(BATCH)}; "
            f"use `hnlscan run --cluster {site.source}`"
        )
    if site.how == "array" and task.workers < 2:
        raise InputError(
            f"an array of {task.workers} element is no array; give --workers of at least 2"
        )
    for path in (task.grid, str(task.store), site.logs, site.source, site.python):
        if not PLAIN.fullmatch(path):
            raise InputError(
                f"{path!r} has characters that batch systems read in their own ways; use a path of "
                "letters, digits and ._-+=:,@%~/"
            )
    if site.how == "allocation":
        return allocation.submission(site, task)
    if site.kind == "htcondor":
        return (htcondor.array if site.how == "array" else htcondor.elastic)(site, task)
    language = languages.LANGUAGES[site.kind]
    write = languages.array if site.how == "array" else languages.elastic
    return write(language, site, task)


def submit(planned: Submission, logs: Path) -> str:
    """Write files and call commands.

    Parameters
    ----------
    planned : Submission
        What to do.
    logs : Path
        Folder of what jobs print; made if it is not there.

    Returns
    -------
    str
        Number of the job that computes.

    Raises
    ------
    InputError
        If a command is missing or refuses.
    """
    logs.mkdir(parents=True, exist_ok=True)
    for script in planned.scripts:
        script.path.write_text(script.text)
        if script.text.startswith("#!"):
            script.path.chmod(0o755)
    jobs: list[str] = []
    for step in planned.steps:
        jobs.append(_called(step, jobs))
    return jobs[0]


def _called(step: Step, before: list[str]) -> str:
    """Call one command and find the number of its job."""
    command = [word.format(after=before[-1] if before else "") for word in step.command]
    waiting = f"; job {before[-1]} is in the queue already" if before else ""
    text = step.stdin.read_text() if step.stdin else ""
    try:
        answer = subprocess.run(
            command, input=text, capture_output=True, text=True, timeout=SUBMIT_SECONDS
        )
    except FileNotFoundError as error:
        raise InputError(
            f"there is no command {command[0]} here; submit from where the batch system is, or "
            f"look at the job with --dry-run{waiting}"
        ) from error
    except subprocess.TimeoutExpired as error:
        raise InputError(
            f"{command[0]} did not answer within {SUBMIT_SECONDS} s{waiting}; try again"
        ) from error
    found = re.search(step.job, answer.stdout, re.M)
    if answer.returncode or not found:
        said = " ".join((answer.stderr or answer.stdout).split()) or "no reason was given"
        raise InputError(
            f"{command[0]} refused the job: {said}{waiting}; correct the settings of the cluster"
        )
    return found.group(1)
