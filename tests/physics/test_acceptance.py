"""Acceptance and decays inside, against a plain Monte Carlo with four-vectors."""

import msgspec
import numpy as np
import plain_monte_carlo as plain
import pytest

from physics import models
from physics.decays import decay
from physics.experiments import load
from physics.experiments.schema import Cut
from physics.lifetime import CTAU_NODES_CM, NODES_PER_DECADE
from physics.rates import rate
from physics.response import Precision, Sampler

DIPOLE = models.get("dipole")
TERM = DIPOLE.terms[1]
MASSES = (0.05, 0.15, 0.4)
CASES = {
    "tank": ("miniboone_fhc", "tank", True, (0, 2, 5)),
    "tank_unsmeared": ("miniboone_fhc", "tank", False, (0, 2, 5)),
    "dirt": ("miniboone_fhc", "dirt", True, (3, 4, 6)),
    "microboone": ("microboone", "cryostat", False, (0, 2, 5)),
}


def set_up(case):
    """Experiment with one target volume, and nodes of c tau (powers of ten of cm)."""
    name, volume, smear, powers = CASES[case]
    experiment = load(name)
    signature = experiment.signature
    if not smear:
        signature = msgspec.structs.replace(signature, smearing=None)
    volumes = tuple(v for v in experiment.volumes if v.name == volume or not v.target)
    experiment = msgspec.structs.replace(experiment, volumes=volumes, signature=signature)
    return experiment, [NODES_PER_DECADE * (6 + power) for power in powers]


def ours(experiment, m4, nodes, relative, polarised=True):
    """Produced, accepted and selected per d^2, and the errors of the selected."""
    precision = Precision(relative=relative, max_events=2**23)
    sampler = Sampler([(experiment, TERM)], polarised=polarised, precision=precision, seed=1)
    found = sampler.respond({"m4": m4}).response(0)
    assert found.status == 1
    accepted = found.n_produced * found.acceptance[-1]
    return np.array([found.n_produced, accepted, *found.value[nodes]]), np.array(
        [0.0, accepted / np.sqrt(found.n_eff), *found.sdev[nodes]]
    )


@pytest.mark.parametrize("m4", MASSES)
@pytest.mark.parametrize("case", CASES)
def test_few_events(case, m4):
    experiment, nodes = set_up(case)
    values, errors = ours(experiment, m4, nodes, 0.005)
    expected, spread = plain.simulate(experiment, m4, CTAU_NODES_CM[nodes], events=300_000)
    assert values[0] == pytest.approx(expected[0], rel=1e-3)
    sigma = np.hypot(errors, spread)
    assert (sigma / expected < 0.013).all()
    assert (np.abs(values - expected)[1:] < 4.5 * sigma[1:]).all()


@pytest.mark.slow
@pytest.mark.parametrize("m4", MASSES)
@pytest.mark.parametrize("case", CASES)
def test_many_events_to_half_a_per_cent(case, m4):
    experiment, nodes = set_up(case)
    values, _ = ours(experiment, m4, nodes, 0.002)
    events = 16_000_000 if case == "dirt" else 4_000_000
    expected, spread = plain.simulate(
        experiment, m4, CTAU_NODES_CM[nodes], events=events, batches=80
    )
    assert (spread / expected < 0.0017).all()
    assert values[0] == pytest.approx(expected[0], rel=3e-4)
    assert values == pytest.approx(expected, rel=0.005)


@pytest.mark.parametrize("m4", MASSES[1:])
def test_cuts_that_lean_on_the_angle(m4):
    experiment, nodes = set_up("tank")
    cuts = (
        Cut(observable="cos_theta", min=0.6, max=0.95),
        Cut(observable="E_nu_QE", min=0.3, max=0.7),
    )
    signature = msgspec.structs.replace(experiment.signature, selection=cuts)
    experiment = msgspec.structs.replace(experiment, signature=signature)
    values, errors = ours(experiment, m4, nodes, 0.005)
    expected, spread = plain.simulate(experiment, m4, CTAU_NODES_CM[nodes], events=300_000)
    sigma = np.hypot(errors, spread)
    assert (sigma / expected < 0.015).all()
    assert (np.abs(values - expected)[1:] < 4.5 * sigma[1:]).all()


def test_isotropic_decays_of_a_majorana_hnl():
    experiment, nodes = set_up("tank")
    values, errors = ours(experiment, 0.4, nodes, 0.005, polarised=False)
    expected, spread = plain.simulate(
        experiment, 0.4, CTAU_NODES_CM[nodes], events=300_000, polarised=False
    )
    assert (np.abs(values - expected)[1:] < 4.5 * np.hypot(errors, spread)[1:]).all()
    # the two natures are told apart
    polarised = ours(experiment, 0.4, nodes, 0.005)[0]
    assert (np.abs(polarised - expected)[1:] > 6 * spread[1:]).all()


@pytest.mark.parametrize("mu_tr", [1e-7, 2.5e-6, 1e-4])
def test_rate_at_a_point_of_the_model(mu_tr):
    experiment = load("microboone")
    point = {"m4": 0.3, "mu_tr_mu4": mu_tr, "hnl_type": "dirac"}
    lived = decay(DIPOLE, point)
    found = rate(DIPOLE, experiment, point, Precision(relative=0.005, max_events=2**22), 1)
    expected, spread = plain.simulate(experiment, 0.3, [float(lived.ctau_cm)], events=300_000)
    d2 = (mu_tr / 2) ** 2
    branching = float(lived.branching["nu_gamma"])
    assert found["n_produced"] == pytest.approx(d2 * expected[0], rel=1e-3)
    sigma = np.hypot(found["n_events_sdev"], d2 * branching * spread[2])
    assert abs(found["n_events"] - d2 * branching * expected[2]) < 4.5 * sigma
    assert sigma < 0.01 * found["n_events"]
