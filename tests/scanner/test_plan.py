import math

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from scanner.blocks import plan
from scanner.blocks.blocks import ArraySpec, GroupSpec

sizes = st.lists(st.integers(1, 9), min_size=1, max_size=3).map(tuple)


def spec(shape: tuple[int, ...], block_points: int | None) -> GroupSpec:
    axes = {f"m{i}": tuple(float(x) for x in range(n)) for i, n in enumerate(shape)}
    return GroupSpec("g", "g", axes, (ArraySpec("rate"),), block_points=block_points)


@settings(deadline=None)
@given(sizes, st.none() | st.integers(1, 500))
def test_blocks_cover_every_point_once(shape: tuple[int, ...], block_points: int | None) -> None:
    layout = plan.layout(spec(shape, block_points))
    seen = np.zeros(shape, int)
    for block in layout.blocks():
        seen[block.slices] += 1
        assert seen[block.slices].shape == block.shape
        assert layout.block(block.index) == block
    assert (seen == 1).all()


@settings(deadline=None)
@given(sizes)
def test_there_are_at_least_32_blocks_and_no_larger_block_would_do(shape: tuple[int, ...]) -> None:
    layout = plan.layout(spec(shape, None))
    wanted = min(32, math.prod(shape))
    assert layout.n_blocks >= wanted
    for axis, step in enumerate(layout.block_shape):
        if step < shape[axis]:
            longer = [*layout.block_shape]
            longer[axis] += 1
            assert math.prod(-(-n // s) for n, s in zip(shape, longer, strict=True)) < wanted


@settings(deadline=None)
@given(sizes, st.integers(1, 100))
def test_a_given_number_of_points_is_kept(shape: tuple[int, ...], most: int) -> None:
    assert all(b.n_points <= most for b in plan.layout(spec(shape, most)).blocks())


def test_cost_limits_a_block() -> None:
    assert plan.points_per_block(0.01) == 300
    assert plan.points_per_block(7.0) == 1
    assert plan.points_per_block(1.0, max_seconds=10.0) == 10


def test_one_long_axis_makes_32_blocks_or_a_few_more() -> None:
    assert plan.layout(spec((320,), None)).block_shape == (10,)
    assert plan.layout(spec((1000,), None)).n_blocks == 32
