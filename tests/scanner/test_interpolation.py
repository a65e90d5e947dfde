"""Interpolation from refined nodes."""

import numpy as np
from surfaces import levels, places

from scanner.refine.interpolation import fill
from scanner.refine.refinement import Rule


def test_nodes_keep_their_values_and_the_rest_is_between_its_corners() -> None:
    x, y = places(33, 41)
    z = np.stack([np.sin(x / 7.0) * np.cos(y / 5.0), 0.1 * x - 2.0 + 0.0 * y], axis=-1)
    asked = levels(z, Rule(8, 0.01)) > 0
    found = fill(asked, np.where(asked[..., None], z, 1e9), 8)
    assert (found[asked] == z[asked]).all()
    np.testing.assert_allclose(found[..., 1], z[..., 1], atol=1e-12)
    assert np.abs(found).max() <= np.abs(z).max()


def test_a_failed_corner_leaves_a_hole_of_its_cells_alone() -> None:
    asked = np.zeros((9, 9), bool)
    asked[::4, ::4] = True
    z = np.zeros((9, 9, 1))
    z[4, 4] = np.nan
    found = fill(asked, z, 4)[..., 0]
    assert np.isnan(found[1:8, 1:8]).all()
    assert (found[0] == 0).all()
    assert (found[:, 8] == 0).all()


def test_what_two_cells_share_is_that_of_the_smaller() -> None:
    asked = np.zeros((9, 5), bool)
    asked[::4, ::4] = True
    asked[:5:2, ::2] = True  # the first cell is halved, the second is not
    z = np.zeros((9, 5, 1))
    z[4, 2] = 1.0
    found = fill(asked, z, 4)[..., 0]
    assert found[4].tolist() == [0.0, 0.5, 1.0, 0.5, 0.0]
    assert (found[5:] == 0.0).all()
