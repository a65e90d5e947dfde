"""Settings of a cluster: one small TOML file per kind, shipped or a user's copy."""

import sys
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import Any

from dask.utils import parse_bytes

from jobs import times
from physics.documents import Table, read_toml

BATCH = ("slurm", "pbs", "lsf", "sge", "htcondor")
"""Batch systems that jobs can be submitted to."""

WAYS = dict.fromkeys(BATCH, ("array", "elastic")) | {"slurm": ("allocation", "array", "elastic")}
"""What ``hnlscan submit`` can write for each."""

LEAST_MEMORY = "500MB"
"""A worker needs most of this before it has computed anything."""

_SHARED = (
    "workers",
    "walltime",
    "memory",
    "queue",
    "account",
    "setup",
    "directives",
    "interface",
    "local_directory",
    "logs",
    "python",
    "patience",
)
KEYS: Mapping[str, tuple[str, ...]] = {
    "local": ("workers", "memory", "listen", "tls"),
    **dict.fromkeys(BATCH, ("how", *_SHARED)),
    "slurm": ("how", "nodes", *_SHARED),
    "htcondor": ("how", *(key for key in _SHARED if key != "queue")),
    "scheduler-file": ("path", "tls", "patience"),
    "address": ("address", "tls", "patience"),
    "job-array": (),
    "ray": (),
}
"""Keys of each kind, beside ``kind``."""


@dataclass(frozen=True)
class Site:
    """A place to compute, and its settings.

    Parameters
    ----------
    kind : str
        One of `KEYS`.
    source : str
        What it was loaded from: a name, an address or the path of a file.
    how : str
        What ``submit`` writes: one of `WAYS`.
    workers : int or None
        Processes of one thread; None for as many as there are cores, or whatever is there.
    nodes : int or None
        Machines they are spread over; None leaves it to the batch system.
    walltime : int
        Longest time of a job (s).
    memory : str
        Of a worker; "auto" shares out what this machine has.
    queue, account : str or None
        As the batch system names them.
    setup : tuple of str
        Shell commands before anything else, such as ``module load``.
    directives : tuple of str
        Further directives of the batch system, without their prefix.
    interface : str or None
        Network over which nodes reach one another.
    local_directory : str or None
        Fast disk of a node, for what workers spill.
    logs : str
        Folder of what jobs print, relative to where they are submitted.
    python : str
        Interpreter on the nodes; programs are taken from its folder.
    patience : int
        Longest wait for a first worker (s).
    address : str or None
        Of a running scheduler.
    path : str or None
        File that a scheduler writes.
    tls : str or None
        Folder with certificates.
    listen : str or None
        Address, or address and port, at which workers of other machines may connect.
    """

    kind: str
    source: str
    how: str = ""
    workers: int | None = None
    nodes: int | None = None
    walltime: int = 12 * 3600
    memory: str = "2GB"
    queue: str | None = None
    account: str | None = None
    setup: tuple[str, ...] = ()
    directives: tuple[str, ...] = ()
    interface: str | None = None
    local_directory: str | None = None
    logs: str = "hnlscan-logs"
    python: str = sys.executable
    patience: int = 120
    address: str | None = None
    path: str | None = None
    tls: str | None = None
    listen: str | None = None

    @property
    def memory_mebibytes(self) -> int:
        """Memory of a worker in MiB, which is what batch systems call MB."""
        return -(-int(parse_bytes(self.memory)) // 2**20)


def shipped(kind: str) -> Path:
    """Find the settings that come with the package.

    Parameters
    ----------
    kind : str
        One of `KEYS`.

    Returns
    -------
    Path
        A commented TOML file; copy and edit it.
    """
    return Path(str(files("jobs"))) / "sites" / f"{kind}.toml"


def read(path: Path, source: str) -> Site:
    """Read settings from a file.

    Parameters
    ----------
    path : Path
        TOML.
    source : str
        What the user called it.

    Returns
    -------
    Site
        Complete.

    Raises
    ------
    InputError
        With file and key, if anything in it is wrong.
    """
    table = read_toml(path, "the settings of a cluster (TOML)")
    kind = table.text("kind", '"slurm"', tuple(KEYS))
    table.only("kind", *KEYS[kind])
    found: dict[str, Any] = {key: _READERS[key](table, kind) for key in KEYS[kind] if key in table}
    if kind in WAYS:
        found.setdefault("how", WAYS[kind][0])
    if kind == "local":
        found.setdefault("memory", "auto")
    return Site(kind=kind, source=source, **found)


def _time(table: Table, key: str) -> int:
    """Read a time of day and hours."""
    text = table.text(key, '"12:00:00"')
    seconds = times.parse(text)
    if seconds is None:
        raise table.error(
            key,
            f'got "{text}", but H:MM:SS or D-HH:MM:SS is needed; write for example '
            f'{key} = "12:00:00"',
        )
    return seconds


def _memory(table: Table) -> str:
    """Read an amount of memory."""
    text = table.text("memory", '"2GB"')
    try:
        enough = parse_bytes(text) >= parse_bytes(LEAST_MEMORY)
    except ValueError:
        enough = False
    if not enough:
        raise table.error(
            "memory",
            f'got "{text}", but an amount with its unit and at least {LEAST_MEMORY} is needed; '
            'write for example memory = "2GB"',
        )
    return "".join(text.split())


def _lines(table: Table, key: str) -> tuple[str, ...]:
    """Read a list of lines, which may be empty."""
    return () if table.data[key] == [] else table.texts(key, '["..."]')


def _address(table: Table) -> str:
    """Read the address of a scheduler."""
    text = table.text("address", '"tls://host:8786"')
    if not is_address(text):
        raise table.error(
            "address",
            f'got "{text}", but tcp://HOST:PORT or tls://HOST:PORT is needed; write for example '
            'address = "tls://host:8786"',
        )
    return text


def is_address(text: str) -> bool:
    """Tell an address from a name or a path.

    Examples
    --------
    >>> is_address("tls://node7:8786"), is_address("tls://node7"), is_address("slurm")
    (True, False, False)
    """
    protocol, found, rest = text.partition("://")
    host, _, port = rest.rpartition(":")
    return protocol in ("tcp", "tls") and bool(found and host) and port.isdecimal()


_READERS: dict[str, Any] = {
    "how": lambda t, kind: t.text("how", f'"{WAYS[kind][0]}"', WAYS[kind]),
    "workers": lambda t, kind: t.integer("workers", "16", at_least=1, at_most=4096),
    "nodes": lambda t, kind: t.integer("nodes", "2", at_least=1, at_most=4096),
    "walltime": lambda t, kind: _time(t, "walltime"),
    "patience": lambda t, kind: _time(t, "patience"),
    "memory": lambda t, kind: _memory(t),
    "setup": lambda t, kind: _lines(t, "setup"),
    "directives": lambda t, kind: _lines(t, "directives"),
    "address": lambda t, kind: _address(t),
    **{
        key: lambda t, kind, key=key: t.text(key, '"..."')
        for key in (
            "queue", "account", "interface", "local_directory", "logs", "python", "path", "tls",
            "listen",
        )
    },
}  # fmt: skip
