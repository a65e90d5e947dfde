"""What is told about one point of an experiment in which neutrinos scatter into HNLs."""

from typing import Any

import numpy as np

from physics import lifetime
from physics.models import ProductionTerm
from physics.packing import nucleus_share
from physics.report import Report, Rows


class UpscatteringReport(Report):
    """Channels are projectile, volume, nucleus, regime and helicity."""

    def cut_flow(self) -> Rows:
        """Events left after each step; decay in the decay volume comes last."""
        signature = self.experiment.signature
        cuts, branching = signature.cut_names, float(self.branching.sum())
        left = np.zeros(len(cuts) + 2)
        for term, response in zip(self.terms, self.responses, strict=True):
            left += self.factors[term.name] * response.n_produced * response.acceptance
        steps = [f"decays to {signature.final_states[0]}", *cuts, "efficiency"]
        return [
            {"step": "produced", "n": float(left[0])},
            *({"step": s, "n": float(n) * branching} for s, n in zip(steps, left, strict=True)),
            {"step": "decays in the decay volume", "n": self.n_events},
        ]

    def final_states(self, n_produced: float) -> Rows:
        """Return the one final state; its efficiency includes the decay in the decay volume."""
        branching = float(self.branching.sum())
        decayed = n_produced * branching
        return [
            {
                "final_state": self.experiment.signature.final_states[0],
                "branching_ratio": branching,
                "efficiency": self.n_events / decayed if decayed else 0.0,
                "n_events": self.n_events,
            }
        ]

    def channels(self) -> Rows:
        """Split produced and selected by projectile, volume, nucleus, regime and helicity."""
        rows: Rows = []
        for view, term in enumerate(self.terms):
            assert isinstance(term, ProductionTerm)
            for s, hit in enumerate(self.sampled.sampler.targets):
                rows += self._stream(view, term, s, hit)
        return self.scaled(rows)

    def _stream(self, view: int, term: ProductionTerm, s: int, hit: Any) -> Rows:
        """Channels of one stream for one term; events still for unit branching ratio."""
        sampler, points = self.sampled.sampler, self.sampled.points[s, view]
        replicates, factor = sampler.precision.replicates, self.factors[term.name]
        rows = []
        for row, (owner, volume) in enumerate(sampler.packed.volumes):
            if owner != view or sampler.counts[s][row] == 0:
                continue
            kept = lifetime.at_ctau(self.sampled.tallies[s].channels[row], self.ctau)
            selected = kept * sampler.counts[s][row] / max(1, points * replicates)
            for name in volume.nuclei:
                share = factor * nucleus_share(volume, name, hit.name)
                for p, projectile in enumerate(term.projectiles):
                    for h, helicity in enumerate(("conserving", "flipping")):
                        produced = self.sampled.exact_by_helicity[s, view, row, p, h]
                        if share > 0 and produced > 0:
                            rows.append(
                                {
                                    "projectile": projectile,
                                    "volume": volume.name,
                                    "target": name,
                                    "regime": hit.regime,
                                    "helicity": helicity,
                                    "n_produced": float(produced) * share,
                                    "n_events": float(selected[p, h]) * share,
                                }
                            )
        return rows
