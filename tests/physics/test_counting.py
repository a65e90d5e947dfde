"""The limit on events of an experiment: where shares of channels matter and where they do not."""

import msgspec
import numpy as np
import pytest

from physics import experiments
from physics.counting import n_up
from physics.statistics import combined_upper_limit, upper_limit

ND280 = experiments.load("nd280_dif").signature
SIGNAL = np.array([[3.0, 1.0, 0.0, 0.0], [1.0, 3.0, 2.0, 0.0]])


def seen(*counts):
    """ND280 with other counts."""
    channels = tuple(
        msgspec.structs.replace(channel, observed=n)
        for channel, n in zip(ND280.channels, counts, strict=True)
    )
    return msgspec.structs.replace(ND280, channels=channels)


@pytest.mark.parametrize("method", ["cls", "bayes_flat_u2", "poisson_zero_background"])
def test_nothing_seen_needs_no_shares(method):
    found = n_up(ND280, method, 0.9, 0.2, SIGNAL)
    assert (found == found[0]).all()
    one = upper_limit(method, 0, 0.0, 0.0, 0.15, 0.9)
    assert found[0] == pytest.approx(float(one), rel=1e-9)


@pytest.mark.parametrize("method", ["cls", "bayes_flat_u2"])
def test_an_event_counts_more_where_more_signal_is(method):
    first, second, third, none = n_up(seen(0, 1), method, 0.9, 0.2, SIGNAL)
    assert first < second < third
    for limit, share in ((first, 0.75), (second, 0.25), (none, 0.5)):
        expected = combined_upper_limit(
            method, [share, 1 - share], [0, 1], [3.025, 0.674], [0.692, 0.33], 0.15, 0.9
        )
        assert limit == pytest.approx(float(expected), rel=1e-9)


def test_the_uncertainty_is_that_of_the_mass():
    low, high = (float(n_up(ND280, "cls", 0.9, m, SIGNAL)[0]) for m in (0.1, 0.2))
    assert low > high > 2.302585
    assert low == pytest.approx(float(upper_limit("cls", 0, 0, 0, np.hypot(0.5, 0.15), 0.9)))


def test_one_channel_is_as_before():
    signature = experiments.load("sbnd").signature
    found = n_up(signature, "cls", 0.9, 0.1, np.ones((1, 3)))
    expected = upper_limit("cls", 3906, 3906.0, 371.5, np.hypot(0.1, 0.2), 0.9)
    assert found == pytest.approx(np.full(3, float(expected)), rel=1e-9)
