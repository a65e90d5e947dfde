"""When a sampled response is good enough, and when it disagrees with quadrature."""

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

NODES_THAT_MATTER = 1e-3
"""Lifetimes with a response above this part of its maximum have to meet the precision."""

LEAST_ACCEPTED = 200
"""Selected events below which a response is not trusted."""

MISMATCH_SIGMA, MISMATCH_RELATIVE = 5.0, 0.005
"""Sampled and exact production may differ by these before a point is flagged."""

DONE, NOT_CONVERGED = 1, 3
"""Status of a response."""


def precise(replicates: Floats, relative: float) -> bool:
    """Tell whether the error is small at every lifetime that matters.

    Parameters
    ----------
    replicates : ndarray (..., replicates, nodes)
        Estimates of each replicate, of one or several responses.
    relative : float
        Largest error of the mean over the mean.

    Returns
    -------
    bool
        For all of them.

    Examples
    --------
    >>> precise(np.array([[1.0], [1.1]]), 0.05), precise(np.array([[1.0], [1.1]]), 0.01)
    (True, False)
    """
    value = replicates.mean(-2)
    sdev = replicates.std(-2, ddof=1) / np.sqrt(replicates.shape[-2])
    matters = value > NODES_THAT_MATTER * value.max(-1, keepdims=True)
    return bool((sdev[matters] <= relative * value[matters]).all())


def judge(
    rows: Floats, produced: Floats, exact: float, accepted: float, relative: float
) -> tuple[float, int]:
    """Compare sampled with exact production, and tell whether a response is good enough.

    Parameters
    ----------
    rows : ndarray (..., replicates, nodes)
        The response, as `precise` takes it.
    produced : ndarray (replicates,)
        Sampled production.
    exact : float
        Production by quadrature; where it is 0 nothing needs to be sampled.
    accepted : float
        Number of selected events.
    relative : float
        Precision asked for.

    Returns
    -------
    float, int
        Sampled over exact production, and the status.

    Examples
    --------
    >>> one = np.ones((2, 1))
    >>> judge(one, np.ones(2), 1.0, 1000, 0.01), judge(one, np.ones(2), 2.0, 1000, 0.01)
    ((1.0, 1), (0.5, 3))
    """
    if exact == 0:
        return 1.0, DONE
    ratio, agree = agreement(produced, exact)
    enough = bool(np.isfinite(rows).all()) and accepted >= LEAST_ACCEPTED
    return ratio, DONE if agree and enough and precise(rows, relative) else NOT_CONVERGED


def agreement(sampled: Floats, exact: float) -> tuple[float, bool]:
    """Compare sampled with exact production: their ratio, and whether they agree.

    Parameters
    ----------
    sampled : ndarray (replicates,)
        Estimates of each replicate.
    exact : float
        By quadrature.

    Returns
    -------
    float, bool
        Ratio of the mean, and whether it is within `MISMATCH_SIGMA` or `MISMATCH_RELATIVE`.

    Examples
    --------
    >>> agreement(np.array([1.0, 1.002]), 1.0)
    (1.001, True)
    """
    difference = abs(sampled.mean() - exact)
    error = sampled.std(ddof=1) / np.sqrt(len(sampled))
    agree = difference <= max(MISMATCH_SIGMA * error, MISMATCH_RELATIVE * exact)
    return float(sampled.mean() / exact), bool(agree)
