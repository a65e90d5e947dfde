"""Experiments as plain arrays for the kernel."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import cos, pi, radians

import numpy as np
from numpy.typing import NDArray

from physics.experiments.schema import OBSERVABLES, Efficiency, Experiment, Volume
from physics.experiments.shapes import Box, Cone, Cylinder, Sphere
from physics.geometry import BOX, CONE, CYLINDER, ROW, SPHERE
from physics.kernel import Detectors
from physics.models import ProductionTerm
from physics.pair_visible import BY_ANGLE, BY_TABLE
from physics.streams import Target, target

View = tuple[Experiment, ProductionTerm]

AIM_MARGIN = 1.2

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Packed:
    """Views of one sampling group, packed.

    Parameters
    ----------
    detectors : Detectors
        Arrays for the kernel.
    volumes : tuple of (int, Volume)
        Target volumes in the order of the rows, each with the index of its view.
    exposures : tuple of float
        POT of each view.
    """

    detectors: Detectors
    volumes: tuple[tuple[int, Volume], ...]
    exposures: tuple[float, ...]

    def counts(self, scattered: Target) -> Floats:
        """Targets of one kind in each volume times exposure, at the flux of the baseline.

        Returns
        -------
        ndarray
            Shape (volumes,), in POT.
        """
        return np.array(
            [
                self.exposures[i]
                * flux_factor(volume, float(self.detectors.baseline[i]))
                * sum(n * scattered.in_nucleus(name) for name, n in volume.nuclei.items())
                for i, volume in self.volumes
            ]
        )


def flux_factor(volume: Volume, baseline_cm: float) -> float:
    """Mean flux in a volume over the flux at the baseline.

    In a truncated cone whose apex is the source, the flux (baseline/d)^2 times the cross-section
    of the cone is the same at every z.

    Parameters
    ----------
    volume : Volume
        A target volume.
    baseline_cm : float
        Distance from the source to the origin in cm.

    Returns
    -------
    float
        1 for a uniform flux.

    Examples
    --------
    >>> from physics.experiments.shapes import Cone
    >>> cone = Cone(radius_cm=(1.0, 2.0), z_cm=(-100.0, 0.0))
    >>> round(flux_factor(Volume(name="d", shape=cone, flux="inverse_square"), 200.0), 6)
    1.714286
    """
    if volume.flux == "uniform" or not isinstance(volume.shape, Cone):
        return 1.0
    length = volume.shape.z_cm[1] - volume.shape.z_cm[0]
    return pi * (volume.shape.slope * baseline_cm) ** 2 * length / volume.shape.volume_cm3


def row(volume: Volume) -> Floats:
    """Pack the geometry of a volume as a row of `physics.geometry`.

    Examples
    --------
    >>> row(Volume(name="tank", shape=Sphere(radius_cm=610.6))).tolist()
    [0.0, 0.0, 0.0, 0.0, 610.6, 0.0, 0.0, 0.0]
    """
    sizes: tuple[float, ...]
    match volume.shape:
        case Sphere(radius_cm=radius):
            code, sizes = SPHERE, (radius,)
        case Box(lengths_cm=lengths):
            code, sizes = BOX, tuple(x / 2 for x in lengths)
        case Cylinder(radius_cm=radius, length_cm=length):
            code, sizes = CYLINDER, (radius, length / 2)
        case Cone(radius_cm=radii, z_cm=faces):
            code, sizes = CONE, (*radii, *faces)
    packed = np.zeros(ROW)
    packed[: 4 + len(sizes)] = (code, *volume.centre_cm, *sizes)
    return packed


def pack(views: Sequence[View]) -> Packed:
    """Pack experiments of a sampling group, each with the projectiles of a production term.

    Parameters
    ----------
    views : sequence of (Experiment, ProductionTerm)
        All of one sampling group.

    Returns
    -------
    Packed
        Ready for the kernel.
    """
    experiments = [experiment for experiment, _ in views]
    detectors = Detectors(
        energy=np.concatenate([e.neutrinos.flux.energy for e in experiments]),
        flux=np.concatenate([_fluxes(e, term) for e, term in views]),
        energy_offset=_offsets([len(e.neutrinos.flux.energy) for e in experiments]),
        volumes=np.array([row(v) for e in experiments for v in e.targets]),
        volume_offset=_offsets([len(e.targets) for e in experiments]),
        decays=np.array([row(v) for e in experiments for v in e.decay_volumes]),
        decay_offset=_offsets([len(e.decay_volumes) for e in experiments]),
        cuts=_cuts(experiments),
        cut_offset=_offsets([len(e.signature.selection) for e in experiments]),
        efficiency=np.concatenate([_efficiency(e) for e in experiments]),
        efficiency_offset=_offsets([len(_efficiency(e)) for e in experiments]),
        smearing=np.array([_smearing(e) for e in experiments]),
        smeared=np.array([e.signature.smearing is not None for e in experiments]),
        merging=np.array([_merging(e) for e in experiments]),
        overlap=np.concatenate([_overlap(e) for e in experiments]),
        overlap_offset=_offsets([len(_overlap(e)) for e in experiments]),
        baseline=np.array([e.beam.baseline_cm for e in experiments]),
        aim=np.array([_aim(e) for e in experiments]),
    )
    volumes = tuple((i, v) for i, e in enumerate(experiments) for v in e.targets)
    return Packed(detectors, volumes, tuple(e.pot for e in experiments))


def nuclei(experiment: Experiment) -> tuple[str, ...]:
    """Nuclei in the target volumes of an experiment, sorted."""
    return tuple(sorted({name for volume in experiment.targets for name in volume.nuclei}))


def nucleus_share(volume: Volume, name: str, scattered: str) -> float:
    """Share of one nucleus among all targets of a kind in a volume.

    Examples
    --------
    >>> oil = Volume(name="o", shape=Sphere(radius_cm=1.0), nuclei={"C12": 1.0, "H1": 2.0})
    >>> nucleus_share(oil, "H1", "p"), nucleus_share(oil, "C12", "n")
    (0.25, 1.0)
    """
    hit = target(scattered)
    total = sum(n * hit.in_nucleus(x) for x, n in volume.nuclei.items())
    return volume.nuclei[name] * hit.in_nucleus(name) / total if total else 0.0


def _offsets(lengths: list[int]) -> NDArray[np.int64]:
    return np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64)


def _fluxes(experiment: Experiment, term: ProductionTerm) -> Floats:
    return np.column_stack([experiment.neutrinos.flux.values[p] for p in term.projectiles])


def _cuts(experiments: Sequence[Experiment]) -> Floats:
    rows = [
        (float(OBSERVABLES["upscattering"].index(cut.observable)), cut.min, cut.max)
        for e in experiments
        for cut in e.signature.selection
    ]
    return np.array(rows).reshape(-1, 3)


def _efficiency(experiment: Experiment) -> Floats:
    efficiency = experiment.signature.efficiency
    assert isinstance(efficiency, Efficiency)
    return np.column_stack([efficiency.energy_GeV, efficiency.value])


def _merging(experiment: Experiment) -> tuple[float, float, float]:
    """Rule by which two leptons count as one shower: its kind, cosine and energy."""
    merging = experiment.signature.merging
    if merging is None:
        return (0.0, 0.0, 0.0)
    if merging.energy_GeV:
        return (float(BY_TABLE), 0.0, 0.0)
    return (float(BY_ANGLE), cos(radians(merging.opening_angle_deg)), merging.least_energy_GeV)


def _overlap(experiment: Experiment) -> Floats:
    """Table of the rule by overlap: energy, largest overlap; none for other rules."""
    merging = experiment.signature.merging
    if merging is None:
        return np.zeros((0, 2))
    return np.array([*zip(merging.energy_GeV, merging.r, strict=True)]).reshape(-1, 2)


def _aim(experiment: Experiment) -> Floats:
    """Disc across the beam that covers the decay volumes, with a margin for slanted paths."""
    low, high = covering(experiment)
    return np.array([*(low + high) / 2, AIM_MARGIN * (high - low)[:2].max() / 2])


def covering(experiment: Experiment) -> tuple[Floats, Floats]:
    """Lower and upper corner in cm of the smallest box around the decay volumes.

    Examples
    --------
    >>> from physics import experiments
    >>> [corner[:2].tolist() for corner in covering(experiments.load("ps191"))]
    [[-300.0, -150.0], [300.0, 150.0]]
    """
    corners = np.concatenate(
        [v.shape.bounds_cm + np.array(v.centre_cm) for v in experiment.decay_volumes]
    )
    return corners.min(0), corners.max(0)


def _smearing(experiment: Experiment) -> tuple[float, float, float, float]:
    smearing = experiment.signature.smearing
    if smearing is None:
        return (0.0, 0.0, 0.0, 0.0)
    return (
        smearing.energy_stochastic,
        smearing.energy_constant,
        smearing.angle_constant_deg,
        smearing.angle_log_deg,
    )
