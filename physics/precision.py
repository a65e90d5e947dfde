"""How hard to sample."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Precision:
    """How hard to sample.

    Parameters
    ----------
    relative : float
        Error wanted at the worst lifetime that matters.
    replicates : int
        Independent randomisations, at least 16.
    events : int
        Points per replicate of the largest stream to begin with, a power of two; doubled while the
        view's own error is above `relative`.
    max_events : int
        Most points per stream and mass, over all replicates.
    """

    relative: float = 0.01
    replicates: int = 16
    events: int = 512
    max_events: int = 131072

    @property
    def levels(self) -> int:
        """Number of doublings until the cap.

        Examples
        --------
        >>> Precision(replicates=16, events=512, max_events=131072).levels
        4
        """
        return max(0, (self.max_events // (self.replicates * self.events)).bit_length() - 1)
