"""Certificates for one cluster, in a folder that only its owner reads.

``python -m jobs.tls FOLDER`` makes them; whoever has the files may connect, nobody else.
"""

import os
import sys
from pathlib import Path

from distributed import Security

from physics.errors import InputError

CERTIFICATE, KEY = "cert.pem", "key.pem"
"""Files of a folder; the certificate signs itself and so is also what it is checked against."""


def write(folder: Path) -> None:
    """Make a certificate and its key in a folder.

    Parameters
    ----------
    folder : Path
        Made if it is not there; mode 0700, files 0600.

    Raises
    ------
    InputError
        If the library that makes certificates is missing, or if the folder has some already.
    """
    try:
        made = Security.temporary()  # type: ignore[no-untyped-call]
    except ImportError as error:
        raise InputError(
            "encrypted connections need the package cryptography; "
            "install it with: pip install 'hnlscan[hpc]'"
        ) from error
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    folder.chmod(0o700)
    for name, text in ((CERTIFICATE, made.tls_worker_cert), (KEY, made.tls_worker_key)):
        _write_private(folder / name, text)


def _write_private(path: Path, text: str) -> None:
    """Write a file that nobody else ever could read."""
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError as error:
        raise InputError(f"{path} exists already; give an empty folder") from error
    with os.fdopen(descriptor, "w") as file:
        file.write(text)


def read(folder: Path) -> Security | None:
    """Find certificates in a folder.

    Parameters
    ----------
    folder : Path
        Where `write` was asked to put them.

    Returns
    -------
    distributed.Security or None
        For client, scheduler and workers; None if the files are not there.
    """
    certificate, key = str(folder / CERTIFICATE), str(folder / KEY)
    if not (Path(certificate).is_file() and Path(key).is_file()):
        return None
    roles = ("client", "scheduler", "worker")
    files = {f"tls_{role}_cert": certificate for role in roles}
    files |= {f"tls_{role}_key": key for role in roles}
    return Security(  # type: ignore[no-untyped-call]
        tls_ca_file=certificate, require_encryption=True, **files
    )


def require(folder: str) -> Security:
    """Find certificates where somebody said they are.

    Parameters
    ----------
    folder : str
        As it was given.

    Returns
    -------
    distributed.Security
        For client, scheduler and workers.

    Raises
    ------
    InputError
        If they are not there.
    """
    found = read(Path(folder))
    if found is None:
        raise InputError(
            f"{folder}: {CERTIFICATE} and {KEY} are not in this folder; make them with: "
            f"python -m jobs.tls {folder}"
        )
    return found


def main(arguments: list[str]) -> int:
    """Run as a program: make certificates in the one folder given.

    Parameters
    ----------
    arguments : list of str
        The folder.

    Returns
    -------
    int
        Exit code.
    """
    if len(arguments) != 1:
        sys.stderr.write("usage: python -m jobs.tls FOLDER\n")
        return 1
    try:
        write(Path(arguments[0]))
    except InputError as error:
        sys.stderr.write(f"hnlscan: {error}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
