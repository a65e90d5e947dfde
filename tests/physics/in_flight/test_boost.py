"""HNLs that come the way of the detector, against the roots of the boost in the lab."""

import numpy as np
import pytest
from two_branches import hnls, monochromatic

from physics import beams
from physics.in_flight.quadrature import arriving, intensity, neutrinos
from physics.in_flight.sources import Sources
from physics.in_flight.spectra import spectrum

BEAM = beams.load("nd280_parents")


def source(m4, parent, lepton, method="two_branch"):
    """The two-body decay of one parent."""
    found = Sources(BEAM, method, 1).at(m4, lepton)
    [one] = [s for s in found if s.decay.parent == parent and s.decay.partner == ""]
    return one


@pytest.mark.parametrize(
    ("m4", "parent", "lepton"),
    [
        (0.05, "K+", "mu"), (0.25, "K+", "mu"), (0.38, "K-", "mu"), (0.3, "K+", "e"),
        (0.47, "K+", "e"), (0.02, "pi+", "mu"), (0.1, "pi+", "e"), (0.02, "pi-", "e"),
    ],
)  # fmt: skip
def test_number_that_arrives(m4, parent, lepton):
    """The jacobian has an integrable pole where the branches meet: hence 1 % and no better."""
    _, flux = hnls(m4, parent, lepton, BEAM.flux[parent], BEAM.sigma_rad)
    assert source(m4, parent, lepton).arriving == pytest.approx(flux.sum(), rel=1e-2)


@pytest.mark.parametrize(("m4", "lepton"), [(0.05, "mu"), (0.1, "e"), (0.2, "e")])
def test_number_that_arrives_from_three_body_decays(m4, lepton):
    """The sum of many two-body decays, one for each part of the spectrum."""
    flux, found = BEAM.flux["K+"], spectrum("K+", lepton, "pi0", m4)
    [one] = [s for s in Sources(BEAM, "two_branch", 1).at(m4, lepton)
             if (s.decay.parent, s.decay.partner) == ("K+", "pi0")]  # fmt: skip
    n = 60
    x = ((np.arange(n) + 0.5) / n) * (len(found.energy) - 1)
    energies = np.interp(x, np.arange(len(found.energy)), found.energy)
    shares = np.diff(np.linspace(0, 1, n + 1) ** 3)
    total = sum(
        share * monochromatic(m4, "K+", energy, flux, BEAM.sigma_rad, 300, 1001)[1].sum()
        for energy, share in zip(energies, shares, strict=True)
    )
    assert one.arriving == pytest.approx(found.ratio * total, rel=1.5e-2)


@pytest.mark.parametrize(("m4", "lepton"), [(0.1, "mu"), (0.35, "mu"), (0.45, "e")])
def test_angles_as_narrow_as_the_beam_go_over_into_a_parallel_one(m4, lepton):
    """Without any angle: ((beta/beta* + 1) gamma)^2 forward, ((beta/beta* - 1) gamma)^2 back."""
    flux = BEAM.flux["K+"]
    one = source(m4, "K+", lepton)
    narrow = one.parent._replace(sigma=1e-4)
    nodes = neutrinos(flux, one.parent.neutrino_energy, 1e-4)
    found = Sources(BEAM, "two_branch", 1)._spectrum(one.decay, m4)
    rest, energy = one.parent.neutrino_energy, one.parent.energy[0]
    beta_star = np.sqrt(1 - (m4 / energy) ** 2)
    E = np.geomspace(rest * (1 + 1e-9), flux.energy[-1], 200_001)
    gamma = (E / rest + rest / E) / 2
    beta = np.sqrt(1 - 1 / gamma**2)
    forward, backward = (((beta / beta_star + s) * gamma) ** 2 for s in (1, -1))
    gain = forward + np.where(beta > beta_star, backward, 0.0)
    expected = found.ratio * np.trapezoid(flux.at(E) * gain / ((1 + beta) * gamma) ** 2, E)
    assert arriving(m4, narrow, nodes, found) == pytest.approx(expected, rel=1e-2)


def test_rescaling_is_the_flux_of_neutrinos():
    flux = BEAM.flux["K+"]
    one = source(0.2, "K+", "mu", "rescaling")
    E = np.geomspace(flux.energy[0], flux.energy[-1], 100_001)
    assert one.arriving == pytest.approx(3.6212 * np.trapezoid(flux.at(E), E), rel=1e-4)


def test_intensity_counts_parents_not_neutrinos():
    """Parents that fly straight send 1 / ((1 + beta) gamma)^2 as many neutrinos per parent."""
    flux = BEAM.flux["K+"]
    found = intensity(flux, 0.23553, 1e-4)
    E = np.exp(found.start + 500 * found.step)
    gamma = (E / 0.23553 + 0.23553 / E) / 2
    straight = ((1 + np.sqrt(1 - 1 / gamma**2)) * gamma) ** 2
    assert found.value[500] == pytest.approx(flux.at(E) / straight, rel=1e-3)
