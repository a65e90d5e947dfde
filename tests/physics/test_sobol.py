"""Points of the Sobol sequence, against those of scipy."""

import subprocess
import sys

import numpy as np
import pytest
from scipy.stats import qmc

from physics.sampling import RESERVED_DIMENSIONS
from physics.sobol import MOST_DIMENSIONS, sobol


@pytest.mark.parametrize("exponent", [0, 1, 5, 14])
def test_the_same_points_as_scipy(exponent):
    theirs = qmc.Sobol(MOST_DIMENSIONS, scramble=False).random_base2(exponent)
    assert np.array_equal(sobol(2**exponent, MOST_DIMENSIONS), theirs)


@pytest.mark.parametrize("number", [1, 3, 100])
def test_any_number_of_points_is_the_beginning_of_more(number):
    assert np.array_equal(sobol(number, 4), sobol(128, MOST_DIMENSIONS)[:number, :4])


def test_there_are_numbers_for_all_dimensions():
    assert MOST_DIMENSIONS >= RESERVED_DIMENSIONS


def test_sampling_does_not_import_what_is_slow():
    code = "import physics.response, sys; assert 'scipy.stats' not in sys.modules"
    subprocess.run([sys.executable, "-c", code], check=True, timeout=240)
