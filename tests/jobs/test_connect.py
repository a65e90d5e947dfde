"""Schedulers that run already: found by file or address, left as they were."""

import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from jobs import connect, tls
from jobs.clusters import client, load
from physics.errors import InputError

DASK = [sys.executable, "-m", "dask"]


@contextmanager
def dask(*arguments: str, log: Path) -> Iterator[None]:
    """Run a scheduler or a worker for the time of a ``with`` statement."""
    with log.open("w") as out:
        process = subprocess.Popen([*DASK, *arguments], stdout=out, stderr=out)
        try:
            yield
        finally:
            process.terminate()
            try:
                process.wait(20)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


@contextmanager
def encrypted(folder: Path) -> Iterator[Path]:
    """A scheduler on the loopback that wants certificates, and its file."""
    tls.write(folder)
    file = folder / "scheduler.json"
    listen = ["--protocol", "tls", "--host", "127.0.0.1", "--port", "0"]
    with dask(
        "scheduler", *listen, *options(folder), "--scheduler-file", str(file), "--no-dashboard",
        log=folder / "scheduler.log",
    ):  # fmt: skip
        yield file


def options(folder: Path) -> list[str]:
    certificate = str(folder / tls.CERTIFICATE)
    key = str(folder / tls.KEY)
    return ["--tls-ca-file", certificate, "--tls-cert", certificate, "--tls-key", key]


def test_a_scheduler_by_its_file_and_by_its_address(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "run"
    site = load(f"scheduler-file:{folder}/scheduler.json")
    worker = ["worker", "--nthreads", "1", "--no-dashboard", "--death-timeout", "30"]
    with encrypted(folder) as file:
        waiting = replace(site, patience=6)
        with pytest.raises(InputError, match="has no workers after the time allowed"):
            client(waiting, None).__enter__()
        with dask(
            *worker, *options(folder), "--scheduler-file", str(file), log=folder / "worker.log"
        ):
            with client(site, None) as found:
                address = found.scheduler.address
                assert address.startswith("tls://127.0.0.1:")
                assert found.submit(abs, -3).result(timeout=60) == 3
            by_address = replace(load(address), tls=str(folder))
            with client(by_address, None) as again:  # the first has left scheduler and worker alone
                assert again.submit(abs, -4).result(timeout=60) == 4
            with pytest.raises(InputError, match="takes only clients with a certificate"):
                client(load(address), None).__enter__()
            with pytest.raises(InputError, match=r"cert.pem and key.pem are not in this folder"):
                client(replace(by_address, tls=str(tmp_path)), None).__enter__()
            monkeypatch.setattr(connect, "version", lambda name: "0.0.1")
            with pytest.raises(InputError, match=r"has hnlscan .*this process has hnlscan 0.0.1"):
                client(by_address, None).__enter__()


def test_nobody_answers() -> None:
    site = replace(load("tcp://127.0.0.1:9"), patience=1)
    with pytest.raises(InputError, match=r"no scheduler answers at tcp://127.0.0.1:9 \(") as error:
        client(site, None).__enter__()
    assert "\n" not in str(error.value)


@pytest.mark.parametrize(
    ("text", "complaint"), [(None, "there is no such file"), ("{", "it is not the file of a Dask")]
)
def test_no_file_of_a_scheduler(text: str | None, complaint: str, tmp_path: Path) -> None:
    path = tmp_path / "scheduler.json"
    if text is not None:
        path.write_text(text)
    begin = time.monotonic()
    site = replace(load(f"scheduler-file:{path}"), patience=1)
    with pytest.raises(InputError, match=f"scheduler.json: {complaint}"):
        client(site, None).__enter__()
    assert 1 <= time.monotonic() - begin < 5
