"""The response of experiments at one mass point to pairs of leptons from vector exchange.

As `physics.response`: a view is an experiment with one production term. Terms of one flavour, the
squares of two amplitudes and their interference, share their events, and so do modes of a decay.
"""

from collections.abc import Callable, Mapping, Sequence
from itertools import groupby, pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from physics import lifetime
from physics.convergence import DONE, LEAST_ACCEPTED, NOT_CONVERGED, agreement, precise
from physics.experiments.schema import Experiment
from physics.models import ProductionTerm
from physics.packing import View, nuclei, pack
from physics.pair_kernel import PairTallies, sample_pairs
from physics.pair_names import INTERFERENCE, REAL, VIRTUAL
from physics.pair_shapes import PairShape, open_modes, pair_shape
from physics.pair_weights import add_rows
from physics.precision import Precision
from physics.response import LEAST_SHARE, Response
from physics.sampling import anchor, base_points, shifts
from physics.second_lifetime import ONE_FLIGHT
from physics.streams import targets
from physics.vector_events import PAIR_DIMENSIONS
from physics.vector_maps import trained_vector_map
from physics.vector_quadrature import folded, tabulate
from physics.vector_streams import vector_stream

Floats = NDArray[np.float64]

MAP_OF = {"n": "p"}
"""Neutrons are drawn with the map of protons: as heavy, and few where it does not suit them."""


class PairSampler:
    """Samples the responses of experiments that share a sampling group.

    Parameters
    ----------
    views : sequence of (Experiment, ProductionTerm)
        All of one sampling group; terms of one flavour of an experiment stand together.
    decays : mapping of str to sequence of str
        By experiment, the modes "state:mode" of `physics.pair_shapes` that count.
    polarised : bool
        Whether the decays of N know its helicity (Dirac).
    precision : Precision
        How hard to sample.
    seed : int
        Root seed.
    seconds : sequence of float
        Proper decay lengths in cm of a real Z', nodes of `physics.second_lifetime`.
    """

    def __init__(
        self,
        views: Sequence[View],
        *,
        decays: Mapping[str, Sequence[str]],
        polarised: bool,
        precision: Precision,
        seed: int,
        seconds: Sequence[float] = ONE_FLIGHT,
    ) -> None:
        grouped = [list(g) for _, g in groupby(views, lambda v: (v[0].name, v[1].projectiles))]
        self.members: list[Experiment] = [group[0][0] for group in grouped]
        self.terms: list[list[ProductionTerm]] = [[t for _, t in group] for group in grouped]
        # where each view's exchange is among those of its member
        self.places = [(e, x) for e, terms in enumerate(self.terms) for x in range(len(terms))]
        self.pairs = tuple(term.vertex.exchanged for term in self.terms[0])
        self.decays = {name: tuple(found) for name, found in decays.items()}
        self.polarised, self.precision, self.seed = polarised, precision, seed
        self.seconds = np.array(seconds, dtype=float)
        self.packed = pack([group[0] for group in grouped])
        self.targets = targets(tuple({n for e in self.members for n in nuclei(e)}))
        self.counts = np.array([self.packed.counts(hit) for hit in self.targets])
        self.envelope = self.members[0].neutrinos.envelope
        self.group = self.members[0].beam.sampling_group
        edges = self.packed.detectors.volume_offset
        self.rows = [slice(int(a), int(b)) for a, b in pairwise(edges)]
        self.states = self._states()

    def _states(self) -> dict[str, tuple[str, ...]]:
        """Modes of each final state that anybody looks for."""
        found: dict[str, dict[str, None]] = {}
        for modes in self.decays.values():
            for name in modes:
                state, _, mode = name.partition(":")
                found.setdefault(state, {})[mode] = None
        return {state: tuple(modes) for state, modes in found.items()}

    def shape(self, state: str, modes: tuple[str, ...], m4: float, mzprime: float) -> PairShape:
        """Shape of the decays to a final state."""
        return pair_shape(state, modes, m4, mzprime)

    def respond(self, masses: Mapping[str, float], *, channels: bool = False) -> "PairSampled":
        """Sample one mass point.

        Parameters
        ----------
        masses : mapping
            ``m4`` and ``mzprime`` in GeV, rounded to 12 digits before any physics.
        channels : bool
            Also keep histograms by volume, projectile and helicity.

        Returns
        -------
        PairSampled
            The responses and what they were made of.
        """
        m4, mzprime = (float(f"{masses[name]:.12g}") for name in ("m4", "mzprime"))
        point = PairSampled(self, m4, mzprime, channels)
        for state in point.shapes:
            active = point.looking(state)
            for level in range(self.precision.levels + 1):
                point.sample(state, level, active)
                for e in np.flatnonzero(active):
                    active[e] = not point.precise_enough(state, int(e))
                if not active.any():
                    break
        return point


class PairSampled:
    """One mass point of a sampler: its exact production and its tallies.

    Parameters
    ----------
    sampler : PairSampler
        What to sample.
    m4, mzprime : float
        Masses in GeV.
    channels : bool
        Whether to keep histograms by channel.
    """

    def __init__(self, sampler: PairSampler, m4: float, mzprime: float, channels: bool) -> None:
        self.sampler, self.m4, self.mzprime = sampler, m4, mzprime
        low, high = sampler.envelope.energy_GeV[0], sampler.envelope.energy_GeV[-1]
        self.streams = [
            vector_stream(hit, m4, mzprime, sampler.pairs, low, high) for hit in sampler.targets
        ]
        self.tables = [tabulate(m4, packed) for packed in self.streams]
        self.exact_by_helicity = np.array([self._exact(s) for s in range(len(self.streams))])
        # summed over a view's own rows one by one: other views must not change the last bit
        self.exact = np.array(
            [
                [
                    [sum(part.ravel().tolist()) for part in np.moveaxis(by_view[e, rows], 2, 0)]
                    for e, rows in enumerate(sampler.rows)
                ]
                for by_view in self.exact_by_helicity
            ]
        )
        found = {s: open_modes(s, all_, m4, mzprime) for s, all_ in sampler.states.items()}
        self.modes = {state: modes for state, modes in found.items() if modes}
        self.shapes = {s: sampler.shape(s, modes, m4, mzprime) for s, modes in self.modes.items()}
        # a virtual Z' does not fly
        self.seconds = sampler.seconds if mzprime < m4 else np.array(ONE_FLIGHT)
        self.halvings = self._halvings()
        views = (len(self.streams), len(sampler.members))
        self.points = {state: np.zeros(views, dtype=np.int64) for state in self.shapes}
        self.tallies = {
            state: [self._tallies(shape, channels) for _ in self.streams]
            for state, shape in self.shapes.items()
        }
        self._drawn: dict[int, Floats] = {}
        self._known: dict[tuple[Any, ...], tuple[bytes, Any]] = {}

    def _exact(self, s: int) -> Floats:
        """Production of a stream: (views, volumes, projectiles, exchanges, helicities)."""
        counts, detectors = self.sampler.counts[s], self.sampler.packed.detectors
        result = np.zeros((len(self.sampler.members), len(counts), 2, len(self.sampler.pairs), 2))
        for e, rows in enumerate(self.sampler.rows):
            knots = slice(detectors.energy_offset[e], detectors.energy_offset[e + 1])
            per_target = folded(detectors.energy[knots], detectors.flux[knots], self.tables[s])
            result[e, rows] = counts[rows, None, None, None] * per_target
        return result

    def looking(self, state: str) -> NDArray[np.bool_]:
        """Tell which members look for a final state and have something to see."""
        looked = [
            any(mode.startswith(f"{state}:") for mode in self.sampler.decays[member.name])
            for member in self.sampler.members
        ]
        return np.array(looked) & (self.exact != 0).any(axis=(0, 2))

    def _halvings(self) -> NDArray[np.int64]:
        """How often to halve the events of each stream for each view: (streams, views).

        A stream's share is its rate over that of the largest stream in the volume where it matters
        most, by the square that is judged, with the envelope of the group as flux.
        """
        sampler, envelope = self.sampler, self.sampler.envelope
        energy = np.array(envelope.energy_GeV)
        spectrum = np.column_stack([envelope.weight, np.zeros(len(energy))])
        rates = np.array([folded(energy, spectrum, t)[0].sum(-1) for t in self.tables])
        by_volume = sampler.counts * rates[:, self._square()][:, None]
        with np.errstate(invalid="ignore"):
            share = np.nan_to_num(by_volume / by_volume.max(0))
        largest = np.stack([share[:, rows].max(1) for rows in sampler.rows], axis=1)
        return np.floor(-np.log2(np.maximum(largest, LEAST_SHARE))).astype(np.int64)

    def _square(self) -> int:
        """Place of the first square of an amplitude among the exchanges: it is judged."""
        pairs = self.sampler.pairs
        return next((x for x, (a, b) in enumerate(pairs) if a == b), 0)

    def _tallies(self, shape: PairShape, channels: bool) -> PairTallies:
        sampler = self.sampler
        steps = max(len(e.signature.steps) for e in sampler.members) + 2
        views, replicates = len(sampler.members), sampler.precision.replicates
        exchanges, seconds = len(sampler.pairs), len(self.seconds)
        rows, bins = exchanges * len(shape.norm), lifetime.BINS
        kept = (sampler.counts.shape[1], 2, 2) if channels else (0, 1, 1)
        return PairTallies(
            histogram=np.zeros((views, replicates, seconds, bins, rows, 2)),
            produced=np.zeros((views, replicates, exchanges)),
            flow=np.zeros((views, rows, steps)),
            accepted=np.zeros((views, 3)),
            channels=np.zeros((*kept, seconds, bins, rows, 2)),
        )

    def sample(self, state: str, level: int, active: NDArray[np.bool_]) -> None:
        """Bring every active view to its points of a level, in every stream."""
        sampler, shape, points = self.sampler, self.shapes[state], self.points[state]
        masses = (self.m4, self.mzprime)
        for s, hit in enumerate(sampler.targets):
            wanted = (sampler.precision.events << level) >> self.halvings[s]
            present = np.array([sampler.counts[s][rows].any() for rows in sampler.rows])
            stops = np.where(active & present, wanted, points[s])
            if not (stops > points[s]).any() or self.streams[s].E_min >= self.streams[s].E_max:
                continue
            sample_pairs(
                base_points(sampler.precision.events << level, PAIR_DIMENSIONS),
                self._shifts(s),
                points[s],
                stops,
                self.m4,
                sampler.polarised,
                self.streams[s],
                trained_vector_map(
                    sampler.seed,
                    sampler.group,
                    MAP_OF.get(hit.name, hit.name),
                    *map(anchor, masses),
                    sampler.envelope,
                ),
                shape,
                self.seconds,
                sampler.counts[s],
                sampler.packed.detectors,
                self.tallies[state][s],
            )
            points[s] = stops

    def _shifts(self, s: int) -> Floats:
        """Shifts of the base points of a stream, for each replicate."""
        if s not in self._drawn:
            sampler = self.sampler
            key = (sampler.seed, sampler.group, f"{sampler.targets[s].name} vector")
            masses, replicates = (self.m4, self.mzprime), sampler.precision.replicates
            self._drawn[s] = shifts(*key, masses, replicates, PAIR_DIMENSIONS)
        return self._drawn[s]

    def mean(self, state: str, name: str, e: int) -> Floats:
        """Sum over streams of a tally of one member, per point of a replicate."""

        def summed() -> Floats:
            tallies = self.tallies[state]
            total = np.zeros_like(getattr(tallies[0], name)[e])
            for tally, points in zip(tallies, self.points[state][:, e], strict=True):
                if points > 0:
                    total += getattr(tally, name)[e] / points
            return total

        return self._remembered((name, state, e), summed)

    def _remembered(self, key: tuple[Any, ...], compute: Callable[[], Any]) -> Any:
        """Compute once for the points so far: the exchanges of a member ask for the same."""
        points = self.points[key[1]][:, key[2]].tobytes()
        if self._known.get(key, (b"",))[0] != points:
            self._known[key] = points, compute()
        return self._known[key][1]

    def at_nodes(self, state: str, e: int) -> Floats:
        """Response of a member: (exchanges, modes, seconds, replicates, nodes)."""
        exchanges, modes = len(self.sampler.pairs), len(self.modes[state])
        found = self._transformed(state, e, tuple(range(exchanges * modes)))
        return found.reshape(exchanges, modes, *found.shape[1:])

    def _transformed(self, state: str, e: int, rows: tuple[int, ...]) -> Floats:
        """Transform some rows of the histogram, remembered: (rows, seconds, replicates, nodes)."""

        def transformed() -> Floats:
            replicates, seconds, bins = self.tallies[state][0].histogram.shape[1:4]
            total = np.zeros((len(rows), seconds, replicates, 2, bins))
            for tally, number in zip(self.tallies[state], self.points[state][:, e], strict=True):
                if number > 0:
                    add_rows(tally.histogram[e], np.array(rows), 1.0 / number, total)
            found = lifetime.signed_at_nodes(total.reshape(-1, 2, bins))
            return found.reshape(len(rows), seconds, replicates, -1)

        return np.asarray(self._remembered(("rows", state, e, rows), transformed))

    def precise_enough(self, state: str, e: int) -> bool:
        """Tell whether the error is small at every lifetime that matters, where it is judged."""
        relative = self.sampler.precision.relative
        return bool(
            self._remembered(
                ("precise", state, e), lambda: precise(self._judged(state, e), relative)
            )
        )

    def _judge(
        self, state: str, e: int, produced: Floats, exact: float, accepted: float
    ) -> tuple[float, int]:
        """As `physics.convergence.judge`, for one exchange of a member."""
        if exact == 0:
            return 1.0, DONE
        ratio, agree = agreement(produced, exact)
        enough = accepted >= LEAST_ACCEPTED and bool(np.isfinite(self._judged(state, e)).all())
        good = agree and enough and self.precise_enough(state, e)
        return ratio, DONE if good else NOT_CONVERGED

    def _judged(self, state: str, e: int) -> Floats:
        """Return the part of a response that has to be precise.

        The square of the Z', with its own decays, where there is one: all else are corrections to
        it, whose errors are quoted all the same.
        """
        modes = self.modes[state]
        own = [m for m, mode in enumerate(modes) if mode in (REAL, VIRTUAL)]
        weak = [m for m, mode in enumerate(modes) if mode != INTERFERENCE]
        first = self._square() * len(modes)
        return self._transformed(state, e, tuple(first + m for m in own or weak))

    def _rows(self, name: str) -> dict[str, list[tuple[int, int]]]:
        """Place of each mode of an experiment among its decays and in its state, by state."""
        found: dict[str, list[tuple[int, int]]] = {}
        for place, decay in enumerate(self.sampler.decays[name]):
            state, _, mode = decay.partition(":")
            if mode in self.modes.get(state, ()):
                found.setdefault(state, []).append((place, self.modes[state].index(mode)))
        return found

    def response(self, view: int) -> Response:
        """Summarise what one view answers."""
        e, x = self.sampler.places[view]
        member, precision = self.sampler.members[e], self.sampler.precision
        decays = len(self.sampler.decays[member.name])
        nodes, seconds = len(lifetime.CTAU_NODES_CM), len(self.sampler.seconds)
        rows = np.zeros((decays, 1, seconds, precision.replicates, nodes))
        acceptance = np.tile(np.eye(1, len(member.signature.steps) + 2), (decays, 1))
        n_produced = float(sum(self.exact[:, e, x].tolist()))
        ratio, status, n_eff, events = 1.0, DONE, 0.0, 0
        for state, places in self._rows(member.name).items():
            at = self.at_nodes(state, e)
            flow = self._acceptance(state, e, x)
            for place, mode in places:
                rows[place, 0] = at[x, mode]
                acceptance[place] = flow[mode]
            accepted = np.sum([t.accepted[e] for t in self.tallies[state]], axis=0)
            produced = self.mean(state, "produced", e)[:, x]
            ratio, found = self._judge(state, e, produced, n_produced, accepted[2])
            status = max(status, found)
            n_eff += float(accepted[0] ** 2 / accepted[1]) if accepted[1] > 0 else 0.0
            events += int(self.points[state][:, e].sum()) * precision.replicates
        return Response(
            replicates=rows,
            n_produced=n_produced,
            production_ratio=ratio,
            acceptance=acceptance,
            n_eff=n_eff,
            events=events,
            status=status,
        )

    def _acceptance(self, state: str, e: int, x: int) -> Floats:
        """Part of what an exchange produced that is left after each step, by mode."""
        steps, modes = len(self.sampler.members[e].signature.steps), len(self.modes[state])
        flow = self.mean(state, "flow", e)[x * modes : (x + 1) * modes, : steps + 2]
        # events are counted where they are lost
        left = np.cumsum(flow[:, steps::-1], axis=1)[:, ::-1]
        whole = self.mean(state, "produced", e)[:, x].sum()
        own = np.column_stack([left, flow[:, -1]])
        return own / whole if whole != 0 else np.zeros(own.shape)
