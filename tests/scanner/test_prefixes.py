"""One bar and one colour for each group of a scan."""

from itertools import pairwise

import dask.utils
import pytest
from distributed.utils import color_of, palette

import grids
from scanner.assembly.assemble import Scan
from scanner.execution.prefixes import task_prefixes


@pytest.mark.parametrize(
    "label", ["microboone+sbnd", "miniboone_fhc", "ps191", "t2k-2", "nd280 dif"]
)
def test_every_label_is_one_bar(label: str) -> None:
    # the second has the colour of the first if nothing is done about it
    for prefix in task_prefixes([label, *SAME]).values():
        keys = {f"{prefix}-{i:05d}-1795340925167215317" for i in (0, 7, 99999)}
        assert {dask.utils.key_split(key) for key in keys} == {prefix}


SAME = ["miniboone_fhc", "microboone+sbnd"]


def test_the_names_are_those_of_the_groups() -> None:
    found = task_prefixes(SAME)
    assert len({color_of(label) for label in SAME}) == 1
    assert [found[label].rstrip() for label in SAME] == SAME


@pytest.mark.parametrize("name", [name for name in grids.names() if grids.load(name).experiments])
def test_groups_of_a_scan_have_colours_that_differ(name: str) -> None:
    labels = [group.label for group in Scan.load(name).groups()]
    places = sorted(palette.index(color_of(p)) for p in task_prefixes(labels).values())
    apart = {1: 0, 2: 6, 3: 4, 6: 2}[len(labels)]
    assert all(high - low >= apart for low, high in pairwise(places))


def test_more_groups_than_colours() -> None:
    labels = [f"g{n}" for n in range(2 * len(palette))]
    found = task_prefixes(labels)
    assert list(found) == labels
    assert len({color_of(prefix) for prefix in found.values()}) == len(palette)
