"""A plain Monte Carlo of nu + target -> N by exchange of a dark photon, N -> nu l+ l-.

As `plain_monte_carlo`: numpy and four-vectors, sharing with the package only what an experiment
says. The pair comes from a Z' on shell or is made by a virtual one, by accept and reject with the
matrix element; a Z' may fly before it decays.
"""

import numpy as np
from gamma_matrices import centre_of_mass, dot
from plain_monte_carlo import (
    CHARGE,
    HBARC2,
    M_E,
    MASS,
    MOMENT,
    Generator,
    about,
    crossing,
    form_factor,
    frame,
    nucleon,
    number_of,
    outgoing,
    points_in,
    q2_range,
    quasi_elastic,
)

LEPTON = {"e": M_E, "mu": 0.1056583755}
CHUNK = 50_000


def helicities(E, Q2, m, M, GM2, c2):
    """Traces of N of helicity -1 and +1 in the centre of mass with the target's: two rows.

    P_L leaves of N with momentum k3 and spin vector s the null vector K = k3 - m s, that is
    (E3 - h |p3|) (1, -h p3/|p3|).
    """
    k1, p, k3, after = centre_of_mass(E, Q2, m, M)
    q, P, size = k1 - k3, p + after, np.linalg.norm(k3[..., 1:], axis=-1)
    rows = []
    for h in (-1, 1):
        # E3 - p3 = m^2/(E3 + p3)
        scale = k3[..., 0] + size if h < 0 else m * m / (k3[..., 0] + size)
        unit = np.concatenate(
            [np.ones_like(size)[..., None], -h * k3[..., 1:] / size[..., None]], -1
        )
        K = scale[..., None] * unit
        Kk1 = dot(K, k1)
        along = 2 * dot(K, P) * dot(k1, P) - dot(P, P) * Kk1
        transverse = 2 * dot(K, q) * dot(k1, q) + Q2 * Kk1
        rows.append((2 * GM2 + c2) * along - 2 * GM2 * transverse + 4 * GM2 * Q2 * Kk1)
    return np.array(rows)


def dsigma(E, Q2, m, mzprime, name):
    """d sigma / d Q2 in cm^2/GeV^2 for unit couplings, helicities summed; the share of h = +1."""
    if name in MOMENT:
        GM2, c2 = nucleon(Q2, name)
    else:
        q, F2 = form_factor(name)
        GM2, c2 = CHARGE[name] ** 2 * np.interp(np.sqrt(Q2), q, F2, right=0.0), 0.0
    M = MASS[name]
    conserving, flipping = np.maximum(helicities(E, Q2, m, M, GM2, c2), 0.0)
    total = conserving + flipping
    share = flipping / np.maximum(total, 1e-300)
    norm = HBARC2 / (2 * 16 * np.pi * (2 * M * E) ** 2 * (Q2 + mzprime**2) ** 2)
    return norm * total, share


class VectorGenerator(Generator):
    """Draws (E, Q2) of one target for the exchange of a vector."""

    def __init__(self, energy, flux, m, mzprime, name):
        self.mzprime = mzprime
        super().__init__(energy, flux, m, name)

    def density(self, E, y):
        low, high = q2_range(E, self.m, MASS[self.name])
        Q2 = low * (high / low) ** y
        sigma, share = dsigma(E, Q2, self.m, self.mzprime, self.name)
        phi = np.interp(E, self.energy, self.flux, left=0.0, right=0.0)
        return phi * sigma * Q2 * np.log(high / low), share, Q2


def squared(P, nu, minus, plus, ml, chi=1.0):
    """|M|^2 of N -> nu l+ l- but for propagator and couplings, P = p_N - m_N s.

    `chi` is 1 for a vector coupling of the leptons, 2 gL gR/(gL^2 + gR^2) for others, of which this
    is the part that is even under exchange of the leptons.
    """
    pairing = dot(P, plus) * dot(nu, minus) + dot(P, minus) * dot(nu, plus)
    return pairing + chi * ml**2 * dot(P, nu)


def squared_masses(m, ml, ratio2, power, n, rng):
    """Draw y = q^2/m^2 with (1 - y)^2 beta/(ratio2 - y)^power.

    Phase space is (1 - y) beta, and the bound of |M|^2 in `chain_chance` another 1 - y.
    """
    least, found = 4 * ml**2 / m**2, np.empty(0)
    while len(found) < n:
        y = least + (1 - least) * rng.random(4 * n + 100)
        # falls with y for all powers up to 2
        chance = (1 - y) ** 2 * (ratio2 / (ratio2 - y)) ** power * np.sqrt(1 - least / y)
        found = np.concatenate([found, y[rng.random(len(y)) < chance]])
    return found[:n]


def boost_along(p, axis, energy, size, m):
    """Boost four-vectors by the velocity of (energy, size axis) of mass m; axis is (n, 3)."""
    along = (p[:, 1:] * axis).sum(1)
    shift = (energy / m - 1) * along + size / m * p[:, 0]
    return np.column_stack(
        [(energy * p[:, 0] + size * along) / m, p[:, 1:] + shift[:, None] * axis]
    )


def chain(m, q2, ml, rng):
    """Isotropic nu, l-, l+ in the rest frame of N, for pairs of given squared mass."""
    n = len(q2)
    axis = about(np.tile([0.0, 0.0, 1.0], (n, 1)), 2 * rng.random(n) - 1, 2 * np.pi * rng.random(n))
    energy, size, mass = (m * m + q2) / (2 * m), (m * m - q2) / (2 * m), np.sqrt(q2)
    nu = np.column_stack([size, -size[:, None] * axis])
    at = about(axis, 2 * rng.random(n) - 1, 2 * np.pi * rng.random(n))
    rest = np.sqrt(np.maximum(q2 / 4 - ml**2, 0))[:, None] * at
    minus = boost_along(np.column_stack([mass / 2, rest]), axis, energy, size, mass)
    plus = boost_along(np.column_stack([mass / 2, -rest]), axis, energy, size, mass)
    return nu, minus, plus


def chain_chance(m, q2, ml, h, momenta, chi=1.0, aligned=True):
    """|M|^2 over more than the largest at this q^2, the spin of N along h z.

    (P p+)(k p-) + (P p-)(k p+) <= (P q)(k q), P q <= m^2 and P k <= m^2 - q^2. Leptons that are
    not `aligned` with the polarisation of the Z' are isotropic in its rest frame.
    """
    bound = (m * m - q2) * (m * m / 2 + ml**2)
    if not aligned:
        y, x = q2 / m**2, ml**2 / q2
        q = momenta[1] + momenta[2]
        cos = q[:, 3] / np.linalg.norm(q[:, 1:], axis=1)
        mean = ((1 + 2 * x) * (1 + 2 * y) / 6 - (1 - chi) * x * y) / 2
        return m**4 * (1 - y) * mean * (1 + h * (1 - 2 * y) / (1 + 2 * y) * cos) / bound
    zero = np.zeros(len(h))
    P = m * np.column_stack([zero + 1, zero, zero, -h])
    return squared(P, *momenta, ml, chi) / bound


def rest_frame(m, h, ml, rng, *, mzprime, power=2, chi=1.0, sense=1.0, aligned=True):
    """Momenta nu, l-, l+ (3, n, 4) in the rest frame of N, which flies along z with helicity h.

    Through a Z' on shell when it is lighter than N; otherwise by |M|^2/(q^2 - mZ'^2)^power. A
    `sense` of -1 sends the pair to the wrong side.
    """
    found, left = np.empty((3, len(h), 4)), np.arange(len(h))
    if mzprime < m and 2 * ml > mzprime:
        raise ValueError("the Z' does not decay to this pair")
    while len(left):
        if mzprime < m:
            q2 = np.full(len(left), mzprime**2)
        else:
            q2 = m * m * squared_masses(m, ml, (mzprime / m) ** 2, power, len(left), rng)
        momenta = np.array(chain(m, q2, ml, rng))
        chance = chain_chance(m, q2, ml, sense * h[left], momenta, chi, aligned)
        keep = rng.random(len(left)) < chance
        found[:, left[keep]] = momenta[:, keep]
        left = left[~keep]
    return found


def in_flight(momenta, N, m):
    """Momenta of `rest_frame` in the frame where N has the four-momentum N."""
    size = np.linalg.norm(N[:, 1:], axis=1)
    axis = N[:, 1:] / size[:, None]
    turned = turn(momenta[..., 1:], axis)
    return np.array(
        [
            boost_along(np.column_stack([p[:, 0], x]), axis, N[:, 0], size, m)
            for p, x in zip(momenta, turned, strict=True)
        ]
    )


def turn(vectors, axis):
    """Vectors (..., n, 3) given by parts across and along `axis`."""
    first, second = frame(axis)
    return vectors[..., :1] * first + vectors[..., 1:2] * second + vectors[..., 2:] * axis


def smeared(p, smearing, rng):
    """Energies and directions as a detector sees them, with z along the neutrino.

    The polar angle is Gaussian about the true one and may pass through zero: the azimuth turns by
    pi then, and is kept otherwise.
    """
    E, across = p[:, 0], np.hypot(p[:, 1], p[:, 2])
    theta = np.arctan2(across, p[:, 3])
    azimuth = p[:, 1:3] / np.maximum(across, 1e-300)[:, None]
    if smearing is not None:
        s = smearing
        sigma = s.energy_stochastic * np.sqrt(E) + s.energy_constant
        sigma_theta = np.radians(np.maximum(s.angle_constant_deg - s.angle_log_deg * np.log(E), 0))
        theta = theta + sigma_theta * rng.standard_normal(len(E))
        E = np.maximum(E + sigma * rng.standard_normal(len(E)), 0)
    return E, np.column_stack([np.sin(theta)[:, None] * azimuth, np.cos(theta)])


def observables(minus, plus, smearing, rng):
    """What cuts see of each pair, momenta with z along the neutrino.

    Directions are what a resolution leaves: momenta without mass. Generated ones keep theirs.
    """
    (E1, n1), (E2, n2) = (smeared(p, smearing, rng) for p in (minus, plus))
    size1, size2 = E1, E2
    if smearing is None:
        size1, size2 = (np.linalg.norm(p[:, 1:], axis=1) for p in (minus, plus))
    p1, p2 = size1[:, None] * n1, size2[:, None] * n2
    total, E = p1 + p2, E1 + E2
    size = np.linalg.norm(total, axis=1)
    cos = np.where(size > 0, np.clip(total[:, 2] / np.maximum(size, 1e-300), -1, 1), 1.0)
    # a lepton whose energy was smeared to nothing has no direction
    opening = np.where((E1 > 0) & (E2 > 0), np.clip((n1 * n2).sum(1), -1, 1), 1.0)
    return {
        "E_vis": E,
        "cos_theta": cos,
        "E_nu_QE": quasi_elastic(E, cos),
        "theta_pair": np.arccos(opening),
        "m_pair": np.sqrt(np.maximum(E**2 - size**2, 0)),
        "p_vis": size,
        "E_theta2": E * np.arccos(cos) ** 2,
        "t": (E - total[:, 2]) ** 2 + (p1[:, :2] ** 2).sum(1) + (p2[:, :2] ** 2).sum(1),
        "E_less": np.minimum(E1, E2),
        "E_more": np.maximum(E1, E2),
    }


def merged(seen, rule):
    """Whether a pair looks like one shower: close or lopsided, or below a cut on both."""
    if rule is None:
        return np.ones(len(seen["E_vis"]), bool)
    field = rule.get if isinstance(rule, dict) else lambda name: getattr(rule, name, None)
    one = np.zeros(len(seen["E_vis"]), bool)
    if field("opening_angle_deg"):
        one |= seen["theta_pair"] < np.radians(field("opening_angle_deg"))
    if field("least_energy_GeV"):
        least = field("least_energy_GeV")
        one |= (seen["E_less"] < least) & (seen["E_more"] >= least)
    if field("r") is not None and len(field("r")):
        share = seen["E_more"] / np.maximum(seen["E_vis"], 1e-300)
        r = np.sqrt((1 - np.cos(seen["theta_pair"])) ** 2 / 4 + (1 - share) ** 2)
        one |= r < np.interp(seen["E_vis"], field("energy_GeV"), field("r"))
    return one


def ahead(volume, x, d):
    """Distances to entry and exit, as `crossing`, of cylinders too."""
    if not hasattr(volume.shape, "length_cm"):
        return crossing(volume, x, d)
    x = x - np.array(volume.centre_cm)
    half = volume.shape.length_cm / 2
    a, b = (d[:, :2] ** 2).sum(1), (x[:, :2] * d[:, :2]).sum(1)
    inside = b * b - a * ((x[:, :2] ** 2).sum(1) - volume.shape.radius_cm**2)
    root = np.sqrt(np.maximum(inside, 0))
    faces = np.sort(np.stack([(-half - x[:, 2]) / d[:, 2], (half - x[:, 2]) / d[:, 2]]), axis=0)
    near, far = np.maximum((-b - root) / a, faces[0]), np.minimum((-b + root) / a, faces[1])
    hit = (inside > 0) & (far > np.maximum(near, 0))
    return np.where(hit, np.maximum(near, 0), 0.0), np.where(hit, far, 0.0)


def inside(volumes, x, d, length):
    """Probability to decay in any of the volumes on the way from x along d."""
    total = np.zeros(len(x))
    for volume in volumes:
        near, far = ahead(volume, x, d)
        total -= np.exp(-near / length) * np.expm1(-(far - near) / length)
    return total


def inside_after(volumes, x, d, length, after, after_length, rng):
    """The same for a Z' that leaves the decay of N, `length` away on average, along `after`.

    Half of the decays of N are drawn by their law, half uniformly up to beyond the detector.
    """
    reach = 2 * np.linalg.norm(x, axis=1) + 2000.0
    flown = np.where(
        rng.random(len(x)) < 0.5, length * rng.exponential(size=len(x)), reach * rng.random(len(x))
    )
    law = np.exp(-flown / length) / length
    weight = law / (0.5 * law + 0.5 * (flown < reach) / reach)
    return weight * inside(volumes, x + flown[:, None] * d, after, after_length)


def events(generator, volume, baseline, n, rng, *, polarised=True, lepton="e", **shape):
    """n events of one target in one volume, as arrays; N and leptons with z along the neutrino."""
    m, mzprime = generator.m, generator.mzprime
    E, Q2, flip, weight = generator.draw(n, rng)
    x, place = points_in(volume, n, rng)
    ray = x + np.array([0, 0, baseline])
    ray /= np.linalg.norm(ray, axis=1, keepdims=True)
    along = np.tile([0.0, 0.0, 1.0], (n, 1))
    N = outgoing(E, Q2, m, MASS[generator.name], along, rng)
    # the spins of a Majorana N and of its decays to antiparticles average out
    h = np.where(rng.random(n) < (flip if polarised else 0.5), 1.0, -1.0)
    momenta = rest_frame(m, h, LEPTON[lepton], rng, mzprime=mzprime, **shape)
    nu, minus, plus = in_flight(momenta, N, m)
    return {
        "E_nu": E, "Q2": Q2, "h": h, "weight": weight, "x": x, "place": place, "ray": ray,
        "N": N, "nu": nu, "minus": minus, "plus": plus,
    }  # fmt: skip


def select(made, signature, rng):
    """Efficiency of each event that is selected, and weights left after each step by name."""
    seen = observables(made["minus"], made["plus"], signature.smearing, rng)
    passed = merged(seen, getattr(signature, "merging", None))
    flow = {"one shower": passed * 1.0}
    for cut in signature.selection:
        value = seen[cut.observable]
        passed = passed & (value >= cut.min) & (value <= cut.max)
        flow[f"{cut.min:g} < {cut.observable} < {cut.max:g}"] = passed * 1.0
    generated = made["minus"][:, 0] + made["plus"][:, 0]
    knots = signature.efficiency
    flow["efficiency"] = passed * np.interp(generated, knots.energy_GeV, knots.value)
    return flow


def decayed(made, volumes, m, mzprime, ctau_cm, ctau_2, rng):
    """Probability of each event to decay inside, for each c tau of N: (lifetimes, events)."""
    p = np.linalg.norm(made["N"][:, 1:], axis=1)
    d = turn(made["N"][:, 1:] / p[:, None], made["ray"])
    if ctau_2 is None:
        return np.array([inside(volumes, made["x"], d, ctau * p / m) for ctau in ctau_cm])
    q = (made["minus"] + made["plus"])[:, 1:]
    size = np.linalg.norm(q, axis=1)
    after, length = turn(q / size[:, None], made["ray"]), ctau_2 * size / mzprime
    return np.array(
        [inside_after(volumes, made["x"], d, ctau * p / m, after, length, rng) for ctau in ctau_cm]
    )


def sources(experiment, m, mzprime, hit):
    """Generators of a target in each volume that has it, and its number times the exposure."""
    beam, found = experiment.beam, []
    flux = beam.flux.values["nu_mu"] + beam.flux.values["nu_mu_bar"]
    for volume in experiment.targets:
        if hit not in ("p", "n") and hit not in volume.nuclei:
            continue
        norm = number_of(volume, hit) * experiment.exposure_pot
        if volume.flux == "inverse_square":
            # density x area x (L/d)^2 is the same at every z, for a cone that opens from the source
            (r1, r2), (z1, z2) = volume.shape.radius_cm, volume.shape.z_cm
            line = np.pi * ((r2 - r1) / (z2 - z1) * beam.baseline_cm) ** 2 * (z2 - z1)
            norm *= line / volume.shape.volume_cm3
        found.append((volume, norm))
    return VectorGenerator(beam.flux.energy, flux, m, mzprime, hit), found


def acceptance(
    experiment, m4, mzprime, hit, ctau_cm, n, seed, *, polarised=True, lepton="e", ctau_2=None,
    **shape,
):  # fmt: skip
    """Selected and decayed inside over produced, for one target and each c tau (cm) of N.

    Parameters
    ----------
    hit : str
        Nuclide, ``"p"`` or ``"n"``; all target volumes that have it count.
    n : int
        Events in all; at least 20 batches give the errors.
    ctau_2 : float or None
        c tau of the Z' in cm; None when it decays at once (or is virtual).
    shape
        `power` of the propagator of a virtual Z', `chi`, `sense` and `aligned` of `rest_frame`.

    Returns
    -------
    dict
        `acceptance` and `error` per c tau; `selected` and its error without decay; `produced`
        events for unit couplings; `flow` fractions of produced after each step.
    """
    rng = np.random.Generator(np.random.SFC64(seed))
    generator, volumes = sources(experiment, m4, mzprime, hit)
    batches = max(20, -(-n // (CHUNK * len(volumes))))
    size = max(1, n // (batches * len(volumes)))
    rows = []
    for _ in range(batches):
        row = 0.0
        for volume, norm in volumes:
            made = events(
                generator, volume, experiment.beam.baseline_cm, size, rng,
                polarised=polarised, lepton=lepton, **shape,
            )  # fmt: skip
            flow = select(made, experiment.signature, rng)
            kept = np.array([*flow.values()])
            chance = decayed(made, experiment.decay_volumes, m4, mzprime, ctau_cm, ctau_2, rng)
            kept = np.concatenate([np.ones((1, size)), kept, kept[-1] * made["place"] * chance])
            row = row + norm * kept @ made["weight"] / size
        rows.append(row)
    return summary(np.array(rows), ["produced", *flow])


def summary(rows, names):
    """Means of batches over what was produced, and their errors."""
    mean = rows.mean(0)
    ratio = mean / mean[0]
    # the numerator and the denominator fluctuate together
    error = (rows - ratio * rows[:, :1]).std(0, ddof=1) / np.sqrt(len(rows)) / mean[0]
    steps = len(names)
    return {
        "acceptance": ratio[steps:],
        "error": error[steps:],
        "selected": ratio[steps - 1],
        "selected_error": error[steps - 1],
        "produced": mean[0],
        "produced_error": rows[:, 0].std(ddof=1) / np.sqrt(len(rows)),
        "flow": dict(zip(names, ratio[:steps], strict=True)),
    }
