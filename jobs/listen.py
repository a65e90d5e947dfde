"""Who may connect to the scheduler on this machine: nobody else, or who has the certificates."""

import shlex
import socket
from dataclasses import replace
from pathlib import Path

from distributed.comm.addressing import parse_host_port

from jobs import tls
from jobs.settings import KEYS, Site
from physics.errors import InputError

LOOPBACK = "127.0.0.1"
"""Where everything listens that is not asked to listen elsewhere."""

ALONE_SECONDS = 60
"""A worker of another machine ends after so long without a scheduler (s)."""


def chosen(site: Site, listen: str | None, folder: str | None, workers: int | None) -> Site:
    """Take what the command line says instead of the settings, and check it.

    Parameters
    ----------
    site : Site
        With its settings.
    listen : str or None
        Address, or address and port, at which workers of other machines may connect.
    folder : str or None
        With certificates.
    workers : int or None
        Processes on this machine.

    Returns
    -------
    Site
        Complete.

    Raises
    ------
    InputError
        If this place does not take them, or if they do not fit together.
    """
    for key, value in (("listen", listen), ("tls", folder)):
        if value is not None and key not in KEYS[site.kind]:
            kinds = ", ".join(kind for kind in KEYS if key in KEYS[kind])
            raise InputError(
                f"--{key} is not for --cluster {site.source}; leave it out, or choose a cluster of "
                f"kind {kinds}"
            )
    found = replace(site, listen=listen or site.listen, tls=folder or site.tls)
    if found.kind == "local":
        require(found)
    if found.listen and workers == 0:
        raise InputError(
            "with --workers 0 there is no scheduler that could listen; leave out --listen, or give "
            "--workers 1"
        )
    return found


def require(site: Site) -> None:
    """Refuse to listen without certificates, or where this machine cannot.

    Parameters
    ----------
    site : Site
        Of kind ``local``.

    Raises
    ------
    InputError
        In one sentence.
    """
    if site.tls:
        tls.require(site.tls)
    if not site.listen:
        return
    if not site.tls:
        raise InputError(
            f"--listen {site.listen} needs certificates, since whoever can connect to a scheduler "
            "can run code as you; make them with `python -m jobs.tls FOLDER` and give --tls FOLDER"
        )
    host, port = endpoint(site.listen)
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
        with socket.socket(found[0][0]) as tried:
            tried.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            tried.bind(found[0][4])
    except OSError as error:
        raise InputError(
            f"cannot listen on {site.listen} ({error.strerror}); give an address of this machine, "
            "or 0.0.0.0 for all of them, and a port that is free"
        ) from error


def endpoint(listen: str) -> tuple[str, int]:
    """Split an address and its port.

    Parameters
    ----------
    listen : str
        The port may be missing.

    Returns
    -------
    tuple of str and int
        Host and port; 0 for any port that is free.

    Raises
    ------
    InputError
        If it is neither.

    Examples
    --------
    >>> endpoint("0.0.0.0"), endpoint("10.1.2.3:8786"), endpoint("[fd00::2]:8786")
    (('0.0.0.0', 0), ('10.1.2.3', 8786), ('fd00::2', 8786))
    """
    try:
        host, port = parse_host_port(listen, 0)
    except ValueError:
        host, port = "", -1
    if not host or "/" in listen or not 0 <= port < 2**16:
        raise InputError(
            f"got the address {listen!r}; write ADDRESS or ADDRESS:PORT such as 10.1.2.3:8786, "
            "with brackets around IPv6"
        )
    return host, port


def worker_command(site: Site, address: str) -> str:
    """Write the command that adds a worker on another machine.

    Parameters
    ----------
    site : Site
        With certificates.
    address : str
        Of its scheduler.

    Returns
    -------
    str
        For a shell whose machine sees the folder of certificates, and the store.

    Examples
    --------
    >>> site = Site("local", "local", listen="10.1.2.3", tls="/shared/tls")
    >>> worker_command(site, "tls://10.1.2.3:8786").split(" --")[:2]
    ['dask worker tls://10.1.2.3:8786', 'tls-ca-file /shared/tls/cert.pem']
    """
    folder = Path(site.tls or "").absolute()
    certificate, key = str(folder / tls.CERTIFICATE), str(folder / tls.KEY)
    return shlex.join(
        [
            "dask", "worker", address,
            "--tls-ca-file", certificate, "--tls-cert", certificate, "--tls-key", key,
            "--nthreads", "1", "--death-timeout", str(ALONE_SECONDS),
            # even without a dashboard workers answer http, on all addresses if not told
            "--no-dashboard", "--dashboard-address", f"{LOOPBACK}:0",
        ]
    )  # fmt: skip
