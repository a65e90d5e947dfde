"""Lines of bash that all job scripts share."""

import shlex
from pathlib import Path

from jobs.settings import Site
from jobs.task import Part, Task
from jobs.threads import THREAD_VARIABLES
from jobs.times import clock

SHEBANG = "#!/usr/bin/env bash"

ABOUT = {
    "allocation": "One job with everything in it: scheduler, workers and client.",
    "elastic": "The client; each worker is a job of its own, and lost ones are replaced.",
    "array": "One element of an array: computes every n-th block, without Dask.",
    "finish": "After the array: what killed elements left, then the limits, then the seal.",
}


def opening(site: Site, task: Task, part: Part, directives: list[str]) -> list[str]:
    """Begin a script: directives, environment, folder.

    Parameters
    ----------
    site : Site
        Settings.
    task : Task
        What to compute.
    part : str
        Which job.
    directives : list of str
        Lines for the batch system, with their prefix.

    Returns
    -------
    list of str
        Lines.
    """
    return [
        SHEBANG,
        *directives,
        "",
        f"# {ABOUT[part]} Written by `hnlscan submit`.",
        *site.setup,
        f'export PATH={shlex.quote(str(Path(site.python).parent))}:"$PATH"',
        f"export {' '.join(f'{name}=1' for name in THREAD_VARIABLES)}",
        f"cd {task.store.parent} || exit 1",
        "",
    ]


def client(task: Task, options: str) -> list[str]:
    """Run a scan; what the batch system signals goes to it, and ``$code`` is how it ended.

    Parameters
    ----------
    task : Task
        What to compute.
    options : str
        Further words of the command.

    Returns
    -------
    list of str
        Lines.
    """
    return [*start(task, options), *awaited('wait "$client"'), UNREADY]


def start(task: Task, options: str) -> list[str]:
    """Start a scan that ends by itself before the walltime does."""
    return [
        f"hnlscan run {task.grid} --out {task.store} \\",
        f"    {options} --walltime {clock(task.ends.run)} &",
        "client=$!",
        "trap 'asked=yes; kill -TERM \"$client\" 2>/dev/null' TERM",
    ]


UNREADY = '[ "$code" -ne 143 ] || code=3  # ended by SIGTERM before it could end by itself'
"""A client that is still starting does not catch signals; it has lost nothing either."""


def awaited(wait: str) -> list[str]:
    """Wait again whenever a signal has ended the waiting."""
    return [f'while asked=; {wait}; code=$?; [ -n "$asked" ]; do :; done']
