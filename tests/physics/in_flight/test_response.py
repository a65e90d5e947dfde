"""Responses to HNLs from the beam: against sums over the roots of the boost, and their purity."""

import msgspec
import numpy as np
import pytest
from two_branches import hnls

from physics import experiments
from physics.beams import ByMass
from physics.experiments import Box, Cylinder, MassEfficiency
from physics.in_flight.response import FlightSampler
from physics.lifetime import CTAU_NODES_CM
from physics.models import MixingTerm
from physics.precision import Precision

MU, E = MixingTerm("U2_mu4", "mu"), MixingTerm("U2_e4", "e")
DECAYS = ("nu_e_e:mu", "mu_pi:mu")
EXACT = Precision(relative=0.002, max_events=2**20)


def sampler(*views, precision=Precision(), seed=1, decays=DECAYS):  # noqa: B008
    """A sampler of some views."""
    return FlightSampler(
        views,
        decays={e.name: decays for e, _ in views},
        polarised=True,
        precision=precision,
        seed=seed,
    )


def bare(name):
    """An experiment that sees every decay."""
    experiment = experiments.load(name)
    flat = MassEfficiency(by_lepton={"any": {"any": ByMass(mass_GeV=(1.0,), value=(1.0,))}})
    signature = msgspec.structs.replace(experiment.signature, efficiency=flat)
    return msgspec.structs.replace(experiment, signature=signature)


def only(experiment, *parents):
    """An experiment in a beam of some of its parents."""
    flux = {p: experiment.beam.flux[p] for p in parents}
    beam = msgspec.structs.replace(experiment.beam, flux=flux)
    return msgspec.structs.replace(experiment, beam=beam)


def decays_inside(p, flux, m4, ctau, slabs):
    """HNLs per cm^2 that decay between the planes of each slab (cm from the source)."""
    length = ctau * p / m4
    return sum((flux * (np.exp(-a / length) - np.exp(-b / length))).sum() for a, b in slabs)


SLABS = {
    "ps191": ((12800.0, 14000.0),),
    "nd280_dif": tuple((28000 + z - 28, 28000 + z + 28) for z in (-37.5, 99.0, 235.5)),
}
AREA = {"ps191": 600.0 * 300.0, "nd280_dif": 170.0 * 196.0}


@pytest.mark.parametrize("name", list(SLABS))
@pytest.mark.parametrize(
    ("m4", "parent", "term"),
    [(0.15, "K+", MU), (0.35, "K+", MU), (0.45, "K+", E), (0.03, "pi+", MU), (0.1, "pi+", E)],
)
def test_response_at_every_lifetime_that_matters(name, m4, parent, term):
    """Two-body decays; K_l3 is closed or left out, and 1 % is what the roots are good for."""
    experiment = only(bare(name), parent)
    view = sampler((experiment, term), precision=EXACT).respond({"m4": m4}).views[0]
    [s] = [i for i, source in enumerate(view.sources) if source.decay.partner == ""]
    found = view.rows(s)[0].mean(0)
    p, flux = hnls(m4, parent, term.lepton, experiment.beam.flux[parent], experiment.beam.sigma_rad)
    nodes = np.flatnonzero(found > 1e-3 * found.max())[::9]
    assert len(nodes) > 5
    for node in nodes:
        ctau = CTAU_NODES_CM[node]
        expected = AREA[name] * decays_inside(p, flux, m4, ctau, SLABS[name])
        assert found[node] == pytest.approx(expected, rel=1.5e-2), ctau


def test_modes_differ_by_the_table_and_pot():
    experiment = experiments.load("nd280_dif")
    table = sampler((experiment, MU)).respond({"m4": 0.3}).response(0).table.mean(-2)
    fhc, rhc = table[0]
    known = fhc > 0
    assert rhc[known] / fhc[known] == pytest.approx(0.540 * 6.29 / 12.34, rel=1e-9)
    assert table[1][0][known] / table[0][0][known] == pytest.approx(0.242 / 0.117, rel=1e-9)


def test_a_view_does_not_know_of_others():
    one, two = experiments.load("nd280_dif"), experiments.load("nd280_dif_full")
    alone = sampler((one, MU)).respond({"m4": 0.2}).response(0)
    among = sampler((two, MU), (one, E), (one, MU)).respond({"m4": 0.2}).response(2)
    assert alone.replicates.tobytes() == among.replicates.tobytes()
    assert (alone.n_produced, alone.events) == (among.n_produced, among.events)
    pot = two.exposure_pot["fhc"] / one.exposure_pot["fhc"]
    full = sampler((two, MU)).respond({"m4": 0.2}).response(0)
    assert full.n_produced == pytest.approx(pot * alone.n_produced, rel=1e-4)


@pytest.mark.parametrize("name", ["nd280_dif", "ps191"])
@pytest.mark.parametrize("m4", [0.02, 0.1, 0.3, 0.38])
@pytest.mark.parametrize("term", [MU, E], ids=["mu", "e"])
def test_default_precision_converges(name, m4, term):
    found = sampler((experiments.load(name), term)).respond({"m4": m4}).response(0)
    assert found.status == 1
    assert found.production_ratio == pytest.approx(1, abs=0.01)
    assert found.n_eff > 200


def test_a_round_volume_sees_its_part_of_the_face():
    box = bare("ps191")
    cylinder = Cylinder(radius_cm=300.0, length_cm=1200.0)
    volume = msgspec.structs.replace(box.volumes[0], shape=cylinder)
    tube = msgspec.structs.replace(box, volumes=(volume,))
    square = msgspec.structs.replace(volume, shape=Box(lengths_cm=(600.0, 600.0, 1200.0)))
    whole = msgspec.structs.replace(box, volumes=(square,))
    found = [
        sampler((e, MU), precision=EXACT).respond({"m4": 0.3}).response(0) for e in (tube, whole)
    ]
    assert found[0].n_produced == found[1].n_produced
    longest = [response.value[0, 0][-1] for response in found]
    assert longest[0] / longest[1] == pytest.approx(np.pi / 4, rel=5e-3)


def test_above_threshold_there_is_nothing():
    found = sampler((experiments.load("ps191"), MU)).respond({"m4": 0.4}).response(0)
    assert (found.n_produced, found.status, found.events) == (0.0, 1, 0)
    assert (found.replicates == 0).all()


def test_low_masses_have_the_extrapolated_efficiency():
    experiment = experiments.load("nd280_dif")
    efficiency = experiment.signature.efficiency
    assert efficiency.at("mu", "nu_e_e", 0.1) == pytest.approx(0.07254 + 0.1676 * 0.1, rel=2e-3)
    assert experiment.signature.signal_relative_uncertainty(0.1) == pytest.approx(
        np.hypot(0.15, 0.5)
    )
    assert experiment.signature.signal_relative_uncertainty(0.2) == 0.15


@pytest.mark.slow
@pytest.mark.parametrize("m4", [0.05, 0.2, 0.37])
def test_quoted_errors_are_honest(m4):
    """Pulls of 40 seeds against a much better response, over all lifetimes that matter."""
    view = (experiments.load("nd280_dif"), MU)
    truth = sampler(view, precision=Precision(relative=5e-4, max_events=2**22), seed=99).respond(
        {"m4": m4}
    )
    value = truth.response(0).value[0, 0]
    known = value > 1e-3 * value.max()
    pulls = []
    for seed in range(40):
        found = sampler(view, seed=seed).respond({"m4": m4}).response(0)
        pulls.append((found.value[0, 0][known] - value[known]) / found.sdev[0, 0][known])
    assert 0.7 < np.sqrt((np.array(pulls) ** 2).mean()) < 1.4
