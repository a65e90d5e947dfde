"""Costs from a few blocks, with a clock that only the work moves."""

import math

import numpy as np
import pytest
from toy_scan import IDENTITY, Toy, group, masses

from physics.errors import InputError
from scanner.blocks import plan
from scanner.blocks.blocks import ArraySpec, GroupSpec, Layout
from scanner.execution import forecast, pilot
from scanner.execution.forecast import Rehearsal
from scanner.execution.pilot import Usage
from scanner.storage import store

FIRST = 1000.0
"""What loading of compiled code would cost: the first block of a process."""


class Work:
    """A toy whose blocks take a time that depends on their masses, by its own clock."""

    def __init__(self, m4, cost):
        self.toy, self.cost, self.now, self.started = Toy(m4), cost, 0.0, False

    def __call__(self, block, known):
        self.now += sum(self.cost(m) for m in self.toy.m4[block.slices[0]])
        self.now += 0.0 if self.started else FIRST
        self.started = True
        return self.toy(block, known)

    def clock(self):
        return self.now


def rehearse(folder, m4, cost, pilots=pilot.PILOTS, block_points=None):
    """Time the pilots of the toy group."""
    layout = plan.layout(group(m4, block_points=block_points))
    kept = tuple(m4[i] for i in pilot.positions(layout, pilots)["m4"])
    small = group(kept, block_points=math.prod(layout.block_shape))
    work = Work(kept, cost)
    with store.open_or_create(folder / "toy.zarr", [small], IDENTITY) as opened:
        cut = opened.layouts["bnb_argon"]
        blocks = pilot.time_blocks(opened.path, cut, work, work.clock)
    used = pilot.usage(folder / "toy.zarr")
    return Rehearsal(layout, tuple(blocks), 0.0, 0.0, used, used)


def test_equal_blocks_are_foretold_exactly_and_the_first_costs_nothing_more(tmp_path):
    found = rehearse(tmp_path, masses(240), lambda m: 0.5)
    assert found.layout.block_shape == (7,)
    assert [points for points, _ in found.blocks] == [7] * 6
    assert found.core_seconds == pytest.approx(120.0)
    assert found.longest == pytest.approx(3.5)


@pytest.mark.parametrize("power", [-2.0, 1.0, 3.0])
def test_costs_that_change_by_orders_of_magnitude_are_foretold_to_a_third(tmp_path, power):
    m4 = masses(240)
    found = rehearse(tmp_path, m4, lambda m: m**power)
    assert found.core_seconds == pytest.approx(sum(m**power for m in m4), rel=0.33)


def test_more_pilots_foretell_better_and_all_exactly(tmp_path):
    m4 = masses(240)
    true = sum(m**3 for m in m4)
    errors = []
    for pilots in (4, 12, 35):
        folder = tmp_path / str(pilots)
        folder.mkdir()
        found = rehearse(folder, m4, lambda m: m**3, pilots)
        errors.append(abs(found.core_seconds / true - 1))
    assert errors[0] > errors[1] > errors[2]
    assert errors[2] < 1e-12


def test_pilots_of_a_plane_are_blocks_inside_it():
    axes = {"m4": tuple(range(1, 26)), "mzprime": tuple(range(1, 26))}
    layout = Layout(GroupSpec("g", "g", axes, (ArraySpec("rate"),)), (4, 4))
    chosen = pilot.positions(layout)
    assert chosen == {"m4": [4, 5, 6, 7, 12, 13, 14, 15, 20, 21, 22, 23], "mzprime": chosen["m4"]}


def test_an_axis_in_one_block_takes_no_pilots_from_the_others():
    axes = {"m4": tuple(range(1, 101)), "m5": (1.0, 2.0)}
    layout = Layout(GroupSpec("g", "g", axes, (ArraySpec("rate"),)), (1, 2))
    chosen = pilot.positions(layout)
    assert len(chosen["m4"]) == pilot.PILOTS
    assert chosen["m5"] == [0, 1]


def test_a_pilot_that_fails_stops_the_plan(tmp_path):
    m4 = masses(3)
    with (
        store.open_or_create(tmp_path / "toy.zarr", [group(m4)], IDENTITY) as opened,
        pytest.raises(InputError, match=r"pilot block of microboone\+sbnd failed: .*is broken"),
    ):
        toy = Toy(m4, broken=frozenset(m4))
        pilot.time_blocks(opened.path, opened.layouts["bnb_argon"], toy)


def test_files_and_bytes_are_those_of_the_whole_store(tmp_path):
    m4 = masses(320)
    found = rehearse(tmp_path, m4, lambda m: 1.0)
    path = tmp_path / "whole.zarr"
    with store.open_or_create(path, [group(m4, block_points=None)], IDENTITY) as opened:
        layout = opened.layouts["bnb_argon"]
        pilot.time_blocks(path, layout, Toy(m4))
    whole = pilot.usage(path)
    assert found.files == whole.files
    assert found.scale * found.scanned.data == pytest.approx(whole.data, rel=0.1)
    values = [np.asarray(a) for a in Toy(m4)(layout.block(0), None).values()]
    assert forecast.array_bytes(found.layout, 10) == sum(a.nbytes for a in values)


def rehearsal(seconds, end=0.0):
    layout = Layout(group(masses(len(seconds))), (1,))
    blocks = tuple((1, s) for s in seconds)
    return Rehearsal(layout, blocks, 0.0, end, Usage(0, 0, 0), Usage(0, 0, 0))


def test_workers_share_the_blocks_but_do_not_cut_the_longest():
    both = [rehearsal([1.0, 2.0, 3.0], end=0.5), rehearsal([4.0])]
    assert forecast.core_seconds(both) == 10.0
    assert forecast.wall_seconds(both, 1.0, 1) == 2.0 + 10.0 + 0.5
    assert forecast.wall_seconds(both, 1.0, 2) == 2.0 + 5.0 + 0.5
    assert forecast.wall_seconds(both, 1.0, 100) == 2.0 + 4.0 + 0.5


def test_what_does_not_fit_is_said_of_the_budget_and_of_the_disk():
    assert forecast.excesses(10, 10, 10, "here") == []
    assert len(forecast.excesses(11, 10, 20, "here")) == 1
    assert "are free in here" in forecast.excesses(11, 20, 10, "here")[0]
    assert len(forecast.excesses(11, 10, 10, "here")) == 2
