"""A block with a bad point loses that point alone."""

import sys
from pathlib import Path

import numpy as np
import pytest
import toy_scan
from toy_scan import EXPERIMENTS, IDENTITY, Toy, group, masses, sha256

from scanner.blocks.blocks import Block
from scanner.execution import apart
from scanner.execution.apart import DiedError, evaluate_apart
from scanner.storage import store
from scanner.storage.regions import Regions

M4 = masses(24)
SPEC = group(M4, block_points=6)
BAD = frozenset([M4[7], M4[10]])


def opened_regions(path: Path) -> Regions:
    with store.open_or_create(path, [SPEC], IDENTITY) as opened:
        return opened.regions("bnb_argon")


def status(path: Path) -> np.ndarray:
    return np.asarray(opened_regions(path).array("status")[:])[:, 0]


def evaluated(log: Path) -> dict[float, int]:
    """How often every mass was computed for the first experiment."""
    lines = [line.split() for line in log.read_text().splitlines()]
    found = [float(mass) for mass, experiment in lines if experiment == EXPERIMENTS[0]]
    return {mass: found.count(mass) for mass in sorted(set(found))}


def test_bad_points_are_found_and_the_others_kept(tmp_path: Path) -> None:
    path = tmp_path / "scan.zarr"
    summary = toy_scan.run(path, [SPEC], Toy(M4, broken=BAD))
    assert (summary.done, summary.failed, summary.exit_code) == (3, 1, 2)
    assert "block 1: 2 of 6 points failed: ValueError: mass" in summary.errors[0]
    assert status(path).tolist() == [2 if mass in BAD else 1 for mass in M4]
    whole = tmp_path / "whole.zarr"
    toy_scan.run(whole, [SPEC], Toy(M4))
    good = [i for i, mass in enumerate(M4) if mass not in BAD]
    for name in ("response", "n_eff"):
        found = np.asarray(opened_regions(path).array(name)[:])
        wanted = np.asarray(opened_regions(whole).array(name)[:])
        assert np.array_equal(found[good], wanted[good])
        assert np.isnan(np.delete(found, good, axis=0)).all()


def test_a_retry_computes_the_bad_points_only(tmp_path: Path) -> None:
    path, log = tmp_path / "scan.zarr", tmp_path / "log"
    toy_scan.run(path, [SPEC], Toy(M4, broken=BAD))
    summary = toy_scan.run(path, [SPEC], Toy(M4, calls=log), retry={"failed"})
    assert summary.exit_code == 0
    assert evaluated(log) == dict.fromkeys(sorted(BAD), 1)
    toy_scan.run(tmp_path / "whole.zarr", [SPEC], Toy(M4))
    assert sha256(path) == sha256(tmp_path / "whole.zarr")


def test_a_retry_after_damage_starts_from_scratch(tmp_path: Path) -> None:
    """What is known of a failed block has a checksum too."""
    path, log = tmp_path / "scan.zarr", tmp_path / "log"
    toy_scan.run(path, [SPEC], Toy(M4, broken=BAD))
    chunk = path / "response/bnb_argon/response/c.1.0.0.0"
    chunk.write_bytes(chunk.with_name("c.0.0.0.0").read_bytes())
    summary = toy_scan.run(path, [SPEC], Toy(M4, calls=log), retry={"failed"})
    assert summary.exit_code == 0
    assert evaluated(log) == dict.fromkeys(M4[6:12], 1)


def test_a_point_that_kills_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("jobs.local.ALLOWED_DEATHS", 1)
    path = tmp_path / "scan.zarr"
    deadly = Toy(M4, deadly=frozenset([M4[8]]))
    summary = toy_scan.run(path, [SPEC], deadly, workers=2)
    assert (summary.done, summary.failed) == (3, 1)
    assert "block 1: 1 of 6 points failed" in summary.errors[0]
    assert "signal 9" in summary.errors[0]
    assert status(path).tolist() == [2 if mass == M4[8] else 1 for mass in M4]


class Greedy:
    """Wants more memory than there is, at one mass."""

    def __call__(self, block: Block, known: object) -> dict[str, np.ndarray]:
        np.ones(2**28 if block.region[0][0] == 8 else 2**10)
        return {"rate": np.zeros(block.shape)}


def test_memory_is_limited_in_a_process_apart() -> None:
    block = Block("g", 0, ((8, 9),))
    with pytest.raises(MemoryError):
        evaluate_apart(Greedy(), block, None, 2**30)
    few = evaluate_apart(Greedy(), Block("g", 0, ((7, 8),)), None, 2**30)
    assert few["rate"].tolist() == [0.0]


class StubbornError(Exception):
    """Cannot be unpickled."""

    def __init__(self, one: str, two: str) -> None:
        super().__init__(one)


class Raises:
    """Always raises."""

    def __call__(self, block: Block, known: object) -> dict[str, np.ndarray]:
        sys.stdout.write("noise")
        raise StubbornError("words", "more")


def test_an_error_that_cannot_be_sent_keeps_its_words() -> None:
    with pytest.raises(RuntimeError, match="StubbornError: words"):
        evaluate_apart(Raises(), Block("g", 0, ((0, 1),)), None, None)


def test_a_death_says_how() -> None:
    deadly = Toy(M4, deadly=frozenset(M4))
    with pytest.raises(DiedError, match="signal 9"):
        evaluate_apart(deadly, Block("bnb_argon", 0, ((0, 1),)), None, None)
    assert apart.__doc__
