"""Responses: what they may depend on, and how they scale."""

import msgspec
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from physics import lifetime, models
from physics.convergence import DONE, NOT_CONVERGED
from physics.decays import decay
from physics.experiments import load
from physics.precision import Precision
from physics.rates import Lived, events, rate
from physics.response import Sampler
from physics.widths import dipole_width_gamma

DIPOLE = models.get("dipole")
E_TERM, MU_TERM, TAU_TERM = DIPOLE.terms
PRECISION = Precision(max_events=2**15)


def respond(views, m4=0.1, **changes):
    """Responses of some views at one mass."""
    options = {"polarised": True, "precision": PRECISION, "seed": 1, **changes}
    sampled = Sampler(views, **options).respond({"m4": m4})
    return [sampled.response(i) for i in range(len(views))]


def bits(found):
    """Everything a response says, as bytes."""
    rest = (found.n_produced, found.production_ratio, found.n_eff, found.events, found.status)
    return found.replicates.tobytes(), found.acceptance.tobytes(), np.array(rest).tobytes()


@pytest.fixture(scope="module")
def reference():
    return respond([(load("microboone"), MU_TERM)])[0]


@pytest.mark.parametrize("m4", [0.02, 0.1, 0.7])
def test_other_experiments_change_no_bit(m4):
    alone = respond([(load("microboone"), MU_TERM)], m4)[0]
    together = respond([(load("microboone"), MU_TERM), (load("sbnd"), MU_TERM)], m4)
    swapped = respond([(load("sbnd"), MU_TERM), (load("microboone"), MU_TERM)], m4)
    assert bits(together[0]) == bits(alone)
    assert bits(swapped[1]) == bits(alone)
    assert bits(swapped[0]) == bits(together[1])
    assert bits(together[1]) == bits(respond([(load("sbnd"), MU_TERM)], m4)[0])


def test_other_terms_and_exposures_change_no_bit(reference):
    micro, sbnd = load("microboone"), load("sbnd")
    # as many selections as one likes, a wild exposure, another flavour
    wild = msgspec.structs.replace(sbnd, exposure_pot=1e30)
    views = [(wild, E_TERM), (micro, E_TERM), (micro, MU_TERM), (wild, MU_TERM)]
    assert bits(respond(views)[2]) == bits(reference)


def test_keeping_channels_changes_no_bit(reference):
    sampler = Sampler([(load("microboone"), MU_TERM)], polarised=True, precision=PRECISION, seed=1)
    assert bits(sampler.respond({"m4": 0.1}, channels=True).response(0)) == bits(reference)
    # nor does a mass that differs in the fifteenth digit
    assert bits(sampler.respond({"m4": 0.1 * (1 + 4e-15)}).response(0)) == bits(reference)


def test_seed_matters_within_the_error(reference):
    other = respond([(load("microboone"), MU_TERM)], seed=2)[0]
    assert not np.array_equal(other.replicates, reference.replicates)
    matters = reference.value > 1e-3 * reference.value.max()
    pull = (other.value - reference.value) / np.hypot(other.sdev, reference.sdev)
    assert np.abs(pull[matters]).max() < 5
    assert other.n_produced == reference.n_produced


def test_error_is_that_of_repetition():
    # twenty seeds scatter as each of them says
    view = [(load("microboone"), MU_TERM)]
    precision = Precision(events=128, max_events=2048)
    runs = [respond(view, 0.2, seed=s, precision=precision)[0] for s in range(20)]
    node = 12 * 8
    scatter = np.std([r.value[node] for r in runs], ddof=1)
    said = np.sqrt(np.mean([r.sdev[node] ** 2 for r in runs]))
    # 20 values give their own width to 16 %
    assert 0.55 < scatter / said < 1.6


def test_precision_asked_for_is_reached():
    for relative in (0.02, 0.004):
        precision = Precision(relative=relative, max_events=2**21)
        found = respond([(load("microboone"), MU_TERM)], precision=precision)[0]
        matters = found.value > 1e-3 * found.value.max()
        assert found.status == DONE
        assert (found.sdev[matters] <= relative * found.value[matters]).all()


def test_too_few_events_are_said_to_be_too_few():
    precision = Precision(relative=1e-5, events=64, max_events=1024)
    assert respond([(load("microboone"), MU_TERM)], precision=precision)[0].status == NOT_CONVERGED


@pytest.mark.parametrize("m4", [8.0, 500.0])
def test_a_mass_above_the_beam_gives_nothing_and_is_done(m4):
    found = respond([(load("microboone"), MU_TERM), (load("sbnd"), MU_TERM)], m4)
    for response in found:
        assert response.n_produced == 0.0
        assert response.status == DONE
        assert not response.value.any()
        assert np.isfinite(response.acceptance).all()


def test_no_tau_neutrinos_no_events():
    (found,) = respond([(load("miniboone_fhc"), TAU_TERM)])
    assert (found.n_produced, found.status) == (0.0, DONE)


def test_response_adds_over_volumes_and_scales_with_exposure():
    experiment = load("miniboone_fhc")
    replace = msgspec.structs.replace
    parts = [
        replace(experiment, volumes=tuple(v for v in experiment.volumes if v.name != name))
        for name in ("dirt", "tank")
    ]
    whole, tank, dirt = (respond([(e, MU_TERM)], 0.2)[0] for e in (experiment, *parts))
    assert whole.n_produced == pytest.approx(tank.n_produced + dirt.n_produced, rel=1e-12)
    sigma = np.sqrt(whole.sdev**2 + tank.sdev**2 + dirt.sdev**2)
    matters = whole.value > 1e-3 * whole.value.max()
    assert (np.abs(whole.value - tank.value - dirt.value)[matters] < 5 * sigma[matters]).all()
    double = replace(experiment, exposure_pot=2 * experiment.exposure_pot)
    doubled = respond([(double, MU_TERM)], 0.2)[0]
    assert doubled.value == pytest.approx(2 * whole.value, rel=1e-9)


def test_selected_events_are_a_decreasing_part_of_the_produced():
    # the argon of sbnd is its own decay volume: a longer flight can only leave it
    (found,) = respond([(load("sbnd"), MU_TERM)])
    assert found.acceptance[0] == 1.0
    assert (np.diff(found.acceptance) <= 0).all()
    prompt = found.value[0] / found.n_produced
    assert prompt == pytest.approx(found.acceptance[-1], rel=1e-3)
    assert (np.diff(found.value) <= 1e-12 * found.value[0]).all()


@settings(deadline=None)
@given(mu=st.floats(1e-12, 1e-2), scale=st.floats(1.01, 1e3))
def test_events_scale_as_the_square_at_fixed_lifetime(reference, mu, scale):
    response, ratio = {MU_TERM.name: reference.table.mean(-2)}, np.array([0.99])
    few = events(response, DIPOLE.factors({"m4": 0.1, "mu_tr_mu4": mu}), ratio, Lived(123.0))
    many = events(
        response, DIPOLE.factors({"m4": 0.1, "mu_tr_mu4": mu * scale}), ratio, Lived(123.0)
    )
    assert many == pytest.approx(few * scale**2, rel=1e-9)


@settings(deadline=None)
@given(mu=st.floats(1e-20, 1e-13), scale=st.floats(1.01, 1e3))
def test_events_scale_as_the_fourth_power_when_long_lived(reference, mu, scale):
    counts = []
    for moment in (mu, mu * scale):
        point = {"m4": 0.1, "mu_tr_mu4": moment}
        lived = decay(DIPOLE, point)
        counts.append(
            events(
                {MU_TERM.name: reference.table.mean(-2)}, DIPOLE.factors(point),
                lived.branching["nu_gamma"][None], Lived(lived.ctau_cm),
            )
        )  # fmt: skip
    assert counts[1] == pytest.approx(counts[0] * scale**4, rel=1e-4)


def test_events_are_factor_times_branching_times_response(reference):
    node = 100
    ctau = lifetime.CTAU_NODES_CM[node]
    value = reference.table.mean(-2)
    found = events({"a": value, "b": 2 * value}, {"a": 3.0, "b": 0.5}, np.array([0.2]), Lived(ctau))
    assert found == pytest.approx(4.0 * 0.2 * reference.value[node], rel=1e-12)


def test_two_flavours_share_one_lifetime():
    point = {"m4": 0.3, "mu_tr_e4": 1e-6, "mu_tr_mu4": 2e-6, "hnl_type": "dirac"}
    found = rate(DIPOLE, load("microboone"), point, PRECISION, 1)
    width = dipole_width_gamma(0.3, np.sqrt(5) * 1e-6)
    lived = decay(DIPOLE, point)
    assert lived.ctau_cm * width / lived.branching["nu_gamma"] == pytest.approx(
        1.973269804593025e-14, rel=1e-9
    )
    expected = 0.0
    for term, moment in ((E_TERM, 1e-6), (MU_TERM, 2e-6)):
        alone = respond([(load("microboone"), term)], 0.3)[0]
        value = lifetime.interpolate(alone.value, lived.ctau_cm)
        expected += (moment / 2) ** 2 * float(lived.branching["nu_gamma"]) * float(value)
    assert found["n_events"] == pytest.approx(expected, rel=1e-12)
