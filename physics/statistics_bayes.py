r"""Bayesian upper limits with a prior flat in :math:`|U|^2`.

Where events go as :math:`|U|^4` (production and decay each as :math:`|U|^2`), a prior flat in
:math:`|U|^2` is flat in the root t of the signal. With a factor f on the signal and L the
likelihood for f = 1, the integral of L(f t^2) up to the root of n is
:math:`G(\sqrt{f n}) / \sqrt f` with :math:`G(u) = \int_0^u L(t^2) dt`: one table serves all f.
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.polynomial import Chebyshev

from physics.statistics_channels import Channels
from physics.statistics_nodes import FloatArray, counting_nodes

_NEGLIGIBLE = 1e-20  # relative to the largest likelihood
_SCAN = 1024  # steps, which see where the likelihood is
_PRECISION = 1e-13  # of the polynomial
_DEGREES = (32, 64, 128, 256, 512, 1024, 2048)


@dataclass(frozen=True)
class RootPosterior:
    """Posterior of the root of the signal, flat prior, all nuisances averaged over.

    Parameters
    ----------
    channels : Channels
        What was seen, and how the signal is shared.
    """

    channels: Channels

    def above(self, signal: FloatArray) -> FloatArray:
        """Posterior probability that the signal is larger.

        Parameters
        ----------
        signal : ndarray (k,)
            Expected signal events, >= 0.

        Returns
        -------
        ndarray (k,)
            Probabilities.
        """
        factor, weight = self.channels.factors
        integral = self._integral
        low, high = integral.domain
        root = np.clip(np.sqrt(signal[:, None] * factor), low, high)
        share = weight / np.sqrt(factor)
        part = (integral(high) - integral(root)) @ share
        return np.asarray(part / (integral(high) * share.sum()), dtype=np.float64)

    def likelihood(self, root: FloatArray) -> FloatArray:
        """Likelihood of the square of `root` (k,) as signal, without the factor on it."""
        c = self.channels
        product = np.ones_like(root)
        for share, *case in zip(c.share, c.count, c.mean, c.sdev, strict=True):
            product *= counting_nodes(*map(float, case), 0.0).likelihood(share * root**2)
        return product

    @cached_property
    def _integral(self) -> Chebyshev:
        """Integral G of the likelihood over its support, zero at the lower end."""
        low, high = self._support()
        for degree in _DEGREES:
            fit = Chebyshev.interpolate(self.likelihood, degree, domain=[low, high])
            if np.abs(fit.coef[-4:]).max() < _PRECISION * np.abs(fit.coef).max():
                break
        return fit.integ(lbnd=low)

    def _support(self) -> tuple[float, float]:
        """Roots between which the likelihood is not negligible."""
        high = float(np.sqrt(self.channels.scale))
        while True:
            roots = np.linspace(0.0, high, _SCAN)
            value = self.likelihood(roots)
            found = np.flatnonzero(value > _NEGLIGIBLE * value.max())
            if found[-1] < _SCAN - 1:
                break
            high *= 2.0
        return float(roots[max(found[0] - 1, 0)]), float(roots[found[-1] + 1])
