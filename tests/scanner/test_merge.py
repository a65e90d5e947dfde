"""Stores that take over from others: every point once, the same bits, and refusals in words."""

import json
import shutil
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import toy_scan
import zarr
from toy_scan import IDENTITY, Toy, group, masses, sha256

from grids.axes import log
from physics.errors import InputError
from scanner.blocks.blocks import GroupSpec
from scanner.execution import execute
from scanner.growing import known, merge
from scanner.growing.extend import extend
from scanner.storage import seal, store, swap
from scanner.storage.identity import IdentityError
from scanner.storage.regions import Regions
from scanner.storage.status import status

LOW, HIGH = log(0.01, 0.1, 7), log(0.2, 1.0, 6)
BOTH = (*LOW, *HIGH)
ONE, TWO = ("microboone",), ("icarus", "sbnd")
ALL = ("microboone", "sbnd", "icarus")


def scanned(path: Path, spec: GroupSpec, sealed: bool = False, **options: Any) -> Path:
    """A store of its own, complete or not."""
    toy = Toy(spec.axes["m4"], tuple(spec.coords["experiment"][0]), **options)
    with store.open_or_create(path, [spec], IDENTITY) as opened:
        execute.run(opened, toy)
        if sealed:
            seal.seal(opened)
    return path


def merged(
    path: Path, spec: GroupSpec, paths: list[Path], identity: Mapping[str, Any] = IDENTITY
) -> list[str]:
    """Masses and experiments that were computed, in order, when everything else was taken over."""
    log_file = path.with_suffix(".log")
    log_file.write_text("")
    toy = Toy(spec.axes["m4"], tuple(spec.coords["experiment"][0]), calls=log_file)
    given = merge.donors(paths, path, [spec], identity)
    with store.open_or_create(path, [spec], identity) as opened:
        merge.take(opened, given)
        assert execute.run(opened, toy).exit_code == 0
    return log_file.read_text().splitlines()


def points(*parts: tuple[tuple[float, ...], tuple[str, ...]]) -> set[str]:
    """What a log says of some masses and experiments."""
    return {f"{m} {name}" for m4, names in parts for m in m4 for name in names}


@pytest.mark.parametrize("sealed", [False, True])
@pytest.mark.parametrize("block_points", [1, 3, 13])
def test_two_stores_of_different_masses_are_one(
    tmp_path: Path, sealed: bool, block_points: int
) -> None:
    low = scanned(tmp_path / "low", group(LOW), sealed)
    high = scanned(tmp_path / "high", group(HIGH, block_points=4))
    before = sha256(low), sha256(high)
    spec = group(BOTH, block_points=block_points)
    assert merged(tmp_path / "both", spec, [low, high]) == []
    scanned(tmp_path / "fresh", group(BOTH))
    assert sha256(tmp_path / "both") == sha256(tmp_path / "fresh")
    assert (sha256(low), sha256(high)) == before
    [one, two] = json.loads((tmp_path / "both" / "zarr.json").read_text())["attributes"][
        "taken_from"
    ]
    assert (one["store"], one["points"]) == ("low", {"bnb_argon": 7})
    assert (two["store"], two["points"]) == ("high", {"bnb_argon": 6})
    assert json.loads(one["identity"])["groups"]["bnb_argon"]["axes"]["m4"] == list(LOW)
    assert json.loads(two["provenance"])["versions"]


def test_two_stores_of_different_experiments_are_one(tmp_path: Path) -> None:
    one = scanned(tmp_path / "one", group(LOW, ONE))
    two = scanned(tmp_path / "two", group(BOTH, TWO, block_points=5))
    spec = group(BOTH, ALL, block_points=4)
    computed = merged(tmp_path / "all", spec, [one, two])
    assert set(computed) == points((HIGH, ONE))
    assert len(computed) == len(HIGH)
    scanned(tmp_path / "fresh", spec)
    assert sha256(tmp_path / "all") == sha256(tmp_path / "fresh")


def test_what_the_grid_does_not_have_is_ignored(tmp_path: Path) -> None:
    whole = scanned(tmp_path / "whole", group(BOTH, ALL))
    part = group((*LOW[2:5], 0.15, *HIGH[:2]), ("sbnd",), block_points=2)
    assert merged(tmp_path / "part", part, [whole]) == ["0.15 sbnd"]
    scanned(tmp_path / "fresh", part)
    assert sha256(tmp_path / "part") == sha256(tmp_path / "fresh")


def test_groups_that_only_one_store_has(tmp_path: Path) -> None:
    argon = scanned(tmp_path / "argon", group(LOW))
    oil = group(LOW, ("miniboone_fhc",), 3, "bnb_mineral_oil", "miniboone_fhc")
    given = merge.donors([argon], tmp_path / "both", [oil, group(LOW)], IDENTITY)
    with store.open_or_create(tmp_path / "both", [oil, group(LOW)], IDENTITY) as opened:
        merge.take(opened, given)
        assert opened.regions("bnb_argon").marks().min() >= 0
        assert opened.regions("bnb_mineral_oil").marks().max() == -1
    assert merged(tmp_path / "oil", oil, [argon]) != []


@pytest.mark.parametrize("how", ["extend", "from"])
@pytest.mark.parametrize("finer", [group(log(0.01, 1.0, 25), block_points=3)])
def test_doubling_an_axis_computes_the_new_half_alone(
    tmp_path: Path, how: str, finer: GroupSpec
) -> None:
    coarse = log(0.01, 1.0, 13)
    path = scanned(tmp_path / "coarse", group(coarse, block_points=2))
    fine = finer.axes["m4"]
    log_file = tmp_path / "log"
    if how == "extend":
        with extend(path, [finer], IDENTITY) as opened:
            execute.run(opened, Toy(fine, calls=log_file))
        computed = log_file.read_text().splitlines()
    else:
        computed = merged(tmp_path / "fine", finer, [path])
    assert len(computed) == len(set(computed)) == 12 * 2
    assert set(computed) == points((fine[1::2], ("microboone", "sbnd")))
    scanned(tmp_path / "fresh", finer)
    grown = path if how == "extend" else tmp_path / "fine"
    assert sha256(grown) == sha256(tmp_path / "fresh")


def test_two_axes_and_small_pieces(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every new block is put together from many old ones, each read about once."""
    monkeypatch.setattr(known, "BOX_BYTES", 600)
    reads: list[int] = []
    whole = known.Known._read
    monkeypatch.setattr(
        known.Known, "_read", lambda self, box: (reads.append(box.index), whole(self, box))[1]
    )
    old = plane(masses(11)[::2], masses(9)[::2], (2, 2))
    path = tmp_path / "old"
    with store.open_or_create(path, [old], IDENTITY) as opened:
        execute.run(opened, Plane(old))
    new = plane(masses(11), masses(9), (3, 4))
    with extend(path, [new], IDENTITY) as opened:
        assert len(reads) == len(set(reads)) == 9
        evaluate = Plane(new)
        execute.run(opened, evaluate)
        assert evaluate.computed == 11 * 9 - 6 * 5
    with store.open_or_create(tmp_path / "fresh", [new], IDENTITY) as opened:
        execute.run(opened, Plane(new))
    assert sha256(path) == sha256(tmp_path / "fresh")


def plane(x: tuple[float, ...], y: tuple[float, ...], block: tuple[int, int]) -> GroupSpec:
    """A group on two axes."""
    spec = group(x, block_points=block[0] * block[1])
    return replace(spec, axes={"m4": x, "mzprime": y})


class Plane:
    """Evaluates points of a plane: a number of the two masses and the experiment."""

    def __init__(self, spec: GroupSpec) -> None:
        self.spec = spec
        self.computed = 0

    def __call__(self, block: Any, known: Any) -> Any:
        out = known or {
            a.name: np.full(block.shape + self.spec.trailing(a), a.fill_value, dtype=a.dtype)
            for a in self.spec.arrays
        }
        x, y = (v[s] for v, s in zip(self.spec.axes.values(), block.slices, strict=True))
        for i, j in np.ndindex(*block.shape):
            if (out["status"][i, j] == 0).all():
                self.computed += 1
                out["response"][i, j] = x[i] + 10 * y[j]
                out["n_eff"][i, j] = x[i] * y[j]
                out["status"][i, j] = 1
        return out


def test_unfinished_damaged_and_failed_blocks_leave_holes(tmp_path: Path) -> None:
    low = scanned(tmp_path / "low", group(LOW), broken=frozenset([LOW[1]]))
    chunk = low / "response/bnb_argon/response/c.4.0.0.0"
    chunk.write_bytes(chunk.read_bytes()[:-3])
    with store.open_or_create(tmp_path / "high", [group(HIGH)], IDENTITY) as opened:
        toy = Toy(HIGH)
        for index in (0, 3):
            block = opened.layouts["bnb_argon"].block(index)
            opened.regions("bnb_argon").write(block, toy(block, None))
    computed = merged(tmp_path / "both", group(BOTH, block_points=4), [low, tmp_path / "high"])
    holes = (LOW[1], LOW[4], HIGH[1], HIGH[2], HIGH[4], HIGH[5])
    assert set(computed) == points((holes, ("microboone", "sbnd")))
    scanned(tmp_path / "fresh", group(BOTH))
    assert sha256(tmp_path / "both") == sha256(tmp_path / "fresh")


def test_the_good_points_of_a_failed_block_are_taken(tmp_path: Path) -> None:
    broken = frozenset([LOW[1]])
    low = scanned(tmp_path / "low", group(LOW, block_points=4), broken=broken)
    assert status(low)["blocks"]["failed"] == 1
    computed = merged(tmp_path / "new", group(LOW, block_points=3), [low])
    assert set(computed) == points(((LOW[1],), ("microboone", "sbnd")))
    scanned(tmp_path / "fresh", group(LOW))
    assert sha256(tmp_path / "new") == sha256(tmp_path / "fresh")
    with extend(low, [group(BOTH, block_points=5)], IDENTITY) as opened:
        execute.run(opened, Toy(BOTH, calls=tmp_path / "log"))
    again = set((tmp_path / "log").read_text().splitlines())
    assert again == points(((LOW[1], *HIGH), ("microboone", "sbnd")))


def test_a_store_that_is_being_written_is_read_as_far_as_it_is(tmp_path: Path) -> None:
    with store.open_or_create(tmp_path / "live", [group(LOW)], IDENTITY) as opened:
        regions, toy = opened.regions("bnb_argon"), Toy(LOW)
        block = opened.layouts["bnb_argon"].block(2)
        regions.write(block, toy(block, None))
        torn = opened.layouts["bnb_argon"].block(3)
        regions.write_data(torn, toy(torn, None))
        computed = merged(tmp_path / "new", group(LOW), [tmp_path / "live"])
    assert set(computed) == points(((*LOW[:2], *LOW[3:]), ("microboone", "sbnd")))


def test_a_store_that_is_replaced_while_it_is_read_is_read_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    low = scanned(tmp_path / "low", group(LOW))
    given = merge.donors([low], tmp_path / "new", [group(BOTH)], IDENTITY)
    with store.open_or_create(low, [group(LOW)], IDENTITY) as opened:
        seal.seal(opened)
    with (
        store.open_or_create(tmp_path / "new", [group(BOTH)], IDENTITY) as opened,
        pytest.raises(InputError, match="low was extended or sealed while it was read; run the"),
    ):
        merge.take(opened, given)
    assert len(merged(tmp_path / "new", group(BOTH), [low])) == 2 * len(HIGH)


def test_what_was_known_of_unfinished_blocks_is_not_lost_when_growing_again(
    tmp_path: Path,
) -> None:
    path = scanned(tmp_path / "scan", group(LOW))
    with extend(path, [group(BOTH, block_points=5)], IDENTITY):
        pass  # killed before it computes anything
    log_file = tmp_path / "log"
    spec = group((*BOTH, 2.0), ALL, block_points=7)
    with extend(path, [spec], IDENTITY) as opened:
        execute.run(opened, Toy((*BOTH, 2.0), ALL, calls=log_file))
    wanted = points(((*HIGH, 2.0), ALL), (LOW, ("icarus",)))
    assert set(log_file.read_text().splitlines()) == wanted
    scanned(tmp_path / "fresh", spec)
    assert sha256(path) == sha256(tmp_path / "fresh")


def test_a_chain_of_stores_keeps_what_each_was_made_of(tmp_path: Path) -> None:
    low = scanned(tmp_path / "low", group(LOW), sealed=True)
    assert len(merged(tmp_path / "both", group(BOTH), [low])) == 2 * len(HIGH)
    with store.open_or_create(tmp_path / "both", [group(BOTH)], IDENTITY) as opened:
        seal.seal(opened)
    assert set(merged(tmp_path / "all", group(BOTH, ALL), [tmp_path / "both"])) == points(
        (BOTH, ("icarus",))
    )
    attrs = json.loads((tmp_path / "all" / "zarr.json").read_text())["attributes"]
    [record] = attrs["taken_from"]
    assert (record["store"], record["points"]) == ("both", {"bnb_argon": 13})
    assert record["taken_from"][0]["store"] == "low"


def test_going_on_with_other_stores_changes_a_complete_one_no_more(tmp_path: Path) -> None:
    low = scanned(tmp_path / "low", group(LOW))
    both = scanned(tmp_path / "both", group(BOTH))
    before = (both / "zarr.json").read_bytes()
    assert merged(both, group(BOTH), [low]) == []
    assert (both / "zarr.json").read_bytes() == before


def test_an_unfinished_store_takes_over_what_it_lacks(tmp_path: Path) -> None:
    both, spec = tmp_path / "both", group(BOTH, block_points=4)
    high = scanned(tmp_path / "high", group(HIGH))
    with store.open_or_create(both, [spec], IDENTITY) as opened:
        block = opened.layouts["bnb_argon"].block(0)
        opened.regions("bnb_argon").write(block, Toy(BOTH)(block, None))
    assert set(merged(both, spec, [high])) == points((LOW[4:], ("microboone", "sbnd")))
    scanned(tmp_path / "fresh", group(BOTH))
    assert sha256(both) == sha256(tmp_path / "fresh")


class Killed(BaseException):
    """Stands for SIGKILL: nobody catches it."""


@pytest.mark.parametrize("again", ["with", "without"])
@pytest.mark.parametrize("step", [0, 4, 8, "rename", "rmtree"])
def test_killed_while_merging(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: int | str, again: str
) -> None:
    low, high = scanned(tmp_path / "low", group(LOW)), scanned(tmp_path / "high", group(HIGH))
    path, spec = tmp_path / "both", group(BOTH)
    with monkeypatch.context() as patch, pytest.raises(Killed):
        given = merge.donors([low, high], path, [spec], IDENTITY)
        with store.open_or_create(path, [spec], IDENTITY) as opened:
            arm(patch, step)
            merge.take(opened, given)
    computed = merged(path, spec, [low, high] if again == "with" else [])
    # only the store that had been put in its place counts
    lost = 0 if again == "with" or step in ("rename", "rmtree") else 2 * len(BOTH)
    assert len(computed) == lost
    scanned(tmp_path / "fresh", spec)
    assert sha256(path) == sha256(tmp_path / "fresh")
    assert status(path)["blocks"]["done"] == len(BOTH)


def arm(patch: pytest.MonkeyPatch, step: int | str) -> None:
    """Die when so many blocks were written, or between or after the renames."""
    if step == "rmtree":
        patch.setattr(shutil, "rmtree", once(shutil.rmtree))
    elif step == "rename":
        patch.setattr(Path, "rename", once(Path.rename))
    else:
        written = iter(range(100))
        write = Regions.write

        def counted(self: Any, *values: Any) -> None:
            if next(written) == step:
                raise Killed
            write(self, *values)

        patch.setattr(Regions, "write", counted)


def die(*_: object) -> None:
    raise Killed


def once(action: Any) -> Any:
    """Do something once and die at the second time."""
    calls = iter(range(10))
    return lambda *paths: action(*paths) if next(calls) == 0 else die()


@pytest.mark.parametrize(
    ("spec", "identity", "words"),
    [
        (group(BOTH), {"seed": 8}, "low: it was made with seed = 7, this run has 8; leave it out"),
        (group(BOTH), {"precision": {"relative": 0.1}}, "precision = nothing"),
        (group(BOTH), {"physics_digest": "b"}, 'physics_digest = "a", this run has "b"'),
        (group(BOTH), {"experiments": {"sbnd": "x"}}, 'experiments.sbnd = "s", this run has "x"'),
        (group(BOTH, digest="b"), {}, 'groups.bnb_argon.digest = "argon", this run has "b"'),
        (plane(LOW, HIGH, (1, 1)), {}, "groups.bnb_argon.axis_order"),
    ],
)
def test_other_physics_is_refused_before_anything_is_made(
    tmp_path: Path, spec: GroupSpec, identity: dict[str, Any], words: str
) -> None:
    made = {**IDENTITY, "experiments": {"sbnd": "s", "other": "o"}}
    with store.open_or_create(tmp_path / "low", [group(LOW)], made):
        pass
    wanted = {**made, "experiments": {"sbnd": "s"}, **identity}
    with pytest.raises(IdentityError, match=words):
        merge.donors([tmp_path / "low"], tmp_path / "new", [spec], wanted)
    assert [p.name for p in tmp_path.iterdir()] == ["low"]


def test_a_store_cannot_give_to_itself(tmp_path: Path) -> None:
    low = scanned(tmp_path / "low", group(LOW))
    with pytest.raises(InputError, match="low is the store that is written; --from takes others"):
        merge.donors([low], tmp_path / "x" / ".." / "low", [group(LOW)], IDENTITY)
    with pytest.raises(InputError, match="none does not exist"):
        merge.donors([tmp_path / "none"], low, [group(LOW)], IDENTITY)


def test_rows_that_depend_on_something_else_are_computed_again(tmp_path: Path) -> None:
    made = replace(group(LOW), row_digests={"sbnd": "terms a", "microboone": "terms a"})
    wanted = replace(group(BOTH), row_digests={"sbnd": "terms a, b", "microboone": "terms a"})
    low = scanned(tmp_path / "low", made)
    computed = merged(tmp_path / "both", wanted, [low])
    assert set(computed) == points((LOW, ("sbnd",)), (HIGH, ("microboone", "sbnd")))
    with extend(low, [wanted], IDENTITY) as opened:
        log_file = tmp_path / "log"
        execute.run(opened, Toy(BOTH, calls=log_file))
    assert log_file.read_text().splitlines() == computed


def test_stores_that_agree_share_their_points_with_the_first(tmp_path: Path) -> None:
    low = scanned(tmp_path / "low", group(BOTH[:9], ONE))
    high = scanned(tmp_path / "high", group(BOTH[4:], ALL), sealed=True)
    given = merge.donors([low, high], tmp_path / "new", [group(BOTH, ONE)], IDENTITY)
    with store.open_or_create(tmp_path / "new", [group(BOTH, ONE)], IDENTITY) as opened:
        merge.take(opened, given)
        assert opened.regions("bnb_argon").marks().min() >= 0
    assert [donor.points["bnb_argon"] for donor in given] == [9, 4]


@pytest.mark.parametrize("third", [False, True])
def test_stores_that_differ_in_a_bit_are_refused_by_the_point(tmp_path: Path, third: bool) -> None:
    low, other = scanned(tmp_path / "low", group(LOW)), scanned(tmp_path / "other", group(BOTH))
    with store.open_or_create(other, [group(BOTH)], IDENTITY) as opened:
        regions = opened.regions("bnb_argon")
        block = opened.layouts["bnb_argon"].block(5)
        values = regions.read(block)
        values["n_eff"][0, 1] = np.nextafter(values["n_eff"][0, 1], 9)
        regions.write(block, values)
    third_store = [scanned(tmp_path / "third", group(HIGH))] if third else []
    path = tmp_path / "new"
    given = merge.donors([low, *third_store, other], path, [group(BOTH)], IDENTITY)
    at = f"m4 = {LOW[5]:.12g}, experiment = sbnd of bnb_argon"
    words = f"low and .*other differ in n_eff at {at}, as .* processors"
    with (
        store.open_or_create(path, [group(BOTH)], IDENTITY) as opened,
        pytest.raises(InputError, match=words),
    ):
        merge.take(opened, given)
    assert status(path)["blocks"]["done"] == 0
    assert len(merged(path, group(BOTH), [low])) == 2 * len(HIGH)


def test_the_first_store_of_a_cut_swap_is_found(tmp_path: Path) -> None:
    low = scanned(tmp_path / "low", group(LOW))
    low.rename(swap.old_path(low))
    assert merged(tmp_path / "new", group(LOW), [low]) == []


def test_a_group_without_status_is_known_by_whole_blocks(tmp_path: Path) -> None:
    arrays = tuple(a for a in toy_scan.ARRAYS if a.name != "status")
    old, new = (replace(group(m4, block_points=3), arrays=arrays) for m4 in (LOW, BOTH))
    with store.open_or_create(tmp_path / "low", [old], IDENTITY) as opened:
        regions, block = opened.regions("bnb_argon"), opened.layouts["bnb_argon"].block(1)
        values = Toy(LOW)(block, None)
        regions.write(block, {a.name: values[a.name] for a in arrays})
    given = merge.donors([tmp_path / "low"], tmp_path / "new", [new], IDENTITY)
    with store.open_or_create(tmp_path / "new", [new], IDENTITY) as opened:
        merge.take(opened, given)
        assert np.flatnonzero(opened.regions("bnb_argon").marks() >= 0).tolist() == [1]
    group_there = zarr.open_group(tmp_path / "new", mode="r", use_consolidated=False)
    assert np.isfinite(np.asarray(group_there["response/bnb_argon/n_eff"][3:6])).all()  # type: ignore[index]
