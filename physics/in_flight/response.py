"""The response of experiments to HNLs from the beam, at one mass point.

A view is an experiment with one production term. Its response R is the number of selected events
for unit |U|^2 in production and unit branching ratio, by decay and counting channel, against
lifetime: a pure function of the mass, the experiment, the precision and the seed.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from physics import lifetime
from physics.convergence import judge, precise
from physics.experiments.schema import Experiment, MassEfficiency
from physics.hnl_decay import Shape, shape
from physics.in_flight.detector import detector
from physics.in_flight.kernel import MOMENTS, Stream, Tallies, sample
from physics.in_flight.sources import Source, Sources
from physics.models import MixingTerm
from physics.precision import Precision
from physics.response import LEAST_SHARE, Response
from physics.sampling import base_points, shifts

Floats = NDArray[np.float64]
View = tuple[Experiment, MixingTerm]


class FlightSampler:
    """Samples the responses of experiments to HNLs from their beams.

    Parameters
    ----------
    views : sequence of (Experiment, MixingTerm)
        What to answer.
    decays : mapping of str to sequence of str
        By experiment, the decays "state:flavour" of N that count. Their number decides nothing but
        how many responses there are, unless the experiment selects by what is visible.
    polarised : bool
        Whether the decays of N know its spin (Dirac).
    precision : Precision
        How hard to sample.
    seed : int
        Root seed.
    """

    def __init__(
        self,
        views: Sequence[View],
        *,
        decays: Mapping[str, Sequence[str]],
        polarised: bool,
        precision: Precision,
        seed: int,
    ) -> None:
        self.views = tuple(views)
        self.decays = {name: tuple(found) for name, found in decays.items()}
        self.polarised = polarised
        self.precision = precision
        self.seed = seed
        self.sources = {e.name: Sources(e.parents, e.flux_method, seed) for e, _ in self.views}

    def respond(self, masses: Mapping[str, float], *, channels: bool = False) -> "FlightSampled":
        """Sample one mass point.

        Parameters
        ----------
        masses : mapping
            ``m4`` in GeV, rounded to 12 digits before any physics.
        channels : bool
            Has no effect: what channels need is always kept.

        Returns
        -------
        FlightSampled
            The responses and what they were made of.
        """
        mass = float(f"{masses['m4']:.12g}")
        return FlightSampled([self._view(view, mass) for view in self.views])

    def _view(self, view: View, m4: float) -> "SampledView":
        experiment, term = view
        found = SampledView(self, experiment, self.sources[experiment.name].at(m4, term.lepton), m4)
        for level in range(self.precision.levels + 1):
            found.sample(level)
            if found.precise_enough():
                break
        return found


class SampledView:
    """One experiment at one mass point: the streams of its beam and their tallies.

    Parameters
    ----------
    sampler : FlightSampler
        What to sample.
    experiment : Experiment
        The detector and analysis.
    sources : list of Source
        Streams that are open.
    m4 : float
        HNL mass in GeV.
    """

    def __init__(
        self, sampler: FlightSampler, experiment: Experiment, sources: list[Source], m4: float
    ) -> None:
        self.sampler, self.experiment, self.sources, self.m4 = sampler, experiment, sources, m4
        self.detector = detector(experiment)
        self.shapes = self._shapes()
        # POT of each mode (columns) for each stream (rows), with the factor of the mode
        self.exposures = np.array(
            [[self._exposure(s, mode) for mode in self.modes] for s in sources]
        ).reshape(len(sources), len(self.modes))
        crossing = self.detector.area * np.array([s.arriving for s in sources])
        self.exact = self.exposures * crossing[:, None]
        self.points = np.zeros(len(sources), dtype=np.int64)
        self.tallies = [self._tallies() for _ in sources]
        self._at_nodes: Floats | None = None

    @cached_property
    def modes(self) -> tuple[str, ...]:
        """Modes of the beam that the experiment was exposed to."""
        given = self.experiment.exposure_pot
        return tuple(given) if isinstance(given, dict) else ()

    @property
    def decays(self) -> tuple[str, ...]:
        """Decays of N that the responses are for."""
        return self.sampler.decays[self.experiment.name]

    def _shapes(self) -> tuple[Shape, ...]:
        if not self.experiment.signature.selection:
            return ()
        parts = (decay.partition(":") for decay in self.decays)
        return tuple(shape(state, flavour, self.m4) for state, _, flavour in parts)

    def _exposure(self, source: Source, mode: str) -> float:
        given = self.experiment.exposure_pot
        assert isinstance(given, dict)
        factor = self.experiment.parents.modes[mode].factor
        return given[mode] * factor(source.decay.parent, self.m4)

    def _tallies(self) -> Tallies:
        replicates, rows = self.sampler.precision.replicates, max(1, len(self.shapes))
        return Tallies(
            histogram=np.zeros((replicates, rows, MOMENTS, lifetime.BINS)),
            produced=np.zeros(replicates),
            flow=np.zeros((rows, len(self.detector.cuts) + 1)),
            accepted=np.zeros(3),
        )

    def sample(self, level: int) -> None:
        """Bring every stream to its points of a level, the smaller ones to fewer."""
        share, points = self.exact.sum(1), base_points(self.sampler.precision.events << level)
        for s, source in enumerate(self.sources):
            part = max(share[s] / share.max(), LEAST_SHARE) if share.max() > 0 else 1.0
            self._sample(s, source, points[: len(points) >> int(-np.log2(part))])
        self._at_nodes = None

    def _sample(self, s: int, source: Source, points: Floats) -> None:
        sampler, method = self.sampler, self.experiment.flux_method
        alignment = 1.0 if sampler.polarised else 0.0
        channel = f"{method} {source.decay.name}"
        replicates = sampler.precision.replicates
        group = self.experiment.beam.sampling_group
        sample(
            points,
            shifts(sampler.seed, group, channel, (self.m4,), replicates),
            int(self.points[s]),
            len(points),
            Stream(self.m4, alignment, source.parent, source.mapping, source.intensity),
            self.detector,
            self.shapes,
            self.tallies[s],
        )
        self.points[s] = len(points)

    def efficiency(self, lepton: str) -> Floats:
        """Efficiency of each decay at this mass; 0 for final states that do not count."""
        signature = self.experiment.signature
        assert isinstance(signature.efficiency, MassEfficiency)
        return np.array(
            [
                signature.efficiency.at(lepton, state, self.m4) * (state in signature.final_states)
                for state in (decay.split(":")[0] for decay in self.decays)
            ]
        )

    def rows(self, s: int) -> Floats:
        """Response of a stream per POT and for full efficiency: (decays, replicates, nodes)."""
        kept = self.tallies[s].histogram / self.points[s]
        replicates, rows = kept.shape[:2]
        at = lifetime.at_nodes(kept.reshape(-1, *kept.shape[2:])).reshape(replicates, rows, -1)
        return np.broadcast_to(at.swapaxes(0, 1), (len(self.decays), replicates, at.shape[-1]))

    def selected(self, s: int, ctau_cm: float) -> Floats:
        """Return the HNLs of a stream selected per POT and unit mixing, by decay, at a lifetime."""
        kept = self.tallies[s].histogram.mean(0) / self.points[s]
        at = np.broadcast_to(lifetime.at_ctau(kept, ctau_cm), (len(self.decays),))
        return np.asarray(at * self.efficiency(self.sources[s].decay.lepton))

    def decaying(self, ctau_cm: float) -> float:
        """HNLs that decay in the decay volume, whatever to, for unit mixing, at one lifetime.

        Taken from the decay that the selection keeps most of, over the part that it keeps.
        """
        total = 0.0
        for s, tally in enumerate(self.tallies):
            kept = lifetime.at_ctau(tally.histogram.mean(0), ctau_cm) / self.points[s]
            whole = np.where(tally.flow[:, 0] > 0, tally.flow[:, 0], 1.0)
            passed = tally.flow[:, -1] / whole
            best = int(passed.argmax())
            if passed[best] > 0:
                total += float(self.exposures[s].sum() * kept[best] / passed[best])
        return total

    def at_nodes(self) -> Floats:
        """Response at the lifetime nodes: (decays, channels, replicates, nodes)."""
        if self._at_nodes is None:
            self._at_nodes = self._transformed()
        return self._at_nodes

    def _transformed(self) -> Floats:
        channels = self.experiment.signature.channels
        nodes, replicates = len(lifetime.CTAU_NODES_CM), self.sampler.precision.replicates
        total = np.zeros((len(self.decays), len(channels), replicates, nodes))
        for s, source in enumerate(self.sources):
            seen = self.efficiency(source.decay.lepton)[:, None, None] * self.rows(s)
            for c, channel in enumerate(channels):
                pot = sum(self.exposures[s, self.modes.index(mode)] for mode in channel.modes)
                total[:, c] += pot * seen
        return total

    def precise_enough(self) -> bool:
        """Tell whether the error is small at every lifetime that matters."""
        return precise(self.at_nodes(), self.sampler.precision.relative)

    def _produced(self) -> Floats:
        """HNLs that cross the face, for unit mixing, from each replicate."""
        total = np.zeros(self.sampler.precision.replicates)
        for s, tally in enumerate(self.tallies):
            total += self.exposures[s].sum() * tally.produced / self.points[s]
        return total

    def _acceptance(self) -> Floats:
        """Part of the decays in the volume left after each cut and the efficiency, by decay."""
        flow = np.zeros((len(self.decays), len(self.detector.cuts) + 1))
        seen = np.zeros(len(self.decays))
        for s, (source, tally) in enumerate(zip(self.sources, self.tallies, strict=True)):
            each = self.exposures[s].sum() * tally.flow / self.points[s]
            flow += each
            seen += each[:, -1] * self.efficiency(source.decay.lepton)
        steps = np.column_stack([flow, seen])
        whole = np.where(steps[:, :1] > 0, steps[:, :1], 1.0)
        return np.where(steps[:, :1] > 0, steps / whole, np.eye(1, steps.shape[1]))

    def response(self) -> Response:
        """Summarise what the experiment answers."""
        n_produced = float(self.exact.sum())
        accepted = (
            np.sum([t.accepted for t in self.tallies], axis=0) if self.tallies else np.zeros(3)
        )
        rows, precision = self.at_nodes(), self.sampler.precision
        ratio, status = judge(rows, self._produced(), n_produced, accepted[2], precision.relative)
        return Response(
            replicates=rows,
            n_produced=n_produced,
            production_ratio=ratio,
            acceptance=self._acceptance(),
            n_eff=float(accepted[0] ** 2 / accepted[1]) if accepted[1] > 0 else 0.0,
            events=int(self.points.sum()) * precision.replicates,
            status=status,
        )


@dataclass(frozen=True)
class FlightSampled:
    """One mass point of a sampler.

    Parameters
    ----------
    views : list of SampledView
        In the order of the sampler's.
    """

    views: list[SampledView]

    def response(self, view: int) -> Response:
        """Summarise what one view answers."""
        return self.views[view].response()
