import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import toy_scan
import zarr
from toy_scan import Toy, group, masses, sha256

from physics.errors import InputError
from scanner.blocks.blocks import Arrays, ArraySpec, Block, GroupSpec
from scanner.execution import execute
from scanner.storage import store
from scanner.storage.regions import Regions

M4 = masses(12)
CHUNK = Path("response/bnb_argon/response/c.4.0.0.0")


def executed(path: Path) -> list[int]:
    with store.open_or_create(path, [group(M4)], toy_scan.IDENTITY) as opened:
        return [int(n) for n in opened.regions("bnb_argon").executions()]


def flip_a_bit(chunk: Path) -> None:
    data = bytearray(chunk.read_bytes())
    data[len(data) // 2] ^= 16
    chunk.write_bytes(bytes(data))


def truncate(chunk: Path) -> None:
    chunk.write_bytes(chunk.read_bytes()[:20])


def forge(chunk: Path) -> None:
    chunk.write_bytes(chunk.with_name("c.5.0.0.0").read_bytes())


@pytest.mark.parametrize("damage", [flip_a_bit, truncate, forge, Path.unlink])
def test_damaged_block_is_computed_again(tmp_path: Path, damage: Callable[[Path], None]) -> None:
    path = tmp_path / "scan.zarr"
    toy_scan.run(path, [group(M4)], Toy(M4))
    before = sha256(path)
    damage(path / CHUNK)
    summary = toy_scan.run(path, [group(M4)], Toy(M4))
    assert summary.exit_code == 0
    assert executed(path) == [1, 1, 1, 1, 2, 1, 1, 1, 1, 1, 1, 1]
    assert sha256(path) == before


def test_damaged_mark_is_harmless(tmp_path: Path) -> None:
    path = tmp_path / "scan.zarr"
    toy_scan.run(path, [group(M4)], Toy(M4))
    (path / "_scan/bnb_argon/mark/c/3").unlink()
    toy_scan.run(path, [group(M4)], Toy(M4))
    assert executed(path)[2:5] == [1, 2, 1]


class Zeros:
    """Everything is zero."""

    def __call__(self, block: Block, known: Arrays | None) -> Arrays:
        return {"rate": np.zeros(block.shape), "count": np.zeros(block.shape, np.int16)}


def test_zero_is_a_result(tmp_path: Path) -> None:
    arrays = (ArraySpec("rate"), ArraySpec("count", (), "int16"))
    spec = GroupSpec("g", "g", {"m4": M4, "m5": (1.0, 2.0, 3.0)}, arrays, block_points=4)
    with store.open_or_create(tmp_path / "s", [spec], {}) as opened:
        assert np.isnan(opened.response("g")["rate"]).all()
        execute.run(opened, Zeros())
        summary = execute.run(opened, Zeros())
        regions = opened.regions("g")
        assert summary.done == summary.total == regions.layout.n_blocks
        assert regions.executions().tolist() == [1] * summary.total
        assert (opened.response("g")["rate"] == 0).all()
        chunks = list((opened.path / "response/g/rate").glob("c.*"))
        assert len(chunks) == summary.total


def test_a_failed_block_stops_nobody_and_can_be_retried(tmp_path: Path) -> None:
    path = tmp_path / "scan.zarr"
    broken = Toy(M4, broken=frozenset([M4[2], M4[7]]))
    summary = toy_scan.run(path, [group(M4)], broken)
    assert (summary.done, summary.failed, summary.exit_code) == (10, 2, 2)
    assert summary.errors[0].startswith("bnb_argon block 2: ValueError: mass 0.0")
    assert "\n" not in summary.errors[0]
    again = toy_scan.run(path, [group(M4)], Toy(M4))
    assert (again.done, again.failed, again.exit_code) == (10, 2, 2)
    assert executed(path)[2] == 1
    mended = toy_scan.run(path, [group(M4)], Toy(M4), retry={"failed"})
    assert (mended.done, mended.failed, mended.exit_code) == (12, 0, 0)
    assert executed(path) == [1, 1, 2, 1, 1, 1, 1, 2, 1, 1, 1, 1]


def test_unconverged_points_can_be_retried(tmp_path: Path) -> None:
    path = tmp_path / "scan.zarr"
    toy_scan.run(path, [group(M4)], Toy(M4, unconverged=frozenset([M4[5]])))
    toy_scan.run(path, [group(M4)], Toy(M4), retry={"failed"})
    assert executed(path)[5] == 1
    toy_scan.run(path, [group(M4)], Toy(M4), retry={"failed", "unconverged"})
    assert executed(path) == [1, 1, 1, 1, 1, 2, 1, 1, 1, 1, 1, 1]


def test_unknown_retry_is_wrong_input(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="did you mean 'unconverged'"):
        toy_scan.run(tmp_path / "scan.zarr", [group(M4)], Toy(M4), retry={"unconvergd"})


class Misshapen:
    """Returns something else than it should."""

    def __init__(self, change: Callable[[Arrays], Arrays]) -> None:
        self.change = change

    def __call__(self, block: Block, known: Arrays | None) -> Arrays:
        return self.change(Toy(M4)(block, known))


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda out: {"n_eff": out["n_eff"]}, "returned arrays"),
        (lambda out: {**out, "n_eff": out["n_eff"][:, :1]}, r"n_eff has shape \(1, 1\), not"),
        (lambda out: {**out, "status": out["n_eff"]}, "status has type float64, not int8"),
    ],
)
def test_what_evaluate_returns_is_checked(
    tmp_path: Path, change: Callable[[Arrays], Arrays], words: str
) -> None:
    path = tmp_path / "scan.zarr"
    with store.open_or_create(path, [group(M4)], toy_scan.IDENTITY) as opened:
        summary = execute.run(opened, Misshapen(change))
        assert summary.failed == 12
        assert re.search(words, opened.regions("bnb_argon").message(0))


def test_a_region_that_cuts_chunks_is_refused(tmp_path: Path) -> None:
    spec = group(M4, block_points=4)
    with store.open_or_create(tmp_path / "s", [spec], {}) as opened:
        regions = opened.regions("bnb_argon")
        unaligned = replace(regions.layout.block(0), region=((0, 3),))
        values = Toy(M4)(unaligned, None)
        with pytest.raises(RuntimeError, match="does not end at chunks"):
            regions.write(unaligned, values)


def test_an_unwritable_block_stays_to_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "scan.zarr"
    write = Regions.write

    def full_disk(self: Regions, block: Block, values: Arrays) -> None:
        if block.index == 4:
            raise OSError(28, "No space left on device")
        write(self, block, values)

    with monkeypatch.context() as patched:
        patched.setattr(Regions, "write", full_disk)
        summary = toy_scan.run(path, [group(M4)], Toy(M4))
    assert (summary.done, summary.failed, summary.exit_code) == (11, 0, 2)
    assert "No space left" in summary.errors[0]
    assert toy_scan.run(path, [group(M4)], Toy(M4)).exit_code == 0


def test_data_are_written_before_the_mark(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    order: list[str] = []
    write = zarr.Array.__setitem__

    def spy(self: "zarr.Array[object]", key: object, value: object) -> None:
        order.append(self.path)
        write(self, key, value)  # type: ignore[arg-type]

    with store.open_or_create(tmp_path / "s", [group(M4)], toy_scan.IDENTITY) as opened:
        monkeypatch.setattr(zarr.Array, "__setitem__", spy)
        execute.run(opened, Toy(M4))
    first = [path.rpartition("/")[2] for path in order[:5]]
    assert first[0] == "executions"
    assert sorted(first[1:4]) == ["n_eff", "response", "status"]
    assert first[4] == "mark"
