"""Vertices and paths, against points along the ray and uniform sampling."""

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from scipy.stats import qmc

from physics import models
from physics.experiments import load
from physics.experiments.schema import Volume
from physics.experiments.shapes import Box, Cylinder, Sphere
from physics.geometry import direction, path, upstream_vertex, vertex
from physics.packing import pack, row

size = st.floats(10.0, 1000.0)
place = st.tuples(*[st.floats(-300.0, 300.0)] * 3)
volumes = st.builds(
    Volume, name=st.just("v"), centre_cm=place,
    shape=st.one_of(
        st.builds(Sphere, radius_cm=size),
        st.builds(Box, lengths_cm=st.tuples(size, size, size)),
        st.builds(Cylinder, radius_cm=size, length_cm=size),
    ),
)  # fmt: skip
STEP_CM = 0.5
LENGTHS = (np.arange(12000) + 0.5) * STEP_CM


def uniform(n, dimensions, seed=1):
    """Points that fill the unit cube evenly."""
    return qmc.Sobol(dimensions, seed=seed).random(n)


@settings(deadline=None, max_examples=300)
@given(
    volume=volumes, start=st.tuples(*[st.floats(-1500.0, 1500.0)] * 3),
    aim=st.tuples(*[st.floats(-400.0, 400.0)] * 3),
)  # fmt: skip
def test_path_is_where_points_of_the_ray_are_inside(volume, start, aim):
    d = np.array(aim) - np.array(start) + np.array([0.0, 0.0, 1e-3])
    d /= np.linalg.norm(d)
    near, far = path(tuple(row(volume)), *start, *d)
    smaller = row(volume) * np.r_[np.ones(4), np.full(4, 1 - 1e-9)]
    assume(abs(np.subtract(*path(tuple(smaller), *start, *d)) - (near - far)) < STEP_CM)
    points = np.array(start) + LENGTHS[:, None] * d - np.array(volume.centre_cm)
    inside = np.flatnonzero(volume.shape.contains(points))
    assert 0.0 <= near <= far
    if len(inside) == 0:
        assert far - near <= 2 * STEP_CM
        return
    assert near == pytest.approx(LENGTHS[inside[0]], abs=STEP_CM)
    assert far == pytest.approx(LENGTHS[inside[-1]], abs=STEP_CM)


@pytest.mark.parametrize(
    ("shape", "direction_", "expected"),
    [
        (Sphere(radius_cm=2.0), (0, 0, 1), (3.0, 7.0)),
        (Box(lengths_cm=(2.0, 2.0, 4.0)), (0, 0, 1), (3.0, 7.0)),
        (Cylinder(radius_cm=1.0, length_cm=4.0), (0, 0, 1), (3.0, 7.0)),
        (Box(lengths_cm=(2.0, 2.0, 4.0)), (0, 0, -1), (0.0, 0.0)),
        (Sphere(radius_cm=2.0), (0, 1, 0), (0.0, 0.0)),
        (Cylinder(radius_cm=1.0, length_cm=4.0), (1, 0, 0), (0.0, 0.0)),
    ],
)
def test_path_along_an_axis(shape, direction_, expected):
    volume = tuple(row(Volume(name="v", shape=shape)))
    assert path(volume, 0.0, 0.0, -5.0, *map(float, direction_)) == pytest.approx(expected)


@pytest.mark.parametrize(
    "shape",
    [
        Sphere(radius_cm=7.0), Box(lengths_cm=(3.0, 8.0, 5.0)),
        Cylinder(radius_cm=4.0, length_cm=9.0),
    ],
)  # fmt: skip
def test_vertices_are_uniform(shape):
    volume = Volume(name="v", shape=shape, centre_cm=(1.0, -2.0, 3.0))
    packed = tuple(row(volume))
    points = np.array([vertex(packed, *u) for u in uniform(2**13, 3)]) - [1.0, -2.0, 3.0]
    low, high = shape.bounds_cm
    assert shape.contains(points * (1 - 1e-12)).all()
    lattice = low + uniform(2**17, 3, seed=2) * (high - low)
    lattice = lattice[shape.contains(lattice)]
    for test in (lambda p: p, lambda p: p**2, lambda p: p**4, lambda p: p[:, :2] * p[:, 1:]):
        scale = np.abs(test(lattice)).mean(0)
        assert np.abs(test(points).mean(0) - test(lattice).mean(0)).max() < 4e-3 * scale.max()
    cells = [np.histogramdd(p, bins=3, range=list(zip(low, high, strict=True)))[0].ravel() / len(p)
             for p in (points, lattice)]  # fmt: skip
    assert np.abs(cells[0] - cells[1]).max() < 2e-3


def dirt():
    """The cone of miniboone_fhc, its disc and its baseline."""
    experiment = load("miniboone_fhc")
    packed = pack([(experiment, models.get("dipole").terms[1])]).detectors
    (index,) = np.flatnonzero(packed.volumes[:, 0] == 3)
    return packed.volumes, index, packed.aim[0], experiment.beam.baseline_cm


@pytest.mark.parametrize("cos", [0.9999, 0.99, 0.8, 0.25, 0.1, -0.5])
def test_upstream_vertices_are_uniform_in_z_and_across(cos):
    volumes_, index, aim, baseline = dirt()
    sin = np.sqrt(1 - cos * cos)
    parts = cos, sin * np.cos(0.7), sin * np.sin(0.7)
    volume = tuple(volumes_[index])
    drawn = np.array(
        [upstream_vertex(volume, *u, *parts, baseline, aim) for u in uniform(2**16, 3)]
    )
    x, y, z, weight = drawn.T
    r1, r2, z1, z2 = volumes_[index, 4:8]
    u = uniform(2**16, 3, seed=3)
    Z = z1 + (z2 - z1) * u[:, 0]
    edge = r1 + (r2 - r1) * (Z - z1) / (z2 - z1)
    across, angle = edge * np.sqrt(u[:, 1]), 2 * np.pi * u[:, 2]
    X, Y = across * np.cos(angle), across * np.sin(angle)
    tests = (
        lambda x, y, z: np.ones_like(z),
        lambda x, y, z: z / z1,
        lambda x, y, z: np.exp(z / 3000.0),
        lambda x, y, z: np.exp(-((x - 200.0) ** 2 + (y + 100.0) ** 2) / 300.0**2),
        lambda x, y, z: np.cos(x / 300.0) ** 2 * np.exp(z / 9000.0),
    )
    for test in tests:
        ours, expected = (weight * test(x, y, z)).mean(), test(X, Y, Z).mean()
        assert ours == pytest.approx(expected, rel=0.01)
    assert (weight >= 0).all()


@settings(deadline=None)
@given(
    place=place, cos=st.floats(-1.0, 1.0), azimuth=st.floats(0.0, 6.28),
    baseline=st.floats(5e3, 1e5),
)  # fmt: skip
def test_direction_makes_its_angle_with_the_neutrino(place, cos, azimuth, baseline):
    sin = np.sqrt(1 - cos * cos)
    d, other = (
        np.array(direction(*place, baseline, cos, sin * np.cos(a), sin * np.sin(a)))
        for a in (azimuth, azimuth + np.pi / 2)
    )
    ray = np.array(place) + np.array([0.0, 0.0, baseline])
    ray /= np.linalg.norm(ray)
    assert np.linalg.norm(d) == pytest.approx(1.0, abs=1e-12)
    assert d @ ray == pytest.approx(cos, abs=1e-12)
    # a quarter of a turn apart, the parts across the ray are orthogonal
    assert (d - cos * ray) @ (other - cos * ray) == pytest.approx(0.0, abs=1e-12)
