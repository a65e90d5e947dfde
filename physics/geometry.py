"""Where interactions happen and how far an HNL flies through the decay volumes.

The detector frame has z along the beam and the neutrino source at (0, 0, -baseline), in cm.
A volume is a row: shape code, centre (x, y, z), and up to four sizes.
"""

import numpy as np

from physics.jit import jit

SPHERE, BOX, CYLINDER, CONE = 0, 1, 2, 3
ROW = 8
"""Numbers per volume: shape, x, y, z, and four sizes (R; half lengths; radius, half length;
radii and z of the two faces of a cone)."""


LEAST_AIMED_COSINE = 0.2
"""HNLs at larger angles to the neutrino are not aimed at the detector."""


@jit
def vertex(volumes, row, u1, u2, u3):
    """Draw a point (x, y, z) in cm uniformly in a sphere, box or cylinder."""
    azimuth = 2 * np.pi * u3
    if volumes[row, 0] == SPHERE:
        radius, cos = volumes[row, 4] * u1 ** (1.0 / 3.0), 2.0 * u2 - 1.0
        across = radius * np.sqrt(1.0 - cos * cos)
        x, y, z = across * np.cos(azimuth), across * np.sin(azimuth), radius * cos
    elif volumes[row, 0] == BOX:
        x = volumes[row, 4] * (2.0 * u2 - 1.0)
        y = volumes[row, 5] * (2.0 * u3 - 1.0)
        z = volumes[row, 6] * (2.0 * u1 - 1.0)
    else:
        across = volumes[row, 4] * np.sqrt(u2)
        x, y = across * np.cos(azimuth), across * np.sin(azimuth)
        z = volumes[row, 5] * (2.0 * u1 - 1.0)
    return x + volumes[row, 1], y + volumes[row, 2], z + volumes[row, 3]


@jit
def upstream_vertex(volumes, row, u1, u2, u3, cos, azimuth, baseline, aim):
    """Draw a point of a cone upstream of the detector: (x, y, z) in cm and its weight.

    The apex of the cone is the source, so its cross-section ~ d^2 meets a flux ~ 1/d^2:
    interactions are uniform in z and across. Short decay lengths see only the near end, so z is
    drawn uniformly in the logarithm of the distance to the detector. Few HNLs aim at the detector,
    so half of the points are placed where the HNL (at polar angle arccos(cos) to the neutrino and
    `azimuth`) about crosses a disc at `aim` (x, y, z, radius); the weight is the ratio of the
    density of interactions to that of the points.
    """
    near, far = volumes[row, 7], volumes[row, 6]
    span = np.log(far / near)
    z = near * np.exp(span * u1)
    weight = -z * span / (near - far)
    radius = volumes[row, 4] + (volumes[row, 5] - volumes[row, 4]) * (z - far) / (near - far)
    tangent = np.sqrt(1.0 - cos * cos) / cos if cos > LEAST_AIMED_COSINE else np.inf
    half = 2.0 * u2 - (1.0 if u2 >= 0.5 else 0.0)
    spread, angle = np.sqrt(half), 2 * np.pi * u3
    if tangent == np.inf:
        return radius * np.sqrt(u2) * np.cos(angle), radius * np.sqrt(u2) * np.sin(angle), z, weight
    # the HNL crosses the plane of the disc at (x, y) growth + drift
    growth = (aim[2] + baseline) / (z + baseline)
    drift = (aim[2] - z) * tangent
    drift_x, drift_y = drift * np.cos(azimuth) - aim[0], drift * np.sin(azimuth) - aim[1]
    if u2 < 0.5:
        x, y = radius * spread * np.cos(angle), radius * spread * np.sin(angle)
    else:
        x = (aim[3] * spread * np.cos(angle) - drift_x) / growth
        y = (aim[3] * spread * np.sin(angle) - drift_y) / growth
    if x * x + y * y > radius * radius:
        return x, y, z, 0.0
    aimed = (x * growth + drift_x) ** 2 + (y * growth + drift_y) ** 2 < aim[3] * aim[3]
    density = (growth * radius / aim[3]) ** 2 if aimed else 0.0
    return x, y, z, weight * 2.0 / (1.0 + density)


@jit
def direction(x, y, z, baseline, cos, azimuth):
    """Unit vector at polar angle arccos(cos) about the ray from the source to (x, y, z)."""
    length = np.sqrt(x * x + y * y + (z + baseline) ** 2)
    nx, ny, nz = x / length, y / length, (z + baseline) / length
    sin = np.sqrt(max(0.0, 1.0 - cos * cos))
    a, b = sin * np.cos(azimuth), sin * np.sin(azimuth)
    # orthonormal frame about n; nz > 0 downstream of the source
    h = 1.0 / (1.0 + nz)
    dx = a * (1.0 - nx * nx * h) - b * nx * ny * h + cos * nx
    dy = -a * nx * ny * h + b * (1.0 - ny * ny * h) + cos * ny
    return dx, dy, -a * nx - b * ny + cos * nz


@jit
def _slab(position, slope, half):
    """Entry and exit of a ray between two planes at +-half."""
    if slope == 0.0:
        return (-np.inf, np.inf) if abs(position) <= half else (np.inf, -np.inf)
    near, far = (-half - position) / slope, (half - position) / slope
    return (near, far) if near < far else (far, near)


@jit
def _round(b, a, c):
    """Roots of a t^2 + 2 b t + c = 0 as entry and exit; an empty interval when there are none."""
    discriminant = b * b - a * c
    if discriminant <= 0.0 or a == 0.0:
        return (-np.inf, np.inf) if c <= 0.0 else (np.inf, -np.inf)
    root = np.sqrt(discriminant)
    return (-b - root) / a, (-b + root) / a


@jit
def path(volumes, row, x, y, z, dx, dy, dz):
    """Distances in cm at which a ray enters and leaves a decay volume; (0, 0) when it misses.

    A start inside has entry 0. Cones are targets only.
    """
    px, py, pz = x - volumes[row, 1], y - volumes[row, 2], z - volumes[row, 3]
    if volumes[row, 0] == SPHERE:
        radius2 = volumes[row, 4] * volumes[row, 4]
        near, far = _round(px * dx + py * dy + pz * dz, 1.0, px * px + py * py + pz * pz - radius2)
    elif volumes[row, 0] == BOX:
        nx, fx = _slab(px, dx, volumes[row, 4])
        ny, fy = _slab(py, dy, volumes[row, 5])
        nz, fz = _slab(pz, dz, volumes[row, 6])
        near, far = max(nx, ny, nz), min(fx, fy, fz)
    else:
        radius2 = volumes[row, 4] * volumes[row, 4]
        nr, fr = _round(px * dx + py * dy, dx * dx + dy * dy, px * px + py * py - radius2)
        nz, fz = _slab(pz, dz, volumes[row, 5])
        near, far = max(nr, nz), min(fr, fz)
    near = max(near, 0.0)
    return (near, far) if far > near else (0.0, 0.0)
