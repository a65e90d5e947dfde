"""Find the points of a block that cannot be computed, and compute the others.

A block is computed as a whole. When that fails it is halved, and the halves that fail are halved
again, until what fails is a single point: that one is marked as failed, all others are kept.
"""

from collections.abc import Callable, Iterator

import numpy as np

from scanner.blocks.blocks import FAILED, STATUS, TODO, Arrays, Block, GroupSpec

Attempt = Callable[[Block, Arrays | None], Arrays]
"""Computes a part of a block, or raises."""


def halves(block: Block) -> Iterator[Block]:
    """Cut a part of a block in two along its longest axis.

    Parameters
    ----------
    block : Block
        Two points or more.

    Yields
    ------
    Block
        The two halves, with the number of the block.

    Examples
    --------
    >>> [half.region for half in halves(Block("argon", 3, ((4, 6), (0, 5))))]
    [((4, 6), (0, 2)), ((4, 6), (2, 5))]
    """
    axis = max(range(len(block.region)), key=lambda i: (block.shape[i], -i))
    start, stop = block.region[axis]
    middle = (start + stop) // 2
    for part in ((start, middle), (middle, stop)):
        region = (*block.region[:axis], part, *block.region[axis + 1 :])
        yield Block(block.group, block.index, region)


def blank(spec: GroupSpec, block: Block) -> Arrays:
    """Arrays of a block of which nothing is known: NaN, and 0 for integers.

    Parameters
    ----------
    spec : GroupSpec
        The group.
    block : Block
        A block or a part of one.

    Returns
    -------
    dict of str to ndarray
        Of the shapes that are stored.
    """
    return {
        array.name: np.full(block.shape + spec.trailing(array), array.fill_value, dtype=array.dtype)
        for array in spec.arrays
    }


def within(block: Block, part: Block) -> tuple[slice, ...]:
    """Index of a part in the arrays of its block.

    Examples
    --------
    >>> within(Block("argon", 3, ((4, 6), (0, 5))), Block("argon", 3, ((5, 6), (2, 5))))
    (slice(1, 2, None), slice(2, 5, None))
    """
    return tuple(
        slice(start - base, stop - base)
        for (base, _), (start, stop) in zip(block.region, part.region, strict=True)
    )


def rescue(
    spec: GroupSpec,
    block: Block,
    known: Arrays | None,
    attempt: Attempt,
    first: Exception | None,
) -> tuple[Arrays, list[str]]:
    """Compute a block part by part, after computing it as a whole has failed.

    Parameters
    ----------
    spec : GroupSpec
        The group.
    block : Block
        The block.
    known : dict of str to ndarray or None
        What the store knows of it already.
    attempt : callable
        Computes a part; what it returns is conform with `spec`.
    first : Exception or None
        Why the whole block failed; None if it has still to be tried in this way.

    Returns
    -------
    arrays : dict of str to ndarray
        The block; points that failed are blank and, where the group has a status, marked.
    messages : list of str
        Why they failed, in the order of the points.
    """
    arrays = blank(spec, block)
    messages = []
    waiting: list[tuple[Block, Exception | None]] = [(block, first)]
    while waiting:
        part, error = waiting.pop()
        here = within(block, part)
        if error is None:
            try:
                found = attempt(part, known and {name: a[here] for name, a in known.items()})
            except Exception as caught:  # noqa: BLE001 - one bad point must not stop the others
                error = caught
            else:
                for name, values in found.items():
                    arrays[name][here] = values
                continue
        if part.n_points > 1:
            waiting.extend((half, None) for half in reversed(list(halves(part))))
            continue
        messages.append(describe(error))
        if STATUS in arrays:
            arrays[STATUS][here] = FAILED
    return arrays, messages


def forget_failures(spec: GroupSpec, arrays: Arrays) -> Arrays:
    """Give what is known of a block whose failed points are to be computed again.

    Parameters
    ----------
    spec : GroupSpec
        The group.
    arrays : dict of str to ndarray
        As stored.

    Returns
    -------
    dict of str to ndarray
        Failed entries are blank; their status is to do.
    """
    if STATUS not in arrays:
        return arrays
    arrays = {**arrays, STATUS: arrays[STATUS].copy()}
    arrays[STATUS][arrays[STATUS] == FAILED] = TODO
    return arrays


def describe(error: BaseException) -> str:
    """Say what went wrong in one line.

    Parameters
    ----------
    error : BaseException
        What was raised.

    Returns
    -------
    str
        Kind and message.

    Examples
    --------
    >>> describe(ZeroDivisionError("division by zero"))
    'ZeroDivisionError: division by zero'
    """
    text = " ".join(str(error).split())
    return f"{type(error).__name__}: {text}" if text else type(error).__name__
