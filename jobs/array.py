"""The share of one element of a job array."""

from collections.abc import Mapping
from dataclasses import dataclass

from physics.errors import InputError

GENERIC = "HNLSCAN_SHARE"
"""Share as ``i/n``, counted from zero, for whatever does not say how many elements there are."""


@dataclass(frozen=True)
class Variables:
    """Environment variables by which a batch system numbers the elements of an array.

    Parameters
    ----------
    index, last, step : str
        Their names.
    first : str
        Name, or empty where arrays begin at 1.
    outside : str
        Value of `index` in jobs that are no array.
    """

    index: str
    first: str
    last: str
    step: str
    outside: str = ""


SYSTEMS = (
    Variables(
        "SLURM_ARRAY_TASK_ID",
        "SLURM_ARRAY_TASK_MIN",
        "SLURM_ARRAY_TASK_MAX",
        "SLURM_ARRAY_TASK_STEP",
    ),
    Variables("LSB_JOBINDEX", "", "LSB_JOBINDEX_END", "LSB_JOBINDEX_STEP", outside="0"),
    Variables(
        "SGE_TASK_ID", "SGE_TASK_FIRST", "SGE_TASK_LAST", "SGE_TASK_STEPSIZE", outside="undefined"
    ),
)
"""PBS and HTCondor do not say how many elements there are: their scripts set `GENERIC`."""


def share(environ: Mapping[str, str]) -> tuple[int, int]:
    """Read which share of the blocks this element of a job array computes.

    Parameters
    ----------
    environ : mapping
        Environment of the process.

    Returns
    -------
    (int, int)
        i and n with 0 <= i < n: blocks i, i + n, i + 2n, ...

    Raises
    ------
    InputError
        Outside an array, or if the environment does not say how many elements there are.

    Examples
    --------
    >>> share({"HNLSCAN_SHARE": "2/16"})
    (2, 16)
    >>> share({"SGE_TASK_ID": "5", "SGE_TASK_FIRST": "1", "SGE_TASK_LAST": "9",
    ...        "SGE_TASK_STEPSIZE": "2"})
    (2, 5)
    """
    if GENERIC in environ:
        return _generic(environ[GENERIC])
    for names in SYSTEMS:
        if environ.get(names.index, names.outside) != names.outside:
            return _native(environ, names)
    known = ", ".join(names.index for names in SYSTEMS)
    raise InputError(
        f"this process is not an element of a job array: none of {known} is set; set "
        f"{GENERIC}=i/n, counted from zero, or write the job with `hnlscan submit`"
    )


def _generic(text: str) -> tuple[int, int]:
    """Read ``i/n``."""
    index, _, count = text.partition("/")
    if not (index.isdecimal() and count.isdecimal() and int(index) < int(count)):
        raise InputError(
            f"{GENERIC} is {text!r}, but it must be i/n with i from 0 to n - 1, such as 0/16"
        )
    return int(index), int(count)


def _native(environ: Mapping[str, str], names: Variables) -> tuple[int, int]:
    """Read what a batch system says."""
    try:
        index, last, step = (int(environ[n]) for n in (names.index, names.last, names.step))
        first = int(environ[names.first]) if names.first else 1
        if not (first <= index <= last and step > 0):
            raise ValueError
    except (KeyError, ValueError) as error:
        needed = [n for n in (names.index, names.first, names.last, names.step) if n]
        found = ", ".join(f"{n}={environ.get(n, '')}" for n in needed)
        raise InputError(
            f"the batch system numbers the elements of its array by {found}, which is not "
            f"understood; set {GENERIC}=i/n, counted from zero"
        ) from error
    return (index - first) // step, (last - first) // step + 1
