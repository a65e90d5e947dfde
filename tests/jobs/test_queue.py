"""What is asked of a batch system for workers, without one; `test_slurm` has a real one."""

import os
import re
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from jobs import queue, tls
from jobs.clusters import client, load
from jobs.settings import BATCH, Site
from jobs.times import ends
from physics.errors import InputError

HEADERS = {
    "slurm": ["-J hnlscan-worker", "-p short", "-A hnl", "-n 1", "--cpus-per-task=1", "--mem=2G",
              "-t 01:00:00", "--constraint=x"],
    "pbs": ["-N hnlscan-worker", "-q short", "-A hnl", "-l select=1:ncpus=1:mem=1908MB",
            "-l walltime=01:00:00", "--constraint=x"],
    "lsf": ["-J hnlscan-worker", "-q short", '-P "hnl"', "-n 1", "-M 2000", "-W 01:00",
            "--constraint=x"],
    "sge": ["-N hnlscan-worker", "-q short", "-P hnl", "-l h_rt=01:00:00", "--constraint=x"],
}  # fmt: skip
PREFIX = {"slurm": "#SBATCH", "pbs": "#PBS", "lsf": "#BSUB", "sge": "#$"}
Program = Callable[[str, str], None]


@pytest.fixture
def program(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Program:
    """Put programs of one's own first in the path."""
    folder = tmp_path / "bin"
    folder.mkdir()
    monkeypatch.setenv("PATH", f"{folder}:{os.environ['PATH']}")

    def write(name: str, text: str) -> None:
        (folder / name).write_text(f"#!/bin/sh\n{text}\n")
        (folder / name).chmod(0o755)

    return write


def site(kind: str, folder: Path) -> Site:
    queue_name = None if kind == "htcondor" else "short"
    return replace(
        load(kind), walltime=3600, queue=queue_name, account="hnl", setup=("module load gcc",),
        directives=("--constraint=x",), interface="lo", local_directory="/scratch",
        python="/env/bin/python", logs=str(folder / "logs"), patience=20,
    )  # fmt: skip


def script(kind: str, folder: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """Script of one worker."""
    monkeypatch.setattr("dask_jobqueue.lsf.lsf_detect_units", lambda: "mb")
    tls.write(folder / "tls")
    (folder / "logs").mkdir()
    chosen = site(kind, folder)
    options = queue._options(chosen, ends(3600, 3.0), folder / "tls", folder / "logs")
    del options["scheduler_options"]
    job = queue._cluster_class(kind).job_cls("tls://10.0.0.1:8786", name="w", **options)
    return str(job.job_script())


@pytest.mark.parametrize("kind", BATCH)
def test_the_job_of_a_worker(kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    text = script(kind, tmp_path, monkeypatch)
    if kind in HEADERS:
        lines = [line for line in text.splitlines() if line.startswith(PREFIX[kind])]
        asked = [line.removeprefix(PREFIX[kind]).strip() for line in lines]
        assert [each for each in asked if each in HEADERS[kind]] == HEADERS[kind]
    else:
        assert re.search(r"^accounting_group = hnl$", text, re.M)
        assert re.search(r"^--constraint = x$", text, re.M)
    worker = next(line for line in text.splitlines() if "dask_worker" in line)
    certificate = tmp_path / "tls" / tls.CERTIFICATE
    for part in (
        "/env/bin/python -m distributed.cli.dask_worker tls://10.0.0.1:8786",
        "--nthreads 1 --memory-limit 1.86GiB",
        "--nanny --death-timeout 60 --local-directory /scratch",
        "--no-dashboard --dashboard-address 127.0.0.1:0",
        "--lifetime 3465s --lifetime-stagger 72s --interface lo --protocol tls://",
        f"--tls-ca-file {certificate}",
    ):
        assert part in worker
    order = [text.index(part) for part in ("module load gcc", "OMP_NUM_THREADS=1", "dask_worker")]
    assert order == sorted(order)


def test_there_is_no_such_command(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(InputError, match="there is no command condor_submit here"):
        client(site("htcondor", tmp_path), 1).__enter__()


def test_the_package_is_not_installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "dask_jobqueue", None)
    with pytest.raises(InputError, match=r"needs the package dask-jobqueue.*hnlscan\[hpc\]"):
        client(site("slurm", tmp_path), 1).__enter__()


def test_a_refused_job_is_told_and_leaves_nothing(tmp_path: Path, program: Program) -> None:
    program("sbatch", "echo 'sbatch: error: invalid partition specified: short' >&2; exit 1")
    complaint = "sbatch refused a job: sbatch: error: invalid partition specified: short; correct"
    with pytest.raises(InputError, match=complaint):
        client(site("slurm", tmp_path), 2).__enter__()
    assert list((tmp_path / "logs").iterdir()) == []


def test_no_worker_in_time(tmp_path: Path, program: Program) -> None:
    program("sbatch", "echo 7")
    program("scancel", f"echo $@ >> {tmp_path}/cancelled")
    waiting = replace(site("slurm", tmp_path), patience=1)
    with pytest.raises(InputError, match="no worker of slurm has started within 00:00:01"):
        client(waiting, 2).__enter__()
    assert (tmp_path / "cancelled").read_text() == "7\n7\n"


def cluster(jobs: dict[str, str | None], seen: list[str]) -> Any:
    """Stand-in for a cluster of dask-jobqueue."""
    return SimpleNamespace(
        workers={name: SimpleNamespace(job_id=job) for name, job in jobs.items()},
        scheduler_info={"workers": {f"tls://{n}": {"name": n} for n in seen}},
        scale=lambda jobs: None,
    )


def test_jobs_that_vanished_are_forgotten(program: Program) -> None:
    program("squeue", "echo 3; echo 4")
    found = cluster({"a": "1", "b": "2", "c": "3", "d": None}, seen=["a"])
    vanished = queue._vanished(found)
    assert vanished == {"2"}  # 1 has a worker, 3 waits, the last was never submitted
    queue._replace(found, 4, vanished)
    assert set(found.workers) == {"a", "c"}


def test_a_silent_slurm_loses_no_jobs(program: Program) -> None:
    program("squeue", "echo 'Unable to contact slurm controller' >&2; exit 1")
    assert queue._vanished(cluster({"a": "1"}, seen=[])) == set()
