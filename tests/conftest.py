"""What holds for all tests."""

import pytest

_approx = pytest.approx


def relative(expected, rel=None, abs=None, nan_ok=False):
    """Compare by the relative tolerance alone, unless an absolute one is given.

    pytest adds an absolute tolerance of 1e-12, to which every cross-section in cm^2 and every width
    of a long-lived particle in GeV is equal.
    """
    if abs is None:
        rel, abs = 1e-6 if rel is None else rel, 0.0
    return _approx(expected, rel=rel, abs=abs, nan_ok=nan_ok)


pytest.approx = relative
