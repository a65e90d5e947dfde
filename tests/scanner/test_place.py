"""What names a store, and what is said when it names none; no server needed."""

import sys
import time
from pathlib import Path

import pytest
from cli_calls import call
from zarr.abc.store import RangeByteRequest, SuffixByteRequest
from zarr.buffer import default_buffer_prototype

from physics.errors import InputError
from scanner.storage import remote
from scanner.storage.place import each, on_disk, parse, require_writable
from scanner.storage.remote import Remote


@pytest.mark.parametrize("given", ["scan.zarr", "a//b", "/data/scan.zarr", "c:odd"])
def test_what_is_no_url_is_a_path(given: str) -> None:
    assert parse(given) == Path(given)
    assert parse(Path(given)) == Path(given)


def test_urls_keep_their_slashes() -> None:
    place = parse("https://example.org/cubes/scan.zarr/")
    assert str(place) == "https://example.org/cubes/scan.zarr"
    assert parse(place) is place
    assert parse("file:///data/my%20scan.zarr") == Path("/data/my scan.zarr")


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ("htps://example.org/scan.zarr", "did you mean 'https'"),
        ("gopher://example.org/scan.zarr", "https://, http://, s3:// or file://"),
        ("s3://bucket", "names no store; give one such as s3://somewhere/scan.zarr"),
        ("https:///scan.zarr", "names no store"),
        ("https://example.org/scan.zarr?key=1", "names no store"),
    ],
)
def test_other_urls_are_one_sentence(given: str, words: str) -> None:
    with pytest.raises(InputError, match=words):
        parse(given)


def test_web_servers_are_not_written(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="can only be read"):
        require_writable(parse("https://example.org/scan.zarr"))
    require_writable(parse("s3://bucket/scan.zarr"))
    require_writable(tmp_path)


def test_extending_asks_for_a_copy(tmp_path: Path) -> None:
    answer = call("run", "quickstart", "--extend", "--out", "s3://bucket/scan.zarr")
    assert answer.code == 1
    assert "aws s3 cp --recursive s3://bucket/scan.zarr scan.zarr" in answer.err
    assert on_disk(tmp_path, "extended") == tmp_path


@pytest.mark.parametrize("command", ["limits", "contour", "plot", "submit", "plan"])
def test_results_go_to_a_disk(command: str) -> None:
    answer = call(command, "scan.zarr", "--out", "s3://bucket/limits.zarr")
    assert answer.code == 1
    assert "s3://bucket/limits.zarr is a URL; give a path" in answer.err


@pytest.mark.parametrize("url", ["s3://bucket/scan.zarr", "https://example.org/scan.zarr"])
def test_missing_packages_are_one_sentence(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "fsspec", None)
    answer = call("status", url)
    assert answer.code == 1
    assert answer.err.count("\n") == 1
    assert "pip install 'hnlscan[remote]'" in answer.err


def test_a_server_that_is_not_there_is_one_sentence() -> None:
    answer = call("status", "http://127.0.0.1:9/scan.zarr")
    assert answer.code == 1
    assert answer.err.count("\n") == 1
    assert "http://127.0.0.1:9/scan.zarr/zarr.json cannot be reached" in answer.err


@pytest.mark.parametrize(
    ("wanted", "part"),
    [
        (None, b"0123456789"),
        (RangeByteRequest(2, 5), b"234"),
        (SuffixByteRequest(3), b"789"),
        (SuffixByteRequest(20), b"0123456789"),
    ],
)
def test_a_server_without_ranges_sends_everything(
    wanted: RangeByteRequest | SuffixByteRequest | None, part: bytes
) -> None:
    make = default_buffer_prototype().buffer.from_bytes
    assert remote.part(make(b"0123456789"), wanted).to_bytes() == part
    assert remote.part(make(part), wanted).to_bytes() == part


def test_each_keeps_the_order_and_leaves_nothing_running() -> None:
    here = Remote("s3://bucket/scan.zarr")
    assert each(here, lambda x: x * x, range(40)) == [x * x for x in range(40)]
    begun: list[int] = []
    ended: list[int] = []

    def third(x: int) -> None:
        begun.append(x)
        if x == 3:
            raise OSError("three")
        time.sleep(0.05)
        ended.append(x)

    with pytest.raises(OSError, match="three"):
        each(here, third, range(8))
    assert sorted({*begun} - {3}) == sorted(ended)
