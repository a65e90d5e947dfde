"""Production and decays with the conventions of DarkNews, and the way from there to ours.

What is copied here is what DarkNews 0.4.8 does and we do not (docs/validation.md proves each): a Z'
that couples with g s_W epsilon, nucleons without the physical weak charges, leptons of a real Z'
that come out evenly, the photon on the wrong side of N.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from suite import Case, Source

from physics import quadrature, vector_quadrature
from physics.electroweak import PDG
from physics.experiments.schema import Experiment
from physics.nuclei import nucleus
from physics.pair_report import PairReport
from physics.pair_response import PairSampler
from physics.pair_shapes import PairShape
from physics.particles import mass
from physics.precision import Precision
from physics.response import Sampler
from physics.streams import Target, stream, targets
from physics.target_charges import Charges
from physics.units import ALPHA
from physics.upscattering import threshold
from physics.upscattering_report import UpscatteringReport
from physics.vector_cross_sections import Exchange
from physics.vector_streams import VectorStream, vector_stream

Floats = NDArray[np.float64]

# constants of DarkNews
SIN2, G_F, M_W, M_Z = 0.22343, 1.16637876e-5, 80.37912, 91.187621
G = np.sqrt(8 * G_F * M_W**2 / np.sqrt(2))
HALF_G_OVER_COS = G / (2 * np.sqrt(1 - SIN2))
MU_P, MU_N, G_A = 2.792, -1.913, 1.26
ENERGIES_GEV = {"miniboone_fhc": (0.1, 9.0), "microboone": (0.05, 7.0)}
LEAST_ENERGY = 1.05
"""It begins at so many times the threshold."""

PROMPT_CM = 1e-3
"""Lifetime at which no HNL leaves the detector."""

MANY = Precision(relative=1.0, replicates=16, events=16384, max_events=2**18)
"""How hard to sample acceptances."""

HELICITIES = ("conserving", "flipping")


@dataclass(frozen=True)
class Conventions:
    """Whose conventions hold in which part.

    Parameters
    ----------
    couplings : bool
        Ours, else those of DarkNews.
    numbers : bool
        Our numbers of nuclei, and all energies above the threshold.
    antineutrinos, neutrons : bool
        Whether they are there.
    """

    couplings: bool = False
    numbers: bool = False
    antineutrinos: bool = False
    neutrons: bool = False


STEPS = (
    ("with DarkNews' conventions", Conventions()),
    ("our couplings", Conventions(couplings=True)),
    ("our numbers of nuclei, from the threshold on", Conventions(couplings=True, numbers=True)),
    ("antineutrinos", Conventions(couplings=True, numbers=True, antineutrinos=True)),
    ("neutrons: our default", Conventions(True, True, True, True)),
)
"""From their conventions to ours, one after the other."""


def production(
    case: Case,
    experiment: Experiment,
    detector: str,
    theirs: dict[str, Any],
    how: Conventions,
) -> dict[str, float]:
    """Upscatterings by "nucleus regime helicity", by quadrature.

    Parameters
    ----------
    case, experiment, detector
        A point of the suite.
    theirs : dict
        An answer of DarkNews, with its numbers of nuclei and its exposure.
    how : Conventions
        Whose conventions.

    Returns
    -------
    dict
        Over the exposure; neutrinos and antineutrinos together.
    """
    found: dict[str, float] = {}
    numbers, pot = (
        (_atoms(experiment), experiment.pot) if how.numbers else (theirs["targets"], theirs["pot"])
    )
    for hit in targets(tuple(numbers)):
        if hit.regime == "n-el" and not how.neutrons:
            continue
        each = _per_target(case, experiment, detector, hit, how)
        each = each.sum(0) if how.antineutrinos else each[0]
        for name, number in numbers.items():
            count = number * pot * hit.in_nucleus(name)
            for helicity, value in zip(HELICITIES, each, strict=True):
                if count:
                    found[f"{name} {hit.regime} {helicity}"] = float(count * value)
    return found


def _atoms(experiment: Experiment) -> dict[str, float]:
    """Nuclei in the one target volume of an experiment of the suite."""
    (volume,) = experiment.targets
    return dict(volume.nuclei)


def _per_target(
    case: Case, experiment: Experiment, detector: str, hit: Target, how: Conventions
) -> Floats:
    """Upscatterings per target and POT: (neutrinos and antineutrinos, helicities)."""
    flux = experiment.neutrinos.flux
    low, high = float(flux.energy[0]), float(flux.energy[-1])
    if not how.numbers:
        least, high = ENERGIES_GEV[detector]
        low = max(least, LEAST_ENERGY * float(threshold(case.m4, hit.mass)))
    columns = np.column_stack([flux.values["nu_mu"], flux.values["nu_mu_bar"]])
    factors = case.model.factors(case.parameters(case.m4))
    if case.model.name == "dipole":
        packed = stream(hit, case.m4, low, high)
        if hit.name == "p" and not how.couplings:
            packed = packed._replace(moment=MU_P)
        table = quadrature.tabulate(case.m4, packed)
        return float(factors["mu_tr_mu4^2"]) * quadrature.folded(flux.energy, columns, table)
    pairs = (("zprime", "zprime"), ("zprime", "z"), ("z", "z"))
    names = [f"U2_mu4 {pair}" for pair in ("zprime^2", "zprime*z", "z^2")]
    weights = np.array([float(factors[name]) for name in names])
    both = vector_stream(hit, case.m4, float(case.fixed["mzprime"]), pairs, low, high)
    if not how.couplings:
        both, weights = _with_their_charges(both, hit), weights * _their_couplings()
    table = vector_quadrature.tabulate(case.m4, both)
    by_pair = vector_quadrature.folded(flux.energy, columns, table)
    return np.asarray(np.einsum("x,pxh->ph", weights, by_pair))


def _their_couplings() -> Floats:
    """Factors of Z' alone, interference and Z alone, over ours."""
    zprime = G * np.sqrt(SIN2) / np.sqrt(4 * np.pi * ALPHA)
    z = HALF_G_OVER_COS**2 / (np.sqrt(2) * PDG.G_F * mass("Z") ** 2)
    return np.array([zprime * zprime, zprime * z, z * z])


def _with_their_charges(packed: VectorStream, hit: Target) -> VectorStream:
    """Give a nucleus or a proton the charges that DarkNews gives it."""
    vector = 0.5 - 2 * SIN2
    if hit.name == "p":
        # the weak charge multiplies form factors that contain it
        moment = (0.5 - SIN2) * (1 + MU_P - MU_N) - SIN2 * (1 + MU_P + MU_N)
        zprime = Charges(1.0, MU_P, 0.0)
        weak = Charges(vector * vector, vector * moment, vector * G_A / 2)
    else:
        Z, N = nucleus(hit.name).Z, nucleus(hit.name).A - nucleus(hit.name).Z
        zprime, weak = packed.zprime.charges, Charges(vector * Z - 0.5 * N, 0.0, 0.0)
    return packed._replace(zprime=Exchange(packed.zprime.mass, zprime), z=Exchange(M_Z, weak))


class IsotropicPairs(PairSampler):
    """Samples pairs whose leptons do not know the polarisation of a real Z'."""

    def shape(self, state: str, modes: tuple[str, ...], m4: float, mzprime: float) -> PairShape:
        """As before, but not aligned beside a real Z'."""
        return super().shape(state, modes, m4, mzprime)._replace(aligned=mzprime >= m4)


@dataclass(frozen=True)
class Seen:
    """What is selected where all HNLs decay at once.

    Parameters
    ----------
    whole, error : float
        Part of all HNLs that decay to what is looked for, and its error.
    parts : dict
        The same by channel, {"nu_mu C12 coherent conserving": part, ...}.
    """

    whole: float
    error: float
    parts: dict[str, float]

    def weighted(self, made: dict[str, float]) -> dict[str, float]:
        """Part of HNLs from muon neutrinos, made in some channels, and its error."""
        total = sum(made.values())
        mean = sum(n * self.parts[f"nu_mu {channel}"] for channel, n in made.items()) / total
        return {"value": mean, "error": self.error * mean / self.whole}


def with_our_decays(case: Case, experiment: Experiment) -> Seen:
    """Sample the acceptance of a point of the suite."""
    return _seen(Source(case, [experiment], 1, MANY))


def with_their_decays(case: Case, experiment: Experiment) -> Seen:
    """Sample the acceptance with the decays of DarkNews."""
    source = Source(case, [experiment], 1, MANY)
    views = [(experiment, term) for term in source.terms]
    common: dict[str, Any] = {"precision": MANY, "seed": 1}
    if case.model.name != "dipole":
        decays = {experiment.name: source.modes}
        source.sampler = IsotropicPairs(
            views, decays=decays, polarised=True, seconds=source.nodes, **common
        )
        return _seen(source)
    right = _seen(source)
    source.sampler = Sampler(views, polarised=False, **common)
    flat = _seen(source)
    # linear in the helicity: the photon on the other side is twice the flat one less ours
    turned = {channel: 2 * part - right.parts[channel] for channel, part in flat.parts.items()}
    return Seen(2 * flat.whole - right.whole, 2 * flat.error + right.error, turned)


def _seen(source: Source) -> Seen:
    """Sample a point of the suite at a lifetime at which nothing flies."""
    case, (experiment,) = source.case, source.members
    point = case.parameters(case.m4, float(case.couplings(case.m4, PROMPT_CM)))
    sampled = source.sampler.respond(case.at(case.m4), channels=True)
    responses = [sampled.response(view) for view in range(len(source.terms))]
    kind: Any = UpscatteringReport if case.model.name == "dipole" else PairReport
    told = kind(case.model, experiment, point, source.terms, sampled, responses).as_dict()
    branching, parts = told["branching_ratio"], {}
    for row in told["channels"]:
        key = f"{row['projectile']} {row['target']} {row['regime']} {row['helicity']}"
        made = row["n_produced"] * branching
        parts[key] = row["n_events"] / made if made else 0.0
    decayed = told["n_produced"] * branching
    return Seen(told["n_events"] / decayed, told["n_events_sdev"] / decayed, parts)
