"""One thread per process: numerical libraries that start more wait for each other."""

import os

THREAD_VARIABLES = (
    "OMP_NUM_THREADS",
    "OPENBLAS_NUM_THREADS",
    "MKL_NUM_THREADS",
    "NUMBA_NUM_THREADS",
)
"""Libraries that would start threads of their own; one worker per core leaves them none."""


def one_thread() -> None:
    """Let the libraries that this process has still to import use one thread, unless told else.

    So a command computes as workers do, and starts half a second sooner: small matrices are not
    shared out to threads.
    """
    for name in THREAD_VARIABLES:
        os.environ.setdefault(name, "1")
