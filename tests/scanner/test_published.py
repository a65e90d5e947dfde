"""The commands on a store behind a URL: over S3, and from the plainest of web servers."""

import json
import shutil
from pathlib import Path

import pytest
import toy_scan
import xarray as xr
import zarr
from cli_calls import GRID, call
from toy_scan import Toy, group, masses

from scanner.storage import seal as sealing
from scanner.storage.place import labelled, parse, zarr_store
from scanner.storage.remote import Remote


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A sealed store on a disk."""
    folder = tmp_path_factory.mktemp("published")
    (folder / "small.toml").write_text(GRID)
    path = folder / "small.zarr"
    answer = call("run", folder / "small.toml", "--out", path, "--workers", "0")
    assert answer.code == 0, answer.err
    return path


@pytest.fixture(scope="module")
def scanned(s3: str, small: Path) -> str:
    """The same, scanned into an object store."""
    url = f"{s3}/small.zarr"
    answer = call("run", small.with_suffix(".toml"), "--out", url, "--workers", "0", "--json")
    assert answer.code == 0, answer.err
    assert answer.document["store"] == url
    return url


def same(url: str, path: Path, folder: Path) -> None:
    """Compare what the commands say of two stores."""
    for command in ("contour", "limits"):
        assert call(command, url, "--json").document == call(command, path, "--json").document
    ours, theirs = (call("status", place, "--json").document for place in (url, path))
    for key in ("blocks", "points", "seconds_left"):
        assert ours[key] == theirs[key]
    picture = folder / "plot.svg"
    assert call("plot", url, "--out", picture).code == 0
    assert picture.exists()


def test_scanned_to_an_object_store(scanned: str, small: Path, tmp_path: Path) -> None:
    same(scanned, small, tmp_path)
    with (
        xr.open_datatree(scanned, engine="zarr") as there,
        xr.open_datatree(small, engine="zarr") as here,
    ):
        assert set(there.groups) == set(here.groups)
        for name in here.groups:
            if name != "/" and not name.startswith("/_scan"):
                xr.testing.assert_identical(here[name].to_dataset(), there[name].to_dataset())


def test_published_on_a_web_server(web: str, small: Path, tmp_path: Path) -> None:
    shutil.copytree(small, tmp_path / "small.zarr")
    same(f"{web}/small.zarr", small, tmp_path)
    with xr.open_datatree(f"{web}/small.zarr", engine="zarr") as tree:
        assert "sbnd" not in tree.children
        assert float(tree["microboone"]["n_events"].max()) > 0
    other = ("--confidence-level", "0.95", "--json")
    answer = call("limits", f"{web}/small.zarr", *other)
    assert answer.document == call("limits", small, *other).document


def test_limits_of_a_remote_scan_go_to_a_disk(scanned: str, tmp_path: Path) -> None:
    out = tmp_path / "derived.zarr"
    assert call("limits", scanned, "--confidence-level", "0.95", "--out", out).code == 0
    assert "limits" in xr.open_datatree(out, engine="zarr").children


def test_parts_of_large_files_without_ranges(
    web: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sealing, "CHUNK_BYTES", 256)
    m4 = masses(12)
    path = tmp_path / "scan.zarr"
    toy_scan.run(path, [group(m4)], Toy(m4))
    with toy_scan.store.open_or_create(path, [group(m4)], toy_scan.IDENTITY) as opened:
        sealing.seal(opened)
    array = zarr.open_array(path / "response/bnb_argon/response", mode="r")
    assert array.shards is not None
    there = labelled(parse(f"{web}/scan.zarr"), "response/bnb_argon")["response"][5]
    here = labelled(path, "response/bnb_argon")["response"][5]
    assert there.values.tobytes() == here.values.tobytes()


def test_an_incomplete_store_on_a_web_server(web: str, small: Path, tmp_path: Path) -> None:
    copy = tmp_path / "small.zarr"
    shutil.copytree(small, copy)
    root = json.loads((copy / "zarr.json").read_text())
    del root["consolidated_metadata"]
    root["attributes"]["sealed"] = False
    (copy / "zarr.json").write_text(json.dumps(root))
    assert call("status", f"{web}/small.zarr", "--json").document["blocks"]["done"] == 8
    for command in ("contour", "limits"):
        answer = call(command, f"{web}/small.zarr", "--json")
        assert answer.document == call(command, copy, "--json").document


def test_an_incomplete_store_on_an_object_store(s3: str) -> None:
    m4 = masses(4)
    url = f"{s3}/incomplete.zarr"
    toy_scan.run(url, [group(m4)], Toy(m4, broken=frozenset(m4[:1])))
    answer = call("status", url, "--json")
    assert answer.code == 0
    assert answer.document["blocks"] == {"total": 4, "done": 3, "failed": 1}
    assert labelled(parse(url), "response/bnb_argon").sizes["m4"] == 4


def test_nothing_there_is_one_sentence(web: str, s3: str) -> None:
    for url in (f"{web}/none.zarr", f"{s3}/none.zarr"):
        answer = call("contour", url)
        assert answer.code == 1
        assert answer.err == (
            f"hnlscan: {url} does not exist; give a store that 'hnlscan run' made, or a new path\n"
        )
    answer = call("run", "quickstart", "--out", f"{web}/none.zarr")
    assert answer.code == 1
    assert "can only be read; scan into a path or an s3:// URL" in answer.err


def test_only_the_root_says_that_there_is_a_store(s3: str) -> None:
    place = Remote(f"{s3}/open.zarr")
    group = zarr.open_group(zarr_store(place, "w"), mode="w", zarr_format=3)
    group.attrs["format"] = "something else"
    answer = call("status", place.url)
    assert answer.code == 1
    assert "is not a store of hnlscan" in answer.err
