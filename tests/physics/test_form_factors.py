"""Form factors, against integrals over the charge density."""

import numpy as np
import plain_monte_carlo as plain
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from physics.form_factors import (
    Q_MAX_GEV,
    fourier_bessel,
    interpolate_squared,
    nuclear,
    nucleon_parameters,
    nucleon_structure,
    squared_table,
    symmetrised_fermi,
)
from physics.nuclei import nucleus

TABULATED = ["C12", "O16", "Al27", "Si28", "Ar40", "Ti48", "Fe56", "Pb208"]
q = np.linspace(0.001, 1.9, 300)


def integrated(r, density):
    """Form factor of a spherical density by the mid-point rule."""
    return np.sinc(np.outer(q, r) / np.pi) @ (density * r * r) / (density * r * r).sum()


@pytest.mark.parametrize("name", TABULATED)
def test_fourier_bessel_is_the_transform_of_its_density(name):
    target = nucleus(name)
    r_fm = (np.arange(4000) + 0.5) * target.radius_fm / 4000
    orders = np.arange(1, len(target.coefficients) + 1)
    density = np.sinc(np.outer(r_fm / target.radius_fm, orders)) @ np.array(target.coefficients)
    expected = integrated(r_fm / 0.1973269804, density)
    ours = fourier_bessel(q, target.radius_fm, target.coefficients)
    assert np.abs(ours - expected).max() < 2e-6


@pytest.mark.parametrize("A", [12, 40, 184])
def test_symmetrised_fermi_is_the_transform_of_its_density(A):
    a, radius = 0.523, 1.03 * A ** (1 / 3)
    r_fm = (np.arange(6000) + 0.5) * (radius + 30 * a) / 6000
    density = np.sinh(radius / a) / (np.cosh(radius / a) + np.cosh(r_fm / a))
    expected = integrated(r_fm / 0.1973269804, density)
    assert np.abs(symmetrised_fermi(q, A) - expected).max() < 2e-6


def test_nuclei_without_a_measured_density_have_the_fermi_one():
    assert nucleus("W184").radius_fm is None
    assert nuclear(0.1, nucleus("W184")) == symmetrised_fermi(0.1, 184)


def test_carbon_at_a_published_point():
    # F(Q2 = 0.01 GeV^2) = 0.7695
    assert interpolate_squared(squared_table("C12"), 0.01) == pytest.approx(
        36 * 0.7695**2, rel=2e-4
    )


@settings(deadline=None)
@given(Q=st.floats(1e-6, 1.999), name=st.sampled_from(["C12", "Ar40", "Pb208"]))
def test_interpolated_squares(Q, name):
    target = nucleus(name)
    expected = (target.Z * nuclear(Q, target)) ** 2
    found = interpolate_squared(squared_table(name), Q * Q)
    assert found == pytest.approx(expected, rel=1e-5, abs=2e-6 * target.Z**2)


def test_nothing_coherent_above_the_end_of_the_table():
    assert interpolate_squared(squared_table("C12"), Q_MAX_GEV**2 * 1.0001) == 0.0


@settings(deadline=None)
@given(Q2=st.floats(1e-9, 10.0), name=st.sampled_from(["p", "n"]))
def test_nucleon_structure(Q2, name):
    ours = nucleon_structure(Q2, *nucleon_parameters(name))
    # masses and moments of the second Monte Carlo have seven digits
    expected = plain.nucleon(Q2, name)
    assert np.array(ours) == pytest.approx(np.array(expected), rel=1e-5, abs=1e-6 * expected[0])


@pytest.mark.parametrize(("name", "mass"), [(k, v) for k, v in plain.MASS.items() if k not in "pn"])
def test_masses_of_nuclei(name, mass):
    assert nucleus(name).mass == pytest.approx(mass, rel=1e-6)
