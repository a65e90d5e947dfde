import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import brentq
from scipy.stats import chi2, nbinom, poisson

from physics.errors import InputError
from physics.statistics import cls, upper_limit

# observed, background, its uncertainty: MiniBooNE, MicroBooNE, the SBND projection
EXPERIMENTS = {
    "miniboone": (2870, 2359.0, 124.0),
    "microboone": (153, 145.1, 13.8),
    "sbnd": (3900, 3900.0, 370.5),
}


def convolved(observed, mean, sdev, signal):
    """CLs as an exact sum: Poisson signal on top of a negative-binomial background."""
    shape = (mean / sdev) ** 2
    p = shape / (shape + mean)
    n = np.arange(observed + 1)
    with_signal = np.sum(poisson.pmf(n, signal) * nbinom.cdf(observed - n, shape, p))
    return with_signal / nbinom.cdf(observed, shape, p)


def toys(rng, size, observed, mean, sdev, relative, signal):
    """Fraction of pseudo-experiments with at most the observed count, drawn from definitions."""
    background = rng.gamma((mean / sdev) ** 2, sdev**2 / mean, size)
    sigma2 = np.log(1 + relative**2)
    factor = rng.lognormal(-sigma2 / 2, np.sqrt(sigma2), size)
    return np.mean(rng.poisson(background + signal * factor) <= observed)


@pytest.mark.parametrize("level", [0.5, 0.9, 0.95, 0.99])
def test_nothing_seen_nothing_expected_is_a_logarithm(level):
    expected = -np.log(1 - level)
    assert upper_limit("cls", 0, 0, 0, 0, level) == pytest.approx(expected, rel=1e-11)
    assert upper_limit("poisson_zero_background", 9, 4, 1, 0.2, level) == pytest.approx(expected)


@given(background=st.floats(1e-3, 50), relative=st.floats(0.01, 2))
def test_when_nothing_is_seen_cls_does_not_depend_on_the_background(background, relative):
    limit = upper_limit("cls", 0, background, relative * background, 0, 0.9)
    assert limit == pytest.approx(np.log(10), rel=1e-9)


@pytest.mark.parametrize("observed", [1, 3, 30, 1000])
def test_without_background_the_limit_is_a_chi2_quantile(observed):
    expected = chi2.ppf(0.95, 2 * (observed + 1)) / 2
    assert upper_limit("cls", observed, 0, 0, 0, 0.95) == pytest.approx(expected, rel=1e-9)


def test_known_background_gives_the_ratio_of_poisson_sums():
    limit = brentq(lambda s: poisson.cdf(4, 3.2 + s) / poisson.cdf(4, 3.2) - 0.1, 0, 50)
    assert upper_limit("cls", 4, 3.2, 0, 0, 0.9) == pytest.approx(limit, rel=1e-9)


@settings(max_examples=60)
@given(
    observed=st.integers(0, 6000),
    ratio=st.floats(0.3, 1.5),
    relative=st.floats(0.01, 1.5),
    size=st.floats(0.05, 4),
)
def test_uncertain_background_agrees_with_the_exact_convolution(observed, ratio, relative, size):
    mean = ratio * max(observed, 1)
    sdev = relative * mean
    spread = np.hypot(np.sqrt(observed + 1), sdev)
    # a deficit nobody would quote: the sum itself loses digits there
    if observed - mean < -20 * spread:
        return
    expected = convolved(observed, mean, sdev, size * spread)
    value = cls("cls", size * spread, observed, mean, sdev, 0)
    assert value == pytest.approx(expected, rel=1e-7, abs=1e-9)


def test_uncertain_efficiency_when_nothing_is_seen_is_the_average_of_an_exponential():
    x, weight = np.polynomial.hermite_e.hermegauss(120)
    sigma = np.sqrt(np.log(1.25))
    factor = np.exp(sigma * x - sigma**2 / 2)
    signal = np.array([0.5, 2.0, 5.0])
    expected = np.exp(-signal[:, None] * factor) @ weight / weight.sum()
    np.testing.assert_allclose(cls("cls", signal, 0, 7.0, 3.0, 0.5), expected, rtol=1e-9)


@pytest.mark.parametrize("relative", [0.1, 0.5])
@pytest.mark.parametrize("name", [*EXPERIMENTS, "few"])
def test_limits_agree_with_pseudo_experiments(name, relative):
    case = {**EXPERIMENTS, "few": (3, 1.8, 0.9)}[name]
    rng = np.random.default_rng(20260 + len(name))
    size = 400_000
    limit = float(upper_limit("cls", *case, relative, 0.9))
    both = toys(rng, size, *case, relative, limit)
    background = toys(rng, size, *case, relative, 0.0)
    sdev = np.hypot(np.sqrt(both / size) / background, both / background**1.5 / np.sqrt(size))
    assert abs(both / background - 0.1) < 4 * sdev
    assert sdev < 0.002


@pytest.mark.parametrize("case", EXPERIMENTS.values(), ids=EXPERIMENTS)
@pytest.mark.parametrize("level", [0.9, 0.95])
def test_limit_is_where_cls_crosses(case, level):
    limit = upper_limit("cls", *case, 0.2, level)
    assert cls("cls", limit, *case, 0.2) == pytest.approx(1 - level, rel=1e-9)


def test_cls_falls_with_the_signal_and_starts_at_one():
    signal = np.concatenate([[0.0], np.geomspace(1e-3, 1e5, 200)])
    value = cls("cls", signal, *EXPERIMENTS["miniboone"], 0.5)
    assert value[0] == pytest.approx(1, rel=1e-14)
    assert np.all(np.diff(value) <= 1e-14)
    assert value[-1] < 1e-6


def test_arrays_keep_their_shape_and_broadcast():
    limits = upper_limit("cls", [[0], [153]], [[0.0], [145.1]], [[0.0], [13.8]], 0, [0.9, 0.95])
    assert limits.shape == (2, 2)
    assert limits[1, 0] == upper_limit("cls", *EXPERIMENTS["microboone"], 0, 0.9)
    signal = np.full((2, 3), 5.0)
    signal[0, 0] = np.nan
    value = cls("cls", signal, 3, 2.0, 0.5, 0.1)
    assert value.shape == (2, 3)
    assert np.isnan(value).sum() == 1
    assert cls("cls", np.empty(0), 3, 2.0, 0.5, 0.1).size == 0


def test_uncertainties_weaken_the_limits():
    plain, uncertain = upper_limit("cls", 153, 145.1, [0.0, 13.8], 0, 0.9)
    assert uncertain > plain
    assert np.all(np.diff(upper_limit("cls", 153, 145.1, 13.8, [0, 0.1, 0.3, 0.5], 0.9)) > 0)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("clz", 0, 0, 0, 0, 0.9), "'clz'.*did you mean 'cls'"),
        (("cls", -1, 0, 0, 0, 0.9), "observed is -1"),
        (("cls", 1.5, 0, 0, 0, 0.9), "observed is 1.5"),
        (("cls", 1, -2, 0, 0, 0.9), "background is -2"),
        (("cls", 1, np.nan, 0, 0, 0.9), "background is nan"),
        (("cls", 1, 2, -1, 0, 0.9), "background_uncertainty is -1"),
        (("cls", 1, 0, 1, 0, 0.9), "0 when the background is 0"),
        (("cls", 1, 1, 1, 2, 0.9), "signal_relative_uncertainty is 2"),
        (("cls", 1, 1, 1, 0, 90), "confidence_level is 90"),
        (("cls", 0, 1e4, 1, 0, 0.9), "no measurable probability"),
    ],
)
def test_wrong_numbers_are_named_in_one_sentence(arguments, words):
    with pytest.raises(InputError, match=words) as caught:
        upper_limit(*arguments)
    assert "\n" not in str(caught.value)


def test_cls_refuses_negative_signals_and_several_experiments():
    with pytest.raises(InputError, match="signal is -1"):
        cls("cls", [1.0, -1.0], 3, 2.0, 0.5, 0.1)
    with pytest.raises(InputError, match="one counting experiment"):
        cls("cls", 1.0, [3, 4], 2.0, 0.5, 0.1)


@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # raised inside pyhf
@pytest.mark.parametrize("case", EXPERIMENTS.values(), ids=EXPERIMENTS)
def test_pyhf_agrees_where_its_asymptotic_formulae_hold(case):
    pyhf = pytest.importorskip("pyhf")
    observed, mean, sdev = case
    limit = float(upper_limit("cls", *case, 0.1, 0.9))
    signal = {
        "name": "signal",
        "data": [limit],
        "modifiers": [
            {"name": "mu", "type": "normfactor", "data": None},
            {"name": "efficiency", "type": "normsys", "data": {"hi": 1.1, "lo": 1 / 1.1}},
        ],
    }
    modifier = {"name": "constraint", "type": "shapesys", "data": [sdev]}
    background = {"name": "background", "data": [mean], "modifiers": [modifier]}
    channel = {"name": "count", "samples": [signal, background]}
    model = pyhf.Model({"channels": [channel]}, poi_name="mu")
    data = [observed, *model.config.auxdata]
    # a profile-likelihood ratio instead of the count: the same only up to a few per cent of n_up
    value = float(pyhf.infer.hypotest(1.0, data, model, test_stat="qtilde"))
    assert value == pytest.approx(0.1, abs=0.01)
