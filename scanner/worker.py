"""What happens to one block, wherever it runs: compute, write, mark."""

import time
from dataclasses import dataclass
from pathlib import Path

from scanner.blocks import Block, Evaluate, Layout
from scanner.regions import Regions


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
        Why it failed.
    """

    group: str
    index: int
    seconds: float
    error: str | None = None


class BlockRunner:
    """Computes and stores blocks with handles that stay open; picklable.

    Parameters
    ----------
    path : Path
        The store.
    layouts : dict of str to Layout
        Its groups.
    evaluate : Evaluate
        Computes a block.
    """

    def __init__(self, path: Path, layouts: dict[str, Layout], evaluate: Evaluate) -> None:
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
            With an error if `evaluate` failed; then the block is marked as failed.

        Raises
        ------
        OSError
            If the store cannot be written; then the block stays to do.
        """
        begin = time.monotonic()
        regions = self._open(block.group)
        known = regions.known(block)
        regions.start(block)
        try:
            values = regions.conform(block, self.evaluate(block, known))
        except Exception as error:  # noqa: BLE001 - one bad block must not stop the others
            message = describe(error)
            regions.fail(block, message)
            return Outcome(block.group, block.index, time.monotonic() - begin, message)
        regions.write(block, values)
        return Outcome(block.group, block.index, time.monotonic() - begin)

    def _open(self, group: str) -> Regions:
        """Open the handles of a group once."""
        if group not in self._regions:
            self._regions[group] = Regions(self.path, self.layouts[group])
        return self._regions[group]


def describe(error: BaseException) -> str:
    """Say what went wrong in one line.

    Parameters
    ----------
    error : BaseException
        What was raised.

    Returns
    -------
    str
        Kind and message.

    Examples
    --------
    >>> describe(ZeroDivisionError("division by zero"))
    'ZeroDivisionError: division by zero'
    """
    text = " ".join(str(error).split())
    return f"{type(error).__name__}: {text}" if text else type(error).__name__
