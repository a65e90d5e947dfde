"""Responses to pairs: what they may and may not depend on, and whether their errors are true."""

from math import sqrt

import numpy as np
import pytest

from physics import experiments, models, rates
from physics.convergence import DONE
from physics.decays import decay
from physics.pair_response import PairSampler
from physics.precision import Precision
from physics.processes import active_decays

MODEL = models.get("dark_photon")
TERMS = tuple(t for t in MODEL.terms if t.name.startswith("U2_mu4"))
HEAVY = {"m4": 0.1, "mzprime": 1.25}
LIGHT = {"m4": 0.1, "mzprime": 0.03}
POINT = {**HEAVY, "U2_mu4": 1e-8, "U2_D4": 1.0, "alphaD": 0.25, "epsilon": 1e-3}
LITTLE = Precision(relative=0.05, events=64, max_events=4096)


def sampler(*names, point=POINT, precision=LITTLE, seed=1, terms=TERMS, **options):
    members = [experiments.load(name) for name in names]
    return PairSampler(
        [(e, t) for e in members for t in terms],
        decays={e.name: active_decays(MODEL, e, point) for e in members},
        polarised=True, precision=precision, seed=seed, **options,
    )  # fmt: skip


def bits(response):
    return response.replicates.tobytes(), response.n_produced, response.acceptance.tobytes()


def test_an_experiment_does_not_know_whether_another_is_there():
    alone = sampler("sbnd").respond(HEAVY)
    among = sampler("microboone", "sbnd", "icarus").respond(HEAVY)
    for exchange in range(3):
        assert bits(among.response(3 + exchange)) == bits(alone.response(exchange))


def test_masses_count_to_twelve_digits_and_channels_change_nothing():
    source = sampler("sbnd")
    first = source.respond(HEAVY)
    again = source.respond({name: m * (1 + 4e-15) for name, m in HEAVY.items()}, channels=True)
    assert [bits(again.response(x)) for x in range(3)] == [
        bits(first.response(x)) for x in range(3)
    ]
    other = sampler("sbnd", seed=2).respond(HEAVY)
    assert bits(other.response(0)) != bits(first.response(0))


def test_a_node_of_a_second_flight_does_not_know_the_others():
    point = {**POINT, **LIGHT}
    few = sampler("sbnd", point=point, seconds=(0.0, 10.0)).respond(LIGHT).response(0)
    many = sampler("sbnd", point=point, seconds=(0.0, 1.0, 10.0)).respond(LIGHT).response(0)
    assert np.array_equal(few.replicates, many.replicates[:, :, [0, 2]])


def test_exchanges_are_sampled_as_quadrature_has_them():
    precision = Precision(relative=0.002, max_events=2**20)
    for masses in (HEAVY, LIGHT):
        found = sampler("microboone", point={**POINT, **masses}, precision=precision)
        point = found.respond(masses)
        for exchange in range(3):
            response = point.response(exchange)
            assert response.status == DONE
            assert response.production_ratio == pytest.approx(1.0, abs=0.005)


def test_all_modes_of_a_heavy_dark_photon_have_one_shape():
    """The propagator is nearly constant, and leptons without mass do not tell W, Z and Z' apart."""
    masses = {"m4": 0.1, "mzprime": 50.0}
    found = sampler("microboone", point={**POINT, **masses}).respond(masses).response(0)
    weak, interference, virtual = found.value[:3, 0, 0]
    assert interference == pytest.approx(virtual, rel=1e-4)
    assert weak == pytest.approx(virtual, rel=1e-3)


def test_nothing_is_seen_below_two_muons():
    point = {**POINT, "m4": 0.2}
    experiment = experiments.load("sbnd")
    modes = tuple(f"nu_mu_mu:{m}" for m in ("mu", "interference", "virtual"))
    source = PairSampler(
        [(experiment, t) for t in TERMS], decays={"sbnd": modes}, polarised=True, precision=LITTLE,
        seed=1,
    )  # fmt: skip
    assert (source.respond(point).response(0).replicates == 0).all()
    assert (source.respond({**point, "m4": 0.3}).response(0).value[:, 0, 0, 0] > 0).all()


def events(source, point):
    """Events and their error at some couplings."""
    sampled = source.respond(point)
    tables = [sampled.response(x).table for x in range(3)]
    lived = decay(MODEL, point)
    modes = source.decays["microboone"]
    branching, factors = rates.branching_of(lived, modes), MODEL.factors(point)
    lifetimes = rates.lived(MODEL, point, lived, (0.0,))
    values = {t.name: table.mean(-2) for t, table in zip(TERMS, tables, strict=True)}
    n = float(rates.events(values, factors, branching, lifetimes).sum())
    names = [t.name for t in TERMS]
    spread = rates.covariance(tables)
    return n, float(rates.error(names, spread, factors, branching, lifetimes)), values, factors


def on_nuclei(**options):
    """Sample argon as a whole alone."""
    source = sampler("microboone", **options)
    source.targets, source.counts = source.targets[:1], source.counts[:1]
    return source


@pytest.mark.slow
@pytest.mark.parametrize("epsilon", [3e-5, 1e-4, 1e-3])
def test_errors_of_interfering_sums_cover(epsilon):
    """Pulls of 60 seeds on nuclei alone, where Z' and Z interfere most, and where the Z' is all."""
    point = {**POINT, "epsilon": epsilon, "hnl_type": "dirac"}
    fine = Precision(relative=5e-4, replicates=64, events=4096, max_events=2**22)
    truth, least, values, factors = events(on_nuclei(precision=fine, seed=99), point)
    each = [factors[name] * value.sum() for name, value in values.items()]
    if epsilon <= 1e-4:
        # the interference takes away a good part of what the squares add
        assert each[1] < -0.3 * (each[0] + each[2])
    pulls = []
    for seed in range(60):
        n, sdev, *_ = events(on_nuclei(seed=seed), point)
        pulls.append((n - truth) / sqrt(sdev**2 + least**2))
    # Student's t of 15 degrees has an rms of 1.07; +- three errors of the rms of 60
    assert 0.75 < np.sqrt(np.mean(np.square(pulls))) < 1.4
    assert abs(np.mean(pulls)) < 0.5
