"""Compilation with a cache that cannot be stale.

numba's on-disk cache of a function does not notice a change in a function called from another
file. So the cache lives in a folder named by the digest of all sources of this package, of numba
and of Python: any edit starts a new one. Any number of processes on any kinds of processors may
share it, also when they all find it empty.
"""

import hashlib
import os
import pickle
import sys
import tempfile
from collections.abc import Callable
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import Any, cast
from uuid import uuid4

import numba
from numba.core.serialize import dumps


@cache
def physics_digest() -> str:
    """Digest of every Python and data file of the physics that sampled numbers depend on.

    Returns
    -------
    str
        16 hexadecimal digits; experiments and beams have digests of their own and do not enter.

    Examples
    --------
    >>> len(physics_digest())
    16
    """
    root = Path(__file__).parent
    digest = hashlib.sha256()
    for path in [*sorted(root.rglob("*.py")), root / "nuclei.toml"]:
        digest.update(path.relative_to(root).as_posix().encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()[:16]


def _candidates() -> list[Path]:
    """Where compiled code may be kept, the best place first."""
    base = os.environ.get("HNLSCAN_CACHE_DIR") or os.environ.get("XDG_CACHE_HOME")
    if base:
        return [Path(base) / "hnlscan", _temporary()]
    with suppress(RuntimeError):  # a user without a home, as containers have them
        return [Path.home() / ".cache" / "hnlscan", _temporary()]
    return [_temporary()]


def _temporary() -> Path:
    return Path(tempfile.gettempdir()) / f"hnlscan-{os.getuid()}"


def _cache_folders() -> list[Path]:
    """Choose a folder for compiled code, private to this source, numba and Python.

    Returns
    -------
    list of Path
        Where it is written, then folders that can only be read: a cache filled beforehand.
    """
    name = f"numba-{physics_digest()}-{numba.__version__}-{sys.implementation.cache_tag}"
    filled: list[Path] = []
    for candidate in _candidates():
        folder = candidate / name
        with suppress(OSError):
            folder.mkdir(parents=True, exist_ok=True)
        if not folder.is_dir() or not _ours(candidate):
            continue
        if os.access(folder, os.W_OK):
            return [folder, *filled]
        filled.append(folder)
    return [Path(tempfile.mkdtemp(prefix="hnlscan-")), *filled]


def _ours(candidate: Path) -> bool:
    """Tell whether a folder may be trusted: anybody can make one where temporary files are."""
    return candidate != _temporary() or candidate.stat().st_uid == os.getuid()


_DIGEST = hashlib.sha256().digest_size

FOLDERS = _cache_folders()
"""Where compiled code is written and read; those after the first are only read."""

numba.config.CACHE_DIR = str(FOLDERS[0])  # type: ignore[attr-defined]


class _Entries:
    """Compiled versions of one function, each in a file that is named by what it is for.

    numba itself keeps an index beside numbered files. Two processes that start at once may give
    two versions the same number, so that one could run what was compiled for other arguments or
    for another processor; and a file cut short by a crash would stop every later run.

    Parameters
    ----------
    name : str
        Readable beginning of the names of files.
    stamp : object
        Of the source file.
    """

    def __init__(self, name: str, stamp: object) -> None:
        self._name, self._stamp = name, stamp

    def _file(self, key: object) -> str:
        """Name of the file of a version: argument types, processor with its features, code."""
        digest = hashlib.sha256(repr((key, self._stamp)).encode()).hexdigest()
        return f"{self._name}.{digest[:24]}.nbc"

    def load(self, key: object) -> Any:
        """Read a version; None if there is none, or none that is whole."""
        for folder in FOLDERS:
            try:
                content = (folder / self._file(key)).read_bytes()
            except OSError:
                continue
            digest, payload = content[:_DIGEST], content[_DIGEST:]
            if hashlib.sha256(payload).digest() == digest:
                found, data = pickle.loads(payload)
                if found == key:
                    return data
        return None

    def save(self, key: object, data: object) -> None:
        """Write a version, whole or not at all; without room for it, it is compiled again."""
        payload = dumps((key, data))  # type: ignore[no-untyped-call]
        path = FOLDERS[0] / self._file(key)
        part = path.with_name(f"{path.name}.{uuid4().hex[:16]}.part")
        try:
            part.write_bytes(hashlib.sha256(payload).digest() + payload)
            part.replace(path)
        except OSError:
            with suppress(OSError):
                part.unlink(missing_ok=True)


def jit(function: Callable[..., Any]) -> Callable[..., Any]:
    """Compile a kernel function to float64 machine code, without the interpreter lock.

    Parameters
    ----------
    function : callable
        Pure numerical function.

    Returns
    -------
    callable
        Compiled on first call and cached on disk.
    """
    compiled: Any = numba.njit(
        cache=True, nogil=True, fastmath={"contract", "nsz", "arcp"}, error_model="numpy"
    )(function)
    name = f"{function.__module__}.{function.__qualname__}-{function.__code__.co_firstlineno}"
    stamp = compiled._cache._impl.locator.get_source_stamp()
    compiled._cache._cache_file = _Entries(name, stamp)
    return cast(Callable[..., Any], compiled)
