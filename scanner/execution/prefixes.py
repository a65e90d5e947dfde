"""First parts of the keys of tasks: what a dashboard shows as one bar of one colour."""

from collections.abc import Iterable

from distributed.utils import color_of, palette

MOST_SPACES = 64
"""Where the search for another colour ends; a scan with more groups than colours repeats some."""

FAR_ENOUGH = 6
"""Colours with as many between them are told apart at a glance; few prefixes have even farther."""


def task_prefixes(labels: Iterable[str]) -> dict[str, str]:
    """Make labels that a dashboard shows as bars of different colours.

    Dask takes the colour from a hash of the prefix, and two groups may well have the same. Spaces
    at the end, which nobody sees, change the hash.

    Parameters
    ----------
    labels : iterable of str
        Labels of the groups of a scan.

    Returns
    -------
    dict of str to str
        First part of the keys of the tasks of each.

    Examples
    --------
    >>> task_prefixes(["miniboone_fhc", "microboone+sbnd"])
    {'miniboone_fhc': 'miniboone_fhc', 'microboone+sbnd': 'microboone+sbnd '}
    """
    names = list(dict.fromkeys(labels))
    apart = _apart(len(names))
    found: dict[str, str] = {}
    taken: list[int] = []
    for label in names:
        prefix = label.replace("-", "_")  # Dask cuts keys at dashes followed by a digit
        spaced = (prefix + " " * n for n in range(MOST_SPACES))
        free = (p for p in spaced if all(abs(_colour(p) - other) >= apart for other in taken))
        found[label] = next(free, prefix)
        taken.append(_colour(found[label]))
    return found


def _apart(count: int) -> int:
    """How far apart colours can be so that some are left for the last, whichever come first."""
    return max(1, min(FAR_ENOUGH, ((len(palette) - 1) // max(1, count - 1) + 1) // 2))


def _colour(prefix: str) -> int:
    """Place of a prefix among the colours of Dask, which run from dark to bright."""
    return palette.index(color_of(prefix))
