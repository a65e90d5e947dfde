"""Shapes of detector volumes: their volume, their extent along the beam, and what is inside."""

from math import pi
from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray

Points = NDArray[np.float64]


class Sphere(msgspec.Struct, frozen=True, kw_only=True, tag_field="kind", tag="sphere"):
    """A sphere about its centre.

    Examples
    --------
    >>> round(Sphere(radius_cm=1.0).volume_cm3, 6)
    4.18879
    """

    radius_cm: float

    @property
    def volume_cm3(self) -> float:
        """Volume 4 pi R^3 / 3 in cm^3."""
        return 4 * pi * self.radius_cm**3 / 3

    @property
    def bounds_cm(self) -> Points:
        """Lower and upper corner of the enclosing box about the centre, shape (2, 3)."""
        return np.outer([-1, 1], [self.radius_cm] * 3)

    def contains(self, points: Points) -> NDArray[np.bool_]:
        """Tell which points (n, 3), in cm from the centre, are inside."""
        return np.asarray((points**2).sum(axis=1) < self.radius_cm**2)


class Box(msgspec.Struct, frozen=True, kw_only=True, tag_field="kind", tag="box"):
    """A box with sides along the axes.

    Examples
    --------
    >>> Box(lengths_cm=(2.0, 3.0, 4.0)).volume_cm3
    24.0
    """

    lengths_cm: tuple[float, float, float]

    @property
    def volume_cm3(self) -> float:
        """Volume, the product of the full lengths, in cm^3."""
        return self.lengths_cm[0] * self.lengths_cm[1] * self.lengths_cm[2]

    @property
    def bounds_cm(self) -> Points:
        """Lower and upper corner about the centre, shape (2, 3)."""
        return np.outer([-0.5, 0.5], self.lengths_cm)

    def contains(self, points: Points) -> NDArray[np.bool_]:
        """Tell which points (n, 3), in cm from the centre, are inside."""
        return np.asarray((np.abs(points) < np.array(self.lengths_cm) / 2).all(axis=1))


class Cylinder(msgspec.Struct, frozen=True, kw_only=True, tag_field="kind", tag="cylinder"):
    """A cylinder about an axis along the beam.

    Examples
    --------
    >>> round(Cylinder(radius_cm=1.0, length_cm=2.0).volume_cm3, 6)
    6.283185
    """

    radius_cm: float
    length_cm: float

    @property
    def volume_cm3(self) -> float:
        """Volume pi R^2 L in cm^3."""
        return pi * self.radius_cm**2 * self.length_cm

    @property
    def bounds_cm(self) -> Points:
        """Lower and upper corner of the enclosing box about the centre, shape (2, 3)."""
        return np.outer([-1, 1], [self.radius_cm, self.radius_cm, self.length_cm / 2])

    def contains(self, points: Points) -> NDArray[np.bool_]:
        """Tell which points (n, 3), in cm from the centre, are inside."""
        across = (points[:, :2] ** 2).sum(axis=1) < self.radius_cm**2
        return np.asarray(across & (np.abs(points[:, 2]) < self.length_cm / 2))


class Cone(msgspec.Struct, frozen=True, kw_only=True, tag_field="kind", tag="cone"):
    """A truncated cone about the beam axis, given in the detector frame.

    Examples
    --------
    >>> Cone(radius_cm=(1.0, 3.0), z_cm=(-4.0, -2.0)).apex_cm
    -5.0
    """

    radius_cm: tuple[float, float]
    z_cm: tuple[float, float]

    @property
    def volume_cm3(self) -> float:
        """Volume pi L (r1^2 + r1 r2 + r2^2) / 3 in cm^3."""
        r1, r2 = self.radius_cm
        return pi * (self.z_cm[1] - self.z_cm[0]) * (r1 * r1 + r1 * r2 + r2 * r2) / 3

    @property
    def slope(self) -> float:
        """Growth of the radius per length along the beam."""
        return (self.radius_cm[1] - self.radius_cm[0]) / (self.z_cm[1] - self.z_cm[0])

    @property
    def apex_cm(self) -> float:
        """Position on the beam axis where the radius would vanish, in cm (slope not zero)."""
        return self.z_cm[0] - self.radius_cm[0] / self.slope

    @property
    def bounds_cm(self) -> Points:
        """Lower and upper corner of the enclosing box, shape (2, 3)."""
        widest = max(self.radius_cm)
        return np.array([[-widest, -widest, self.z_cm[0]], [widest, widest, self.z_cm[1]]])

    def contains(self, points: Points) -> NDArray[np.bool_]:
        """Tell which points (n, 3), in cm in the detector frame, are inside."""
        z = points[:, 2]
        radius = self.radius_cm[0] + self.slope * (z - self.z_cm[0])
        across = (points[:, :2] ** 2).sum(axis=1) < np.square(radius)
        return np.asarray(across & (z > self.z_cm[0]) & (z < self.z_cm[1]))


Shape = Sphere | Box | Cylinder | Cone


def overlap_fraction(
    first: Shape, first_centre_cm: Any, second: Shape, second_centre_cm: Any, steps: int = 24
) -> float:
    """Return which fraction of `first` lies inside `second`, from points on a lattice.

    Parameters
    ----------
    first, second : Shape
        The two shapes.
    first_centre_cm, second_centre_cm : (3,) array_like
        Where they are, in cm.
    steps : int
        Lattice points along each side of the box around `first`.

    Examples
    --------
    >>> box = Box(lengths_cm=(2.0, 2.0, 2.0))
    >>> overlap_fraction(box, (0, 0, 0), box, (1, 0, 0))
    0.5
    """
    low, high = first.bounds_cm
    cells = (np.arange(steps) + 0.5) / steps
    lattice = np.stack(np.meshgrid(cells, cells, cells, indexing="ij"), axis=-1).reshape(-1, 3)
    points = low + lattice * (high - low)
    points = points[first.contains(points)]
    shift = np.asarray(first_centre_cm, float) - np.asarray(second_centre_cm, float)
    return float(second.contains(points + shift).mean()) if len(points) else 0.0
