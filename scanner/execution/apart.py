"""Compute a block outside the worker, so that what kills it kills only a helper process.

A block during which worker after worker has died is computed in a process of its own. That process
may take as much memory as its worker may; beyond that an allocation fails, and when the process
dies in another way the worker learns it. Both are failures like any other, so that the block is
split until the points that cause them are found.
"""

import os
import pickle
import resource
import subprocess
import sys

import cloudpickle

from scanner.blocks.blocks import Arrays, Block, Evaluate


class DiedError(RuntimeError):
    """The process that computed a part of a block died."""


def evaluate_apart(
    evaluate: Evaluate, block: Block, known: Arrays | None, most_bytes: int | None
) -> Arrays:
    """Compute a block in a process of its own.

    Parameters
    ----------
    evaluate : Evaluate
        Computes a block.
    block : Block
        What to compute.
    known : dict of str to ndarray or None
        What the store knows of it already.
    most_bytes : int or None
        Memory the process may take (bytes); None for no limit.

    Returns
    -------
    dict of str to ndarray
        What `evaluate` returns.

    Raises
    ------
    DiedError
        If the process dies.
    Exception
        Whatever `evaluate` raises.
    """
    request = cloudpickle.dumps((evaluate, block, known, most_bytes))
    # what the worker can import its helper must find too
    paths = os.pathsep.join(path for path in sys.path if path)
    done = subprocess.run(
        [sys.executable, "-m", "scanner.execution.apart"],
        input=request,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env={**os.environ, "PYTHONPATH": paths},
        check=False,
    )
    if done.returncode != 0:
        raise DiedError(_death(done.returncode))
    arrays, error = pickle.loads(done.stdout)
    if error is not None:
        raise error
    found: Arrays = arrays
    return found


def _death(code: int) -> str:
    """Say how a process ended.

    Examples
    --------
    >>> _death(-9)
    'the process that computed it was killed by signal 9 (too little memory?)'
    """
    if code < 0:
        return f"the process that computed it was killed by signal {-code} (too little memory?)"
    return f"the process that computed it ended with exit code {code}"


def _main() -> None:
    """Answer one request on the standard input; the answer alone goes to the standard output."""
    answer_to = os.dup(sys.stdout.fileno())
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    evaluate, block, known, most_bytes = pickle.loads(sys.stdin.buffer.read())
    if most_bytes is not None:
        resource.setrlimit(resource.RLIMIT_DATA, (most_bytes, most_bytes))
    answer: tuple[Arrays | None, Exception | None]
    try:
        answer = (evaluate(block, known), None)
    except Exception as error:  # noqa: BLE001 - the worker splits the block, whatever it is
        answer = (None, _sendable(error))
    with os.fdopen(answer_to, "wb") as stream:
        stream.write(cloudpickle.dumps(answer))


def _sendable(error: Exception) -> Exception:
    """Give an error that survives being sent: many with arguments of their own do not."""
    try:
        pickle.loads(cloudpickle.dumps(error))
    except Exception:  # noqa: BLE001 - then its words must do
        return RuntimeError(f"{type(error).__name__}: {error}")
    return error


if __name__ == "__main__":
    _main()
