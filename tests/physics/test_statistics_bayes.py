import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.integrate import quad
from scipy.optimize import brentq
from scipy.special import erf, erfinv
from scipy.stats import lognorm, nbinom, poisson

from physics.statistics import cls, combined_upper_limit, upper_limit

METHOD = "bayes_flat_u2"
EXPERIMENTS = {
    "miniboone": (2870, 2359.0, 124.0),
    "microboone": (153, 145.1, 13.8),
    "sbnd": (3900, 3900.0, 370.5),
    "few": (3, 1.8, 0.9),
}


def likelihood(signal, observed, mean, sdev):
    """Exact sum over signal counts on top of a negative-binomial background."""
    shape = (mean / sdev) ** 2
    k = np.arange(observed + 1)
    background = nbinom.pmf(observed - k, shape, shape / (shape + mean))
    return poisson.pmf(k, np.atleast_1d(signal)[:, None]) @ background


@pytest.mark.parametrize("level", [0.5, 0.9, 0.95, 0.99])
def test_nothing_seen_is_an_inverse_error_function_whatever_is_expected(level):
    limits = upper_limit(METHOD, 0, [0.0, 0.3, 50.0], [0.0, 0.2, 10.0], 0, level)
    np.testing.assert_allclose(limits, erfinv(level) ** 2, rtol=1e-10)


def test_the_root_of_the_limit_is_what_t2k_needs():
    assert np.sqrt(upper_limit(METHOD, 0, 0, 0, 0, 0.9)) == pytest.approx(1.1631, abs=5e-5)
    assert upper_limit(METHOD, 0, 0, 0, 0, 0.9) == pytest.approx(1.3528, abs=5e-5)


@pytest.mark.parametrize("relative", [0.05, 0.15, 0.5, 1.0])
def test_an_uncertain_flux_when_nothing_is_seen(relative):
    """Posterior of the root t: the average of exp(-f t^2), by adaptive quadrature over f."""
    sigma = np.sqrt(np.log1p(relative**2))
    factor = lognorm(sigma, scale=np.exp(-(sigma**2) / 2))

    def part(n):
        def integrand(z):
            f = factor.ppf(0.5) * np.exp(sigma * z)
            return np.exp(-(z**2) / 2) * erf(np.sqrt(n * f)) / np.sqrt(f)

        return quad(integrand, -12, 12, epsabs=0, epsrel=1e-11, limit=200)[0]

    expected = brentq(lambda n: part(n) / part(np.inf) - 0.9, 0.1, 20)
    assert upper_limit(METHOD, 0, 2.0, 0.5, relative, 0.9) == pytest.approx(expected, rel=1e-8)


def test_fifteen_per_cent_of_flux_are_under_two_per_cent_of_u2():
    ratio = np.sqrt(upper_limit(METHOD, 0, 0, 0, [0.15, 0.0], 0.9))
    assert ratio[0] / ratio[1] == pytest.approx(1.016, abs=5e-4)


@pytest.mark.parametrize("observed", [1, 4])
def test_without_background_the_posterior_of_the_root_is_a_gamma_variate(observed):
    """L = t^(2n) exp(-t^2), so t^2 is gamma distributed with shape n + 1/2."""
    from scipy.stats import gamma

    expected = gamma.ppf(0.9, observed + 0.5)
    assert upper_limit(METHOD, observed, 0, 0, 0, 0.9) == pytest.approx(expected, rel=1e-10)


@pytest.mark.parametrize("name", EXPERIMENTS)
def test_limits_agree_with_a_plain_sum_over_the_exact_likelihood(name):
    case = EXPERIMENTS[name]
    limit = upper_limit(METHOD, *case, 0, 0.9).item()
    root = np.linspace(0.0, 3.0 * np.sqrt(limit), 2001)
    value = likelihood(root**2, *case)
    value[[0, -1]] /= 2  # trapezoid
    below = np.interp(np.sqrt(limit), root, np.cumsum(value) - value / 2) / value.sum()
    assert below == pytest.approx(0.9, abs=1e-4)


@settings(max_examples=40)
@given(
    observed=st.integers(0, 400),
    ratio=st.floats(0.3, 1.5),
    relative=st.floats(0.01, 1.0),
    signal=st.floats(0.1, 0.99),
)
def test_the_posterior_falls_from_one_to_nought_and_crosses_at_the_limit(
    observed, ratio, relative, signal
):
    mean = ratio * max(observed, 1)
    case = (observed, mean, relative * mean)
    limit = upper_limit(METHOD, *case, 0.2, 0.9)
    tail = cls(METHOD, limit * np.array([0.0, signal, 1.0, 1.5, 1e6]), *case, 0.2)
    assert tail[0] == pytest.approx(1.0, abs=1e-12)
    assert tail[2] == pytest.approx(0.1, rel=1e-9)
    assert np.all(np.diff(tail) <= 0)
    assert tail[-1] < 1e-9


def test_channels_multiply_their_likelihoods():
    share, observed, mean, sdev = (0.3, 0.7), (2, 1), (1.2, 0.4), (0.5, 0.1)
    limit = combined_upper_limit(METHOD, share, observed, mean, sdev, 0, 0.95).item()

    def product(t):
        rows = zip(share, observed, mean, sdev, strict=True)
        return np.prod([likelihood(s * t**2, *case) for s, *case in rows])

    below, all_ = (quad(product, 0, top, epsrel=1e-10)[0] for top in (np.sqrt(limit), 10))
    assert below / all_ == pytest.approx(0.95, rel=1e-8)
