"""The same blocks as calls of Ray actors: the same cube, to the bit."""

from importlib.util import find_spec
from pathlib import Path

import pytest
import real_scan
import toy_scan
from toy_scan import Toy, group, masses, sha256

from jobs import clusters
from physics.errors import InputError

M4 = masses(24)
NEEDS_RAY = pytest.mark.skipif(
    not find_spec("ray"), reason="Ray is not installed: pip install '.[test,ray]'"
)
# Ray warns of its own future defaults and leaves sockets to the garbage collector
pytestmark = [
    pytest.mark.filterwarnings("ignore::FutureWarning"),
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
]


@NEEDS_RAY
def test_a_real_scan_is_the_same(tmp_path: Path) -> None:
    kind = real_scan.UPSCATTERING
    grid = real_scan.write_grid(tmp_path / "test.toml", kind.axis(6), kind=kind)
    real_scan.scan(grid, tmp_path / "serial.zarr")
    real_scan.scan(grid, tmp_path / "ray.zarr", 2, site=clusters.load("ray"))
    assert real_scan.digest(tmp_path / "ray.zarr") == real_scan.digest(tmp_path / "serial.zarr")


@NEEDS_RAY
def test_a_point_that_kills_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONPATH", str(Path(toy_scan.__file__).parent))  # actors import Toy
    path = tmp_path / "scan.zarr"
    spec = group(M4, block_points=6)
    deadly = Toy(M4, deadly=frozenset([M4[8]]), broken=frozenset([M4[20]]))
    summary = toy_scan.run(path, [spec], deadly, workers=2, site=clusters.load("ray"))
    assert (summary.done, summary.failed) == (2, 2)
    found = sorted(summary.errors)
    assert "block 1: 1 of 6 points failed: DiedError" in found[0]
    assert "block 3: 1 of 6 points failed: ValueError" in found[1]
    assert toy_scan.run(path, [spec], Toy(M4), retry={"failed"}).exit_code == 0
    toy_scan.run(tmp_path / "whole.zarr", [spec], Toy(M4))
    assert sha256(path) == sha256(tmp_path / "whole.zarr")


@pytest.mark.skipif(bool(find_spec("ray")), reason="Ray is installed")
def test_without_ray_it_is_said_what_to_install(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="pip install 'hnlscan\\[ray\\]'"):
        toy_scan.run(tmp_path / "s", [group(M4)], Toy(M4), workers=2, site=clusters.load("ray"))
