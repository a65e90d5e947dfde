"""Rounds of a refined scan: the same points whoever computes them, in whatever order."""

import random
from pathlib import Path

import numpy as np
import pytest
import toy_plane
from toy_plane import GROUP, IDENTITY, N, Plane, contents, refinement, run, spec

from scanner.blocks import plan
from scanner.execution import execute
from scanner.execution.worker import BlockRunner, Outcome
from scanner.refine import refinement as decisions
from scanner.storage import resume, store
from scanner.storage.regions import BROKEN, TO_DO
from scanner.storage.seal import seal
from scanner.storage.status import status


@pytest.fixture(scope="module")
def reference(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The plane, computed in one process without disturbance."""
    path = tmp_path_factory.mktemp("adaptive") / "reference.zarr"
    assert run(path, Plane()).exit_code == 0
    return path


def rounds(path: Path) -> np.ndarray:
    """In which round each point was asked for."""
    return np.frombuffer(contents(path)[0], np.int8).reshape(N, N)


def test_only_what_is_asked_for_is_computed_and_counted(reference: Path) -> None:
    asked = rounds(reference)
    marks = np.frombuffer(contents(reference)[1], np.int64).reshape(N, N)
    assert ((marks >= 0) == (asked > 0)).all()
    assert (asked > 0).mean() < 0.6
    assert (asked[::4, ::4] == 1).all()
    assert (asked == 1).sum() == 25
    counted = status(reference)
    assert counted["blocks"]["total"] == counted["blocks"]["done"] == (asked > 0).sum()
    assert counted["points"]["total"] == counted["points"]["done"] == (asked > 0).sum()


def test_the_island_is_found_only_by_how_heights_bend(
    reference: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(decisions, "ISLAND_AT_FIRST", 0.0)
    monkeypatch.setattr(decisions, "ISLAND_LATER", 0.0)
    run(tmp_path / "signs.zarr", Plane())
    assert rounds(reference)[2, 2] == 2
    assert not rounds(tmp_path / "signs.zarr")[1:4, 1:4].any()


def test_workers_make_the_same_store_as_one_process(reference: Path, tmp_path: Path) -> None:
    for workers in (1, 2):
        path = tmp_path / f"{workers}.zarr"
        assert run(path, Plane(), workers).exit_code == 0
        assert contents(path) == contents(reference)


def test_any_order_and_any_interruption_make_the_same_store(
    reference: Path, tmp_path: Path
) -> None:
    """Each time some of what is pending is computed, in random order, by who knows nothing else."""
    chance, path = random.Random(5), tmp_path / "torn.zarr"
    with store.open_or_create(path, [spec()], IDENTITY) as opened:
        runner = BlockRunner(path, opened.layouts, Plane())
        for _ in range(200):
            numbers = refinement(opened)(opened)[GROUP].tolist()
            if not numbers:
                break
            chosen = chance.sample(numbers, chance.randint(1, len(numbers)))
            for number in chosen:
                runner.run(opened.layouts[GROUP].block(number))
    assert contents(path) == contents(reference)


def test_a_run_stopped_in_the_middle_goes_on(
    reference: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path, computed = tmp_path / "stopped.zarr", []
    whole = BlockRunner.run

    def stopping(self: BlockRunner, block: object) -> Outcome:
        computed.append(block)
        if len(computed) in (10, 40, 60):
            raise KeyboardInterrupt
        return whole(self, block)

    monkeypatch.setattr(BlockRunner, "run", stopping)
    codes = [run(path, Plane()).exit_code for _ in range(4)]
    assert codes == [3, 3, 3, 0]
    assert len(computed) == (rounds(reference) > 0).sum() + 3
    assert contents(path) == contents(reference)


def test_failed_points_do_not_stop_the_rest_and_can_be_retried(
    reference: Path, tmp_path: Path
) -> None:
    path, broken = tmp_path / "failed.zarr", frozenset({(4, 4), (8, 13), (12, 6)})
    assert run(path, Plane(broken)).exit_code == 2
    counted = status(path)["blocks"]
    assert 0 < counted["failed"] <= 3
    assert counted["total"] == counted["done"] + counted["failed"]
    assert run(path, Plane(), retry={"failed"}).exit_code == 0
    np.testing.assert_array_equal(rounds(path), rounds(reference))


def test_a_block_that_cannot_be_stored_ends_the_run(
    reference: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path, whole = tmp_path / "full.zarr", BlockRunner.run

    def full(self: BlockRunner, block: object) -> Outcome:
        if block.region[0][0] == 8:
            raise OSError(28, "No space left on device")
        return whole(self, block)

    with monkeypatch.context() as patch:
        patch.setattr(BlockRunner, "run", full)
        summary = run(path, Plane())
    assert summary.exit_code == 2
    assert (summary.total, summary.done) == (25, 20)
    assert run(path, Plane()).exit_code == 0
    assert contents(path) == contents(reference)


def test_a_store_without_points_that_were_not_asked_for_is_complete(tmp_path: Path) -> None:
    path = tmp_path / "sealed.zarr"
    run(path, Plane())
    before = rounds(path)
    with store.open_or_create(path, [spec()], IDENTITY) as opened:
        seal(opened)
        assert opened.sealed
        assert execute.run(opened, Plane(), refine=refinement(opened)).exit_code == 0
        assert opened.sealed
        regions = opened.regions(GROUP)
        np.testing.assert_array_equal(regions.asked().reshape(N, N), before)
    assert status(path)["blocks"]["total"] == (before > 0).sum()


def test_a_damaged_block_is_computed_again(reference: Path, tmp_path: Path) -> None:
    path = tmp_path / "damaged.zarr"
    run(path, Plane())
    files = (path / "response" / GROUP / "height").rglob("*")
    chunks = sorted(f for f in files if f.is_file() and f.name != "zarr.json")
    chunks[len(chunks) // 2].write_bytes(b"rubbish")
    assert run(path, Plane()).exit_code == 0
    assert contents(path) == contents(reference)


def test_shares_of_the_blocks_are_those_of_the_round(tmp_path: Path) -> None:
    with store.open_or_create(tmp_path / "shared.zarr", [spec()], IDENTITY) as opened:
        assert len(resume.pending(opened)[GROUP]) == 0
        assert len(refinement(opened)(opened)[GROUP]) == 25
        shares = [resume.pending(opened, share=(i, 3))[GROUP] for i in range(3)]
        assert sum(map(len, shares)) == 25


def test_a_group_that_is_not_refined_asks_for_everything(tmp_path: Path) -> None:
    dense = spec(coarse=None)
    with store.open_or_create(tmp_path / "dense.zarr", [dense], IDENTITY) as opened:
        regions = opened.regions(GROUP)
        assert (regions.asked() == 1).all()
        assert (regions.asked_marks() == TO_DO).all()
        assert len(resume.pending(opened)[GROUP]) == N * N
    assert plan.layout(spec()).block_shape == (1, 1)
    assert toy_plane.heights(14.0, 3.0)[0] == -np.inf
    assert BROKEN != TO_DO
