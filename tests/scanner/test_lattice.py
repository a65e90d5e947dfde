"""Cells of all depths and what is reduced, spread and interpolated on them."""

from itertools import pairwise

import numpy as np
import pytest

from scanner.refine.lattice import Lattice, corners, cuts


@pytest.mark.parametrize(("size", "coarse"), [(2, 8), (9, 8), (10, 4), (65, 8), (100, 16), (7, 1)])
def test_cuts_end_at_every_index(size: int, coarse: int) -> None:
    found = cuts(size, coarse)
    assert found[-1].tolist() == list(range(size))
    for before, after in pairwise(found):
        assert set(before) < set(after)
    assert np.diff(found[0]).max() <= coarse


def test_a_reduction_takes_in_the_faces() -> None:
    lattice = Lattice((9, 5), 4)
    values = np.zeros((9, 5))
    values[4, 2] = 1.0
    assert lattice.within(values, 0, np.fmax).tolist() == [[1.0], [1.0]]
    values[4, 2], values[5, 2] = 0.0, 1.0
    assert lattice.within(values, 0, np.fmax).tolist() == [[0.0], [1.0]]


def test_interpolation_is_exact_for_products_of_straight_lines() -> None:
    lattice = Lattice((8, 6, 3), 4)
    x, y, z = (a.astype(float) for a in np.ix_(*(np.arange(n) for n in lattice.sizes)))
    values = (1.0 + x) * (2.0 - 3.0 * y) * (z - 0.5)
    for depth in range(lattice.depths):
        dense = lattice.interpolated(lattice.nodes(values, depth), depth, lattice.depths - 1)
        np.testing.assert_allclose(dense, values, rtol=1e-12)


def test_corners_that_do_not_count_do_not_matter() -> None:
    lattice = Lattice((5,), 4)
    found = lattice.interpolated(np.array([1.0, -np.inf]), 0, lattice.depths - 1)
    assert found.tolist() == [1.0, -np.inf, -np.inf, -np.inf, -np.inf]


def test_marks_spread_over_closed_cells_and_down_to_children() -> None:
    lattice = Lattice((9, 3), 4)
    cells = np.array([[False], [True]])
    assert np.flatnonzero(lattice.spread(cells, 0, lattice.depths - 1)[:, 1]).tolist() == [
        4, 5, 6, 7, 8,
    ]  # fmt: skip
    assert lattice.to_children(cells, 0).tolist() == [[False] * 2, [False] * 2] + [[True] * 2] * 2


def test_corners_fold_only_the_axes_of_the_lattice() -> None:
    nodes = np.arange(2 * 3 * 4).reshape(2, 3, 4)
    assert corners(nodes, 2, np.fmax).shape == (1, 2, 4)
