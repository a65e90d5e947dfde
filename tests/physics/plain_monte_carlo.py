"""A second Monte Carlo of the same physics: numpy, four-vectors, one event after the other.

It shares with the package only what an experiment says (geometry, flux, efficiency, selection) and
the measured charge densities. Cross-sections, kinematics, geometry and decay are its own.
"""

import tomllib
from functools import cache
from importlib.resources import files

import numpy as np
from gamma_matrices import dipole_share

ALPHA, HBARC2 = 1 / 137.035999, 3.8937937e-28
M_E, M_P, M_N = 0.00051099895, 0.93827209, 0.93956542
MASS = {
    "C12": 11.174864, "O16": 14.895083, "Si28": 26.053204, "Ar40": 37.215541, "p": M_P, "n": M_N,
}  # fmt: skip
CHARGE = {"C12": 6, "O16": 8, "Si28": 14, "Ar40": 18, "H1": 1}
NUMBER = {"C12": 12, "O16": 16, "Si28": 28, "Ar40": 40, "H1": 1}
MOMENT = {"p": (1.0, 2.792847), "n": (0.0, -1.913043)}


@cache
def form_factor(name):
    """Table of q (GeV) and F^2 by integrating the measured charge density over the nucleus."""
    entry = tomllib.loads(files("physics").joinpath("nuclei.toml").read_text())[name]
    radius = entry["radius_fm"]
    r = (np.arange(2000) + 0.5) * radius / 2000
    orders = np.arange(1, len(entry["coefficients"]) + 1)
    density = np.sinc(np.outer(r / radius, orders)) @ np.array(entry["coefficients"])
    q = np.linspace(0.0, 2.0, 2001)
    F = np.sinc(np.outer(q / 0.1973269804 / np.pi, r)) @ (density * r * r) / (density * r * r).sum()
    return q, F**2


def nucleon(Q2, name):
    """G_M^2, and the coefficient c2 of the squared sum of the nucleon momenta."""
    charge, moment = MOMENT[name]
    D, tau = (1 + Q2 / 0.843**2) ** -2, Q2 / (4 * MASS[name] ** 2)
    GE, GM = charge * D, moment * D
    F2 = (GM - GE) / (1 + tau)
    return GM**2, F2**2 * (2 * MASS[name] ** 2 + Q2 / 2) / MASS[name] ** 2 - 4 * GM * F2


def dsigma(E, Q2, m, name):
    """d sigma / d Q2 in cm^2/GeV^2 for d = 1/GeV, helicities summed, and the flipping share."""
    M = MASS[name]
    Er = Q2 / (2 * M)
    pointlike = (
        4 * ALPHA
        * (1 / Er - 1 / E + m**2 * (Er - 2 * E - M) / (4 * E**2 * Er * M)
           + m**4 * (Er - M) / (8 * E**2 * Er**2 * M**2)) / (2 * M)
    )  # fmt: skip
    if name not in MOMENT:
        q, F2 = form_factor(name)
        strength = CHARGE[name] ** 2 * np.interp(np.sqrt(Q2), q, F2, right=0.0)
        total, share = strength * pointlike, dipole_share(E, Q2, m, M, 1.0, 0.0)
    else:
        GM2, c2 = nucleon(Q2, name)
        kP = 2 * M * E - (m**2 + Q2) / 2
        along = 4 * Q2 * kP**2 - m**2 * (m**2 + Q2) * (4 * M**2 + Q2)
        extra = 2 * 4 * np.pi * ALPHA / Q2**2 * c2 * along / (16 * np.pi * (2 * M * E) ** 2)
        total, share = GM2 * pointlike + extra, dipole_share(E, Q2, m, M, GM2, c2)
    return HBARC2 * np.maximum(total, 0.0), share


def q2_range(E, m, M):
    """Least and largest Q2 from the angles 0 and pi in the centre of mass."""
    s = M * M + 2 * M * E
    E1, E3 = (s - M * M) / 2 / np.sqrt(s), (s + m * m - M * M) / 2 / np.sqrt(s)
    p3 = np.sqrt(np.maximum(E3**2 - m * m, 0.0))
    # E3 - p3 = m^2/(E3 + p3) without cancellation of large numbers
    least = 2 * E1 * m * m / (E3 + p3) - m * m
    return np.maximum(least, M * M * m**4 / s / (2 * E1 * (E3 + p3) - m * m)), (
        2 * E1 * (E3 + p3) - m * m
    )


class Generator:
    """Draws (E, Q2) of one target near the density flux x d sigma, with the weight left over."""

    def __init__(self, energy, flux, m, name, cells=(300, 150)):
        self.energy, self.flux, self.m, self.name = energy, flux, m, name
        M = MASS[name]
        low = max(energy[0], (m + m * m / 2 / M) * (1 + 1e-9))
        self.E_edges = low + (energy[-1] - low) * np.linspace(0, 1, cells[0] + 1) ** 1.5
        self.y_edges = np.linspace(0, 1, cells[1] + 1)
        centres = ((x[1:] + x[:-1]) / 2 for x in (self.E_edges, self.y_edges))
        E, y = np.meshgrid(*centres, indexing="ij")
        mass_of_cell = self.density(E, y)[0] * np.diff(self.E_edges)[:, None]
        mass_of_cell = np.maximum(mass_of_cell, 0.02 * mass_of_cell.mean(1, keepdims=True)) + 1e-300
        self.probability = (mass_of_cell / mass_of_cell.sum()).ravel()

    def density(self, E, y):
        """Flux x d sigma per GeV and unit of y = ln(Q2/least)/ln(largest/least); share; Q2."""
        low, high = q2_range(E, self.m, MASS[self.name])
        Q2 = low * (high / low) ** y
        sigma, share = dsigma(E, Q2, self.m, self.name)
        phi = np.interp(E, self.energy, self.flux, left=0.0, right=0.0)
        return phi * sigma * Q2 * np.log(high / low), share, Q2

    def draw(self, n, rng):
        """n events: E, Q2, flipping share, weight (the mean weight is the rate per target)."""
        cumulative = np.cumsum(self.probability)
        cell = np.searchsorted(cumulative / cumulative[-1], (np.arange(n) + rng.random(n)) / n)
        i, j = np.divmod(cell, len(self.y_edges) - 1)
        E = self.E_edges[i] + rng.random(n) * np.diff(self.E_edges)[i]
        y = self.y_edges[j] + rng.random(n) * np.diff(self.y_edges)[j]
        value, share, Q2 = self.density(E, y)
        area = np.diff(self.E_edges)[i] * np.diff(self.y_edges)[j]
        return E, Q2, share, value * area / self.probability[cell]


def frame(n):
    """Two unit vectors that span the plane across each unit vector n (rows)."""
    helper = np.where(np.abs(n[:, :1]) < 0.6, [[1.0, 0.0, 0.0]], [[0.0, 1.0, 0.0]])
    first = np.cross(n, helper)
    first /= np.linalg.norm(first, axis=1, keepdims=True)
    return first, np.cross(n, first)


def about(n, cos, phi):
    """Unit vectors at polar angle arccos(cos) and azimuth phi about n."""
    first, second = frame(n)
    sin = np.sqrt(np.maximum(0.0, 1 - cos**2))
    across = np.cos(phi)[:, None] * first + np.sin(phi)[:, None] * second
    return sin[:, None] * across + cos[:, None] * n


def outgoing(E, Q2, m, M, n, rng):
    """Four-momentum of N (rows E, px, py, pz) for neutrinos of energy E along n."""
    EN = E - Q2 / (2 * M)
    pN = np.sqrt(np.maximum(EN**2 - m * m, 0.0))
    cos = np.clip((2 * E * EN - m * m - Q2) / (2 * E * pN), -1, 1)
    return np.column_stack([EN, pN[:, None] * about(n, cos, 2 * np.pi * rng.random(len(E)))])


def photon(N, m, helicity, rng):
    """Four-momentum of the photon; helicity 0 means no preferred direction."""
    count = len(N)
    # the larger of two uniform numbers has density 2x: cosines with (1 + c)/2
    c = 2 * np.maximum(rng.random(count), rng.random(count)) - 1
    c = np.where(helicity == 0, 2 * rng.random(count) - 1, -helicity * c)
    p = np.linalg.norm(N[:, 1:], axis=1)
    axis = N[:, 1:] / p[:, None]
    rest = m / 2 * about(axis, c, 2 * np.pi * rng.random(count))
    gamma, along = N[:, 0] / m, (rest * axis).sum(1)
    boosted = rest + ((gamma - 1) * along + p / m * m / 2)[:, None] * axis
    return np.column_stack([gamma * m / 2 + p / m * along, boosted])


def quasi_elastic(E, cos):
    """Neutrino energy of nu_e n -> e p with the neutron at rest."""
    p = np.sqrt(np.maximum(E**2 - M_E**2, 0.0))
    return (2 * M_N * E - (M_N**2 + M_E**2 - M_P**2)) / (2 * (M_N - E + p * cos))


def detected(k, n, signature, rng):
    """Efficiency of each photon that passes the selection, 0 for the others."""
    E, cos = k[:, 0], np.clip((k[:, 1:] * n).sum(1) / k[:, 0], -1, 1)
    efficiency = np.interp(E, signature.efficiency.energy_GeV, signature.efficiency.value)
    if signature.smearing is not None:
        s = signature.smearing
        sigma = s.energy_stochastic * np.sqrt(E) + s.energy_constant
        sigma_theta = np.radians(np.maximum(s.angle_constant_deg - s.angle_log_deg * np.log(E), 0))
        cos = np.cos(np.arccos(cos) + sigma_theta * rng.standard_normal(len(E)))
        E = np.maximum(E + sigma * rng.standard_normal(len(E)), 0)
    seen = {"E_vis": E, "cos_theta": cos, "E_nu_QE": quasi_elastic(E, cos)}
    passed = np.ones(len(E), bool)
    for cut in signature.selection:
        passed &= (seen[cut.observable] >= cut.min) & (seen[cut.observable] <= cut.max)
    return passed * efficiency


def points_in(volume, n, rng):
    """Points in a target volume, and their weights (of mean one)."""
    shape = volume.shape
    if hasattr(shape, "z_cm"):
        near, far = -shape.z_cm[1], -shape.z_cm[0]
        z = np.where(
            rng.random(n) < 0.3, near + (far - near) * rng.random(n),
            near * (far / near) ** rng.random(n),
        )  # fmt: skip
        proposal = 0.3 / (far - near) + 0.7 / (z * np.log(far / near))
        radius = np.interp(-z, shape.z_cm, shape.radius_cm) * np.sqrt(rng.random(n))
        phi = 2 * np.pi * rng.random(n)
        points = np.column_stack([radius * np.cos(phi), radius * np.sin(phi), -z])
        return points, 1 / (far - near) / proposal
    low, high = shape.bounds_cm
    points = np.empty((0, 3))
    while len(points) < n:
        more = low + rng.random((n, 3)) * (high - low)
        points = np.concatenate([points, more[shape.contains(more)]])
    return points[:n] + np.array(volume.centre_cm), np.ones(n)


def crossing(volume, x, d):
    """Distances at which rays from x along d enter and leave a sphere or a box; 0, 0 for a miss."""
    x = x - np.array(volume.centre_cm)
    if hasattr(volume.shape, "lengths_cm"):
        half = np.array(volume.shape.lengths_cm) / 2
        faces = np.stack([(-half - x) / d, (half - x) / d])
        near, far = faces.min(0).max(1), faces.max(0).min(1)
    else:
        middle = -(x * d).sum(1)
        closest2 = ((x + middle[:, None] * d) ** 2).sum(1)
        inside = volume.shape.radius_cm**2 - closest2
        chord = np.sqrt(np.maximum(inside, 0.0))
        near, far = middle - chord, np.where(inside > 0, middle + chord, -np.inf)
    hit = far > np.maximum(near, 0)
    return np.where(hit, np.maximum(near, 0), 0.0), np.where(hit, far, 0.0)


def number_of(volume, name):
    """How many targets of a kind a volume has."""
    if name == "p":
        return sum(n * CHARGE[x] for x, n in volume.nuclei.items())
    if name == "n":
        return sum(n * (NUMBER[x] - CHARGE[x]) for x, n in volume.nuclei.items())
    return volume.nuclei[name]


def simulate(experiment, m, lifetimes_cm, *, events, polarised=True, seed=1, batches=20):
    """Events per d^2 of nu_mu and nu_mu_bar in the one target volume of an experiment.

    Returns means and standard errors of (produced, accepted, selected at each lifetime).
    """
    rng = np.random.Generator(np.random.SFC64(seed))
    (volume,), beam = experiment.targets, experiment.beam
    flux = beam.flux.values["nu_mu"] + beam.flux.values["nu_mu_bar"]
    if volume.flux == "inverse_square":
        # density x area x (L/d)^2 is the same at every z, for a cone that opens from the source
        (r1, r2), (z1, z2) = volume.shape.radius_cm, volume.shape.z_cm
        line = np.pi * ((r2 - r1) / (z2 - z1) * beam.baseline_cm) ** 2 * (z2 - z1)
        flux = flux * line / volume.shape.volume_cm3
    names = [x for x in volume.nuclei if x != "H1"] + ["p"] + ["n"]
    parts = {x: Generator(beam.flux.energy, flux, m, x) for x in names}
    norm = {x: number_of(volume, x) * experiment.exposure_pot for x in names}
    pilot = {x: parts[x].draw(2000, rng)[3].mean() * norm[x] for x in names}
    results = np.zeros((batches, 2 + len(lifetimes_cm)))
    for batch in range(batches):
        for name in names:
            share = max(pilot[name] / sum(pilot.values()), 0.05)
            n = max(200, int(events * share / batches))
            E, Q2, flip, weight = parts[name].draw(n, rng)
            x, place = points_in(volume, n, rng)
            ray = x + np.array([0, 0, beam.baseline_cm])
            ray /= np.linalg.norm(ray, axis=1, keepdims=True)
            N = outgoing(E, Q2, m, MASS[name], ray, rng)
            h = np.where(rng.random(n) < flip, 1, -1) if polarised else np.zeros(n)
            kept = weight * detected(photon(N, m, h, rng), ray, experiment.signature, rng)
            p = np.linalg.norm(N[:, 1:], axis=1)
            flown = np.zeros((len(lifetimes_cm), n))
            for decay in experiment.decay_volumes:
                near, far = crossing(decay, x, N[:, 1:] / p[:, None])
                for i, ctau in enumerate(lifetimes_cm):
                    length = ctau * p / m
                    flown[i] += np.exp(-near / length) - np.exp(-far / length)
            results[batch] += norm[name] * np.array(
                [weight.mean(), kept.mean(), *(kept * place * flown).mean(1)]
            )
    return results.mean(0), results.std(0, ddof=1) / np.sqrt(batches)
