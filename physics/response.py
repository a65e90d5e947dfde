"""The response of experiments at one mass point: events for unit couplings against lifetime.

A view is an experiment with the projectiles of one production term t. Its response R_td(c tau) is
the number of selected events in final state d for unit coupling factor and unit branching ratio,
over the experiment's exposure: a pure function of the masses, the experiment, the sampling group,
the precision and the seed.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from physics import kernel, lifetime
from physics.convergence import judge, precise
from physics.packing import View, nuclei, pack
from physics.precision import Precision
from physics.quadrature import folded, tabulate
from physics.sampling import anchor, base_points, shifts, trained_map
from physics.streams import stream, targets

Floats = NDArray[np.float64]

LEAST_SHARE = 1 / 16
"""A stream gets at least this part of the events of the largest stream in its volume."""


@dataclass
class Response:
    """What one view answers at one mass point.

    Parameters
    ----------
    replicates : ndarray, shape (..., replicates, nodes)
        Response at `physics.lifetime.CTAU_NODES_CM` for unit factor, each replicate's estimate; of
        one decay, or by decay and counting channel, or by these and the lifetime of a second
        flight.
    n_produced : float
        Upscatterings in all target volumes, or HNLs that cross the face of the detector, for unit
        factor, by quadrature.
    production_ratio : float
        Sampled over exact production.
    acceptance : ndarray, shape (cuts + 2,) or (decays, cuts + 2)
        Part of the produced events left after each cut (the first entry is 1), and times the
        efficiency; before decay. For HNLs in flight part of the decays of long-lived ones.
    n_eff : float
        Effective number of selected events (sum w)^2 / sum w^2.
    events : int
        Points sampled over all streams and replicates.
    status : int
        1 done, 3 done but not converged.
    """

    replicates: Floats
    n_produced: float
    production_ratio: float
    acceptance: Floats
    n_eff: float
    events: int
    status: int

    @property
    def table(self) -> Floats:
        """Replicates: (decays, channels, lifetimes of a second flight, replicates, nodes)."""
        whole = self.replicates
        if whole.ndim == 2:
            return whole[None, None, None]
        return whole[:, :, None] if whole.ndim == 4 else whole

    @property
    def value(self) -> Floats:
        """Mean over replicates: the response at the lifetime nodes."""
        return self.replicates.mean(-2)

    @property
    def sdev(self) -> Floats:
        """Error of `value`, from the spread of the replicates."""
        return np.asarray(self.replicates.std(-2, ddof=1) / np.sqrt(self.replicates.shape[-2]))


class Sampler:
    """Samples the responses of experiments that share a sampling group.

    Parameters
    ----------
    views : sequence of (Experiment, ProductionTerm)
        All of one sampling group.
    polarised : bool
        Whether the HNL decays with its helicity's angular distribution (Dirac).
    precision : Precision
        How hard to sample.
    seed : int
        Root seed.
    """

    def __init__(
        self,
        views: Sequence[View],
        *,
        polarised: bool,
        precision: Precision,
        seed: int,
    ) -> None:
        self.views = tuple(views)
        self.polarised = polarised
        self.precision = precision
        self.seed = seed
        self.packed = pack(self.views)
        self.targets = targets(tuple({n for e, _ in self.views for n in nuclei(e)}))
        self.counts = np.array([self.packed.counts(hit) for hit in self.targets])
        self.envelope = self.views[0][0].neutrinos.envelope
        self.spectrum = np.array(self.envelope.energy_GeV), np.array([self.envelope.weight]).T
        self.group = self.views[0][0].beam.sampling_group
        edges = self.packed.detectors.volume_offset
        self.rows = [slice(int(a), int(b)) for a, b in pairwise(edges)]

    def respond(self, masses: Mapping[str, float], *, channels: bool = False) -> "Sampled":
        """Sample one mass point.

        Parameters
        ----------
        masses : mapping
            ``m4`` in GeV, rounded to 12 digits before any physics.
        channels : bool
            Also keep histograms by volume, projectile and helicity.

        Returns
        -------
        Sampled
            The responses and what they were made of.
        """
        point = Sampled(self, float(f"{masses['m4']:.12g}"), channels)
        active = np.asarray((point.exact > 0).any(axis=0))
        for level in range(self.precision.levels + 1):
            point.sample(level, active)
            for e in np.flatnonzero(active):
                active[e] = not point.precise_enough(int(e))
            if not active.any():
                break
        return point


class Sampled:
    """One mass point of a sampler: its exact production and its tallies.

    Parameters
    ----------
    sampler : Sampler
        What to sample.
    m4 : float
        HNL mass in GeV.
    channels : bool
        Whether to keep histograms by channel.
    """

    def __init__(self, sampler: Sampler, m4: float, channels: bool) -> None:
        self.sampler, self.m4 = sampler, m4
        low, high = sampler.envelope.energy_GeV[0], sampler.envelope.energy_GeV[-1]
        self.streams = [stream(hit, m4, low, high) for hit in sampler.targets]
        self.tables = [tabulate(m4, packed) for packed in self.streams]
        self.exact_by_helicity = np.array([self._exact(s) for s in range(len(self.streams))])
        # summed over a view's own rows one by one: other views must not change the last bit
        self.exact = np.array(
            [
                [sum(by_view[e, rows].ravel().tolist()) for e, rows in enumerate(sampler.rows)]
                for by_view in self.exact_by_helicity
            ]
        )
        self.halvings = self._halvings()
        self.points = np.zeros((len(self.streams), len(sampler.views)), dtype=np.int64)
        self.tallies = [self._tallies(channels) for _ in self.streams]
        self._at_nodes: dict[int, tuple[bytes, Floats]] = {}

    def _exact(self, s: int) -> Floats:
        """Production of a stream: (views, volumes, projectiles, helicities)."""
        counts, detectors = self.sampler.counts[s], self.sampler.packed.detectors
        shape = (len(self.sampler.views), len(counts), detectors.flux.shape[1], 2)
        result = np.zeros(shape)
        for e, rows in enumerate(self.sampler.rows):
            knots = slice(detectors.energy_offset[e], detectors.energy_offset[e + 1])
            per_target = folded(detectors.energy[knots], detectors.flux[knots], self.tables[s])
            result[e, rows] = counts[rows, None, None] * per_target
        return result

    def _halvings(self) -> NDArray[np.int64]:
        """How often to halve the events of each stream for each view: (streams, views).

        A stream's share is its rate over that of the largest stream in the volume where it matters
        most, with the envelope of the group as flux.
        """
        rates = np.array([folded(*self.sampler.spectrum, t).sum() for t in self.tables])
        by_volume = self.sampler.counts * rates[:, None]
        with np.errstate(invalid="ignore"):
            share = np.nan_to_num(by_volume / by_volume.max(0))
        largest = np.stack([share[:, rows].max(1) for rows in self.sampler.rows], axis=1)
        return np.floor(-np.log2(np.maximum(largest, LEAST_SHARE))).astype(np.int64)

    def _tallies(self, channels: bool) -> kernel.Tallies:
        sampler = self.sampler
        cuts = max(len(e.signature.selection) for e, _ in sampler.views)
        views, replicates = len(sampler.views), sampler.precision.replicates
        projectiles = sampler.packed.detectors.flux.shape[1]
        kept = (sampler.counts.shape[1], projectiles, 2) if channels else (0, 1, 1)
        return kernel.Tallies(
            histogram=np.zeros((views, replicates, 2, lifetime.BINS)),
            produced=np.zeros((views, replicates)),
            flow=np.zeros((views, cuts + 2)),
            accepted=np.zeros((views, 3)),
            channels=np.zeros((*kept, 2, lifetime.BINS)),
        )

    def sample(self, level: int, active: NDArray[np.bool_]) -> None:
        """Bring every active view to its points of a level, in every stream."""
        sampler = self.sampler
        for s, hit in enumerate(sampler.targets):
            wanted = (sampler.precision.events << level) >> self.halvings[s]
            present = np.array([sampler.counts[s][rows].any() for rows in sampler.rows])
            stops = np.where(active & present, wanted, self.points[s])
            if not (stops > self.points[s]).any() or self.streams[s].E_min >= self.streams[s].E_max:
                continue
            key = (sampler.seed, sampler.group, hit.name)
            kernel.sample(
                base_points(sampler.precision.events << level),
                shifts(*key, (self.m4,), sampler.precision.replicates),
                self.points[s],
                stops,
                self.m4,
                sampler.polarised,
                self.streams[s],
                trained_map(*key, anchor(self.m4), sampler.envelope),
                sampler.counts[s],
                sampler.packed.detectors,
                self.tallies[s],
            )
            self.points[s] = stops

    def mean(self, name: str, view: int) -> Floats:
        """Sum over streams of a tally of one view, per point of a replicate."""
        total = np.zeros_like(getattr(self.tallies[0], name)[view])
        for tally, points in zip(self.tallies, self.points[:, view], strict=True):
            if points > 0:
                total += getattr(tally, name)[view] / points
        return total

    def at_nodes(self, view: int) -> Floats:
        """Response of each replicate of a view at the lifetime nodes, from the events so far."""
        points = self.points[:, view].tobytes()
        if self._at_nodes.get(view, (b"",))[0] != points:
            self._at_nodes[view] = points, lifetime.at_nodes(self.mean("histogram", view))
        return self._at_nodes[view][1]

    def precise_enough(self, view: int) -> bool:
        """Tell whether the error is small at every lifetime that matters."""
        return precise(self.at_nodes(view), self.sampler.precision.relative)

    def _acceptance(self, view: int) -> Floats:
        """Cut flow over production; 1 and zeros when nothing is produced."""
        flow = self.mean("flow", view)[: len(self.sampler.views[view][0].signature.selection) + 2]
        return flow / flow[0] if flow[0] > 0 else np.eye(1, len(flow))[0]

    def response(self, view: int) -> Response:
        """Summarise what one view answers."""
        n_produced = float(sum(self.exact[:, view].tolist()))
        accepted = np.sum([t.accepted[view] for t in self.tallies], axis=0)
        rows, precision = self.at_nodes(view), self.sampler.precision
        produced = self.mean("produced", view)
        ratio, status = judge(rows, produced, n_produced, accepted[2], precision.relative)
        return Response(
            replicates=rows,
            n_produced=n_produced,
            production_ratio=ratio,
            acceptance=self._acceptance(view),
            n_eff=float(accepted[0] ** 2 / accepted[1]) if accepted[1] > 0 else 0.0,
            events=int(self.points[:, view].sum()) * precision.replicates,
            status=status,
        )
