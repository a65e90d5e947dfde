"""A plane of two masses, all points sampled and refined where the limit passes, in one run.

    python benchmarks/adaptive.py [--n 65] [--workers 2] [--relative 0.1] [--json FILE]

Both scans have the same seed, so that a point has the same bits in both, sampling noise included.
At every vertex of the contour of the refined scan ln(N / N_up) of the other is interpolated
linearly in the logarithms of the masses; vertices in cells with a corner that has no events, where
the contour ends at a threshold, are counted apart.
"""

import argparse
import json
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.interpolate import RegularGridInterpolator

from scanner import results
from scanner.assembly.assemble import Scan
from scanner.assembly.grid_record import to_json
from scanner.execution import execute
from scanner.refine.interpolation import heights
from scanner.storage import store
from scanner.storage.status import status

GRID = """
title = "Dark photon: mass of N against mass of the Z'"
model = "dark_photon"
experiments = ["microboone"]

[parameters]
U2_mu4 = 2.2e-7
alphaD = 0.4
epsilon = 0.02145

[axes]
m4      = {{ log = [0.01, 1.0], n = {n} }}
mzprime = {{ log = [0.01, 10.0], n = {n} }}

[precision]
relative = {relative}
replicates = 16
events = 64
max_events = 4096
"""
ADAPTIVE = """
[adaptive]
coarse = 8
tolerance = 0.01
"""


def compute(text: str, folder: Path, name: str, workers: int) -> tuple[Scan, Path, float]:
    """Run a grid into a store, and give the wall time of its blocks and rounds (s)."""
    grid, path = folder / f"{name}.toml", folder / f"{name}.zarr"
    grid.write_text(text)
    scan = Scan.load(str(grid))
    scan.evaluate.warm()
    attrs = {"grid": to_json(scan)}
    with store.open_or_create(path, scan.groups(), scan.identity, attrs=attrs) as opened:
        refine = results.refinement(opened, scan)
        begin = time.perf_counter()
        summary = execute.run(opened, scan.evaluate, workers=workers, refine=refine)
        assert summary.exit_code == 0, summary
    return scan, path, time.perf_counter() - begin


def along(
    paths: list[NDArray[np.float64]], path: Path, scan: Scan
) -> tuple[NDArray[np.float64], int]:
    """|ln(N / N_up)| of a store at the vertices of paths, and how many are beside no events."""
    [analysis] = results.analyses(path, scan)
    cube = analysis.ratios().transpose("m4", "mzprime")
    axes = np.log(cube["m4"].values), np.log(cube["mzprime"].values)
    dense = heights(cube["limit_ratio"].values)
    at = np.log(np.concatenate(paths))
    # 0 where there are events: interpolated, it tells which cells have a corner without
    none = RegularGridInterpolator(axes, np.isneginf(dense).astype(float))(at) > 0.0
    # those corners have no weight at the vertices that are left
    found = RegularGridInterpolator(axes, np.where(np.isneginf(dense), 0.0, dense))(at[~none])
    return np.abs(found), int(none.sum())


def compare(n: int, workers: int, relative: float) -> dict[str, Any]:
    """Scan the plane twice."""
    text = GRID.format(n=n, relative=relative)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        whole, dense, dense_seconds = compute(text, folder, "dense", workers)
        scan, refined, refined_seconds = compute(text + ADAPTIVE, folder, "refined", workers)
        paths = [contour.points for contour in results.contours(refined, scan)]
        values, beside_none = along(paths, dense, whole)
        points = status(refined)["points"]["total"]
    return {
        "points_dense": n * n,
        "points_refined": points,
        "fraction": points / (n * n),
        "paths": len(paths),
        "vertices": len(values),
        "vertices_at_threshold": beside_none,
        "worst_ln_ratio": float(values.max()),
        "seconds_dense": dense_seconds,
        "seconds_refined": refined_seconds,
        "time_ratio": dense_seconds / refined_seconds,
    }


def main() -> None:
    """Measure and print JSON."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--n", type=int, default=65, help="masses along each axis")
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--relative", type=float, default=0.1, help="precision of the sampling")
    parser.add_argument("--json", type=Path, help="also write the numbers to this file")
    options = parser.parse_args()
    text = json.dumps(compare(options.n, options.workers, options.relative), indent=1)
    print(text)
    if options.json:
        options.json.write_text(text + "\n")


if __name__ == "__main__":
    main()
