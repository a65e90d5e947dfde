"""An experiment in flight as plain arrays for the kernel."""

import numpy as np

from physics.experiments.schema import OBSERVABLES, Experiment
from physics.in_flight.kernel import Detector
from physics.packing import covering, row


def detector(experiment: Experiment) -> Detector:
    """Pack an experiment.

    The face is the smallest rectangle across the beam that covers the decay volumes.

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
    low, high = covering(experiment)
    face = np.array([low[0], high[0], low[1], high[1]])
    return Detector(
        baseline=experiment.beam.baseline_cm,
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
