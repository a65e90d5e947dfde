"""Compilation with a cache that cannot be stale.

numba's on-disk cache of a function does not notice a change in a function called from another
file. So the cache lives in a folder named by the digest of all sources of this package, of numba
and of Python: any edit starts a new one.
"""

import hashlib
import os
import sys
import tempfile
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import numba


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


def _cache_folder() -> Path:
    """Choose a writable folder for compiled code, private to this source, numba and Python."""
    name = f"numba-{physics_digest()}-{numba.__version__}-{sys.implementation.cache_tag}"
    base = os.environ.get("HNLSCAN_CACHE_DIR") or os.environ.get("XDG_CACHE_HOME")
    candidates = [Path(base) / "hnlscan" if base else Path.home() / ".cache" / "hnlscan"]
    candidates.append(Path(tempfile.gettempdir()) / f"hnlscan-{os.getuid()}")
    for candidate in candidates:
        folder = candidate / name
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError:
            continue
        if os.access(folder, os.W_OK):
            return folder
    return Path(tempfile.mkdtemp(prefix="hnlscan-"))


numba.config.CACHE_DIR = str(_cache_folder())  # type: ignore[attr-defined]


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
    compiled: Callable[..., Any] = numba.njit(
        cache=True, nogil=True, fastmath={"contract", "nsz", "arcp"}, error_model="numpy"
    )(function)
    return compiled
