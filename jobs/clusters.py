"""Where blocks are computed: kinds of clusters, and a client connected to one."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from distributed import Client

from jobs.local import local_client
from physics.errors import InputError, nearest

KINDS = {
    "local": "processes on this machine, one thread each",
    "ray": "actors of a Ray cluster, or of Ray on this machine (pip install 'hnlscan[ray]')",
}
"""Every kind with one line about it."""


@dataclass(frozen=True)
class Site:
    """A place to compute.

    Parameters
    ----------
    kind : str
        One of `KINDS`.
    """

    kind: str


def load(name: str) -> Site:
    """Find a site.

    Parameters
    ----------
    name : str
        One of `KINDS`.

    Returns
    -------
    Site
        With its settings.

    Raises
    ------
    InputError
        For an unknown name.

    Examples
    --------
    >>> load("local").kind
    'local'
    """
    if name not in KINDS:
        close = nearest(name, KINDS)
        raise InputError(f"unknown cluster {name!r}; choose {', '.join(KINDS)}{close}")
    return Site(name)


@contextmanager
def client(site: Site, workers: int | None) -> Iterator[Client]:
    """Connect to the workers of a site for the time of a ``with`` statement.

    Parameters
    ----------
    site : Site
        Where.
    workers : int or None
        Processes; as many as there are cores by default.

    Yields
    ------
    distributed.Client
        With at least one worker.

    Raises
    ------
    InputError
        If no worker starts.
    """
    with local_client(workers or os.cpu_count() or 1) as connected:
        yield connected
