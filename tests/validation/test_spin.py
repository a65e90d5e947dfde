"""The polarisation that the kernel leaves out does not matter at the 0.5 % level."""

import pytest
from spin_density import acceptance_ratio


@pytest.mark.parametrize("hit", ["C12", "p"])
@pytest.mark.parametrize("m4", [0.05, 0.15, 0.47, 0.8])
def test_transverse_polarisation_is_negligible(m4, hit):
    assert acceptance_ratio(m4, hit) == pytest.approx(1, abs=0.005)
