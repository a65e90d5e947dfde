import json
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import toy_scan
import xarray as xr
from toy_scan import IDENTITY, Toy, group, masses

from physics.errors import InputError
from scanner.blocks import plan
from scanner.blocks.blocks import ArraySpec, GroupSpec
from scanner.execution import execute
from scanner.storage import layouts, lock, store, swap
from scanner.storage.attributes import read_attrs
from scanner.storage.identity import IdentityError
from scanner.storage.lock import StoreBusyError, WriterLock, is_locked

M4 = masses(12)


def reopen(path: Path, *groups: GroupSpec, **changes: object) -> None:
    accept = bool(changes.pop("accept_version", False))
    identity = {**IDENTITY, **changes}
    store.open_or_create(path, list(groups), identity, accept_version=accept).close()


@pytest.fixture
def made(tmp_path: Path) -> Path:
    path = tmp_path / "scan.zarr"
    assert toy_scan.run(path, [group(M4)], Toy(M4)).exit_code == 0
    return path


def test_layout_survives_json() -> None:
    layout = plan.layout(group(M4, block_points=5))
    text = json.dumps(layouts.to_json(layout))
    assert json.dumps(layouts.to_json(layouts.from_json(json.loads(text)))) == text


def test_labelled_as_designed(made: Path) -> None:
    with xr.open_zarr(made, group="response/bnb_argon", consolidated=False) as response:
        assert response["response"].dims == ("m4", "experiment", "ctau_1", "ctau_2")
        assert response["m4"].values.tolist() == list(M4)
        assert response["m4"].attrs == {"units": "GeV", "long_name": "mass of N4"}
        assert response["experiment"].values.tolist() == ["microboone", "sbnd"]
        assert response["response"].attrs["long_name"] == "events"
        assert response["status"].dtype == np.int8
        assert response["response"].dtype == np.float64
    attrs = read_attrs(made)
    assert set(attrs) >= {"Conventions", "groups", "identity", "provenance", "runs"}
    assert json.loads(attrs["provenance"])["versions"]["numpy"] == np.__version__


def test_a_finished_store_is_not_computed_again(made: Path) -> None:
    summary = toy_scan.run(made, [group(M4)], Toy(M4, broken=frozenset(M4)))
    assert (summary.done, summary.total, summary.exit_code) == (12, 12, 0)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"physics_digest": "b"}, 'physics_digest = "a", this run has "b"; .*--accept-version'),
        ({"seed": 8}, "seed = 7, this run has 8; scan into another store"),
        ({"model": None}, 'model = "toy", this run has null'),
        ({"extra": 1}, "extra = nothing, this run has 1"),
        ({"axes": {"m4": [1.0]}}, "axes.m4 = nothing, .*--extend"),
    ],
)
def test_another_identity_is_refused_in_one_sentence(
    made: Path, changes: dict[str, object], words: str
) -> None:
    with pytest.raises(IdentityError, match=words) as caught:
        reopen(made, group(M4), **changes)
    assert "\n" not in str(caught.value)
    assert not is_locked(made)
    reopen(made, group(M4))


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        (group(masses(13)), "axes.m4 = 12 values, this run has 13 values; .*--extend"),
        (group(M4, experiments=("microboone",)), "coords.experiment = 2 values"),
        (group(M4, digest="other"), 'digest = "argon", this run has "other"'),
        (group(M4, name="other"), "groups.bnb_argon"),
        (replace(group(M4), arrays=(ArraySpec("rate"),)), "arrays"),
    ],
)
def test_other_groups_are_refused(made: Path, changed: GroupSpec, words: str) -> None:
    with pytest.raises(IdentityError, match=words):
        reopen(made, changed)


def test_block_size_and_labels_may_change_and_blocks_stay(made: Path) -> None:
    changed = group(M4, block_points=6, label="argon")
    with store.open_or_create(made, [changed], IDENTITY) as opened:
        assert opened.layouts["bnb_argon"].n_blocks == 12


def test_another_version_can_be_accepted_and_is_recorded(made: Path) -> None:
    reopen(made, group(M4), physics_digest="b", accept_version=True)
    reopen(made, group(M4), physics_digest="b")
    (change,) = read_attrs(made)["accepted_versions"]
    assert (change["key"], change["old"], change["new"]) == ("physics_digest", "a", "b")
    with pytest.raises(IdentityError, match="seed"):
        reopen(made, group(M4), physics_digest="b", seed=8, accept_version=True)


def test_something_else_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "thesis"
    path.mkdir()
    (path / "chapter.tex").write_text("x")
    with pytest.raises(InputError, match="is not a store of hnlscan"):
        reopen(path, group(M4))
    assert (path / "chapter.tex").exists()
    assert [p.name for p in tmp_path.iterdir()] == ["thesis"]
    with pytest.raises(InputError, match="does not exist"):
        read_attrs(tmp_path / "nothing")


def test_a_store_of_other_versions_is_one_sentence_and_left_alone(made: Path) -> None:
    root = made / "zarr.json"
    text = root.read_text().replace('"hnlscan scan 2"', '"hnlscan scan 1"')
    root.write_text(text)
    with pytest.raises(InputError, match="made by a version of hnlscan whose stores differ"):
        read_attrs(made)
    with pytest.raises(InputError, match="scan into a new path"):
        reopen(made, group(M4), accept_version=True)
    assert root.read_text() == text


def test_a_file_in_the_way_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(InputError, match="cannot be written"):
        reopen(tmp_path / "file" / "scan.zarr", group(M4))


def test_second_writer_is_refused_and_named(tmp_path: Path) -> None:
    path = tmp_path / "scan.zarr"
    program = (
        "import sys, pathlib, scanner.storage.lock as lock\n"
        "with lock.WriterLock(pathlib.Path(sys.argv[1])):\n"
        "    print('held', flush=True)\n"
        "    sys.stdin.read()\n"
    )
    command = [sys.executable, "-c", program, str(path)]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == "held\n"
        assert is_locked(path)
        with pytest.raises(StoreBusyError, match=f"process {other.pid}"):
            reopen(path, group(M4))
        assert not path.exists()
        other.kill()
    assert not is_locked(path)
    reopen(path, group(M4))
    assert [p.name for p in tmp_path.iterdir()] == ["scan.zarr"]


def test_a_worker_left_behind_keeps_the_next_writer_waiting(made: Path) -> None:
    attached = lock.attach_worker(made)
    assert attached is not None
    with pytest.raises(StoreBusyError, match="workers of an earlier run"):
        lock.wait_for_orphans(made, seconds=0.1)
    os.close(attached)
    lock.wait_for_orphans(made, seconds=0.1)


def test_lock_is_a_context(tmp_path: Path) -> None:
    with WriterLock(tmp_path / "s") as held, pytest.raises(StoreBusyError):
        WriterLock(held.store).acquire()
    assert list(tmp_path.iterdir()) == []


def test_killed_while_being_made(tmp_path: Path) -> None:
    path = tmp_path / "scan.zarr"
    swap.next_path(path).mkdir()
    (swap.next_path(path) / "zarr.json").write_text("{")
    reopen(path, group(M4))
    assert [p.name for p in tmp_path.iterdir()] == ["scan.zarr"]


def test_datasets_with_strings_round_trip(made: Path) -> None:
    dataset = xr.Dataset(
        {
            "n_events": (("m4", "step"), np.ones((2, 2)), {"units": "1"}),
            "side": ("m4", np.array(["lower", "upper"])),
            "scalar": ((), 3.0),
            "empty": ("vertex", np.zeros(0)),
        },
        {"m4": [0.1, 0.2], "step": np.array(["E_vis", "all"])},
        {"title": "toy"},
    )
    with store.open_or_create(made, [group(M4)], IDENTITY) as opened:
        opened.write_dataset("sbnd", xr.Dataset({"old": ("x", [1.0])}))
        opened.write_dataset("sbnd", dataset)
    with xr.open_zarr(made, group="sbnd", consolidated=False) as found:
        assert found.attrs == {"title": "toy"}
        assert set(found.variables) == set(dataset.variables)
        assert found["side"].values.tolist() == ["lower", "upper"]
        assert found["step"].values.tolist() == ["E_vis", "all"]
        assert found["n_events"].attrs == {"units": "1"}


def test_a_block_costs_a_file_for_each_array_and_no_folder(tmp_path: Path) -> None:
    """Inodes are what many file systems of clusters count."""
    path = tmp_path / "scan.zarr"
    spec = group(masses(20))
    with store.open_or_create(path, [spec], IDENTITY) as opened:
        before = [p.is_dir() for p in path.rglob("*")]
        execute.run(opened, Toy(masses(20)))
    after = [p.is_dir() for p in path.rglob("*")]
    assert after.count(False) - before.count(False) == 20 * (len(toy_scan.ARRAYS) + 2)
    assert after.count(True) - before.count(True) <= 3  # of marks, counters, messages
