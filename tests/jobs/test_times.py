"""Times within a walltime."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jobs import times
from jobs.times import ORDERLY_SECONDS, clock, ends, parse
from physics.errors import InputError
from scanner.blocks import plan


def test_the_default_is_what_planning_aims_at() -> None:
    assert times.BLOCK_SECONDS == plan.MAX_SECONDS


@given(st.integers(1, 10**7), st.floats(0.001, 3000.0))
def test_everything_ends_in_time_and_in_order(walltime: int, block: float) -> None:
    try:
        found = ends(walltime, block)
    except InputError:
        assert walltime < 2 * ORDERLY_SECONDS + 12 * (block + 1)
        return
    assert found.stagger >= block
    # the last worker has a block and an orderly end left, the client ends before it is warned
    assert found.lifetime + found.stagger + block + ORDERLY_SECONDS <= walltime
    assert found.warning >= block + ORDERLY_SECONDS
    assert found.run + block + ORDERLY_SECONDS <= walltime - found.warning
    assert found.run >= 10 * block
    assert found.lifetime - found.stagger > 0


def test_a_short_walltime_is_refused_with_one_that_works() -> None:
    with pytest.raises(InputError, match=r"of 00:05:00 is too short for blocks of 31 s.*00:08:12"):
        ends(300, 30.5)
    ends(8 * 60 + 12, 30.5)


@given(st.integers(1, 10**7))
def test_clock_and_parse_are_inverse(seconds: int) -> None:
    assert parse(clock(seconds)) == seconds


@pytest.mark.parametrize("text", ["", "90", "1:00", "1:60:00", "00:00:00", "1h", "-1:00:00", "x"])
def test_no_walltime(text: str) -> None:
    assert parse(text) is None
