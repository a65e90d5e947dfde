"""Events and limits of decays in flight by the recipes of publications, for tests and report."""

import csv
import os
from dataclasses import replace
from functools import cache
from math import exp, log
from pathlib import Path

import msgspec
import numpy as np
from scipy.optimize import brentq

from physics import counting, experiments, models, processes
from physics.beams import ByMass
from physics.decays import decay
from physics.experiments import Background, Channel, MassEfficiency
from physics.in_flight.response import FlightSampler
from physics.lifetime import CTAU_NODES_CM
from physics.particles import mass
from physics.precision import Precision
from physics.rates import Lived, branching_of, events
from physics.units import HBAR_C_GEV_CM

HERE = Path(__file__).parent
SHARED = Path(os.environ.get("HNLSCAN_SHARED", HERE.parents[2] / "shared"))
MINIMAL = models.get("minimal")
TERM = {term.lepton: term for term in MINIMAL.terms}
PRECISION = Precision(relative=0.005, max_events=2**19)

T2K_LINE = {0.01: 0.07254 + 0.1676 * 0.01, 0.14: 0.07254 + 0.1676 * 0.14}
T2K_MODE_10 = {0.15: 0.0915, 0.2: 0.1166, 0.25: 0.1095, 0.3: 0.1167, 0.35: 0.1108, 0.38: 0.0957}
"""Efficiency for nu e e of arXiv:2109.03831 below 0.14 GeV, and of the T2K release above."""


def table(path, **wanted):
    """Rows of a CSV file as dictionaries, its comments left out, with some values asked for."""
    with path.open() as lines:
        rows = list(csv.DictReader(x for x in lines if not x.startswith("#")))
    return [row for row in rows if all(row[k] == v for k, v in wanted.items())]


def by_mass(values):
    """A number against mass."""
    return ByMass(mass_GeV=tuple(values), value=tuple(values.values()))


def changed(experiment, *, method="rescaling", efficiency=None, states=("nu_e_e",), parents=None):
    """An experiment as a publication has it: one count without background or uncertainties."""
    signature = experiment.signature
    nothing = Background(mean=0.0, uncertainty=0.0)
    modes = tuple(experiment.exposure_pot)
    signature = msgspec.structs.replace(
        signature,
        final_states=states,
        channels=(Channel(name="all", modes=modes, observed=0, background=nothing),),
        signal_uncertainty={},
    )
    if efficiency is not None:
        table_ = MassEfficiency(by_lepton={"any": {"any": by_mass(efficiency)}})
        signature = msgspec.structs.replace(signature, efficiency=table_)
    beam = experiment.beam
    if parents:
        beam = msgspec.structs.replace(beam, flux={p: beam.flux[p] for p in parents})
    return msgspec.structs.replace(experiment, signature=signature, flux_method=method, beam=beam)


def all_in_neutrino_mode(experiment):
    """The exposure as if all of it were in the mode of the flux table."""
    return msgspec.structs.replace(experiment, exposure_pot={"fhc": experiment.pot})


def t2k_recipe(efficiency):
    """ND280 as in arXiv:2109.03831: kaons only, rescaled, all POT in neutrino mode."""
    experiment = all_in_neutrino_mode(experiments.load("nd280_dif"))
    return changed(experiment, efficiency=efficiency, parents=("K+", "K-"))


def ps191_recipe(method="rescaling"):
    """PS-191 as in arXiv:2109.03831: positive kaons only."""
    return changed(experiments.load("ps191"), method=method, parents=("K+",))


class Yield:
    """Events of one experiment by one mixing at one mass, as a function of the mixing.

    Parameters
    ----------
    experiment : Experiment
        Detector and analysis.
    flavour : {"e", "mu"}
        The only mixing.
    m4 : float
        HNL mass in GeV.
    hnl_type : {"dirac", "majorana"}
        Nature.
    model : Model
        Whose widths.
    two_body : bool
        Leave out three-body decays of the parents, as publications do.
    """

    def __init__(self, experiment, flavour, m4, hnl_type="dirac", model=MINIMAL, two_body=True):
        self.flavour, self.m4, self.hnl_type, self.model = flavour, m4, hnl_type, model
        self.experiment = experiment
        self.decays = processes.decays(model, experiment)
        sampler = FlightSampler(
            [(experiment, TERM[flavour])],
            decays={experiment.name: self.decays},
            polarised=hnl_type == "dirac",
            precision=PRECISION,
            seed=1,
        )
        view = sampler.respond({"m4": m4}).views[0]
        if two_body:
            for s, source in enumerate(view.sources):
                view.exposures[s] *= source.decay.partner == ""
            view._at_nodes = None
        # one flight
        self.response = {TERM[flavour].name: view.at_nodes().mean(-2)[:, :, None]}

    def by_channel(self, U2):
        """Events in each channel at some squared mixings."""
        point = {"m4": self.m4, f"U2_{self.flavour}4": U2, "hnl_type": self.hnl_type}
        lived = decay(self.model, point)
        branching = branching_of(lived, self.decays)
        return events(self.response, self.model.factors(point), branching, Lived(lived.ctau_cm))

    def events(self, U2):
        """Events in all channels at one squared mixing."""
        return float(self.by_channel(np.float64(U2)).sum(0))

    def limit(self, method, level=0.9):
        """Smallest excluded squared mixing."""

        def excess(log_U2):
            found = self.by_channel(np.array([exp(log_U2)]))
            up = counting.n_up(self.experiment.signature, method, level, self.m4, found)
            return log(max(float(found.sum()), 1e-300) / float(up[0]))

        # far below the upper edge, where events rise with the fourth power
        return exp(brentq(excess, log(1e-12), log(1e-1 if self.m4 < 0.2 else 1e-3)))


@cache
def interchanged_model():
    """The widths of the T2K release: masses of lepton and pion interchanged for l+ pi- (1.3 % up).

    N -> l- pi+ keeps its width, N -> l+ pi- has the other: for a Majorana HNL, and both charges.
    """

    def modes(point):
        found = dict(MINIMAL.decay_modes(point))
        for lepton in ("e", "mu"):
            key = f"{lepton}_pi:{lepton}"
            found[key] = found[key] * 1.013 * 0.5 * (1 + interchange(point["m4"], lepton))
        return found

    return replace(MINIMAL, decay_modes=modes)


def interchange(m4, lepton):
    """Squared amplitude of N -> l pi with the masses interchanged, over the right one."""
    x, y = (mass(lepton) / m4) ** 2, (mass("pi+") / m4) ** 2
    if m4 <= mass(lepton) + mass("pi+"):
        return 1.0
    return ((1 - y) ** 2 - x * (1 + y)) / ((1 - x) ** 2 - y * (1 + x))


RELEASE_MODES = {
    "mu": {0: 1.0, 4: 1.0, 10: 0.5, 12: 1.0, 16: 1.0, 20: 1.0},
    "e": {3: 1.0, 7: 1.0, 9: 0.5, 15: 1.0, 19: 1.0, 23: 1.0},
}
"""Decay modes of the T2K release that one mixing alone feeds, for a Majorana HNL; 9 and 10 hold two
flavours."""

SYSTEMATIC = 1.0163
"""What a flux uncertainty of 15 % does to the square root of the limit on events."""


@cache
def release(name):
    """A table of the T2K release by mass, beam and mode: decays, or efficiency summed."""
    value = {"flux": "ndecays_U2eq1", "efficiency": "efficiency"}[name]
    found = {}
    for row in table(SHARED / "external" / "t2k" / f"t2k2019_{name}.csv"):
        key = (int(row["mass_MeV"]), row["beam"], int(row["mode"]) % 24)
        found[key] = found.get(key, 0.0) + float(row[value])
    return found


def release_limit(flavour, mass_MeV):
    """Bayesian limit flat in |U|^2 of the numbers of the T2K release, 90 %: it quotes this."""
    decays, efficiency = release("flux"), release("efficiency")
    signal = sum(
        weight * decays[mass_MeV, beam, mode] * efficiency.get((mass_MeV, beam, mode), 0.0)
        for mode, weight in RELEASE_MODES[flavour].items()
        for beam in {b for _, b, _ in decays}
    )
    return SYSTEMATIC * 1.16308 / np.sqrt(signal)


def release_decays(lepton, mass_MeV):
    """Decays N -> nu e e of a Dirac HNL in the TPCs, neutrino mode, K -> l N, for |U|^2 = 1."""
    mode = {"mu": 10, "e": 11}[lepton]
    return release("flux")[mass_MeV, "nu", mode] / 4


def our_decays(lepton, m4, sigma_rad=None):
    """The same of ours, whose e+ e- go by another flavour than the production."""
    experiment = experiments.load("nd280_dif")
    beam = experiment.beam
    sigma = beam.sigma_rad if sigma_rad is None else sigma_rad
    experiment = msgspec.structs.replace(
        experiment, beam=msgspec.structs.replace(beam, sigma_rad=sigma)
    )
    full = changed(experiment, method="two_branch", efficiency={0.1: 1.0})
    full = msgspec.structs.replace(full, exposure_pot={"fhc": experiment.exposure_pot["fhc"]})
    channel = msgspec.structs.replace(full.signature.channels[0], modes=("fhc",))
    signature = msgspec.structs.replace(full.signature, channels=(channel,))
    full = msgspec.structs.replace(full, signature=signature)
    found = Yield(full, lepton, m4)
    response = found.response[TERM[lepton].name][found.decays.index("nu_e_e:tau")][0, 0]
    width = MINIMAL.decay_modes({"m4": m4, "U2_tau4": 1.0})["nu_e_e:tau"]
    # long-lived: R is proportional to 1 / c tau
    return float(response[-1] * CTAU_NODES_CM[-1] * width / HBAR_C_GEV_CM)
