import numpy as np
import pytest

from physics.cosmology import BBN, tabulated_bbn
from physics.decays import Decay
from physics.widths import ctau_cm
from scanner.plots.catalogue import curves

FERMI = 1.1663788e-5
WEAK_ANGLE = 0.23121
MUON, PION, PION_0, ELECTRON = 0.1056583755, 0.13957039, 0.1349768, 0.51099895e-3
F_PION, V_UD = 0.1302, 0.97373


def lifetime_s(total_width):
    """Lifetime in s of a particle of some width in GeV."""
    return Decay(branching={}, modes={}, ctau_cm=np.asarray(ctau_cm(total_width))).lifetime_s


def three_body(r):
    return 1 - 8 * r + 8 * r**3 - r**4 - 12 * r**2 * np.log(r)


def pair(m4, lepton, left, right):
    """nu l+ l- over G_F^2 m^5 / (192 pi^3), by the closed form of arXiv:2007.03701."""
    x = lepton / m4
    if x >= 0.5:
        return 0.0
    root = np.sqrt(1 - 4 * x**2)
    log = np.log((1 - 3 * x**2 - (1 - x**2) * root) / (x**2 * (1 + root))) if x > 0.02 else 0.0
    if x <= 0.02:
        log = 4 * np.log(x)  # the argument cancels; corrections are of order x^2
    f1 = (1 - 14 * x**2 - 2 * x**4 - 12 * x**6) * root + 12 * x**4 * (x**4 - 1) * log
    f2 = x**2 * (2 + 10 * x**2 - 12 * x**4) * root + 6 * x**4 * (1 - 2 * x**2 + 2 * x**4) * log
    return (left**2 + right**2) * f1 + 4 * left * right * f2


def dirac_width(m4):
    """Total width of a Dirac HNL for |U_mu4|^2 = 1, below the eta and the rho."""
    left, right = WEAK_ANGLE - 0.5, WEAK_ANGLE
    leptons = 1 + pair(m4, ELECTRON, left, right) + pair(m4, MUON, left + 1, right)
    if m4 > MUON + ELECTRON:
        leptons += three_body((MUON / m4) ** 2)
    width = FERMI**2 * m4**5 / (192 * np.pi**3) * leptons
    scale = FERMI**2 * F_PION**2 * m4**3 / (16 * np.pi)
    if m4 > PION_0:
        width += scale / 2 * (1 - (PION_0 / m4) ** 2) ** 2
    if m4 > MUON + PION:
        a, b = (MUON / m4) ** 2, (PION / m4) ** 2
        root = np.sqrt(1 + a**2 + b**2 - 2 * (a + b + a * b))
        width += scale * V_UD**2 * ((1 - a) ** 2 - b * (1 + a)) * root
    return width


@pytest.mark.parametrize(
    ("m4", "mixing"),
    [
        (0.05, 8.19e-4),
        (0.1, 2.56e-5),
        (0.15, 1.375e-6),
        (0.2, 1.035e-7),
        (0.3, 7.89e-9),
        (0.38, 2.55e-9),
    ],
)
def test_a_tenth_of_a_second_of_a_dirac_hnl_that_mixes_with_the_muon(m4, mixing):
    assert lifetime_s(dirac_width(m4)) / 0.1 == pytest.approx(mixing, rel=0.005)


def test_a_width_of_nought_is_an_infinite_lifetime():
    assert np.isinf(lifetime_s(0.0))
    # hbar is 6.582e-25 GeV s
    assert f"{lifetime_s(6.582119569e-24):.9f}" == "0.100000000"
    assert lifetime_s([1e-24, 2e-24])[0] == pytest.approx(2 * lifetime_s(2e-24))


READINGS = {0.01: 1.29, 0.02: 0.334, 0.05: 0.073, 0.1: 0.042, 0.15: 0.040, 0.2: 0.048, 0.38: 0.046}


def test_the_table_has_the_numbers_read_off_independently():
    found = tabulated_bbn(list(READINGS))
    # the readings were interpolated on straight axes and rounded: a unit of the last digit
    np.testing.assert_allclose(found, list(READINGS.values()), atol=1e-3, rtol=5e-3)


def test_nothing_is_said_outside_the_table():
    assert np.isnan(tabulated_bbn([0.0, 0.002, 1.0, 5.0])).all()
    assert np.isfinite(tabulated_bbn([0.003, 0.96])).all()


def test_interpolation_is_straight_in_logarithms_and_keeps_shapes():
    first, second = (0.0999668, 0.0419179), (0.109097, 0.0397972)
    middle = np.sqrt(np.prod([first, second], axis=0))
    assert tabulated_bbn(middle[0]) == pytest.approx(middle[1], rel=1e-12)
    assert [limit.longest_lifetime_s(np.full((2, 3), 0.1)).shape for limit in BBN] == [(2, 3)] * 2


def test_criteria_have_different_names():
    assert [limit.name for limit in BBN] == ["bbn_0.1s", "bbn_table"]
    # a few pages of the literature put the limit between 0.02 and 0.1 s above the pion's mass
    assert np.all(BBN[1].longest_lifetime_s([0.15, 0.3, 0.5]) < BBN[0].longest_lifetime_s(0.3))


@pytest.mark.parametrize(("nature", "doubling"), [("majorana", 2), ("dirac", 1)])
def test_the_published_mixing_and_the_published_lifetime_are_one_limit(nature, doubling):
    """So the curve is for Majorana HNLs: with half that width it would be off by 2."""
    [curve] = [c for c in curves("minimal", "m4", "U2_mu4", nature) if c.name == "bbn_mu"]
    upper = slice(curve.x.size - 86, None)
    x, y = curve.x[upper][::-1], curve.y[upper][::-1]
    for m4 in (0.02, 0.05, 0.1, 0.2, 0.3, 0.38):
        mixing = np.exp(np.interp(np.log(m4), np.log(x), np.log(y)))
        lifetime = lifetime_s(doubling * mixing * dirac_width(m4))
        assert lifetime == pytest.approx(tabulated_bbn(m4), rel=0.06)
