"""What is told about one point of an experiment that sees pairs of leptons from upscattering."""

from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from physics import lifetime
from physics.models import ProductionTerm
from physics.packing import nucleus_share
from physics.report import Report, Rows


class PairReport(Report):
    """Channels are projectile, volume, nucleus, regime and helicity; terms and modes are summed."""

    def cut_flow(self) -> Rows:
        """Events left after each step; decay in the decay volumes comes last."""
        signature = self.experiment.signature
        left, produced = np.zeros(len(signature.steps) + 2), 0.0
        for term, response in zip(self.terms, self.responses, strict=True):
            made = self.factors[term.name] * response.n_produced
            produced += made
            left += made * (self.branching @ response.acceptance)
        states = dict.fromkeys(decay.split(":")[0] for decay in self.decays)
        steps = [f"decays to {', '.join(states)}", *signature.steps, "efficiency"]
        return [
            {"step": "produced", "n": produced},
            *({"step": s, "n": float(n)} for s, n in zip(steps, left, strict=True)),
            {"step": "decays in the decay volume", "n": self.n_events},
        ]

    def final_states(self, n_produced: float) -> Rows:
        """Each final state; its efficiency includes the decay in the decay volumes."""
        rows = []
        for state in self.experiment.signature.final_states:
            own = np.array([decay.split(":")[0] == state for decay in self.decays], dtype=bool)
            if not own.any():
                continue
            branching = float(self.branching[own].sum())
            seen = float(self.by_decay[own].sum())
            decayed = n_produced * branching
            rows.append(
                {
                    "final_state": state,
                    "branching_ratio": branching,
                    "efficiency": seen / decayed if decayed else 0.0,
                    "n_events": seen,
                }
            )
        return rows

    @cached_property
    def by_decay(self) -> NDArray[np.float64]:
        """Selected events of each mode."""
        total = np.zeros(len(self.decays))
        for term, response in zip(self.terms, self.responses, strict=True):
            at = self.lifetimes.at(response.table.mean(-2)).sum(1)
            total += self.factors[term.name] * self.branching * at
        return total

    def channels(self) -> Rows:
        """Split produced and selected by projectile, volume, nucleus, regime and helicity."""
        found: dict[tuple[str, ...], list[float]] = {}
        for view, term in enumerate(self.terms):
            assert isinstance(term, ProductionTerm)
            for s, hit in enumerate(self.sampled.sampler.targets):
                self._stream(view, term, s, hit, found)
        names = ("projectile", "volume", "target", "regime", "helicity")
        return self.scaled(
            [
                {**dict(zip(names, key, strict=True)), "n_produced": made, "n_events": seen}
                for key, (made, seen) in found.items()
            ]
        )

    def _stream(
        self,
        view: int,
        term: ProductionTerm,
        s: int,
        hit: Any,
        found: dict[tuple[str, ...], list[float]],
    ) -> None:
        """Add one stream for one term."""
        sampler, sampled = self.sampled.sampler, self.sampled
        e, x = sampler.places[view]
        for row, (owner, volume) in enumerate(sampler.packed.volumes):
            if owner != e or sampler.counts[s][row] == 0:
                continue
            selected = self._selected(s, e, x, row) * sampler.counts[s][row]
            for name in volume.nuclei:
                share = self.factors[term.name] * nucleus_share(volume, name, hit.name)
                for p, projectile in enumerate(term.projectiles):
                    for h, helicity in enumerate(("conserving", "flipping")):
                        produced = float(sampled.exact_by_helicity[s, e, row, p, x, h])
                        if share == 0 or produced == 0:
                            continue
                        key = (projectile, volume.name, name, hit.regime, helicity)
                        total = found.setdefault(key, [0.0, 0.0])
                        total[0] += share * produced
                        total[1] += share * float(selected[p, h])

    def _selected(self, s: int, e: int, x: int, row: int) -> NDArray[np.float64]:
        """Sum selected events per target over all modes, by projectile and helicity."""
        sampled, total = self.sampled, np.zeros((2, 2))
        nodes = np.array(self.lifetimes.nodes[: len(sampled.seconds)])
        second = int(np.abs(nodes - float(self.lifetimes.second_cm)).argmin())
        for state, modes in sampled.modes.items():
            points = int(sampled.points[state][s, e]) * sampled.sampler.precision.replicates
            if points == 0:
                continue
            kept = sampled.tallies[state][s].channels[row][:, :, second]
            for m, mode in enumerate(modes):
                if f"{state}:{mode}" not in self.decays:
                    continue
                histogram = np.moveaxis(kept[:, :, :, x * len(modes) + m], -1, -2)
                at = lifetime.signed_at_ctau(histogram, self.ctau)
                total += float(self.branching[self.decays.index(f"{state}:{mode}")]) * at / points
        return total
