"""T2K ND280 and a heavy dark photon, arXiv:2205.12273: upscatterings and selected pairs.

The numbers are those of the authors' public code and of a separate numpy calculation with its
constants, which are passed by the test: coherent scattering alone and none on hydrogen, muon
neutrinos in neutrino mode and muon antineutrinos in antineutrino mode, Z' alone; nuclei of 0.9385
GeV per nucleon and of natural molar mass; the form factor with the mass in GeV where the mass
number belongs; (hbar c)^2 = 3.9204e-28 GeV^2 cm^2, which is 0.68 % high; energies from 1.05 times
the threshold. Selected pairs are those of the TPC selection times 0.1, without the decay in a TPC.
"""

from contextlib import nullcontext
from functools import cache
from math import pi
from unittest.mock import patch

import msgspec
import numpy as np
import pytest

from physics import experiments, lifetime, models, pair_response, rates
from physics.form_factors import Q_MAX_GEV, TABLE_POINTS
from physics.materials import nuclei
from physics.pair_response import PairSampler
from physics.precision import Precision
from physics.units import ALPHA, GEV2_TO_CM2, HBAR_C_GEV_CM
from physics.upscattering import threshold
from physics.vector_streams import vector_stream

MODEL = models.get("dark_photon")
ZPRIME = next(t for t in MODEL.terms if t.name == "U2_mu4 zprime^2")
MODE = "nu_e_e:virtual"
PRECISION = Precision(relative=0.005, max_events=2**19)
BENCHMARK = {
    "U2_e4": 0.0, "U2_mu4": 2.2e-7, "U2_tau4": 0.0, "U2_D4": 1.0, "alphaD": 0.4,
    "epsilon": 4.6e-4**0.5, "hnl_type": "dirac",
}  # fmt: skip
TOLERANCE = 0.02
PUBLISHED_UPSCATTERINGS, UPSCATTERINGS = 14090.6, 14064.0
"""At m4 = 0.1, mzprime = 1.25 GeV: of the authors' code, and of the separate calculation."""
POINTS = {(0.1, 1.25): (562.85, 564.7), (0.3, 0.9): (556.31, 567.2), (0.05, 2.0): (102.62, 103.1)}
"""Selected by masses in GeV, of the same two; the first are smoothed over a sample of masses."""
CTAU_CM = 0.30327
NEUTRINO_MODE = {"C12": (0.5005, 0.495), "Pb208": (0.7483, 0.766)}
"""Events in neutrino mode at this lifetime, at the first point."""

MASS_NUMBERS = {
    "C12": 12.0, "O16": 16.0, "Cu63": 63.546, "Zn64": 65.38, "Pb208": 207.2, "Ar40": 40.0,
}  # fmt: skip
"""Theirs: also molar masses in g, and 0.9385 GeV of nuclear mass each."""
MOLAR = {**MASS_NUMBERS, "C12": 12.011, "O16": 15.999, "Ar40": 39.95}
"""Ours, in g."""
ALPHA_THEIRS, CM2_THEIRS, FM_THEIRS = 1 / 137.036, 3.9204e-28, 1 / 0.197


def form_factor(q, mass_GeV):
    """Symmetrised Fermi density with 1.03 M^(1/3) fm for the radius."""
    a, radius = 0.523 * FM_THEIRS, 1.03 * mass_GeV ** (1 / 3) * FM_THEIRS
    x = np.maximum(q, 1e-9)
    y = pi * a * x
    waves = y * np.cosh(y) / np.sinh(y) * np.sin(x * radius) / x - radius * np.cos(x * radius)
    return 3 * pi * a / (radius * (radius**2 + (pi * a) ** 2)) / x * waves / np.sinh(y)


def their_stream(hit, m4, mzprime, pairs, E_min, E_max):
    """As `vector_stream`, with the authors' mass and form factor of a nucleus."""
    ours = vector_stream(hit, m4, mzprime, pairs, E_min, E_max)
    M = 0.9385 * MASS_NUMBERS[hit.name]
    charge = ours.hit.Z * form_factor(np.linspace(0.0, Q_MAX_GEV, TABLE_POINTS), M)
    return ours._replace(
        M=M,
        hit=ours.hit._replace(M=M, table=charge**2),
        E_min=max(E_min, 0.05, 1.05 * float(threshold(m4, M))),
    )


class Coherent(PairSampler):
    """On nuclei alone; as many of them as the authors count, if asked for."""

    def __init__(self, *arguments, theirs, **options):
        super().__init__(*arguments, **options)
        keep = [i for i, hit in enumerate(self.targets) if hit.name in MASS_NUMBERS]
        self.targets, self.counts = tuple(self.targets[i] for i in keep), self.counts[keep]
        if theirs:
            more = [MOLAR[hit.name] / MASS_NUMBERS[hit.name] for hit in self.targets]
            self.counts = self.counts * np.array(more)[:, None]


@cache
def members():
    """Both horn modes, with the neutrinos of their signal alone."""
    found = []
    for name, wanted in (("nd280_fhc", "nu_mu"), ("nd280_rhc", "nu_mu_bar")):
        experiment = experiments.load(name)
        flux = experiment.neutrinos.flux
        signal = {p: phi if p == wanted else 0 * phi for p, phi in flux.values.items()}
        beam = msgspec.structs.replace(
            experiment.beam, flux=msgspec.structs.replace(flux, values=signal)
        )
        found.append(msgspec.structs.replace(experiment, beam=beam))
    return tuple(found)


@cache
def sampled(m4, mzprime, theirs=True):
    """One mass point in both modes, with the authors' constants or ours."""
    exchange = (
        patch.object(pair_response, "vector_stream", their_stream) if theirs else nullcontext()
    )
    with exchange:
        sampler = Coherent(
            [(e, ZPRIME) for e in members()], decays={e.name: (MODE,) for e in members()},
            polarised=True, precision=PRECISION, seed=1, theirs=theirs,
        )  # fmt: skip
        return sampler.respond({"m4": m4, "mzprime": mzprime})


def couplings(theirs=True):
    """Product of couplings at the benchmark, and of the conversion to cm^2."""
    dark = BENCHMARK["U2_mu4"] * 4 * pi * BENCHMARK["alphaD"] * BENCHMARK["epsilon"] ** 2
    if not theirs:
        return dark * 4 * pi * ALPHA
    return dark * 4 * pi * ALPHA_THEIRS * CM2_THEIRS / GEV2_TO_CM2


def upscatterings(m4, mzprime, theirs=True):
    """Upscatterings in both modes."""
    responses = [sampled(m4, mzprime, theirs).response(view) for view in (0, 1)]
    return couplings(theirs) * sum(r.n_produced for r in responses)


def selected(m4, mzprime, theirs=True):
    """Selected in both modes, if all decayed in a TPC."""
    responses = [sampled(m4, mzprime, theirs).response(view) for view in (0, 1)]
    return couplings(theirs) * sum(r.n_produced * r.acceptance[0, -1] for r in responses)


def events(nucleus, theirs=True):
    """Events on one nucleus in neutrino mode at `CTAU_CM`, and their statistical error."""
    point = sampled(*next(iter(POINTS)), theirs)
    s = [hit.name for hit in point.sampler.targets].index(nucleus)
    histogram = point.tallies["nu_e_e"][s].histogram[0][:, 0, :, 0] / point.points["nu_e_e"][s, 0]
    each = lifetime.signed_at_ctau(np.moveaxis(histogram, -1, -2), CTAU_CM) * couplings(theirs)
    return float(each.mean()), float(each.std(ddof=1) / np.sqrt(len(each)))


def by_default(m4, mzprime):
    """Upscatterings and selected pairs with all our channels and the branching ratio."""
    point = {**BENCHMARK, "m4": m4, "mzprime": mzprime}
    produced = chosen = 0.0
    for name in ("nd280_fhc", "nd280_rhc"):
        found = rates.rate(MODEL, experiments.load(name), point, Precision(), 1)
        steps = {row["step"]: row["n"] for row in found["cut_flow"]}
        produced, chosen = produced + found["n_produced"], chosen + steps["efficiency"]
    return produced, chosen


def ctau_cm(mzprime, epsilon):
    """Proper decay length by the Z' alone at m4 = 0.1 GeV, for no small mixing at all."""
    point = {**BENCHMARK, "m4": 0.1, "mzprime": mzprime, "U2_mu4": 1.0, "epsilon": epsilon}
    return HBAR_C_GEV_CM / float(MODEL.decay_modes(point)[MODE])


def test_upscatterings_at_the_benchmark():
    found = upscatterings(*next(iter(POINTS)))
    assert found == pytest.approx(UPSCATTERINGS, rel=TOLERANCE)
    assert found == pytest.approx(PUBLISHED_UPSCATTERINGS, rel=TOLERANCE)


@pytest.mark.parametrize(("masses", "expected"), POINTS.items(), ids=str)
def test_selected_pairs(masses, expected):
    for view in (0, 1):
        assert sampled(*masses).response(view).status == 1
    assert selected(*masses) == pytest.approx(expected[1], rel=TOLERANCE)


@pytest.mark.parametrize(("nucleus", "expected"), NEUTRINO_MODE.items(), ids=str)
def test_events_of_short_lived_hnls(nucleus, expected):
    # only the fastest reach a TPC
    found, error = events(nucleus)
    assert error < 0.01 * found
    assert found == pytest.approx(expected[1], rel=0.05)


def test_lifetime_at_the_benchmark():
    # with the whole propagator, and where the Z' is a contact: everything scales with eps^2/M^4
    epsilon = BENCHMARK["epsilon"]
    assert ctau_cm(1.25, epsilon) == pytest.approx(0.53897, rel=1e-3)
    assert ctau_cm(1.25e3, epsilon * 1e6) == pytest.approx(0.5410, rel=1e-3)


def test_targets_are_those_of_the_analysis():
    tonnes = {"C12": 8.084, "O16": 2.712, "Cu63": 1.65, "Zn64": 0.85, "Pb208": 3.108, "Ar40": 0.016}
    found = dict.fromkeys(tonnes, 0.0)
    for volume in experiments.load("nd280_fhc").targets:
        for name, number in volume.nuclei.items():
            if name in found:
                found[name] += number * MOLAR[name]
    one_gram = nuclei("Ar", 1e-6)["Ar40"] * MOLAR["Ar40"]
    for name, mass in tonnes.items():
        assert found[name] / one_gram / 1e6 == pytest.approx(mass, rel=3e-3), name
