"""A server that speaks S3, on this machine: moto, in an environment of its own.

moto needs a newer botocore than s3fs allows. The environment is made once, in the cache.
"""

import contextlib
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

PACKAGES = ("moto[s3]>=5.1", "flask", "flask-cors")

PROGRAM = """
import os, sys, threading
from moto.server import ThreadedMotoServer

server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
server.start()
print(server.get_host_and_port()[1], flush=True)
sys.stdin.read()  # until the test ends in any way
os._exit(0)
"""

ENVIRONMENT = {
    "AWS_ACCESS_KEY_ID": "test",
    "AWS_SECRET_ACCESS_KEY": "test",
    "AWS_DEFAULT_REGION": "us-east-1",
    "AWS_CONFIG_FILE": os.devnull,
    "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
    "NO_PROXY": "127.0.0.1",
}


class NoServerError(RuntimeError):
    """The packages could not be installed."""


def python_of_moto(cache: Path) -> Path:
    """Python of the environment with moto, which is made if it is not there."""
    folder = cache / f"moto-python{sys.version_info.major}.{sys.version_info.minor}"
    python = folder / "bin" / "python"
    if not (folder / "complete").exists():
        shutil.rmtree(folder, ignore_errors=True)
        for command in (
            [sys.executable, "-m", "venv", str(folder)],
            [str(python), "-m", "pip", "install", "--quiet", "--retries", "1", *PACKAGES],
        ):
            done = subprocess.run(command, capture_output=True, text=True, timeout=240, check=False)
            if done.returncode:
                raise NoServerError(f"moto cannot be installed: {done.stderr.strip()[-300:]}")
        (folder / "complete").touch()
    return python


@contextlib.contextmanager
def running(cache: Path, log: Path) -> Iterator[str]:
    """Start a server; gives its URL. `log` gets a line for each request."""
    command = [str(python_of_moto(cache)), "-c", PROGRAM]
    environment = {k: v for k, v in os.environ.items() if k != "PYTHONPATH"}
    with (
        log.open("wb") as lines,
        subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=lines,
            text=True,
            env=environment,
        ) as server,
    ):
        assert server.stdout is not None
        port = server.stdout.readline().strip()
        assert port.isdigit(), log.read_text()[-1000:]
        try:
            yield f"http://127.0.0.1:{port}"
        finally:
            server.kill()
