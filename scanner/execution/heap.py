"""Give freed memory back to the system, so that a client does not grow with what it has read."""

import ctypes

_M_TRIM_THRESHOLD = -1
_KEPT_BYTES = 2**17
"""glibc's own first value. Unless it is set, glibc raises it to twice the largest array freed, and
the rest of many arrays of some MB stays with the process for good."""


def give_back() -> bool:
    """Ask the allocator of this process to keep little of what is freed.

    Returns
    -------
    bool
        Whether it is glibc's, which can be asked; others are left as they are.
    """
    try:
        mallopt = ctypes.CDLL(None).mallopt
    except (AttributeError, OSError, TypeError):
        return False
    return bool(mallopt(_M_TRIM_THRESHOLD, _KEPT_BYTES))
