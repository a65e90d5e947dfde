"""What is told about one point of an experiment to which HNLs fly from the beam."""

from physics.in_flight.response import SampledView
from physics.report import Report, Rows


class FlightReport(Report):
    """Channels are beam mode, parent and lepton."""

    @property
    def _views(self) -> list[tuple[float, SampledView]]:
        """Coupling factor and sample of each term."""
        factors = [self.factors[term.name] for term in self.terms]
        views = self.sampled.views if self.terms else []
        return list(zip(factors, views, strict=True))

    def channels(self) -> Rows:
        """Split arriving and selected HNLs by beam mode, parent and lepton made with N."""
        found: dict[tuple[str, str, str], list[float]] = {}
        for factor, view in self._views:
            for s, source in enumerate(view.sources):
                seen = float(self.branching @ view.selected(s, self.ctau))
                for k, mode in enumerate(view.modes):
                    if view.exact[s, k] > 0:
                        # two- and three-body decays of one parent are one channel
                        key = (mode, source.decay.parent, source.decay.lepton)
                        total = found.setdefault(key, [0.0, 0.0])
                        total[0] += factor * float(view.exact[s, k])
                        total[1] += factor * float(view.exposures[s, k]) * seen
        names = ("beam_mode", "parent", "lepton")
        return self.scaled(
            [
                {**dict(zip(names, key, strict=True)), "n_produced": made, "n_events": seen}
                for key, (made, seen) in sorted(found.items())
            ]
        )

    def cut_flow(self) -> Rows:
        """HNLs that arrive, decay in the decay volume, to what is looked for, and are selected.

        What a cut leaves is that of long-lived HNLs.
        """
        signature = self.experiment.signature
        steps = [f"decays to {', '.join(signature.final_states)}", *signature.cut_names]
        arriving, inside, left = 0.0, 0.0, [0.0] * len(steps)
        for (factor, view), response in zip(self._views, self.responses, strict=True):
            decaying = factor * view.decaying(self.ctau)
            arriving += factor * float(view.exact.sum())
            inside += decaying
            for k in range(len(steps)):
                left[k] += decaying * float(self.branching @ response.acceptance[:, k])
        return [
            {"step": "produced", "n": arriving},
            {"step": "decays in the decay volume", "n": inside},
            *({"step": step, "n": n} for step, n in zip(steps, left, strict=True)),
            {"step": "efficiency", "n": self.n_events},
        ]

    def final_states(self, n_produced: float) -> Rows:
        """Each final state; its efficiency is that of decays in the decay volume."""
        return self.scaled([self._state(s) for s in self.experiment.signature.final_states])

    def _state(self, state: str) -> dict[str, float | str]:
        """Branching ratio, decays in the decay volume and selected events of one final state."""
        mine = [d for d, name in enumerate(self.decays) if name.split(":")[0] == state]
        ratio = float(self.branching[mine].sum())
        seen = inside = 0.0
        for factor, view in self._views:
            inside += factor * view.decaying(self.ctau) * ratio
            for s in range(len(view.sources)):
                each = self.branching[mine] @ view.selected(s, self.ctau)[mine]
                seen += factor * float(view.exposures[s].sum()) * float(each)
        return {
            "final_state": state,
            "branching_ratio": ratio,
            "efficiency": seen / inside if inside > 0 else 0.0,
            "n_events": seen,
        }
