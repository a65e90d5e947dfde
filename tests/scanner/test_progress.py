import io

import pytest
from rich.console import Console

from scanner.execution import progress
from scanner.execution.progress import Bars, Lines, Tally


def feed(report: progress.Reporter, tally: Tally) -> None:
    report.start({"microboone+sbnd": tally}, "http://127.0.0.1:1234/status")
    for number in range(20):
        if number == 3:
            tally.failed += 1
            report.update("microboone+sbnd", "ValueError: [no] root")
        else:
            tally.done += 1
            report.update("microboone+sbnd", None)
    report.stop()


def test_a_log_gets_few_lines(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = iter(range(0, 1000, 2))
    monkeypatch.setattr(progress.time, "monotonic", lambda: float(next(clock)))
    stream = io.StringIO()
    feed(Lines(stream), Tally(25, done=5))
    lines = stream.getvalue().splitlines()
    assert lines[0] == "dashboard http://127.0.0.1:1234/status"
    assert "a block failed: ValueError: [no] root" in stream.getvalue()
    assert lines[-1].startswith("microboone+sbnd: 24/25 blocks, ")
    assert lines[-1].endswith(", 1 failed")
    counts = [line for line in lines if "blocks/s" in line]
    assert len(counts) <= 20 * 2 / progress.LOG_SECONDS + 1


def test_a_terminal_gets_a_bar() -> None:
    stream = io.StringIO()
    feed(Bars(Console(file=stream, force_terminal=True, width=120)), Tally(25, done=5))
    text = stream.getvalue()
    assert "microboone+sbnd" in text
    assert "25/25" in text
    assert "1 failed" in text
    assert "http://127.0.0.1:1234/status" in text


def test_choice_by_stream() -> None:
    assert isinstance(progress.reporter(io.StringIO()), Lines)


def test_failures_of_earlier_runs_do_not_count_for_the_rate() -> None:
    tally = Tally(10, done=2, failed=2)
    assert tally.seconds_left(5.0) is None
    tally.done += 3
    assert tally.seconds_left(6.0) == 6.0
