"""A page about one run that opens without network: what workers did when, and for how long."""

import html
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

from distributed import Client, performance_report

from jobs.quiet import quiet
from scanner.blocks.split import describe
from scanner.storage.place import Place

PATIENCE_SECONDS = 60.0
"""Longest wait for the page at the end of a run."""

HURRY_SECONDS = 15.0
"""The same when it was interrupted: batch systems kill what is still there half a minute later."""


class Report:
    """Performance report of Dask on one run.

    Parameters
    ----------
    store : Place
        What is computed; the report lies beside it, or in this folder if the store is behind a URL.
        It replaces that of an earlier run.
    command : str
        What was run; shown in it.

    Examples
    --------
    >>> report = Report(Path("quickstart.zarr"), "hnlscan run quickstart")
    >>> str(report.path), report.words()
    ('quickstart-report.html', 'no performance report: no workers of Dask have computed anything')
    """

    def __init__(self, store: Place, command: str) -> None:
        folder = store.parent if isinstance(store, Path) else Path()
        self.path = folder / f"{store.stem}-report.html"
        self._command = command
        self._missing = "no workers of Dask have computed anything"

    @contextmanager
    def of(self, client: Client) -> Iterator[None]:
        """Record what happens inside a ``with`` statement, and write the report at its end.

        Whatever goes wrong with the report, the scan goes on.

        Parameters
        ----------
        client : distributed.Client
            Whose scheduler and workers.
        """
        part = self.path.with_name(f"{self.path.name}.partial")
        recording = performance_report(  # type: ignore[no-untyped-call]
            filename=str(part), mode="inline"
        )
        ask: Callable[..., None] = client.sync

        def begin() -> None:
            ask(recording.__aenter__, callback_timeout=PATIENCE_SECONDS)

        def end() -> None:
            ended = partial(recording.__aexit__, None, None, None, code=html.escape(self._command))
            ask(ended, callback_timeout=patience)
            part.replace(self.path)  # complete, or not there at all
            self._missing = ""

        begun = self._tried(client, begin)
        patience = HURRY_SECONDS
        try:
            yield
            patience = PATIENCE_SECONDS
        finally:
            if begun:
                self._tried(client, end)
            part.unlink(missing_ok=True)

    def words(self) -> str:
        """Say where the report is, or why there is none."""
        if self._missing:
            return f"no performance report: {self._missing}"
        return f"performance report: {self.path}"

    def _tried(self, client: Client, action: Callable[[], None]) -> bool:
        """Do something with the scheduler, and note why it could not be done."""
        try:
            with client.as_current(), quiet():
                action()
        except Exception as error:  # noqa: BLE001 - a scan does not fail for its report
            self._missing = f"it could not be made ({describe(error)})"
            return False
        return True
