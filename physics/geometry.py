"""Where interactions happen and how far an HNL flies through the decay volumes.

The detector frame has z along the beam and the neutrino source at (0, 0, -baseline), in cm.
A volume is a row: shape code, centre (x, y, z), and up to four sizes.
"""

import numpy as np

from physics.jit import jit
from physics.kinematics import cosine, sine

SPHERE, BOX, CYLINDER, CONE = 0, 1, 2, 3
ROW = 8
"""Numbers per volume: shape, x, y, z, and four sizes (R; half lengths; radius, half length;
radii and z of the two faces of a cone)."""


LEAST_AIMED_COSINE = 0.2
"""HNLs at larger angles to the neutrino are not aimed at the detector."""

REACHABLE = 7 / 8
"""Part of the points of a cone upstream that are put where an HNL of its angle may come from."""

LEAST_REACH = 1.1
"""Those points fill at least the distances up to this times the near end of the cone."""


@jit
def unpacked(volumes, row):
    """Return a row as a tuple, which a vector loop can keep in registers."""
    return (
        volumes[row, 0], volumes[row, 1], volumes[row, 2], volumes[row, 3],
        volumes[row, 4], volumes[row, 5], volumes[row, 6], volumes[row, 7],
    )  # fmt: skip


@jit
def vertex(volume, u1, u2, u3):
    """Draw a point (x, y, z) in cm uniformly in a sphere, box or cylinder."""
    azimuth = 2 * np.pi * u3
    if volume[0] == SPHERE:
        radius, cos = volume[4] * u1 ** (1.0 / 3.0), 2.0 * u2 - 1.0
        across = radius * np.sqrt(1.0 - cos * cos)
        x, y, z = across * cosine(azimuth), across * sine(azimuth), radius * cos
    elif volume[0] == BOX:
        x = volume[4] * (2.0 * u2 - 1.0)
        y = volume[5] * (2.0 * u3 - 1.0)
        z = volume[6] * (2.0 * u1 - 1.0)
    else:
        across = volume[4] * np.sqrt(u2)
        x, y = across * cosine(azimuth), across * sine(azimuth)
        z = volume[5] * (2.0 * u1 - 1.0)
    return x + volume[1], y + volume[2], z + volume[3]


@jit
def upstream_vertex(volume, u1, u2, u3, cos, a, b, baseline, aim):
    """Draw a point of a cone upstream of the detector: (x, y, z) in cm and its weight.

    The apex of the cone is the source, so its cross-section ~ d^2 meets a flux ~ 1/d^2:
    interactions are uniform in z and across. Short decay lengths see only the near end, so z is
    drawn uniformly in the logarithm of the distance to the detector, most often where an HNL of
    this angle can still come close to it. Few HNLs aim at the detector, so half of the points are
    placed where the HNL (with the parts (a, b, cos) of `direction`) about crosses a disc at `aim`
    (x, y, z, radius); the weight is the ratio of the density of interactions to that of points.
    """
    near, far = volume[7], volume[6]
    tangent = np.sqrt(a * a + b * b) / cos if cos > LEAST_AIMED_COSINE else np.inf
    # from beyond `reach` the HNL passes the disc wherever in the cone it started
    edge = abs(aim[0]) + abs(aim[1]) + aim[3]
    edge += volume[4] * (aim[2] + baseline) / (far + baseline)
    reach = max(far, min(LEAST_REACH * near, aim[2] - edge / tangent if tangent > 0.0 else far))
    span, reached = np.log(far / near), np.log(reach / near)
    if u1 < REACHABLE:
        z = near * np.exp(reached * (u1 / REACHABLE))
    else:
        z = near * np.exp(span * ((u1 - REACHABLE) / (1.0 - REACHABLE)))
    density = (1.0 - REACHABLE) / span + (REACHABLE / reached if z >= reach else 0.0)
    weight = -z / ((near - far) * density)
    radius = volume[4] + (volume[5] - volume[4]) * (z - far) / (near - far)
    half = 2.0 * u2 - (1.0 if u2 >= 0.5 else 0.0)
    spread, angle = np.sqrt(half), 2 * np.pi * u3
    if tangent == np.inf:
        return radius * np.sqrt(u2) * cosine(angle), radius * np.sqrt(u2) * sine(angle), z, weight
    # the HNL crosses the plane of the disc at (x, y) growth + drift
    growth = (aim[2] + baseline) / (z + baseline)
    drift = (aim[2] - z) / cos
    drift_x, drift_y = drift * a - aim[0], drift * b - aim[1]
    if u2 < 0.5:
        x, y = radius * spread * cosine(angle), radius * spread * sine(angle)
    else:
        x = (aim[3] * spread * cosine(angle) - drift_x) / growth
        y = (aim[3] * spread * sine(angle) - drift_y) / growth
    if x * x + y * y > radius * radius:
        return x, y, z, 0.0
    aimed = (x * growth + drift_x) ** 2 + (y * growth + drift_y) ** 2 < aim[3] * aim[3]
    density = (growth * radius / aim[3]) ** 2 if aimed else 0.0
    return x, y, z, weight * 2.0 / (1.0 + density)


@jit
def direction(x, y, z, baseline, cos, a, b):
    """Return a unit vector with the parts (a, b, cos) about the ray from the source to a point.

    `cos` is along the ray, and a^2 + b^2 + cos^2 = 1.
    """
    length = np.sqrt(x * x + y * y + (z + baseline) ** 2)
    nx, ny, nz = x / length, y / length, (z + baseline) / length
    # orthonormal frame about n; nz > 0 downstream of the source
    h = 1.0 / (1.0 + nz)
    dx = a * (1.0 - nx * nx * h) - b * nx * ny * h + cos * nx
    dy = -a * nx * ny * h + b * (1.0 - ny * ny * h) + cos * ny
    return dx, dy, -a * nx - b * ny + cos * nz


@jit
def _slab(position, slope, half):
    """Entry and exit of a ray between two planes at +-half; infinite along the planes."""
    one, other = (-half - position) / slope, (half - position) / slope
    return min(one, other), max(one, other)


@jit
def _round(b, a, c):
    """Roots of a t^2 + 2 b t + c = 0 as entry and exit; an empty interval when there are none."""
    discriminant = b * b - a * c
    root = np.sqrt(max(0.0, discriminant))
    near, far = (-b - root) / a, (-b + root) / a
    none = (discriminant <= 0.0) | (a == 0.0)
    empty = np.inf if c >= 0.0 else -np.inf
    return (empty if none else near), (-empty if none else far)


@jit
def path_in_sphere(volume, x, y, z, dx, dy, dz):
    """As `path`, in a sphere."""
    x, y, z = x - volume[1], y - volume[2], z - volume[3]
    c = x * x + y * y + z * z - volume[4] * volume[4]
    return _ahead(*_round(x * dx + y * dy + z * dz, 1.0, c))


@jit
def path_in_box(volume, x, y, z, dx, dy, dz):
    """As `path`, in a box."""
    nx, fx = _slab(x - volume[1], dx, volume[4])
    ny, fy = _slab(y - volume[2], dy, volume[5])
    nz, fz = _slab(z - volume[3], dz, volume[6])
    return _ahead(max(nx, ny, nz), min(fx, fy, fz))


@jit
def path_in_cylinder(volume, x, y, z, dx, dy, dz):
    """As `path`, in a cylinder."""
    x, y = x - volume[1], y - volume[2]
    c = x * x + y * y - volume[4] * volume[4]
    nr, fr = _round(x * dx + y * dy, dx * dx + dy * dy, c)
    nz, fz = _slab(z - volume[3], dz, volume[5])
    return _ahead(max(nr, nz), min(fr, fz))


@jit
def _ahead(near, far):
    """Leave of an interval what is ahead; (0, 0) when nothing is."""
    near = max(near, 0.0)
    return (near, far) if far > near else (0.0, 0.0)


@jit
def path(volume, x, y, z, dx, dy, dz):
    """Distances in cm at which a ray enters and leaves a decay volume; (0, 0) when it misses.

    A start inside has entry 0. Cones are targets only.
    """
    if volume[0] == BOX:
        return path_in_box(volume, x, y, z, dx, dy, dz)
    if volume[0] == SPHERE:
        return path_in_sphere(volume, x, y, z, dx, dy, dz)
    return path_in_cylinder(volume, x, y, z, dx, dy, dz)
