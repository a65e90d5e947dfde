"""What made a store: versions, source, machine, times; without names of people or machines."""

import platform
import subprocess
import sys
from datetime import UTC, datetime
from importlib import metadata
from pathlib import Path
from typing import Any

PACKAGES = ("hnlscan", "numpy", "scipy", "vegas", "numba", "xarray", "zarr", "dask", "distributed")
"""Packages whose versions are recorded."""


def collect() -> dict[str, Any]:
    """Describe the software and the machine of this process.

    Returns
    -------
    dict
        ``versions``, ``git`` (None outside a checkout), ``cpu``, ``system`` and ``created``,
        fit for JSON.

    Examples
    --------
    >>> sorted(collect())
    ['cpu', 'created', 'git', 'system', 'versions']
    """
    return {
        "created": now(),
        "versions": versions(),
        "git": git_state(Path(__file__).parent),
        "cpu": cpu_model(),
        "system": f"{platform.system()} {platform.machine()}",
    }


def now() -> str:
    """Time of day in UTC to the second, as ISO 8601."""
    return datetime.now(UTC).isoformat(timespec="seconds")


def versions() -> dict[str, str]:
    """Versions of Python and of the installed `PACKAGES`."""
    found = {"python": platform.python_version()}
    for package in PACKAGES:
        try:
            found[package] = metadata.version(package)
        except metadata.PackageNotFoundError:
            continue
    return found


def cpu_model() -> str:
    """Model of the processor: bits are only the same on one class of them."""
    cpuinfo = Path("/proc/cpuinfo")
    if sys.platform == "linux" and cpuinfo.exists():
        for line in cpuinfo.read_text(errors="replace").splitlines():
            key, _, value = line.partition(":")
            if key.strip() == "model name":
                return value.strip()
    return platform.processor() or platform.machine()


def git_state(folder: Path) -> dict[str, Any] | None:
    """Commit of the checkout that holds this package, and whether it has changes.

    Parameters
    ----------
    folder : Path
        Folder of a package.

    Returns
    -------
    dict or None
        ``sha`` and ``dirty``; None if the package is not the top of a checkout.
    """
    if not (folder.parent / ".git").exists():
        return None
    try:
        sha = _git(folder, "rev-parse", "HEAD")
        changes = _git(folder, "status", "--porcelain", "--untracked-files=no")
    except (OSError, subprocess.SubprocessError):
        return None
    return {"sha": sha, "dirty": bool(changes)}


def _git(folder: Path, *arguments: str) -> str:
    """Output of a git command."""
    command = ["git", "-C", str(folder), *arguments]
    done = subprocess.run(command, check=True, capture_output=True, text=True, timeout=10)
    return done.stdout.strip()
