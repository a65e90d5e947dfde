"""Silence about connections that are closed on purpose."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager

from distributed.comm.core import CommClosedError


def hide_closed_connections() -> None:
    """Drop complaints about connections that were closed while somebody waited for an answer."""
    logging.getLogger("tornado.application").addFilter(_still_open)


def _still_open(record: logging.LogRecord) -> bool:
    """Whether a complaint is about anything else."""
    return record.exc_info is None or not isinstance(record.exc_info[1], CommClosedError)


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
