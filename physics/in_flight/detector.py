"""An experiment in flight as plain arrays for the kernel."""

import numpy as np
from numpy.typing import NDArray

from physics.experiments.schema import OBSERVABLES, Experiment
from physics.in_flight.kernel import Detector
from physics.packing import row

Floats = NDArray[np.float64]


def detector(experiment: Experiment) -> Detector:
    """Pack an experiment.

    The face is the smallest rectangle at z = 0 through which all straight lines from the source
    to the decay volumes go.

    Parameters
    ----------
    experiment : Experiment
        With a beam of parents.

    Returns
    -------
    Detector
        Ready for the kernel.

    Examples
    --------
    >>> from physics import experiments
    >>> packed = detector(experiments.load("ps191"))
    >>> packed.face.tolist(), packed.area
    ([-300.0, 300.0, -150.0, 150.0], 180000.0)
    """
    baseline = experiment.beam.baseline_cm
    face = _face(experiment, baseline)
    return Detector(
        baseline=baseline,
        face=face,
        area=float((face[1] - face[0]) * (face[3] - face[2])),
        volumes=np.array([row(volume) for volume in experiment.decay_volumes]),
        cuts=np.array(
            [
                (OBSERVABLES["in_flight"].index(cut.observable), cut.min, cut.max)
                for cut in experiment.signature.selection
            ]
        ).reshape(-1, 3),
    )


def _face(experiment: Experiment, baseline: float) -> Floats:
    corners = []
    for volume in experiment.decay_volumes:
        low, high = volume.shape.bounds_cm + np.array(volume.centre_cm)
        for z in (low[2], high[2]):
            shrink = baseline / (baseline + z)
            corners += [low[:2] * shrink, high[:2] * shrink]
    lowest, highest = np.min(corners, axis=0), np.max(corners, axis=0)
    return np.array([lowest[0], highest[0], lowest[1], highest[1]])
