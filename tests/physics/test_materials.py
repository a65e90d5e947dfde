"""Numbers of nuclei, against a second set of atomic weights."""

import pytest

from physics import materials

AVOGADRO = 6.02214076e23


@pytest.mark.parametrize(
    ("name", "molar_mass_g", "atoms"),
    [
        ("CH2", 14.027, {"C12": 1, "H1": 2}),
        ("SiO2", 60.084, {"Si28": 1, "O16": 2}),
        ("Ar", 39.948, {"Ar40": 1}),
        ("CH", 13.019, {"C12": 1, "H1": 1}),
    ],
)
def test_nuclei_in_a_tonne(name, molar_mass_g, atoms):
    counted = materials.nuclei(name, 1.0)
    expected = {k: n * 1e6 / molar_mass_g * AVOGADRO for k, n in atoms.items()}
    assert counted == pytest.approx(expected, rel=1e-4)


def test_nuclei_grow_with_the_mass():
    assert materials.nuclei("Ar", 170.0)["Ar40"] == pytest.approx(
        170 * materials.nuclei("Ar", 1.0)["Ar40"]
    )


def test_a_mixture_is_given_by_mass():
    counted = materials.nuclei("ND280_P0D_ECal", 2.898)
    tonnes = {"C12": (1.152, 12.011), "H1": (0.192, 1.008), "Pb208": (1.554, 207.2)}
    expected = {k: m * 1e6 / weight * AVOGADRO for k, (m, weight) in tonnes.items()}
    assert counted == pytest.approx(expected, rel=1e-9)
