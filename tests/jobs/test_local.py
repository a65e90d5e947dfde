"""Workers on this machine say nothing about connections that are closed on purpose."""

import logging
from types import SimpleNamespace

import pytest
from bokeh.server.connection import ServerConnection
from distributed.client import ClosedClientError
from distributed.comm.core import CommClosedError

from jobs.clusters import client, load
from jobs.quiet import hide_closed_connections


def test_closed_connections_are_silent_and_other_faults_are_not(
    caplog: pytest.LogCaptureFixture,
) -> None:
    log = logging.getLogger("tornado.application")
    with client(load("local"), 1) as found:
        # a method of the standard library: workers need not be able to import this file
        level = found.submit(logging.getLogger("distributed").getEffectiveLevel)
        assert level.result(timeout=60) == logging.CRITICAL
        for fault in (CommClosedError("stream"), ClosedClientError("send"), ValueError("real")):
            log.error("callback", exc_info=(type(fault), fault, None))
    said = [r.exc_info[1] for r in caplog.records if r.name == log.name and r.exc_info]
    assert [type(fault) for fault in said] == [ValueError]


def test_pages_that_are_closed_early_are_silent(caplog: pytest.LogCaptureFixture) -> None:
    hide_closed_connections()
    page = SimpleNamespace(_session=None)  # not made yet
    for name in ("tornado.application", "bokeh.server.protocol_handler"):
        log = logging.getLogger(name)
        try:
            ServerConnection.session.fget(page)
        except AssertionError:
            log.exception("a page")
        try:
            raise AssertionError
        except AssertionError:
            log.exception("real")
    assert [record.message for record in caplog.records] == ["real", "real"]
