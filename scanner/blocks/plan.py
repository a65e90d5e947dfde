"""How a group is cut into blocks: few enough to cost nothing, small enough to lose nothing."""

import math

from scanner.blocks.blocks import GroupSpec, Layout

MIN_BLOCKS = 32
"""Fewest blocks of a group that has that many points, so that workers stay busy to the end."""

MAX_SECONDS = 3.0
"""Longest time a block should take: what a killed worker loses."""


def points_per_block(seconds_per_point: float, max_seconds: float = MAX_SECONDS) -> int:
    """Largest number of points that stays within `max_seconds`.

    Parameters
    ----------
    seconds_per_point : float
        Measured or estimated cost of one point (s).
    max_seconds : float
        Longest time of a block (s).

    Returns
    -------
    int
        At least 1.

    Examples
    --------
    >>> points_per_block(0.5), points_per_block(100.0)
    (6, 1)
    """
    return max(1, int(max_seconds / seconds_per_point))


def block_shape(
    sizes: tuple[int, ...], most_points: int | None, least_blocks: int
) -> tuple[int, ...]:
    """Shape of a full block: as large as both limits allow, and as square as possible.

    Parameters
    ----------
    sizes : tuple of int
        Points along every axis.
    most_points : int or None
        Most points of a block; None for no limit.
    least_blocks : int
        Fewest blocks wanted; fewer only if there are fewer points.

    Returns
    -------
    tuple of int
        No axis can be lengthened by one without breaking a limit.

    Examples
    --------
    >>> block_shape((80,), None, 32), block_shape((80,), 1, 32), block_shape((5,), None, 32)
    ((2,), (1,), (1,))
    >>> block_shape((64, 64), 100, 32)
    (10, 10)
    """
    wanted = min(least_blocks, math.prod(sizes))
    shape = [1] * len(sizes)
    growing = set(range(len(sizes)))
    while growing:
        axis = min(growing, key=lambda i: (shape[i], i))
        shape[axis] += 1
        blocks = math.prod(-(-size // step) for size, step in zip(sizes, shape, strict=True))
        too_large = most_points is not None and math.prod(shape) > most_points
        if shape[axis] > sizes[axis] or blocks < wanted or too_large:
            shape[axis] -= 1
            growing.remove(axis)
    return tuple(shape)


def layout(spec: GroupSpec) -> Layout:
    """Cut a group into blocks; the store keeps the result for good.

    `GroupSpec.block_points`, when given, decides alone; else there are at least `MIN_BLOCKS`. A
    group that is refined has blocks of one point.

    Parameters
    ----------
    spec : GroupSpec
        The group.

    Returns
    -------
    Layout
        Group and block shape.
    """
    if spec.coarse is not None:
        return Layout(spec, (1,) * len(spec.sizes))
    least = MIN_BLOCKS if spec.block_points is None else 1
    return Layout(spec, block_shape(spec.sizes, spec.block_points, least))
