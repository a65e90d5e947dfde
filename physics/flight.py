"""Flights of a block of selected HNLs from a target volume through a decay volume."""

from physics.block import (
    DRAWN,
    FAR,
    NEAR,
    S_ACROSS_1,
    S_ACROSS_2,
    S_HNL,
    S_SLOWNESS,
    U1,
    U2,
    U3,
    VX,
    VY,
    VZ,
)
from physics.geometry import (
    BOX,
    CONE,
    SPHERE,
    direction,
    path_in_box,
    path_in_cylinder,
    path_in_sphere,
    unpacked,
    upstream_vertex,
    vertex,
)
from physics.jit import jit

CONE_IMAGES = 4
"""Vertices of each event in a cone upstream, where most flights miss the detector."""

IMAGE_STEP = (0.25, 0.125, 0.375)
"""Steps of the three uniform numbers of a vertex in a cone, from image to image, modulo 1."""


@jit
def images(volumes, row):
    """Tell how many vertices each event gets in a target volume."""
    return CONE_IMAGES if volumes[row, 0] == CONE else 2


@jit
def images_of_image(volumes, row):
    """Tell how many vertices an event gets that is one of several images with other numbers."""
    return 1 if volumes[row, 0] == CONE else 2


@jit
def start(volumes, row, baseline, aim, image, rows, work):
    """Draw the vertices of a block in a target volume, or one of their images."""
    volume = unpacked(volumes, row)
    if volume[0] == CONE:
        a, b, c = image * IMAGE_STEP[0], image * IMAGE_STEP[1], image * IMAGE_STEP[2]
        for i in range(rows):
            work[VX + i], work[VY + i], work[VZ + i], work[DRAWN + i] = upstream_vertex(
                volume,
                (work[U1 + i] + a) % 1.0, (work[U2 + i] + b) % 1.0, (work[U3 + i] + c) % 1.0,
                work[S_HNL + i], work[S_ACROSS_1 + i], work[S_ACROSS_2 + i], baseline, aim,
            )  # fmt: skip
        return
    if image == 1:
        _mirror(volume, rows, work)
        return
    for i in range(rows):
        work[DRAWN + i] = 1.0
    # one loop per shape: the branch inside `vertex` is known in each
    if volume[0] == BOX:
        for i in range(rows):
            work[VX + i], work[VY + i], work[VZ + i] = vertex(
                (BOX, *volume[1:]), work[U1 + i], work[U2 + i], work[U3 + i]
            )
    else:
        for i in range(rows):
            work[VX + i], work[VY + i], work[VZ + i] = vertex(
                volume, work[U1 + i], work[U2 + i], work[U3 + i]
            )


@jit
def _mirror(volume, rows, work):
    """Send every vertex to its image in the centre of a volume, which is as likely a place."""
    x, y, z = 2.0 * volume[1], 2.0 * volume[2], 2.0 * volume[3]
    for i in range(rows):
        work[VX + i] = x - work[VX + i]
        work[VY + i] = y - work[VY + i]
        work[VZ + i] = z - work[VZ + i]


@jit
def cross(decays, row, baseline, rows, work):
    """Find the proper lengths at which the HNLs of a block enter and leave a decay volume.

    One loop per shape: with the branch of `path` inside, it would be no vector loop.
    """
    volume = unpacked(decays, row)
    if volume[0] == BOX:
        _cross_box(volume, baseline, rows, work)
    elif volume[0] == SPHERE:
        _cross_sphere(volume, baseline, rows, work)
    else:
        _cross_cylinder(volume, baseline, rows, work)


@jit
def _cross_box(volume, baseline, rows, work):
    """As `cross`, for a box."""
    for i in range(rows):
        x, y, z = work[VX + i], work[VY + i], work[VZ + i]
        dx, dy, dz = direction(
            x, y, z, baseline, work[S_HNL + i], work[S_ACROSS_1 + i], work[S_ACROSS_2 + i]
        )
        near, far = path_in_box(volume, x, y, z, dx, dy, dz)
        work[NEAR + i] = near * work[S_SLOWNESS + i]
        work[FAR + i] = far * work[S_SLOWNESS + i]


@jit
def _cross_sphere(volume, baseline, rows, work):
    """As `cross`, for a sphere."""
    for i in range(rows):
        x, y, z = work[VX + i], work[VY + i], work[VZ + i]
        dx, dy, dz = direction(
            x, y, z, baseline, work[S_HNL + i], work[S_ACROSS_1 + i], work[S_ACROSS_2 + i]
        )
        near, far = path_in_sphere(volume, x, y, z, dx, dy, dz)
        work[NEAR + i] = near * work[S_SLOWNESS + i]
        work[FAR + i] = far * work[S_SLOWNESS + i]


@jit
def _cross_cylinder(volume, baseline, rows, work):
    """As `cross`, for a cylinder."""
    for i in range(rows):
        x, y, z = work[VX + i], work[VY + i], work[VZ + i]
        dx, dy, dz = direction(
            x, y, z, baseline, work[S_HNL + i], work[S_ACROSS_1 + i], work[S_ACROSS_2 + i]
        )
        near, far = path_in_cylinder(volume, x, y, z, dx, dy, dz)
        work[NEAR + i] = near * work[S_SLOWNESS + i]
        work[FAR + i] = far * work[S_SLOWNESS + i]
