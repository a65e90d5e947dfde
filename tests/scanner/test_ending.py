"""A run ends before its time is over, and another goes on."""

import time
from pathlib import Path

import pytest
import toy_scan
from toy_scan import IDENTITY, Toy, group, masses, sha256

from physics.errors import InputError
from scanner.execution.ending import Clock, seconds_of
from scanner.storage import store

M4 = masses(60)


def executions(path: Path) -> list[int]:
    with store.open_or_create(path, [group(M4)], IDENTITY) as opened:
        return [int(n) for n in opened.regions("bnb_argon").executions()]


@pytest.mark.parametrize(("workers", "seconds"), [(0, 8.0), (2, 20.0)])
def test_a_run_ends_in_time_and_goes_on(tmp_path: Path, workers: int, seconds: float) -> None:
    path = tmp_path / "scan.zarr"
    begin = time.monotonic()
    clock = Clock(seconds)
    summary = toy_scan.run(
        path, [group(M4)], Toy(M4, seconds=seconds / 20), workers=workers, clock=clock
    )
    assert time.monotonic() - begin < seconds + 2.0
    assert summary.exit_code == 3
    assert "time" in summary.interrupted
    assert 1 < summary.done < 60
    # nothing was begun that could not be ended
    assert sum(executions(path)) == summary.done
    assert clock.longest > seconds / 20
    with store.open_or_create(path, [group(M4)], IDENTITY) as opened:
        last = opened.attrs["runs"][-1]
        assert last["ended"] == "interrupted"
        assert last["longest_block_seconds"] == clock.longest
    assert toy_scan.run(path, [group(M4)], Toy(M4)).exit_code == 0
    assert executions(path) == [1] * 60
    toy_scan.run(tmp_path / "whole.zarr", [group(M4)], Toy(M4))
    assert sha256(path) == sha256(tmp_path / "whole.zarr")


def test_a_block_that_is_too_long_is_stopped(tmp_path: Path) -> None:
    path = tmp_path / "scan.zarr"
    begin = time.monotonic()
    summary = toy_scan.run(path, [group(M4)], Toy(M4, seconds=30.0), workers=0, clock=Clock(2.0))
    assert time.monotonic() - begin < 5.0
    assert (summary.exit_code, summary.done) == (3, 0)
    assert summary.interrupted == "the time was over"


@pytest.mark.parametrize("text", ["", "90", "1:2:3:4", "1:xx", "-1:00", "1:00:00-2"])
def test_wrong_times_are_explained(text: str) -> None:
    with pytest.raises(InputError, match="write hours, minutes and seconds"):
        seconds_of(text)
