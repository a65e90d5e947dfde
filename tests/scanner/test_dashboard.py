"""The dashboard of a running scan, and the report it leaves, in a real browser without network."""

import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
import toy_scan
from browser import Browser, Page, browser, needs_browser
from toy_scan import Toy, group, masses

from scanner.execution.progress import Silent
from scanner.execution.report import Report

pytestmark = needs_browser

M4 = masses(1000)
# Dask gives both the same colour if nothing is done about it
LABELS = {"microboone+sbnd", "miniboone_fhc"}
TASKS = ("key", "worker_thread", "duration")
"""Columns of a stream of tasks."""

ICON = "https://docs.dask.org/en/latest/_static/images/favicon.ico"


@dataclass
class Watched(Silent):
    """Looks at some pages of the dashboard while the scan runs, and then stops it."""

    browser: Browser
    pages: dict[str, set[str]]
    seen: dict[str, Page] = field(default_factory=dict)

    def start(self, tallies: object, dashboard: str | None) -> None:
        assert dashboard
        self.thread = threading.Thread(target=self.visit, args=(dashboard,))
        self.thread.start()

    def visit(self, dashboard: str) -> None:
        for page, tasks in self.pages.items():
            address = dashboard.replace("/status", page)
            self.seen[page] = self.browser.look(address, LABELS, tasks)

    def update(self, label: str, error: str | None) -> None:
        if not self.thread.is_alive():
            raise KeyboardInterrupt


@pytest.fixture(scope="module")
def chromium(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    with browser(tmp_path_factory.mktemp("chromium") / "profile") as running:
        yield running


def test_two_groups_live_and_afterwards(tmp_path: Path, chromium: Browser) -> None:
    oil = group(M4, name="bnb_mineral_oil", label="miniboone_fhc", digest="oil")
    report = Report(tmp_path / "scan.zarr", "hnlscan run scan")
    watched = Watched(chromium, {"/status": LABELS, "/individual-progress": set()})
    summary = toy_scan.run(
        tmp_path / "scan.zarr", [group(M4), oil], Toy(M4, seconds=0.1),
        workers=1, reporter=watched, report=report,
    )  # fmt: skip
    assert summary.exit_code == 3
    for page in watched.pages:
        seen = watched.seen[page]
        assert seen.documents == 1
        assert seen.canvases > 0
        assert seen.names >= LABELS
        assert seen.failed == []
    status = watched.seen["/status"]
    assert status.rows_with(*TASKS) > 0
    assert len({status.colours[label] for label in LABELS}) == 2
    assert watched.seen["/individual-progress"].rows_with("name", "all") >= len(LABELS)
    assert report.words() == f"performance report: {tmp_path / 'scan-report.html'}"
    offline(chromium, report.path)


def offline(chromium: Browser, path: Path) -> None:
    """Hold that a report is complete on a machine without network."""
    page = chromium.look(path.as_uri(), LABELS, LABELS)
    assert page.failed == []
    # the icon of the tab is all that is looked for elsewhere
    assert [url for url in page.requested if not url.startswith("file:")] in ([], [ICON])
    assert page.documents == 1
    assert page.canvases > 0
    assert page.rows_with(*TASKS) > 0
    assert page.names >= LABELS
