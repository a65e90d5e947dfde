"""Stores that are replaced as a whole: extended, sealed, and killed while at it."""

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import toy_scan
import xarray as xr
from toy_scan import IDENTITY, Toy, group, masses, sha256

from physics.errors import InputError
from scanner.blocks.blocks import Arrays, Block, GroupSpec
from scanner.execution import execute
from scanner.growing.extend import extend
from scanner.storage import seal, store, swap
from scanner.storage.identity import IdentityError
from scanner.storage.status import status

M4 = masses(12)
FINER = tuple(sorted({*M4, *(float(f"{1.07 * m:.12g}") for m in M4[3:9])}))
DUNE = ("microboone", "sbnd", "icarus")


def scanned(path: Path, m4: tuple[float, ...] = M4, sealed: bool = False) -> Path:
    with store.open_or_create(path, [group(m4)], IDENTITY) as opened:
        assert execute.run(opened, Toy(m4)).exit_code == 0
        opened.write_dataset("sbnd", xr.Dataset({"n_events": ("m4", np.zeros(len(m4)))}))
        if sealed:
            seal.seal(opened)
    return path


def extended(path: Path, spec: GroupSpec, toy: Toy) -> list[int]:
    """Executions of the blocks."""
    with extend(path, [spec], IDENTITY) as opened:
        assert execute.run(opened, toy).exit_code == 0
        return [int(n) for n in opened.regions(spec.name).executions()]


@pytest.mark.parametrize("sealed", [False, True])
@pytest.mark.parametrize("block_points", [1, 4])
def test_new_axis_values_alone_are_computed(
    tmp_path: Path, sealed: bool, block_points: int
) -> None:
    path = scanned(tmp_path / "scan.zarr", sealed=sealed)
    log = tmp_path / "log"
    counts = extended(path, group(FINER, block_points=block_points), Toy(FINER, calls=log))
    computed = {line.split()[0] for line in log.read_text().splitlines()}
    assert computed == {str(m) for m in set(FINER) - set(M4)}
    assert sum(counts) == (6 if block_points == 1 else 3)
    with store.open_or_create(tmp_path / "fresh", [group(FINER)], IDENTITY) as fresh:
        execute.run(fresh, Toy(FINER))
    assert sha256(path) == sha256(tmp_path / "fresh")
    assert not (path / "sbnd").exists()
    assert status(path)["blocks"]["done"] == len(counts)


def test_new_experiments_alone_are_computed(tmp_path: Path) -> None:
    path = scanned(tmp_path / "scan.zarr")
    log = tmp_path / "log"
    spec = group(M4, experiments=DUNE)
    assert extended(path, spec, Toy(M4, DUNE, calls=log)) == [1] * 12
    assert {line.split()[1] for line in log.read_text().splitlines()} == {"icarus"}
    with store.open_or_create(tmp_path / "fresh", [spec], IDENTITY) as fresh:
        execute.run(fresh, Toy(M4, DUNE))
    assert sha256(path) == sha256(tmp_path / "fresh")


def test_new_groups_are_added(tmp_path: Path) -> None:
    path = scanned(tmp_path / "scan.zarr")
    oil = group(M4, ("miniboone_fhc",), 3, "bnb_mineral_oil", "miniboone_fhc")
    with extend(path, [group(M4), oil], IDENTITY) as opened:
        assert opened.regions("bnb_argon").marks().min() >= 0
        assert opened.regions("bnb_mineral_oil").marks().max() == -1


def test_damaged_and_unfinished_blocks_are_not_taken_over(tmp_path: Path) -> None:
    path = tmp_path / "scan.zarr"
    toy_scan.run(path, [group(M4)], Toy(M4, broken=frozenset([M4[1]])))
    chunk = path / "response/bnb_argon/response/c.4.0.0.0"
    chunk.write_bytes(chunk.read_bytes()[:-3])
    log = tmp_path / "log"
    extended(path, group(FINER), Toy(FINER, calls=log))
    computed = {line.split()[0] for line in log.read_text().splitlines()}
    assert computed == {str(m) for m in {*FINER} - {*M4} | {M4[1], M4[4]}}
    scanned(tmp_path / "fresh", FINER)
    assert sha256(path) == sha256(tmp_path / "fresh")


class Half:
    """Writes one array of a block and dies, as a killed worker does."""

    def __init__(self, toy: Toy, regions: Any) -> None:
        self.toy = toy
        self.regions = regions

    def __call__(self, block: Block, known: Arrays | None) -> Arrays:
        values = self.toy(block, known)
        self.regions.array("status")[block.slices] = values["status"]
        raise KeyboardInterrupt


def test_a_block_torn_while_it_was_extended_is_computed_from_scratch(tmp_path: Path) -> None:
    path = scanned(tmp_path / "scan.zarr")
    spec = group(FINER, block_points=len(FINER))
    with extend(path, [spec], IDENTITY) as opened:
        torn = execute.run(opened, Half(Toy(FINER), opened.regions("bnb_argon")))
        assert torn.interrupted
        assert execute.run(opened, Toy(FINER)).exit_code == 0
    scanned(tmp_path / "fresh", FINER)
    assert sha256(path) == sha256(tmp_path / "fresh")


@pytest.mark.parametrize(
    ("spec", "identity", "words"),
    [
        (group(M4[1:]), {}, "axes.m4"),
        (group(FINER, experiments=("sbnd",)), {}, "coords.experiment"),
        (group(FINER, digest="b"), {}, "digest"),
        (group(FINER), {"seed": 8}, "seed = 7, this run has 8"),
        (group(FINER, name="other"), {}, "groups.bnb_argon = .*, this run has nothing"),
    ],
)
def test_an_extension_only_adds(
    tmp_path: Path, spec: GroupSpec, identity: dict[str, object], words: str
) -> None:
    path = scanned(tmp_path / "scan.zarr")
    before = sha256(path)
    with pytest.raises(IdentityError, match=words):
        extend(path, [spec], {**IDENTITY, **identity})
    assert sha256(path) == before
    assert [p.name for p in tmp_path.iterdir()] == ["scan.zarr"]


def test_extend_makes_a_store_where_there_is_none_and_opens_one_that_fits(tmp_path: Path) -> None:
    path = tmp_path / "scan.zarr"
    assert extended(path, group(M4), Toy(M4)) == [1] * 12
    assert extended(path, group(M4), Toy(M4)) == [1] * 12


def test_sealed_store_is_small_quiet_and_the_same(tmp_path: Path) -> None:
    path = scanned(tmp_path / "scan.zarr")
    before = sha256(path)
    files = sum(p.is_file() for p in path.rglob("*"))
    with store.open_or_create(path, [group(M4)], IDENTITY) as opened:
        seal.seal(opened)
        seal.seal(opened)
        assert opened.sealed
        assert execute.run(opened, Toy(M4)).exit_code == 0
        with pytest.raises(InputError, match="is sealed"):
            opened.write_dataset("sbnd", xr.Dataset())
    assert sha256(path) == before
    assert sum(p.is_file() for p in path.rglob("*")) < files / 2
    with xr.open_datatree(path, engine="zarr") as tree:
        assert tree["response/bnb_argon"]["response"].shape == (12, 2, len(toy_scan.CTAU), 1)
        assert tree["sbnd"]["n_events"].dims == ("m4",)
        assert not tree.ds.variables
    with xr.open_zarr(path, group="response/bnb_argon") as response:
        assert response["experiment"].values.tolist() == ["microboone", "sbnd"]
    found = status(path)
    assert found["sealed"]
    assert found["blocks"] == {"total": 12, "done": 12, "failed": 0}


def test_an_unfinished_store_is_not_sealed(tmp_path: Path) -> None:
    with (
        store.open_or_create(tmp_path / "scan.zarr", [group(M4)], IDENTITY) as opened,
        pytest.raises(InputError, match="lacks 12 blocks"),
    ):
        seal.seal(opened)


def test_sealed_store_can_be_retried(tmp_path: Path) -> None:
    path = tmp_path / "scan.zarr"
    unsure = frozenset([M4[5]])
    with store.open_or_create(path, [group(M4)], IDENTITY) as opened:
        execute.run(opened, Toy(M4, unconverged=unsure))
        seal.seal(opened)
        assert status(path)["points"]["unconverged"] == 1
        execute.run(opened, Toy(M4), retry={"failed"})
        assert opened.sealed
        execute.run(opened, Toy(M4), retry={"unconverged"})
        assert not opened.sealed
        assert int(opened.regions("bnb_argon").executions().sum()) == 1
        seal.seal(opened)
    scanned(tmp_path / "fresh")
    assert sha256(path) == sha256(tmp_path / "fresh")


@pytest.mark.parametrize("shape", [(1, 1), (300, 400), (7, 3, 50000), (100, 3000, 20)])
def test_large_arrays_are_cut_into_chunks_and_shards(shape: tuple[int, ...]) -> None:
    chunk, shard = seal.chunks_and_shards(shape, 8)
    assert np.prod(chunk) * 8 <= seal.CHUNK_BYTES
    if shard:
        assert all(s % c == 0 for s, c in zip(shard, chunk, strict=True))
        assert np.prod(shard) * 8 <= seal.SHARD_BYTES
        assert all(s >= n for s, n in zip(shard[1:], shape[1:], strict=True))
    else:
        assert chunk == shape


def test_sharded_copy_is_the_same(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(seal, "CHUNK_BYTES", 256)
    monkeypatch.setattr(seal, "SHARD_BYTES", 1024)
    fresh = sha256(scanned(tmp_path / "fresh"))
    assert sha256(scanned(tmp_path / "scan.zarr", sealed=True)) == fresh


class Killed(BaseException):
    """Stands for SIGKILL: nobody catches it."""


def killer(step: int) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Wrappers that together let `step` calls pass."""
    calls = iter(range(1000))

    def wrap(function: Callable[..., Any]) -> Callable[..., Any]:
        def counted(*args: Any, **kwargs: Any) -> Any:
            if next(calls) == step:
                raise Killed
            return function(*args, **kwargs)

        return counted

    return wrap


def arm(patch: pytest.MonkeyPatch, step: int) -> None:
    """Die at one of the steps of replacing a store."""
    wrap = killer(step)
    patch.setattr(Path, "rename", wrap(Path.rename))
    patch.setattr(shutil, "rmtree", wrap(shutil.rmtree))
    patch.setattr(swap, "flush", wrap(swap.flush))
    patch.setattr(seal, "_copy_array", wrap(seal._copy_array))


@pytest.mark.parametrize("step", [0, 1, 5, 12, 13, 14, 15, 16])
def test_killed_while_sealing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: int) -> None:
    path = scanned(tmp_path / "scan.zarr")
    before = sha256(path)
    with monkeypatch.context() as patch, pytest.raises(Killed):
        arm(patch, step)
        with store.open_or_create(path, [group(M4)], IDENTITY) as opened:
            seal.seal(opened)
            raise Killed
    assert status(path)["blocks"]["done"] == 12
    with store.open_or_create(path, [group(M4)], IDENTITY) as opened:
        assert execute.run(opened, Toy(M4)).exit_code == 0
        seal.seal(opened)
        assert opened.sealed
    assert sha256(path) == before
    assert [p.name for p in tmp_path.iterdir()] == ["scan.zarr"]


@pytest.mark.parametrize("step", range(4))
def test_killed_while_extending(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: int) -> None:
    path = scanned(tmp_path / "scan.zarr")
    log = tmp_path / "log"
    with monkeypatch.context() as patch, pytest.raises(Killed):
        arm(patch, step)
        with extend(path, [group(FINER)], IDENTITY):
            raise Killed
    assert status(path)["blocks"]["done"] == 12
    extended(path, group(FINER), Toy(FINER, calls=log))
    assert len(log.read_text().splitlines()) == 2 * 6
    scanned(tmp_path / "fresh", FINER)
    assert sha256(path) == sha256(tmp_path / "fresh")
