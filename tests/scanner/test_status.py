import time
from pathlib import Path

import numpy as np
import pytest
import toy_scan
from toy_scan import IDENTITY, Toy, group, masses

from physics.errors import InputError
from scanner.blocks.blocks import Arrays, ArraySpec, Block, GroupSpec
from scanner.execution import execute
from scanner.storage import store
from scanner.storage.attributes import read_attrs
from scanner.storage.status import status

M4 = masses(12)


def test_no_store_is_wrong_input(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="does not exist"):
        status(tmp_path / "scan.zarr")


def test_counts_blocks_and_points(tmp_path: Path) -> None:
    path = tmp_path / "scan.zarr"
    toy = Toy(M4, broken=frozenset([M4[0]]), unconverged=frozenset([M4[7], M4[8]]))
    toy_scan.run(path, [group(M4, block_points=5)], toy)
    found = status(path)
    assert found["blocks"] == {"total": 3, "done": 2, "failed": 1}
    assert found["points"] == {"total": 12, "done": 11, "failed": 1, "unconverged": 2}
    assert found["seconds"] > 0
    assert found["seconds_left"] == 0
    assert (found["running"], found["sealed"]) == (False, False)
    assert found["errors"][0].startswith("bnb_argon block 0: 1 of 5 points failed: ValueError")
    assert found["groups"]["bnb_argon"]["blocks"] == found["blocks"]


def test_nothing_done_yet(tmp_path: Path) -> None:
    path = tmp_path / "scan.zarr"
    with store.open_or_create(path, [group(M4)], IDENTITY):
        found = status(path)
    assert found["running"]
    assert found["blocks"]["done"] == found["points"]["done"] == 0
    assert found["seconds_left"] is None


class Watched:
    """Asks for the status while the scan is running."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.seen: list[dict[str, object]] = []

    def __call__(self, block: Block, known: Arrays | None) -> Arrays:
        time.sleep(0.01)
        self.seen.append(status(self.path))
        return {"rate": np.zeros(block.shape)}


def test_live_store_on_two_axes_without_status(tmp_path: Path) -> None:
    path = tmp_path / "scan.zarr"
    axes = {"m4": (1.0, 2.0, 3.0), "m5": (4.0, 5.0, 6.0, 7.0, 8.0)}
    spec = GroupSpec("g", "g", axes, (ArraySpec("rate"),), block_points=4)
    watched = Watched(path)
    with store.open_or_create(path, [spec], {}) as opened:
        execute.run(opened, watched)
    points = [seen["points"]["done"] for seen in watched.seen]  # type: ignore[index]
    assert points == [0, 4, 8, 10, 12, 14]
    assert all(seen["running"] for seen in watched.seen)
    assert watched.seen[0]["seconds_left"] is None
    assert 0 < watched.seen[3]["seconds_left"] < 60  # type: ignore[operator]
    assert status(path)["points"] == {"total": 15, "done": 15, "failed": 0, "unconverged": 0}


def test_time_of_a_killed_run_is_counted_to_its_last_mark(tmp_path: Path) -> None:
    path = tmp_path / "scan.zarr"
    with store.open_or_create(path, [group(M4)], IDENTITY) as opened:
        regions = opened.regions("bnb_argon")
        begin = {"started": "", "started_unix": time.time() - 8, "workers": 1, "blocks_before": 0}
        opened.update_attrs(runs=[begin])
        for block in list(regions.layout.blocks())[:4]:
            regions.write(block, Toy(M4)(block, None))
    found = status(path)
    assert 7 < found["seconds"] < 60
    assert found["seconds_left"] == pytest.approx(2 * found["seconds"])
    toy_scan.run(path, [group(M4)], Toy(M4))
    first, second = read_attrs(path)["runs"]
    assert (first["ended"], first["blocks_after"]) == ("killed", 4)
    assert (second["ended"], second["blocks_after"]) == ("complete", 12)
