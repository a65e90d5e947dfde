"""A scan in an object store: the same numbers, the same promises."""

import json
import threading
import time
from pathlib import Path

import numpy as np
import pytest
import toy_scan
import xarray as xr
from toy_scan import IDENTITY, Toy, group, masses, sha256

from physics.errors import InputError
from scanner.execution import execute
from scanner.execution.progress import Silent
from scanner.execution.share import join, run_share
from scanner.storage import lease, objects, store
from scanner.storage.attributes import read_attrs
from scanner.storage.lease import Lease, is_leased, lease_place
from scanner.storage.lock import StoreBusyError
from scanner.storage.place import parse
from scanner.storage.regions import Regions
from scanner.storage.remote import Remote, RemoteError
from scanner.storage.seal import seal
from scanner.storage.status import status

M4 = masses(4)


@pytest.fixture
def url(s3: str, request: pytest.FixtureRequest) -> str:
    """A new place for each test."""
    return f"{s3}/{request.node.name}.zarr"


@pytest.fixture
def hasty(monkeypatch: pytest.MonkeyPatch) -> None:
    """Locks that are renewed and expire sooner."""
    monkeypatch.setattr(lease, "RENEW_SECONDS", 0.5)
    monkeypatch.setattr(lease, "EXPIRES_SECONDS", 4.0)


def finished(url: str) -> None:
    """Run the toy, derive something, seal."""
    assert toy_scan.run(url, [group(M4)], Toy(M4)).exit_code == 0
    with store.open_or_create(url, [group(M4)], IDENTITY) as opened:
        opened.write_dataset("sbnd", xr.Dataset({"n_events": ("m4", np.ones(4))}))
        seal(opened)


def test_the_same_as_on_a_disk(url: str, tmp_path: Path) -> None:
    toy_scan.run(tmp_path / "scan.zarr", [group(M4)], Toy(M4))
    finished(url)
    assert sha256(url) == sha256(tmp_path / "scan.zarr")
    found = status(url)
    assert found["store"] == url
    assert found["sealed"]
    assert not found["running"]
    assert found["blocks"] == {"total": 4, "done": 4, "failed": 0}
    assert [run["ended"] for run in read_attrs(parse(url))["runs"]] == ["complete"]
    place = parse(url)
    assert isinstance(place, Remote)
    assert not lease_place(place).exists()
    with xr.open_datatree(url, engine="zarr", consolidated=True) as tree:
        assert set(tree.children) == {"_scan", "response", "sbnd"}
        assert tree["sbnd"]["n_events"].values.tolist() == [1.0] * 4


def test_a_finished_store_is_not_computed_again_but_failed_blocks_are(url: str) -> None:
    broken = Toy(M4, broken=frozenset(M4[:1]))
    assert toy_scan.run(url, [group(M4)], broken).exit_code == 2
    with pytest.raises(InputError, match="lacks 1 blocks"):
        finished_as_it_is(url)
    assert toy_scan.run(url, [group(M4)], Toy(M4), retry={"failed"}).exit_code == 0
    assert executed(url) == [2, 1, 1, 1]
    assert toy_scan.run(url, [group(M4)], broken).exit_code == 0


def finished_as_it_is(url: str) -> None:
    with store.open_or_create(url, [group(M4)], IDENTITY) as opened:
        seal(opened)


def executed(url: str) -> list[int]:
    place = parse(url)
    with store.open_or_create(place, [group(M4)], IDENTITY) as opened:
        return [int(n) for n in opened.regions("bnb_argon").executions()]


def test_a_sealed_store_is_opened_again_for_what_did_not_converge(url: str) -> None:
    loose = Toy(M4, unconverged=frozenset(M4[2:3]))
    toy_scan.run(url, [group(M4)], loose)
    finished_as_it_is(url)
    assert toy_scan.run(url, [group(M4)], Toy(M4), retry={"unconverged"}).done == 4
    found = status(url)
    assert not found["sealed"]
    assert found["points"]["unconverged"] == 0
    assert executed(url) == [1, 1, 2, 1]


def test_unsealing_removes_what_was_derived(url: str) -> None:
    finished(url)
    place = parse(url)
    assert isinstance(place, Remote)
    objects.unseal(place)
    assert not any(name.startswith("sbnd") for name in place.objects())
    assert "consolidated_metadata" not in (place / "zarr.json").read_text()


def test_accepting_another_version_leaves_a_sealed_store_sealed(url: str) -> None:
    finished(url)
    changed = {**IDENTITY, "physics_digest": "b"}
    store.open_or_create(url, [group(M4)], changed, accept_version=True).close()
    root = json.loads((parse(url) / "zarr.json").read_text())
    assert root["attributes"]["sealed"]
    assert "sbnd" in root["consolidated_metadata"]["metadata"]


def test_a_damaged_block_is_computed_again(url: str) -> None:
    toy_scan.run(url, [group(M4)], Toy(M4))
    before = sha256(url)
    place = parse(url)
    assert isinstance(place, Remote)
    chunk = place / "response/bnb_argon/response/c.1.0.0.0"
    data = bytearray(chunk.read_bytes())
    data[len(data) // 2] ^= 16
    chunk.write_bytes(bytes(data))
    toy_scan.run(url, [group(M4)], Toy(M4))
    assert executed(url) == [1, 2, 1, 1]
    assert sha256(url) == before


def test_data_that_cannot_be_read_are_not_computed_again(
    url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    toy_scan.run(url, [group(M4)], Toy(M4))

    def away(self: Regions, block: object) -> None:
        raise RemoteError("the server is away")

    monkeypatch.setattr(Regions, "read", away)
    with pytest.raises(RemoteError, match="away"):
        toy_scan.run(url, [group(M4)], Toy(M4))
    monkeypatch.undo()
    assert executed(url) == [1, 1, 1, 1]


def test_no_mark_without_its_data(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A server that refuses one array of a block: the block stays to do."""
    put = Regions._put

    def refuse(self: Regions, name: str, *rest: object) -> None:
        if name == "n_eff":
            raise RemoteError("no space left")
        put(self, name, *rest)  # type: ignore[arg-type]

    monkeypatch.setattr(Regions, "_put", refuse)
    summary = toy_scan.run(url, [group(M4)], Toy(M4))
    assert summary.errors[0] == "bnb_argon block 0: RemoteError: no space left"
    assert (summary.done, summary.failed, summary.exit_code) == (0, 0, 2)
    monkeypatch.undo()
    assert toy_scan.run(url, [group(M4)], Toy(M4)).exit_code == 0
    assert executed(url) == [2, 2, 2, 2]


def test_killed_while_being_made(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Remote, "write_bytes", lambda self, data, **how: "tag")
    with pytest.raises(InputError, match="ignores conditional writes"):
        toy_scan.run(url, [group(M4)], Toy(M4))
    monkeypatch.undo()
    place = parse(url)
    assert isinstance(place, Remote)
    place.write_all({"_scan/bnb_argon/zarr.json": b"{", "response/zarr.json": b"{"})
    with pytest.raises(InputError, match="is not a store of hnlscan"):
        status(url)
    assert toy_scan.run(url, [group(M4)], Toy(M4)).exit_code == 0


def test_something_else_is_left_alone(url: str) -> None:
    (parse(url) / "chapter.tex").write_bytes(b"x")  # type: ignore[union-attr]
    with pytest.raises(InputError, match=r"holds s3://scans/.*/chapter.tex; remove it"):
        toy_scan.run(url, [group(M4)], Toy(M4))
    assert (parse(url) / "chapter.tex").exists()
    with pytest.raises(InputError, match="does not exist"):
        status(url + "2")


def test_a_bucket_that_is_not_there_is_one_sentence(s3: str) -> None:
    with pytest.raises(InputError, match=r"cannot be written: .*bucket does not exist; make it"):
        toy_scan.run("s3://nothing/scan.zarr", [group(M4)], Toy(M4))


@pytest.mark.usefixtures("hasty")
def test_a_second_client_is_refused_and_the_first_goes_on(url: str) -> None:
    place = parse(url)
    assert isinstance(place, Remote)
    with Lease(place):
        with pytest.raises(StoreBusyError, match=r"is being written by process \d+ on "):
            toy_scan.run(url, [group(M4)], Toy(M4))
        assert is_leased(place)
        assert not (place / "zarr.json").exists()
    assert not is_leased(place)
    assert toy_scan.run(url, [group(M4)], Toy(M4)).exit_code == 0


@pytest.mark.usefixtures("hasty")
def test_the_lock_of_a_killed_writer_expires_for_one_of_two(url: str) -> None:
    place = parse(url)
    assert isinstance(place, Remote)
    lease_place(place).write_bytes(b'{"id": "dead"}')
    contenders = [Lease(place), Lease(place)]
    refused: list[StoreBusyError] = []

    def contend(one: Lease) -> None:
        try:
            one.acquire()
        except StoreBusyError as error:
            refused.append(error)

    threads = [threading.Thread(target=contend, args=(one,)) for one in contenders]
    begin = time.monotonic()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert time.monotonic() - begin >= 4.0
    assert len(refused) == 1
    for one in contenders:
        one.release()
    assert not lease_place(place).exists()


def test_elements_of_a_job_array_need_no_common_disk(url: str, tmp_path: Path) -> None:
    for number in range(2):
        with join(parse(url), [group(M4)], IDENTITY) as joined:
            assert run_share(joined, Toy(M4), (number, 2)).done == 2
    toy_scan.run(tmp_path / "scan.zarr", [group(M4)], Toy(M4))
    assert executed(url) == [1, 1, 1, 1]
    assert sha256(url) == sha256(tmp_path / "scan.zarr")


class Thief(Silent):
    """Takes the lock away when the first block has ended."""

    def __init__(self, opened: store.Store) -> None:
        self.opened = opened

    def update(self, label: str, error: str | None) -> None:
        lease_place(self.opened.path).write_bytes(b'{"id": "other"}')  # type: ignore[arg-type]


@pytest.mark.usefixtures("hasty")
def test_a_lost_lock_ends_the_run(url: str) -> None:
    """Another process took over, because this one was stopped for too long."""
    m4 = masses(40)
    with store.open_or_create(url, [group(m4)], IDENTITY) as opened:
        summary = execute.run(opened, Toy(m4, seconds=0.3), reporter=Thief(opened))
        assert summary.exit_code == 3
        assert "another process may write" in summary.interrupted
        with pytest.raises(StoreBusyError, match="another process may write"):
            opened.write_dataset("sbnd", xr.Dataset())
        assert (opened.regions("bnb_argon").marks() < 0).any()
    assert lease_place(parse(url)).read_bytes() == b'{"id": "other"}'  # type: ignore[arg-type]
