"""Acceptance of pairs and decays inside, against a plain Monte Carlo with four-vectors."""

from dataclasses import dataclass

import numpy as np
import plain_pairs
import pytest

from physics import experiments, lifetime, models
from physics.pair_response import PairSampler
from physics.precision import Precision
from physics.second_lifetime import NODES_CM, ONE_FLIGHT

TERM = next(t for t in models.get("dark_photon").terms if t.name == "U2_mu4 zprime^2")
SECOND = float(NODES_CM[8])
"""1 cm, a node of the lattice."""


@dataclass(frozen=True)
class Case:
    """A decay in a detector: masses, target, proper decay lengths, and what is polarised."""

    experiment: str
    m4: float
    mzprime: float
    hit: str
    ctau: tuple[float, ...]
    second: float | None = None
    polarised: bool = True
    state: str = "nu_e_e"

    @property
    def decay(self) -> str:
        return f"{self.state}:{'real' if self.mzprime < self.m4 else 'virtual'}"


CASES = {
    "on shell": Case("miniboone_fhc", 0.1, 0.03, "C12", (1e-3, 10.0, 1e3, 1e6)),
    "on shell, proton": Case("microboone", 0.3, 0.1, "p", (1e-3, 10.0, 1e3, 1e6)),
    "on shell, unpolarised": Case(
        "microboone", 0.2, 0.03, "Ar40", (1e-3, 10.0, 1e3), polarised=False
    ),
    "off shell": Case("miniboone_fhc", 0.14, 1.25, "C12", (1e-3, 10.0, 1e3, 1e6)),
    "off shell, near the pole": Case("microboone", 0.3, 0.32, "Ar40", (1e-3, 10.0, 1e3)),
    "displaced": Case("microboone", 0.1, 0.03, "Ar40", (1e-3, 10.0, 1e3), second=SECOND),
    "displaced from dead matter": Case(
        "nd280_fhc", 0.1, 0.03, "C12", (1e-3, 10.0, 1e3), second=SECOND
    ),
}


def ours(case, events):
    """Events per produced at the lifetimes of a case, and their errors."""
    experiment = experiments.load(case.experiment)
    seconds = ONE_FLIGHT if case.second is None else (*ONE_FLIGHT, case.second)
    sampler = PairSampler(
        [(experiment, TERM)], decays={experiment.name: (case.decay,)}, polarised=case.polarised,
        precision=Precision(relative=1e-9, events=events, max_events=16 * events), seed=5,
        seconds=seconds,
    )  # fmt: skip
    keep = [i for i, target in enumerate(sampler.targets) if target.name == case.hit]
    sampler.targets = tuple(sampler.targets[i] for i in keep)
    sampler.counts = sampler.counts[keep]
    found = sampler.respond({"m4": case.m4, "mzprime": case.mzprime}).response(0)
    ctau = np.array(case.ctau)
    value = lifetime.interpolate(found.value[0, 0, -1], ctau)
    sdev = np.sqrt(lifetime.interpolate(found.sdev[0, 0, -1] ** 2, ctau, power=2))
    return value / found.n_produced, sdev / found.n_produced, found


def theirs(case, n):
    return plain_pairs.acceptance(
        experiments.load(case.experiment), case.m4, case.mzprime, case.hit, list(case.ctau), n, 3,
        polarised=case.polarised, ctau_2=case.second, lepton=case.state.split("_")[1],
    )  # fmt: skip


@pytest.mark.parametrize("case", CASES.values(), ids=list(CASES))
def test_few_events(case):
    value, sdev, found = ours(case, 1024)
    plain = theirs(case, 150_000)
    assert found.n_produced == pytest.approx(plain["produced"], rel=1e-3)
    sigma = np.hypot(sdev, plain["error"])
    assert (sigma < 0.06 * value).all()
    assert (np.abs(value - plain["acceptance"]) < 4.5 * sigma).all()


def test_cut_flow_step_by_step():
    case = CASES["off shell"]
    _, _, found = ours(case, 4096)
    flow = theirs(case, 300_000)["flow"]
    assert found.acceptance[0] == pytest.approx(list(flow.values()), rel=0.02)


@pytest.mark.slow
@pytest.mark.parametrize("case", CASES.values(), ids=list(CASES))
def test_many_events_to_half_a_per_cent(case):
    value, sdev, _ = ours(case, 2**16)
    # most of what flies twice from dead matter misses the gas
    plain = theirs(case, 36_000_000 if case.experiment == "nd280_fhc" else 12_000_000)
    assert (sdev < 0.002 * value).all()
    assert (plain["error"] < 0.002 * value).all()
    assert value == pytest.approx(plain["acceptance"], rel=0.005)
