"""The performance report: where it is, what it holds, and that no scan fails for it."""

import time
from pathlib import Path

import pytest
import toy_scan
from cli_calls import GRID, call
from toy_scan import Toy, group, masses

from jobs.clusters import client, load
from scanner.execution import report as report_module
from scanner.execution.report import Report
from scanner.storage.place import parse

M4 = masses(20)
NONE = "no performance report: no workers of Dask have computed anything"


@pytest.fixture
def grid(tmp_path: Path) -> Path:
    path = tmp_path / "small.toml"
    path.write_text(GRID)
    return path


def test_run_names_the_report_and_leaves_everything_else(grid: Path, tmp_path: Path) -> None:
    command = ("run", grid, "--out", tmp_path / "s.zarr", "--workers", "1", "--report", "--json")
    answer = call(*command)
    assert answer.code == 0, answer.err
    assert set(answer.document) == {"store", "blocks", "points", "seconds"}
    path = tmp_path / "s-report.html"
    assert answer.err.splitlines()[-1] == f"performance report: {path}"
    text = path.read_text()
    assert "hnlscan run" in text
    assert "miniboone_fhc" in text
    assert "cdn.bokeh.org" not in text
    again = call(*command)  # nothing is left to do
    assert (again.code, again.err.splitlines()[-1]) == (0, NONE)
    assert path.read_text() == text
    assert not list(tmp_path.glob("*.partial"))


@pytest.mark.parametrize("words", [("--workers", "0"), ("--cluster", "job-array")])
def test_without_dask_there_is_no_report(
    words: tuple[str, ...], grid: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HNLSCAN_SHARE", "0/1")
    answer = call("run", grid, "--out", tmp_path / "s.zarr", "--report", *words)
    assert answer.code == 0, answer.err
    assert answer.err.splitlines().count(NONE) == 1
    assert not list(tmp_path.glob("*.html*"))


def test_a_report_that_cannot_be_written_is_no_failure(tmp_path: Path) -> None:
    (tmp_path / "s-report.html").mkdir()
    report = Report(tmp_path / "s.zarr", "hnlscan run s")
    summary = toy_scan.run(tmp_path / "s.zarr", [group(M4)], Toy(M4), workers=1, report=report)
    assert summary.exit_code == 0
    assert report.words().startswith("no performance report: it could not be made (IsADirectory")
    assert [path.name for path in tmp_path.glob("*report*")] == ["s-report.html"]


def test_the_report_on_a_store_behind_a_url_is_here() -> None:
    assert Report(parse("s3://bucket/run/scan.zarr"), "").path == Path("scan-report.html")


def test_the_scheduler_is_gone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(report_module, "HURRY_SECONDS", 2.0)
    report = Report(tmp_path / "s.zarr", "hnlscan run s")
    with (
        client(load("local"), 1) as connected,
        pytest.raises(KeyboardInterrupt),
        report.of(connected),
    ):
        connected.cluster.close()
        begin = time.monotonic()
        raise KeyboardInterrupt
    assert time.monotonic() - begin < 60
    assert report.words().startswith("no performance report: it could not be made (")
    assert not list(tmp_path.glob("*"))


@pytest.mark.parametrize(
    ("words", "complaint"),
    [
        (("--listen", "0.0.0.0"), "--listen 0.0.0.0 needs certificates"),
        (("--listen", "127.0.0.2", "--tls", "none"), "python -m jobs.tls none"),
    ],
)
def test_no_listening_without_certificates(
    words: tuple[str, ...], complaint: str, grid: Path, tmp_path: Path
) -> None:
    answer = call("run", grid, "--out", tmp_path / "s.zarr", *words)
    assert answer.code == 1
    [line] = answer.err.splitlines()
    assert complaint in line
    assert not (tmp_path / "s.zarr").exists()
