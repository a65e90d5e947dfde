"""Explicit Dirac algebra: matrices, slashes, traces of polarised particles; and null vectors.

Metric (+, -, -, -), four-vectors as arrays whose last axis is (E, px, py, pz).
"""

import numpy as np

_S = np.array([[[0, 1], [1, 0]], [[0, -1j], [1j, 0]], [[1, 0], [0, -1]]])
_I, _O = np.eye(2), np.zeros((2, 2))
GAMMA = np.array(
    [np.block([[_I, _O], [_O, -_I]]), *(np.block([[_O, s], [-s, _O]]) for s in _S)], dtype=complex
)
GAMMA5 = 1j * GAMMA[0] @ GAMMA[1] @ GAMMA[2] @ GAMMA[3]
METRIC = np.diag([1.0, -1.0, -1.0, -1.0])
LEFT, RIGHT = (np.eye(4) - GAMMA5) / 2, (np.eye(4) + GAMMA5) / 2
SIGMA = np.array([[0.5j * (a @ b - b @ a) for b in GAMMA] for a in GAMMA])


def dot(a, b):
    """Minkowski product along the last axis."""
    return a[..., 0] * b[..., 0] - (a[..., 1:] * b[..., 1:]).sum(-1)


def slash(p):
    """p_mu gamma^mu of one four-vector."""
    return np.einsum("m,mij->ij", METRIC @ p, GAMMA)


def bar(matrix):
    """Dirac conjugate gamma0 A^dagger gamma0 of a vertex matrix."""
    return GAMMA[0] @ matrix.conj().T @ GAMMA[0]


def spin_vector(p, m, helicity):
    """Spin four-vector of a particle of given helicity."""
    size = np.linalg.norm(p[1:])
    return helicity * np.concatenate([[size / m], p[0] / m * p[1:] / size])


def dipole_vertex(q):
    """2 sigma^{mu nu} q_nu of the transition dipole with d = 1, index mu first."""
    return 2 * np.einsum("mnij,n->mij", SIGMA, METRIC @ q)


def nucleon_vertex(transfer, M, F1, F2, GA=0.0):
    """F1 gamma + F2 i sigma q / (2 M) - GA gamma gamma5 of a target, index first."""
    moment = 0.5j * F2 / M * np.einsum("mnij,n->mij", SIGMA, METRIC @ transfer)
    return F1 * GAMMA + moment - GA * GAMMA @ GAMMA5


def summed(lepton, first, second, momenta, m, M, helicity):
    """Lepton tensor of N with some helicity contracted with the hadron tensor of two vertices."""
    k1, p, k3, after = momenta
    one = np.eye(4)
    outgoing = (slash(k3) + m * one) @ (one + GAMMA5 @ slash(spin_vector(k3, m, helicity))) / 2
    L = [[np.trace(outgoing @ x @ slash(k1) @ bar(y)) for y in lepton] for x in lepton]
    recoiling, resting = slash(after) + M * one, slash(p) + M * one
    H = [[np.trace(recoiling @ x @ resting @ bar(y)) for y in second] for x in first]
    return np.einsum("ab,ac,bd,cd->", np.array(L), METRIC, METRIC, np.array(H))


def centre_of_mass(E, Q2, m, M):
    """Momenta k1, p, k3, p' of nu + target -> N + target, k1 along z; arrays broadcast."""
    s = M * M + 2 * M * E
    root = np.sqrt(s)
    E1, E3 = (s - M * M) / 2 / root, (s + m * m - M * M) / 2 / root
    p3 = np.sqrt(E3**2 - m * m)
    c = (E3 - (Q2 + m * m) / (2 * E1)) / p3
    zero = np.zeros_like(E1 * Q2)
    k1 = np.stack(np.broadcast_arrays(E1, zero, zero, E1), axis=-1)
    total = np.stack(np.broadcast_arrays(root, zero, zero, zero), axis=-1)
    k3 = np.stack(
        np.broadcast_arrays(E3, p3 * np.sqrt(np.maximum(0, 1 - c * c)), zero, p3 * c), axis=-1
    )
    return k1, total - k1, k3, total - k3


def dipole_share(E, Q2, m, M, GM2, c2):
    """Share of helicity +1 in the centre of mass, target current squared as GM2, c2.

    The dipole turns the left-handed neutrino into the right-chiral part of N, which for helicity h
    is a massless spinor along h p3 of energy E3 + h |p3|: two null vectors replace k3.
    """
    k1, p, k3, after = centre_of_mass(E, Q2, m, M)
    q, P, size = k1 - k3, p + after, np.linalg.norm(k3[..., 1:], axis=-1)
    q2, P2 = np.asarray(-Q2)[..., None], np.asarray(4 * M * M + Q2)[..., None]
    rows = []
    for h in (-1, 1):
        unit = np.concatenate(
            [np.ones_like(size)[..., None], h * k3[..., 1:] / size[..., None]], -1
        )
        # E3 - p3 = m^2/(E3 + p3)
        scale = k3[..., 0] + size if h > 0 else m * m / (k3[..., 0] + size)
        K = scale[..., None] * unit
        # qslash k1slash qslash, then Pslash of that Pslash: reflected vectors
        V = 2 * dot(q, k1)[..., None] * q - q2 * k1
        W = 2 * dot(P, V)[..., None] * P - P2 * V
        along, metric = dot(K, W), -dot(K, q2 * k1 + 2 * V)
        rows.append((2 * GM2 + c2) * along - 2 * GM2 * Q2 * metric)
    # overall sign of the contraction drops out
    return np.clip(rows[1] / (rows[0] + rows[1]), 0, 1)
