"""Silence about connections that are closed on purpose."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from traceback import walk_tb

from distributed.comm.core import CommClosedError


def hide_closed_connections() -> None:
    """Drop complaints about connections that were closed while somebody waited for an answer.

    Also about pages of the dashboard, which people close while a busy scheduler still makes them.
    """
    for name in ("tornado.application", "bokeh.server.protocol_handler"):
        logging.getLogger(name).addFilter(_still_open)


def _still_open(record: logging.LogRecord) -> bool:
    """Whether a complaint is about anything else."""
    error = record.exc_info[1] if record.exc_info else None
    return error is None or not (_is_closed(error) or _of_a_page(error))


def _is_closed(error: BaseException) -> bool:
    """Whether an error says that a connection or a client was closed."""
    # the second kind is not in all versions of Dask
    return isinstance(error, CommClosedError) or type(error).__name__ == "ClosedClientError"


def _of_a_page(error: BaseException) -> bool:
    """Whether an error was raised for a page of the dashboard."""
    modules = (frame.f_globals.get("__name__", "") for frame, _ in walk_tb(error.__traceback__))
    return any(module.startswith("bokeh.server") for module in modules)


@contextmanager
def quiet() -> Iterator[None]:
    """Hide what Dask says inside a ``with`` statement that closes clients and clusters."""
    logger = logging.getLogger("distributed")
    names = [name for name in logging.root.manager.loggerDict if name.startswith("distributed")]
    loggers = [logger, *(logging.getLogger(name) for name in names)]
    levels = [each.level for each in loggers]
    for each in loggers:
        each.setLevel(logging.CRITICAL + 1)
    try:
        yield
    finally:
        for each, level in zip(loggers, levels, strict=True):
            each.setLevel(level)
