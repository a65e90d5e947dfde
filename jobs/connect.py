"""A client of a scheduler that somebody else started; it stays when the client goes."""

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.metadata import version
from pathlib import Path

from distributed import Client, Security

from jobs import tls
from jobs.quiet import hide_closed_connections, quiet
from jobs.settings import Site
from physics.errors import InputError

LOOK_SECONDS = 0.5
"""How often to look whether a file or a worker is there."""


@contextmanager
def existing_client(site: Site) -> Iterator[Client]:
    """Connect to a running scheduler.

    Parameters
    ----------
    site : Site
        Of kind ``scheduler-file`` or ``address``.

    Yields
    ------
    distributed.Client
        With at least one worker; all have the version of hnlscan that this process has.

    Raises
    ------
    InputError
        If there is no scheduler, no certificate, no worker, or another version of hnlscan.
    """
    hide_closed_connections()
    deadline = time.monotonic() + site.patience
    address = site.address or _address(Path(site.path or ""), deadline)
    client = _connect(address, _security(site, address), deadline)
    try:
        wait_for_worker(client, deadline, f"the scheduler at {address} has no workers")
        _require_same_version(client)
        yield client
    finally:
        with quiet():
            client.close()  # type: ignore[no-untyped-call]


def wait_for_worker(client: Client, deadline: float, trouble: str) -> None:
    """Wait until a scheduler has a worker.

    Parameters
    ----------
    client : distributed.Client
        Connected.
    deadline : float
        On the clock of `time.monotonic` (s).
    trouble : str
        What it means if there is none, as the beginning of a sentence.

    Raises
    ------
    InputError
        At the deadline.
    """
    try:
        client.wait_for_workers(1, timeout=max(deadline - time.monotonic(), LOOK_SECONDS))
    except TimeoutError as error:
        raise InputError(
            f"{trouble} after the time allowed; start some, or raise patience in the settings"
        ) from error


def _address(path: Path, deadline: float) -> str:
    """Wait for the file of a scheduler and read where it listens."""
    while True:
        try:
            address: str = json.loads(path.read_text())["address"]
        except FileNotFoundError:
            reason = "there is no such file"
        except (ValueError, KeyError, TypeError):  # being written
            reason = "it is not the file of a Dask scheduler"
        else:
            return address
        if time.monotonic() > deadline:
            raise InputError(
                f"{path}: {reason}; start one with: dask scheduler --scheduler-file {path}"
            )
        time.sleep(LOOK_SECONDS)


def _security(site: Site, address: str) -> Security | None:
    """Find the certificates for an address: in the folder named, beside the file, or Dask's own."""
    beside = tls.read(Path(site.path).parent) if site.path else None
    found = tls.require(site.tls) if site.tls else beside
    if not address.startswith("tls://"):
        return None
    found = found or Security()  # type: ignore[no-untyped-call]
    if not found.get_tls_config_for_role("client").get("cert"):  # type: ignore[no-untyped-call]
        raise InputError(
            f"{address} takes only clients with a certificate; name the folder of "
            f"{tls.CERTIFICATE} and {tls.KEY} by --tls, or as tls in the settings of the cluster"
        )
    return found


def _connect(address: str, security: Security | None, deadline: float) -> Client:
    """Open a connection to a scheduler."""
    try:
        return Client(  # type: ignore[no-untyped-call]
            address,
            security=security,
            set_as_default=False,
            timeout=max(deadline - time.monotonic(), LOOK_SECONDS),
        )
    except (OSError, ValueError) as error:
        raise InputError(
            f"no scheduler answers at {address} ({_reason(error)}); check that it runs, that this "
            "machine reaches it, and that it has the same certificates"
        ) from error


def _reason(error: BaseException) -> str:
    """Say what is behind an error, in one line."""
    while error.__cause__ is not None:
        error = error.__cause__
    return " ".join(str(error).split()) or type(error).__name__


def installed() -> str:
    """Version of hnlscan where this is called."""
    return version("hnlscan")


def _require_same_version(client: Client) -> None:
    """Refuse workers that would compute something else, or nothing."""
    ours = installed()
    for address, found in client.run(installed, on_error="return").items():
        if found != ours:
            theirs = f"hnlscan {found}" if isinstance(found, str) else f"no hnlscan ({found})"
            raise InputError(
                f"the worker at {address} has {theirs}, but this process has hnlscan {ours}; "
                "start the workers from the same environment"
            )
