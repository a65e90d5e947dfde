"""Places to compute, by name: which there are, their settings, and a client of one."""

import os
from contextlib import AbstractContextManager
from dataclasses import replace
from pathlib import Path

from distributed import Client

from jobs import times
from jobs.connect import existing_client
from jobs.local import local_client
from jobs.settings import BATCH, Site, is_address, read, shipped
from physics.documents import is_path, then
from physics.errors import InputError, nearest

KINDS = {
    "local": "processes on this machine, one thread each",
    "slurm": "Slurm: scheduler and workers in one allocation, or a job per worker, or a job array",
    "pbs": "PBS: a job per worker, or a job array",
    "lsf": "LSF: a job per worker, or a job array",
    "sge": "Grid Engine: a job per worker, or a job array",
    "htcondor": "HTCondor: a job per worker, or a job array",
    "scheduler-file": "a running Dask scheduler, by its file: scheduler-file:PATH",
    "address": "a running Dask scheduler, by its address: tcp://HOST:PORT or tls://HOST:PORT",
    "job-array": "this process is one element of a job array and computes its share, without Dask",
    "ray": "tasks of Ray instead of Dask, on this machine or a running Ray cluster",
}
"""What each kind is, in one line."""


def load(name_or_path: str) -> Site:
    """Find a place to compute.

    Parameters
    ----------
    name_or_path : str
        One of `KINDS`, ``scheduler-file:PATH``, an address, or the path of a TOML file.

    Returns
    -------
    Site
        With its settings.

    Raises
    ------
    InputError
        For an unknown name, or for a file with a mistake in it.

    Examples
    --------
    >>> load("slurm").how, load("tcp://node7:8786").address
    ('allocation', 'tcp://node7:8786')
    """
    if name_or_path in KINDS:
        return read(shipped(name_or_path), name_or_path)
    kind, colon, rest = name_or_path.partition(":")
    if kind == "scheduler-file" and colon and rest:
        return replace(read(shipped(kind), name_or_path), path=rest)
    if is_address(name_or_path):
        return replace(read(shipped("address"), name_or_path), address=name_or_path)
    if is_path(name_or_path) and "://" not in name_or_path:
        return read(Path(name_or_path), name_or_path)
    raise InputError(
        f"unknown cluster {name_or_path!r}"
        + then(
            nearest(name_or_path, KINDS),
            "`hnlscan list clusters` shows all; or give tls://HOST:PORT, or a .toml file",
        )
    )


def client(
    site: Site, workers: int | None, block_seconds: float = times.BLOCK_SECONDS
) -> AbstractContextManager[Client]:
    """Make or find workers, for the time of a ``with`` statement.

    What was started is ended; a scheduler that was there before stays.

    Parameters
    ----------
    site : Site
        Where.
    workers : int or None
        How many processes; None for those of the settings, or else all cores.
    block_seconds : float
        Longest block (s), from which follows when workers of limited time retire.

    Returns
    -------
    context manager of distributed.Client
        Connected, with at least one worker.

    Raises
    ------
    InputError
        On entering, if no worker can be had; for kinds that compute without a Dask client, at once.
    """
    count = workers or site.workers or os.cpu_count() or 1
    if site.kind == "local":
        return local_client(count, site)
    if site.kind in BATCH:
        from jobs.queue import queue_client  # needs a package that laptops do without

        return queue_client(site, count, times.ends(site.walltime, block_seconds))
    if site.kind in ("scheduler-file", "address"):
        return existing_client(site)
    raise InputError(f"{site.kind} computes without a Dask client; choose another cluster")
