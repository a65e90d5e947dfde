"""What happens to one block, wherever it runs: compute, write, mark."""

import time
from dataclasses import dataclass
from functools import partial

from scanner.blocks.blocks import Arrays, Block, Evaluate, Layout
from scanner.blocks.split import Attempt, rescue
from scanner.execution.apart import evaluate_apart
from scanner.storage.place import Place
from scanner.storage.regions import Regions


@dataclass(frozen=True)
class Outcome:
    """Result of a block, small enough for the scheduler.

    Parameters
    ----------
    group, index : str, int
        Which block.
    seconds : float
        Time it took (s).
    error : str or None
        Why it, or the first point of it that failed, could not be computed.
    killed : bool
        Whether it brought down whoever computed it, so that nobody said so in the store.
    unwritten : bool
        Whether the store could not be written: then the block stays to do.
    """

    group: str
    index: int
    seconds: float
    error: str | None = None
    killed: bool = False
    unwritten: bool = False


class BlockRunner:
    """Computes and stores blocks with handles that stay open; picklable.

    Parameters
    ----------
    path : Place
        The store.
    layouts : dict of str to Layout
        Its groups.
    evaluate : Evaluate
        Computes a block.
    """

    def __init__(self, path: Place, layouts: dict[str, Layout], evaluate: Evaluate) -> None:
        self.path = path
        self.layouts = layouts
        self.evaluate = evaluate
        self._regions: dict[str, Regions] = {}

    def __getstate__(self) -> dict[str, object]:
        """Leave the open handles behind."""
        return {**self.__dict__, "_regions": {}}

    def run(self, block: Block) -> Outcome:
        """Compute one block and store it: data first, mark last.

        Parameters
        ----------
        block : Block
            What to compute.

        Returns
        -------
        Outcome
            With an error if points of it could not be computed; then the block is marked as
            failed, and what could be computed is kept.

        Raises
        ------
        OSError
            If the store cannot be written; then the block stays to do.
        """
        begin = time.monotonic()
        regions, known = self._begin(block)
        try:
            values = regions.conform(block, self.evaluate(block, known))
        except Exception as error:  # noqa: BLE001 - one bad block must not stop the others
            return self._rescue(block, known, self.evaluate, error, begin)
        regions.write(block, values)
        return Outcome(block.group, block.index, time.monotonic() - begin)

    def run_apart(self, block: Block, most_bytes: int | None) -> Outcome:
        """Compute a block that has brought workers down, each part in a process of its own.

        Parameters
        ----------
        block : Block
            What to compute.
        most_bytes : int or None
            Memory a process may take (bytes).

        Returns
        -------
        Outcome
            As of `run`.
        """
        begin = time.monotonic()
        _, known = self._begin(block)
        attempt = partial(evaluate_apart, self.evaluate, most_bytes=most_bytes)
        return self._rescue(block, known, attempt, None, begin)

    def _begin(self, block: Block) -> tuple[Regions, Arrays | None]:
        """Count an execution and read what is known already."""
        regions = self._open(block.group)
        known = regions.known(block)
        regions.start(block)
        return regions, known

    def _rescue(
        self,
        block: Block,
        known: Arrays | None,
        attempt: Attempt,
        first: Exception | None,
        begin: float,
    ) -> Outcome:
        """Compute the points that can be computed, and say which cannot."""
        regions = self._open(block.group)

        def conforming(part: Block, known: Arrays | None) -> Arrays:
            return regions.conform(part, attempt(part, known))

        spec = self.layouts[block.group].spec
        values, messages = rescue(spec, block, known, conforming, first)
        taken = time.monotonic() - begin
        if not messages:
            regions.write(block, values)
            return Outcome(block.group, block.index, taken)
        message = messages[0]
        if block.n_points > 1:
            message = f"{len(messages)} of {block.n_points} points failed: {message}"
        regions.fail(block, message, values)
        return Outcome(block.group, block.index, taken, message)

    def _open(self, group: str) -> Regions:
        """Open the handles of a group once."""
        if group not in self._regions:
            self._regions[group] = Regions(self.path, self.layouts[group])
        return self._regions[group]
