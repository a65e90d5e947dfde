"""Reading the volumes of an experiment, and holding that geometry, mass and density agree."""

import re
from itertools import combinations
from typing import Final

from physics import materials
from physics.documents import Bounds, Table
from physics.experiments.schema import Volume
from physics.experiments.shapes import Box, Cone, Cylinder, Shape, Sphere, overlap_fraction
from physics.units import GRAMS_PER_TONNE

SHAPES = ("sphere_cm", "box_cm", "cylinder_cm", "cone_cm")
SIZE: Final[Bounds] = {"at_least": 1e-3, "at_most": 1e9}
"""Sizes in cm, from a hair to the Earth: what is outside is a slip."""

PLACE: Final[Bounds] = {"at_least": -1e10, "at_most": 1e10}
"""Positions in cm."""

_EXAMPLE = "{ sphere_cm = 610.6 }"
_NAME = re.compile(r"[a-z][a-z0-9_]*")
_DENSITY_TOLERANCE = 0.02
_APEX_TOLERANCE = 0.01
_DENSITIES_G_CM3 = (1e-5, 25.0)
"""From dilute gas to osmium: anything outside is a wrong unit."""


def read(document: Table, baseline_cm: float, *, targets: bool) -> tuple[Volume, ...]:
    """Read all volumes of an experiment.

    Parameters
    ----------
    document : Table
        The experiment.
    baseline_cm : float
        Distance from the neutrino source to the origin of the detector frame.
    targets : bool
        Whether neutrinos scatter here; else HNLs only arrive and decay.

    Raises
    ------
    InputError
        One sentence with file and key when anything is wrong.
    """
    tables = document.tables("volumes", "[{ ... }]")
    volumes = tuple(_volume(table, baseline_cm) for table in tables)
    for i, volume in enumerate(volumes):
        if volume.name in [v.name for v in volumes[:i]]:
            raise document.error(
                ("volumes", i, "name"),
                f'"{volume.name}" is given twice, but names are unique; rename one volume',
            )
    for i, volume in enumerate(volumes):
        if volume.target and not targets:
            raise document.error(
                ("volumes", i, "material"),
                f'"{volume.name}" is a target, but HNLs come from the beam here; '
                "remove material and mass_tonnes",
            )
    if targets and not any(v.target for v in volumes):
        raise document.error(
            "volumes", "none is a target, but one is needed; give one material and mass_tonnes"
        )
    if not any(v.decay for v in volumes):
        raise document.error(
            "volumes", "none sees decays, but one is needed; write decay = true for one"
        )
    _disjoint(document, volumes)
    return volumes


def _volume(table: Table, baseline_cm: float) -> Volume:
    """Read one volume."""
    table.only(
        "name",
        "shape",
        "centre_cm",
        "material",
        "mass_tonnes",
        "density_g_cm3",
        "decay",
        "flux",
    )
    shape = _shape(table.table("shape", _EXAMPLE))
    material, mass_tonnes = _target(table)
    centre = (0.0, 0.0, 0.0)
    if "centre_cm" in table:
        x, y, z = table.numbers("centre_cm", "[0.0, 0.0, 0.0]", length=3, **PLACE)
        centre = (x, y, z)
    volume = Volume(
        name=_name(table),
        shape=shape,
        centre_cm=centre,
        material=material,
        mass_tonnes=mass_tonnes,
        density_g_cm3=(
            table.number("density_g_cm3", "1.396", above=0, at_most=25)
            if "density_g_cm3" in table
            else None
        ),
        nuclei=materials.nuclei(material, mass_tonnes) if material and mass_tonnes else {},
        decay=table.flag("decay"),
        flux="inverse_square" if _inverse_square(table) else "uniform",
    )
    _check_mass(table, volume)
    _check_place(table, volume, baseline_cm)
    return volume


def _name(table: Table) -> str:
    """Read the name of a volume."""
    name = table.text("name", '"tank"')
    if not _NAME.fullmatch(name):
        raise table.error(
            "name",
            f"got '{name}', but a name is lower case letters, digits and underscores after a "
            'letter; write for example name = "tank"',
        )
    return name


def _shape(table: Table) -> Shape:
    """Read the shape: exactly one of SHAPES."""
    table.only(*SHAPES, noun="shape")
    if len(table.data) != 1:
        raise table.error(
            (),
            f"got {len(table.data)} shapes, but exactly one of {', '.join(SHAPES)} is needed; "
            f"write for example shape = {_EXAMPLE}",
        )
    if "sphere_cm" in table:
        return Sphere(radius_cm=table.number("sphere_cm", "610.6", **SIZE))
    if "box_cm" in table:
        x, y, z = table.numbers("box_cm", "[256.0, 232.0, 1040.0]", length=3, **SIZE)
        return Box(lengths_cm=(x, y, z))
    if "cylinder_cm" in table:
        radius, length = table.numbers("cylinder_cm", "[191.61, 1086.49]", length=2, **SIZE)
        return Cylinder(radius_cm=radius, length_cm=length)
    return _cone(table.table("cone_cm", "{ radius = [100.0, 1000.0], z = [-50000.0, -1300.0] }"))


def _cone(table: Table) -> Cone:
    """Read a truncated cone about the beam axis."""
    table.only("radius", "z")
    r1, r2 = table.numbers("radius", "[100.0, 1000.0]", length=2, **SIZE)
    z1, z2 = table.numbers("z", "[-50000.0, -1300.0]", length=2, increasing=True, **PLACE)
    return Cone(radius_cm=(r1, r2), z_cm=(z1, z2))


def _target(table: Table) -> tuple[str | None, float | None]:
    """Read material and mass: both or none."""
    if "material" not in table and "mass_tonnes" not in table:
        if "density_g_cm3" in table:
            raise table.error(
                "density_g_cm3",
                "given without a target, but a density checks a mass; "
                "add material and mass_tonnes or remove it",
            )
        return None, None
    material = table.text("material", '"Ar"', choices=materials.names())
    return material, table.number("mass_tonnes", "85.0", above=0, at_most=1e15)


def _inverse_square(table: Table) -> bool:
    """Read whether the flux falls with the distance from the source."""
    if "flux" not in table:
        return False
    return table.text("flux", '"uniform"', choices=("uniform", "inverse_square")) != "uniform"


def _check_mass(table: Table, volume: Volume) -> None:
    """Hold that mass over volume is a density, and the density given if there is one."""
    if volume.mass_tonnes is None:
        return
    density = volume.mass_tonnes * GRAMS_PER_TONNE / volume.shape.volume_cm3
    low, high = _DENSITIES_G_CM3
    if not low <= density <= high:
        raise table.error(
            "mass_tonnes",
            f"got {volume.mass_tonnes:g} t in {volume.shape.volume_cm3:.4g} cm^3, which is "
            f"{density:.3g} g/cm^3, but matter has {low:g} to {high:g}; check the units",
        )
    given = volume.density_g_cm3
    if given is not None and abs(density / given - 1) > _DENSITY_TOLERANCE:
        raise table.error(
            "density_g_cm3",
            f"got {given:g}, but {volume.mass_tonnes:g} t in {volume.shape.volume_cm3:.4g} cm^3 "
            f"have {density:.4g} g/cm^3 and the two must agree to 2 %; "
            "correct mass, shape or density",
        )


def _check_place(table: Table, volume: Volume, baseline_cm: float) -> None:
    """Hold that a volume is downstream of the source, and that a cone is where it may be."""
    shape = volume.shape
    if isinstance(shape, Cone):
        if "centre_cm" in table:
            raise table.error(
                "centre_cm", "given for a cone, but a cone is placed by its own z; remove it"
            )
        if volume.decay:
            raise table.error(
                "decay",
                "is true for a cone, but only a sphere, box or cylinder sees decays; remove it",
            )
    upstream = float(shape.bounds_cm[0, 2]) + volume.centre_cm[2]
    if upstream <= -baseline_cm:
        raise table.error(
            "shape",
            f"reaches to z = {upstream:g} cm, but the neutrino source is at z = {-baseline_cm:g} "
            "cm and volumes lie downstream; check the units of shape, centre_cm and baseline_cm",
        )
    if volume.flux == "inverse_square":
        _check_apex(table, shape, baseline_cm)


def _check_apex(table: Table, shape: Shape, baseline_cm: float) -> None:
    """Hold that a cone in which the flux falls with distance opens from the neutrino source."""
    if not isinstance(shape, Cone):
        raise table.error(
            "flux", 'got "inverse_square", but only a cone may have it; write flux = "uniform"'
        )
    off_cm = abs(shape.apex_cm + baseline_cm) if shape.slope > 0 else float("inf")
    if off_cm > _APEX_TOLERANCE * baseline_cm:
        apex = f"has its apex at z = {shape.apex_cm:g} cm" if shape.slope > 0 else "does not widen"
        raise table.error(
            ("shape", "cone_cm"),
            f"{apex}, but with an inverse_square flux it opens from the neutrino source at "
            f'z = {-baseline_cm:g} cm to 1 %; correct radius or z or write flux = "uniform"',
        )


def _disjoint(document: Table, volumes: tuple[Volume, ...]) -> None:
    """Hold that no matter and no decay is counted twice."""
    for (i, first), (j, second) in combinations(enumerate(volumes), 2):
        both = [w for w in ("target", "decay") if getattr(first, w) and getattr(second, w)]
        if not both:
            continue
        places = (first.centre_cm, second.centre_cm)
        overlap = max(
            overlap_fraction(first.shape, places[0], second.shape, places[1]),
            overlap_fraction(second.shape, places[1], first.shape, places[0]),
        )
        if overlap > 0:
            raise document.error(
                ("volumes", j, "shape"),
                f'overlaps "{first.name}" (volumes[{i}]) though both are {both[0]} volumes, but '
                f"nothing may be counted twice; move or shrink one",
            )
