"""Workers on this machine: processes of one thread each, reachable from nowhere else."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import dask
from distributed import Client, LocalCluster

from jobs.quiet import hide_closed_connections, quiet
from jobs.threads import THREAD_VARIABLES
from physics.errors import InputError

ALLOWED_DEATHS = 2
"""How many workers may die with a block before it is computed in a process apart."""

SATURATION = 1.0
"""Blocks a worker holds at a time: one that waits there would be blamed for the worker's death."""

START_SECONDS = 120
"""Longest time until the first worker answers."""


def scheduling() -> dict[str, Any]:
    """Collect settings of Dask that a scheduler reads when it is made.

    Returns
    -------
    dict
        Values by their keys in Dask's configuration.
    """
    return {
        "distributed.scheduler.allowed-failures": ALLOWED_DEATHS,
        "distributed.scheduler.worker-saturation": SATURATION,
    }


@contextmanager
def local_client(workers: int, memory: str = "auto") -> Iterator[Client]:
    """Start workers on this machine for the time of a ``with`` statement.

    Scheduler and dashboard listen on 127.0.0.1 only.

    Parameters
    ----------
    workers : int
        Number of processes, at least 1.
    memory : str
        Of a worker, such as ``"2GB"``; one that takes more is killed. By default they share what
        there is.

    Yields
    ------
    distributed.Client
        Connected; ``client.dashboard_link`` is the address of the dashboard.

    Raises
    ------
    InputError
        If no worker starts.
    """
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
            memory_limit=memory,
            host="127.0.0.1",
            dashboard_address="127.0.0.1:0",
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
