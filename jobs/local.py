"""Workers on this machine: processes of one thread each, reachable from here unless asked."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import dask
from distributed import Client, LocalCluster
from distributed.comm.addressing import unparse_host_port

from jobs import tls
from jobs.listen import LOOPBACK, endpoint, require
from jobs.quiet import hide_closed_connections, quiet
from jobs.settings import Site
from jobs.threads import THREAD_VARIABLES
from physics.errors import InputError

ALLOWED_DEATHS = 2
"""How many workers may die with a block before it is computed in a process apart."""

SATURATION = 1.0
"""Blocks a worker holds at a time: one that waits there would be blamed for the worker's death."""

REMEMBERED = 10_000
"""Tasks that a scheduler remembers for its dashboard and for reports, so that its memory does not
grow with the scan; a report of so many takes seconds to write, and megabytes."""

START_SECONDS = 120
"""Longest time until the first worker answers."""


def scheduling() -> dict[str, Any]:
    """Collect settings of Dask that a scheduler reads when it is made.

    Returns
    -------
    dict
        Values by their keys in Dask's configuration.
    """
    link: str = dask.config.get("distributed.dashboard.link")
    return {
        "distributed.scheduler.allowed-failures": ALLOWED_DEATHS,
        "distributed.scheduler.worker-saturation": SATURATION,
        "distributed.scheduler.dashboard.tasks.task-stream-length": REMEMBERED,
        # it listens there even if the scheduler listens elsewhere, of which Dask knows nothing
        "distributed.dashboard.link": link.replace("{host}", LOOPBACK),
    }


@contextmanager
def local_client(workers: int, site: Site) -> Iterator[Client]:
    """Start workers on this machine for the time of a ``with`` statement.

    All of it listens on 127.0.0.1 only; a scheduler that is asked to listen elsewhere does, if it
    has certificates.

    Parameters
    ----------
    workers : int
        Number of processes, at least 1.
    site : Site
        Of kind ``local``; a worker that takes more than its memory is killed.

    Yields
    ------
    distributed.Client
        Connected; ``client.dashboard_link`` is the address of the dashboard.

    Raises
    ------
    InputError
        If no worker starts, or if the scheduler cannot listen as asked.
    """
    require(site)
    host, port = endpoint(site.listen or LOOPBACK)
    single = dict.fromkeys(THREAD_VARIABLES, "1")
    # a worker's heartbeat may meet a scheduler that is closing; what fails is told by blocks
    mute = {"distributed.nanny.pre-spawn-environ.DASK_LOGGING__DISTRIBUTED": "critical"}
    hide_closed_connections()
    with (
        dask.config.set({**scheduling(), **mute}),
        LocalCluster(  # type: ignore[no-untyped-call]
            n_workers=workers,
            processes=True,
            threads_per_worker=1,
            memory_limit=site.memory,
            host=LOOPBACK,
            scheduler_kwargs={"host": unparse_host_port(host)},
            scheduler_port=port,
            security=tls.require(site.tls) if site.tls else None,
            dashboard_address=f"{LOOPBACK}:0",
            silence_logs=logging.ERROR,
            env=single,
        ) as cluster,
        Client(cluster, set_as_default=False) as client,  # type: ignore[no-untyped-call]
    ):
        try:
            client.wait_for_workers(1, timeout=START_SECONDS)
        except TimeoutError as error:
            raise InputError(
                f"none of {workers} workers started within {START_SECONDS} s; "
                "try again with --workers 0, which computes in this process"
            ) from error
        try:
            yield client
        finally:
            with quiet():
                client.close()
                cluster.close()
