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


@jit
def vertex(volumes, row, u1, u2, u3):
    """Draw a point of a volume: (x, y, z) in cm and its weight.

    Uniform with weight 1, but for a cone upstream of the detector: there the interactions are
    uniform in z (its apex is the source, so its cross-section ~ d^2 meets a flux ~ 1/d^2), while
    the points are drawn uniformly in the logarithm of the distance to the detector, since short
    decay lengths see only its near end.
    """
    azimuth = 2 * np.pi * u3
    weight = 1.0
    if volumes[row, 0] == SPHERE:
        radius, cos = volumes[row, 4] * u1 ** (1.0 / 3.0), 2.0 * u2 - 1.0
        across = radius * np.sqrt(1.0 - cos * cos)
        x, y, z = across * np.cos(azimuth), across * np.sin(azimuth), radius * cos
    elif volumes[row, 0] == BOX:
        x = volumes[row, 4] * (2.0 * u2 - 1.0)
        y = volumes[row, 5] * (2.0 * u3 - 1.0)
        z = volumes[row, 6] * (2.0 * u1 - 1.0)
    elif volumes[row, 0] == CYLINDER:
        across = volumes[row, 4] * np.sqrt(u2)
        x, y, z = across * np.cos(azimuth), across * np.sin(azimuth), volumes[row, 5] * (2.0 * u1 - 1.0)
    else:
        length, span = volumes[row, 7] - volumes[row, 6], np.log(volumes[row, 6] / volumes[row, 7])
        z = volumes[row, 7] * np.exp(span * u1)
        weight = -z * span / length
        along = (z - volumes[row, 6]) / length
        radius = (volumes[row, 4] + (volumes[row, 5] - volumes[row, 4]) * along) * np.sqrt(u2)
        x, y = radius * np.cos(azimuth), radius * np.sin(azimuth)
    return x + volumes[row, 1], y + volumes[row, 2], z + volumes[row, 3], weight


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
