"""A job of the batch system for each worker, and a new one for each that is lost."""

import shutil
import subprocess
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import dask
from distributed import Client
from distributed.core import Status

from jobs import tls
from jobs.connect import LOOK_SECONDS
from jobs.local import scheduling
from jobs.quiet import hide_closed_connections, quiet
from jobs.settings import Site
from jobs.threads import THREAD_VARIABLES
from jobs.times import Ends, clock
from physics.errors import InputError

SUBMIT = {
    "slurm": "sbatch",
    "pbs": "qsub",
    "lsf": "bsub",
    "sge": "qsub",
    "htcondor": "condor_submit",
}
"""Command that submits a job."""

TOP_UP_SECONDS = 2.0
"""How often lost jobs are replaced."""

ASK_SECONDS = 60.0
"""How often the batch system is asked for jobs whose worker has never been seen."""

LOST_SECONDS = "2s"
"""A worker that has gone for so long is lost; the default of 15 s leaves its core idle."""

DEATH_SECONDS = 60
"""A worker without a scheduler ends after so long (s): a dead client leaves nothing behind."""


@contextmanager
def queue_client(site: Site, workers: int, ends: Ends) -> Iterator[Client]:
    """Keep a number of workers in the queue of a batch system.

    Connections are encrypted, since other users share the network; the dashboard listens on
    127.0.0.1 only.

    Parameters
    ----------
    site : Site
        A batch system.
    workers : int
        Jobs, each with one worker.
    ends : Ends
        When workers retire.

    Yields
    ------
    distributed.Client
        With at least one worker.

    Raises
    ------
    InputError
        If jobs cannot be submitted, or if none starts in time.
    """
    cluster_class = _cluster_class(site.kind)
    command = SUBMIT[site.kind]
    if shutil.which(command) is None:
        raise InputError(
            f"there is no command {command} here; run this where jobs of {site.kind} are "
            "submitted, or choose another cluster"
        )
    hide_closed_connections()
    logs = Path(site.logs).absolute()
    logs.mkdir(parents=True, exist_ok=True)
    complaints: list[str] = []
    with (
        tempfile.TemporaryDirectory(prefix="tls-", dir=logs) as certificates,
        dask.config.set({**scheduling(), "distributed.deploy.lost-worker-timeout": LOST_SECONDS}),
    ):
        folder = Path(certificates)
        tls.write(folder)
        options = _options(site, ends, folder, logs)
        noting = _noting(cluster_class.job_cls, complaints)
        with (
            cluster_class(job_cls=noting, **options) as cluster,
            Client(cluster, set_as_default=False) as client,  # type: ignore[no-untyped-call]
        ):
            try:
                with _topped_up(cluster, workers, site.kind):
                    _wait(cluster, site, complaints)
                    yield client
            finally:
                with quiet():
                    client.close()
                    cluster.close()


def _cluster_class(kind: str) -> Any:
    """Class of dask-jobqueue for a batch system."""
    try:
        import dask_jobqueue
    except ImportError as error:
        raise InputError(
            f"a job per worker on {kind} needs the package dask-jobqueue; "
            "install it with: pip install 'hnlscan[hpc]'"
        ) from error
    names = {"htcondor": "HTCondorCluster"}
    return getattr(dask_jobqueue, names.get(kind, f"{kind.upper()}Cluster"))


def _options(site: Site, ends: Ends, folder: Path, logs: Path) -> dict[str, Any]:
    """Translate settings to the keywords of dask-jobqueue."""
    exports = [f"export {name}=1" for name in THREAD_VARIABLES]
    options: dict[str, Any] = {
        "cores": 1,
        "processes": 1,
        "memory": site.memory,
        "nanny": True,
        "python": site.python,
        "interface": site.interface,
        "local_directory": site.local_directory,
        "log_directory": str(logs),
        "death_timeout": DEATH_SECONDS,
        "job_name": "hnlscan-worker",
        "job_script_prologue": [*site.setup, *exports],
        "job_extra_directives": list(site.directives),
        "worker_extra_args": [
            # even without a dashboard workers answer http, on all addresses if not told
            "--no-dashboard", "--dashboard-address", "127.0.0.1:0",
            "--lifetime", f"{ends.lifetime}s",
            "--lifetime-stagger", f"{ends.stagger}s",
        ],
        "protocol": "tls://",
        "security": tls.read(folder),
        "scheduler_options": {"dashboard_address": "127.0.0.1:0", "interface": site.interface},
    }  # fmt: skip
    if site.kind == "htcondor":
        pairs = [line.partition("=") for line in site.directives]
        extra = {key.strip(): value.strip() for key, _, value in pairs}
        account = {"accounting_group": site.account} if site.account else {}
        return {**options, "disk": "1GB", "job_extra_directives": {**account, **extra}}
    # LSF counts hours and minutes
    walltime = clock(site.walltime)[:-3] if site.kind == "lsf" else clock(site.walltime)
    account_key = "project" if site.kind in ("lsf", "sge") else "account"
    return {**options, "queue": site.queue, "walltime": walltime, account_key: site.account}


def _noting(job_class: Any, complaints: list[str]) -> Any:
    """Jobs that note why they could not be submitted, instead of raising where nobody listens."""

    class Noting(job_class):  # type: ignore[misc]
        """A job of dask-jobqueue."""

        async def start(self) -> None:
            """Submit it."""
            try:
                await super().start()
            except (OSError, RuntimeError, ValueError) as error:
                complaints.append(_last_line(str(error)))
                self.status = Status.running

    return Noting


def _last_line(text: str) -> str:
    """Find what a command complained of in the report of dask-jobqueue."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return lines[-1] if lines else "no reason was given"


def _wait(cluster: Any, site: Site, complaints: list[str]) -> None:
    """Wait for a first worker, or say why there will be none."""
    deadline = time.monotonic() + site.patience
    while not cluster.scheduler_info["workers"]:
        if complaints:
            raise InputError(
                f"{SUBMIT[site.kind]} refused a job: {complaints[0]}; "
                f"correct the settings of {site.source}"
            )
        if time.monotonic() > deadline:
            raise InputError(
                f"no worker of {site.source} has started within {clock(site.patience)}; look at "
                f"the queue and at {site.logs}, or raise patience in the settings"
            )
        time.sleep(LOOK_SECONDS)


@contextmanager
def _topped_up(cluster: Any, workers: int, kind: str) -> Iterator[None]:
    """Replace lost jobs for the time of a ``with`` statement."""
    over = threading.Event()
    thread = threading.Thread(target=_top_up, args=(cluster, workers, kind, over), daemon=True)
    cluster.scale(jobs=workers)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


def _top_up(cluster: Any, workers: int, kind: str, over: threading.Event) -> None:
    """Ask for the same number of jobs again and again: those that are there count."""
    asked = time.monotonic()
    while not over.wait(TOP_UP_SECONDS):
        vanished: set[str] = set()
        if kind == "slurm" and time.monotonic() - asked > ASK_SECONDS:
            asked, vanished = time.monotonic(), _vanished(cluster)
        cluster.loop.add_callback(_replace, cluster, workers, vanished)


def _unseen(cluster: Any) -> dict[str, str | None]:
    """Jobs whose worker is not connected, by the name of the worker; None was not submitted."""
    seen = {worker["name"] for worker in cluster.scheduler_info["workers"].values()}
    jobs = dict(cluster.workers)
    return {name: job.job_id for name, job in jobs.items() if name not in seen}


def _vanished(cluster: Any) -> set[str]:
    """Jobs that Slurm no longer knows although their worker was never seen."""
    submitted = {job for job in _unseen(cluster).values() if job is not None}
    queued = slurm_jobs() if submitted else None
    return set() if queued is None else submitted - queued


def _replace(cluster: Any, workers: int, vanished: set[str]) -> None:
    """Forget jobs that could not be submitted or vanished, then fill up.

    Dask replaces only those whose worker was seen once. Runs in the thread of the cluster.
    """
    for name, job in _unseen(cluster).items():
        if job is None or job in vanished:
            del cluster.workers[name]
    cluster.scale(jobs=workers)


def slurm_jobs() -> set[str] | None:
    """Ask Slurm for the jobs of this user that wait or run.

    Returns
    -------
    set of str or None
        Their numbers; None if there was no answer.
    """
    command = ["squeue", "--noheader", "--me", "--format=%A"]
    try:
        answer = subprocess.run(command, capture_output=True, text=True, timeout=30)
    except (OSError, subprocess.TimeoutExpired):
        return None
    return set(answer.stdout.split()) if answer.returncode == 0 else None
