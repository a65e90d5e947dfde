import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import brentq
from scipy.special import erfinv
from scipy.stats import poisson

from physics.errors import InputError
from physics.statistics import METHODS, combined_upper_limit, upper_limit
from physics.statistics_channels import Channels

TWO = {"observed": (3, 1), "background": (1.9, 0.5), "background_uncertainty": (0.8, 0.2)}
shares_of = st.lists(st.floats(0.01, 1), min_size=1, max_size=6).map(lambda v: np.array(v) / sum(v))


def split(share, observed, background, background_uncertainty, relative):
    """Channels as arrays of floats."""
    columns = (share, observed, background, background_uncertainty)
    return Channels(*(np.array(v, dtype=float) for v in columns), relative)


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("case", [(0, 1.5, 0.5), (3, 1.8, 0.9), (153, 145.1, 13.8)])
@pytest.mark.parametrize("relative", [0.0, 0.15])
def test_one_channel_is_the_limit_of_one_channel(method, case, relative):
    expected = upper_limit(method, *case, relative, 0.9)
    other = [3, 7.0, 1.0]  # without a share of the signal it says nothing
    both = np.column_stack([case, other])
    assert combined_upper_limit(method, [1], *case, relative, 0.9) == pytest.approx(
        expected, rel=1e-9
    )
    assert combined_upper_limit(method, [1, 0], *both, relative, 0.9) == pytest.approx(
        expected, rel=1e-9
    )


@given(shares=shares_of, background=st.floats(0, 30), level=st.floats(0.5, 0.99))
def test_nothing_seen_anywhere_gives_the_closed_forms(shares, background, level):
    case = (shares, 0, background, 0.3 * background, 0, level)
    assert combined_upper_limit("cls", *case) == pytest.approx(-np.log(1 - level), rel=1e-9)
    assert combined_upper_limit("bayes_flat_u2", *case) == pytest.approx(
        erfinv(level) ** 2, rel=1e-9
    )


@given(shares=shares_of, signal=st.floats(0.01, 8), relative=st.floats(0, 0.5))
def test_the_shortcut_when_nothing_is_seen_is_what_the_sum_over_counts_gives(
    shares, signal, relative
):
    n = len(shares)
    c = split(shares, np.zeros(n), np.linspace(0, 3, n), np.linspace(0, 0.5, n), relative)
    one = split([1], [0], [0], [0], relative)
    ratio = c.probability(np.array([signal])) / c.background_only
    np.testing.assert_allclose(ratio, one.probability(np.array([signal])), rtol=1e-9)


@settings(max_examples=40)
@given(
    observed=st.lists(st.integers(0, 6), min_size=2, max_size=4),
    background=st.floats(0.1, 6),
    relative=st.floats(0, 0.3),
)
def test_channels_alike_in_signal_to_background_are_one_channel(observed, background, relative):
    share = np.arange(1.0, len(observed) + 1.0)
    share /= share.sum()
    several = combined_upper_limit("cls", share, observed, background * share, 0.0, relative, 0.9)
    one = upper_limit("cls", sum(observed), background, 0.0, relative, 0.9)
    assert several == pytest.approx(one, rel=1e-9)


def test_known_backgrounds_are_sums_of_poisson_probabilities():
    """Weights by hand: where T <= T_obs, from all pairs of counts up to 60."""
    share, observed, mean = np.array([0.3, 0.7]), np.array([3, 1]), np.array([1.9, 0.5])
    reference = 2 / np.sqrt(np.sum(share**2 / (mean + 1)))
    weight = np.log(1 + share * reference / mean)
    pairs = np.indices((60, 60)).reshape(2, -1)
    allowed = weight @ pairs <= weight @ observed + 1e-9

    def below(signal):
        chance = poisson.pmf(pairs, (share * signal + mean)[:, None]).prod(axis=0)
        return chance[allowed].sum()

    expected = brentq(lambda s: below(s) / below(0) - 0.1, 0.1, 40)
    limit = combined_upper_limit("cls", share, observed, mean, 0, 0, 0.9)
    assert limit == pytest.approx(expected, rel=1e-9)


@pytest.mark.parametrize("share", [0.02, 0.5, 0.9])
@pytest.mark.parametrize("relative", [0.0, 0.3])
def test_limits_agree_with_pseudo_experiments(share, relative):
    shares = np.array([share, 1 - share])
    limit = combined_upper_limit("cls", shares, *TWO.values(), relative, 0.9).item()
    c = split(shares, *TWO.values(), relative)
    rng, size = np.random.default_rng(2109), 400_000
    sigma = np.sqrt(np.log1p(relative**2))
    factor = np.exp(sigma * rng.standard_normal((size, 1)) - sigma**2 / 2)
    background = rng.gamma((c.mean / c.sdev) ** 2, c.sdev**2 / c.mean, (size, 2))
    seen = c.weights @ c.count + 1e-9
    both = np.mean(rng.poisson(background + shares * limit * factor) @ c.weights <= seen)
    alone = np.mean(rng.poisson(background) @ c.weights <= seen)
    sdev = np.sqrt(both / size) / alone
    assert both / alone == pytest.approx(0.1, abs=4 * sdev)
    assert alone == pytest.approx(c.background_only, abs=4 * np.sqrt(0.25 / size))


@given(st.floats(0.001, 0.999), st.sampled_from([0.0, 0.2]))
def test_cls_falls_with_the_signal(share, relative):
    c = split([share, 1 - share], *TWO.values(), relative)
    value = c.probability(np.linspace(0, 40, 30)) / c.background_only
    assert value[0] == pytest.approx(1)
    assert np.all(np.diff(value) < 1e-14)


@pytest.mark.parametrize("relative", [1e-4, 1e-7, 1e-12])
def test_almost_known_backgrounds_are_known_backgrounds(relative):
    case = ([0.4, 0.6], [2, 2], [1.6, 1.6])
    known, almost = (
        combined_upper_limit("cls", *case, sdev, 0, 0.9) for sdev in (0, 1.6 * relative)
    )
    assert almost == pytest.approx(known, rel=10 * relative**2 + 1e-12)


def test_a_channel_with_little_background_is_worth_adding():
    alone = upper_limit("cls", 153, 145.1, 13.8, 0.1, 0.9)
    both = combined_upper_limit("cls", [0.5, 0.5], [153, 0], [145.1, 0.2], [13.8, 0.1], 0.1, 0.9)
    # the clean channel alone allows 2.34 events, that is 4.67 in both
    assert both == pytest.approx(4.67, abs=0.15)
    assert both < alone


@pytest.mark.parametrize("method", METHODS)
def test_rows_of_shares_keep_their_shape_and_nan_stays_nan(method):
    shares = np.full((2, 3, 2), 0.5)
    shares[1, 2] = np.nan
    limits = combined_upper_limit(method, shares, *TWO.values(), 0.1, 0.9)
    assert limits.shape == (2, 3)
    assert np.isnan(limits).sum() == 1
    assert np.isnan(limits[1, 2])


@pytest.mark.parametrize("method", ["cls", "bayes_flat_u2"])
def test_more_nodes_of_the_common_factor_change_nothing(method, monkeypatch):
    from physics import statistics, statistics_channels

    nodes = statistics_channels.signal_nodes
    case = ([0.3, 0.7], *TWO.values(), 0.5, 0.9)
    limit = combined_upper_limit(method, *case)
    statistics._limit.cache_clear()
    monkeypatch.setattr(statistics_channels, "signal_nodes", lambda r, w: nodes(r, w / 4))
    assert combined_upper_limit(method, *case) == pytest.approx(limit, rel=1e-8)
    statistics._limit.cache_clear()


@pytest.mark.parametrize(
    ("shares", "observed", "words"),
    [
        ([0.5, 0.5], -1, "observed is -1"),
        ([0.5, 0.4], 0, "the sum of shares is 0.9"),
        ([1.5, -0.5], 0, "a share of the signal is -0.5"),
        ([1.0], [0, 1], r"shares have shape \(1,\).*2 channels"),
        ([0.2, 0.3, 0.5], [0, 1], r"shares have shape \(3,\).*2 channels"),
        (1.0, 0, r"shares have shape \(\)"),
        ([0.2, 0.3, 0.5], 4000, "more than 100000 terms"),
    ],
)
def test_wrong_numbers_are_named_in_one_sentence(shares, observed, words):
    with pytest.raises(InputError, match=words) as caught:
        combined_upper_limit("cls", shares, observed, 4000.0, 10.0, 0.1, 0.9)
    assert "\n" not in str(caught.value)


def test_counts_that_contradict_their_backgrounds_are_refused():
    with pytest.raises(InputError, match="no measurable probability"):
        combined_upper_limit("cls", [0.5, 0.5], [1, 0], [2e3, 1e3], 0, 0, 0.9)
