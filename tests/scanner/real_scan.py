"""A small real scan as a library call; also a program to kill.

python real_scan.py GRID STORE WORKERS BLOCK_POINTS [CLUSTER]
"""

import hashlib
import sys
from dataclasses import asdict, dataclass
from pathlib import Path

import xarray as xr

from jobs import clusters
from jobs.settings import Site
from scanner import results
from scanner.assembly.assemble import Scan
from scanner.assembly.grid_record import to_json
from scanner.execution import execute
from scanner.storage import seal, store

GRID = """
title = "test"
model = "{model}"
experiments = {experiments}
seed = 11

[parameters]
{fixed}

[axes]
m4 = {masses}
{coupling} = {{ log = [{low}, {high}], n = 6 }}

[precision]
relative = 0.2
replicates = 16
events = 64
max_events = 4096
"""


@dataclass(frozen=True)
class Kind:
    """A kind of physics to scan: its model, its coupling axis, and two experiments.

    Parameters
    ----------
    model, coupling : str
        Names.
    low, high : float
        Ends of the axis.
    one, two : str
        Experiments; those of upscattering are sampled together.
    masses : tuple of float
        Range in which all of it happens.
    fixed : str
        Parameters that are no axis, as TOML.
    """

    model: str
    coupling: str
    low: float
    high: float
    one: str
    two: str
    masses: tuple[float, float]
    fixed: str = ""

    def axis(self, n: int) -> str:
        """Masses of a grid, as TOML."""
        return f"{{ log = [{self.masses[0]}, {self.masses[1]}], n = {n} }}"


UPSCATTERING = Kind("dipole", "mu_tr_mu4", 1e-8, 1e-3, "microboone", "sbnd", (0.02, 0.8))
IN_FLIGHT = Kind("minimal", "U2_mu4", 1e-10, 1.0, "nd280_dif", "ps191", (0.02, 0.4))
HEAVY = Kind(
    "dark_photon", "U2_mu4", 1e-10, 1e-3, "microboone", "sbnd", (0.02, 0.8),
    "mzprime = 1.25\nepsilon = 1e-3",
)  # fmt: skip
# from prompt to far beyond the detector
LIGHT = Kind(
    "dark_photon", "epsilon", 1e-8, 1e-3, "microboone", "sbnd", (0.035, 0.8),
    "mzprime = 0.03\nU2_mu4 = 1e-8",
)  # fmt: skip
KINDS = {"upscattering": UPSCATTERING, "in_flight": IN_FLIGHT, "heavy": HEAVY, "light": LIGHT}


def write_grid(
    path: Path, masses: str, experiments: str | None = None, kind: Kind = UPSCATTERING
) -> Path:
    """Write a grid definition."""
    both = f'["{kind.one}", "{kind.two}"]'
    chosen = dict(asdict(kind), masses=masses, experiments=experiments or both)
    path.write_text(GRID.format(**chosen))
    return path


def scan(
    grid: Path | str,
    path: Path,
    workers: int = 0,
    block_points: int | None = None,
    site: Site | None = None,
) -> Scan:
    """Run a grid into a store, to the end or from where it was."""
    loaded = Scan.load(str(grid))
    groups = loaded.groups(block_points)
    attrs = {"grid": to_json(loaded)}
    with store.open_or_create(path, groups, loaded.identity, attrs=attrs) as opened:
        refine = results.refinement(opened, loaded)
        summary = execute.run(opened, loaded.evaluate, workers=workers, site=site, refine=refine)
        if summary.interrupted:
            sys.exit(summary.exit_code)
        assert summary.exit_code == 0, summary
        if not opened.sealed:
            results.write(opened, loaded)
            seal.seal(opened)
    return loaded


def sample(grid: Path | str, path: Path, block_points: int | None = None) -> Scan:
    """Sample a grid into a store, without limits: what is there while a scan runs."""
    loaded = Scan.load(str(grid))
    groups, attrs = loaded.groups(block_points), {"grid": to_json(loaded)}
    with store.open_or_create(path, groups, loaded.identity, attrs=attrs) as opened:
        assert execute.run(opened, loaded.evaluate).exit_code == 0
    return loaded


def digest(path: Path) -> str:
    """Hash of all decoded values and coordinates of all groups but the marks."""
    total = hashlib.sha256()
    tree = xr.open_datatree(path, engine="zarr", chunks=None)
    for node in sorted(tree.subtree, key=lambda n: n.path):
        if node.path.startswith("/_scan"):
            continue
        for name in sorted(map(str, node.variables)):
            values = node.variables[name].values
            total.update(f"{node.path}/{name}{values.shape}{values.dtype}".encode())
            text = values.dtype.kind in "OT"
            total.update(str(values.tolist()).encode() if text else values.tobytes())
    return total.hexdigest()


if __name__ == "__main__":
    grid_path, store_path, count, points, *cluster = sys.argv[1:]
    scan(grid_path, Path(store_path), int(count), int(points), clusters.load(*cluster or ["local"]))
