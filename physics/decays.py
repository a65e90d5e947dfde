"""How long the HNL lives and into what it decays: no sampling, and quick to import."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from physics.models import Model, Point
from physics.units import SPEED_OF_LIGHT_CM_PER_S
from physics.widths import ctau_cm

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Decay:
    """Decay of the HNL at some points: branching ratios by final state and proper length.

    Parameters
    ----------
    branching : dict
        {final state: ratio}; zero where nothing decays.
    modes : dict
        The same by what fixes the shape of the decay, {"state:flavour": ratio}, for a model that
        tells them apart.
    ctau_cm : ndarray
        Proper decay length in cm, infinite where nothing decays.
    """

    branching: dict[str, Floats]
    modes: dict[str, Floats]
    ctau_cm: Floats

    @property
    def lifetime_s(self) -> Floats:
        """Lifetime in s."""
        return self.ctau_cm / SPEED_OF_LIGHT_CM_PER_S


def decay(model: Model, point: Point) -> Decay:
    """Branching ratios and lifetime of the HNL, vectorised over couplings.

    Parameters
    ----------
    model : Model
        The theory.
    point : mapping
        Parameter values; couplings may be arrays.

    Returns
    -------
    Decay
        Over all channels of the model.

    Examples
    --------
    >>> from physics import models
    >>> d = decay(models.get("dipole"), {"m4": 0.47, "mu_tr_mu4": 2.5e-6})
    >>> f"{d.ctau_cm:.3f} {d.branching['nu_gamma']:.4f}"
    '1.516 0.9915'
    """
    widths = {state: np.asarray(w, dtype=float) for state, w in model.widths(point).items()}
    # one by one: the order of numpy's sum depends on whether there is one point or many
    total = np.asarray(sum(widths.values()))
    branching = _over(widths, total)
    modes = _over(model.decay_modes(point), total) if model.decay_modes else branching
    return Decay(branching, modes, np.asarray(ctau_cm(total)))


def _over(widths: Mapping[str, Any], total: Floats) -> dict[str, Floats]:
    """Divide widths by their total; 0 where nothing decays."""
    return {
        name: np.divide(w, total, out=np.zeros(np.shape(total)), where=total > 0)
        for name, w in widths.items()
    }
