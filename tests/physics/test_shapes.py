"""Shapes, against integration by points and closed forms of overlaps."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from physics.experiments.shapes import Box, Cone, Cylinder, Sphere, overlap_fraction

length = st.floats(0.5, 500.0)
shapes = st.one_of(
    st.builds(Sphere, radius_cm=length),
    st.builds(Box, lengths_cm=st.tuples(length, length, length)),
    st.builds(Cylinder, radius_cm=length, length_cm=length),
    st.builds(
        lambda r1, r2, z, dz: Cone(radius_cm=(r1, r2), z_cm=(z, z + dz)),
        length, length, st.floats(-1e4, 1e4), length,
    ),
)  # fmt: skip


@given(shape=shapes)
def test_volume_is_the_share_of_the_box_around_it(shape):
    low, high = shape.bounds_cm
    cells = (np.arange(40) + 0.5) / 40
    lattice = np.stack(np.meshgrid(cells, cells, cells), axis=-1).reshape(-1, 3)
    share = shape.contains(low + lattice * (high - low)).mean()
    assert share * np.prod(high - low) == pytest.approx(shape.volume_cm3, rel=0.03)


def test_overlap_of_two_spheres_is_the_lens():
    sphere = Sphere(radius_cm=1.0)
    # lens of two unit spheres one apart: 5 pi / 12
    fraction = overlap_fraction(sphere, (0, 0, 0), sphere, (0, 0, 1), steps=80)
    assert fraction == pytest.approx((5 / 12) / (4 / 3), rel=0.01)


def test_overlap_moves_with_the_centres():
    inner, outer = Sphere(radius_cm=1.0), Box(lengths_cm=(4.0, 4.0, 4.0))
    assert overlap_fraction(inner, (7, 8, 9), outer, (7, 8, 9)) == 1.0
    assert overlap_fraction(inner, (7, 8, 9), outer, (7, 8, 14)) == 0.0
    assert overlap_fraction(outer, (0, 0, 0), inner, (0, 0, 0)) == pytest.approx(
        4.18879 / 64, rel=0.05
    )


def test_cone_narrows_towards_its_apex():
    cone = Cone(radius_cm=(1.0, 3.0), z_cm=(-4.0, -2.0))
    points = np.array([[0.9, 0, -3.99], [1.1, 0, -3.99], [2.9, 0, -2.01], [0, 0, -4.01]])
    assert cone.contains(points).tolist() == [True, False, True, False]
