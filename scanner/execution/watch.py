"""Notice that a cluster is gone, which a client that waits for its workers would never tell."""

import threading
from types import TracebackType
from typing import Any, Self

from distributed import Client, Future

CHECK_SECONDS = 2.0
"""How often the scheduler is asked."""

ALONE_SECONDS = 300.0
"""Longest time without a single worker: batch systems replace lost jobs within minutes."""


class EngineLostError(RuntimeError):
    """Nothing is left that could compute blocks; what is done is kept."""


class Watch:
    """Asks the scheduler now and then; if it is gone, or alone, all futures are cancelled.

    Parameters
    ----------
    client : distributed.Client
        Whose scheduler.
    """

    def __init__(self, client: Client) -> None:
        self._client = client
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self.lost = ""

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._stop.set()

    def reason(self) -> str:
        """Why nothing can be computed any more."""
        return self.lost or "the scheduler is gone"

    def _run(self) -> None:
        """Look until told to stop."""
        alone = 0.0
        while not self._stop.wait(CHECK_SECONDS):
            try:
                workers = len(self._client.nthreads())  # type: ignore[no-untyped-call]
            except Exception:  # noqa: BLE001 - however it fails, it does not answer
                self._give_up("the scheduler is gone")
                return
            alone = 0.0 if workers else alone + CHECK_SECONDS
            if alone >= ALONE_SECONDS:
                self._give_up(f"no worker has been there for {ALONE_SECONDS:g} s")
                return

    def _give_up(self, why: str) -> None:
        """Let whoever waits for results go on."""
        if self._stop.is_set():
            return
        self.lost = why
        futures: list[Any] = [Future(key, self._client) for key in list(self._client.futures)]
        self._client.cancel(futures, force=True)  # type: ignore[no-untyped-call]
