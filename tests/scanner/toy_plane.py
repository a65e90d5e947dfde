"""A plane of two masses without physics: a disc, and an island that no coarse node touches."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from scanner.blocks.blocks import Arrays, ArraySpec, Block, GroupSpec
from scanner.execution import execute
from scanner.execution.adaptive import Refinement, Slices, neighbours
from scanner.refine.refinement import Rule
from scanner.storage import store
from scanner.storage.regions import Regions

N, COARSE = 17, 4
GROUP = "bnb_argon"
IDENTITY = {"physics_digest": "a", "seed": 7, "model": "toy", "axes": {}, "experiments": {}}


def spec(coarse: int | None = COARSE) -> GroupSpec:
    """The group."""
    axis = tuple(float(i) for i in range(1, N + 1))
    return GroupSpec(
        GROUP,
        "microboone",
        {"m4": axis, "mzprime": axis},
        (ArraySpec("height", ("experiment",)), ArraySpec("status", ("experiment",), "int8")),
        {"experiment": (("microboone", "sbnd"), {})},
        block_points=1,
        coarse=coarse,
    )


def heights(x: float, y: float) -> tuple[float, float]:
    """Of two experiments: a disc beside a threshold, and an island."""
    disc = 2.0 - ((x - 12.0) ** 2 + (y - 8.0) ** 2) / 2.0 if x < 14.0 else -np.inf
    island = 3.0 * np.exp(-((x - 2.0) ** 2 + (y - 2.0) ** 2) / 8.0) - 2.0
    return float(disc), float(island)


@dataclass(frozen=True)
class Plane:
    """Evaluate: both heights at a point; some points raise."""

    broken: frozenset[tuple[int, int]] = field(default_factory=frozenset)

    def __call__(self, block: Block, known: Arrays | None) -> Arrays:
        where = tuple(start for start, _ in block.region)
        if where in self.broken:
            raise ValueError(f"{where} is broken")
        values = np.reshape(heights(*map(float, where)), (1, 1, 2))
        return {"height": values, "status": np.ones((1, 1, 2), np.int8)}


def refinement(opened: store.Store) -> Refinement:
    """What asks for blocks, from the heights in the store."""

    def seen(points: Sequence[tuple[int, ...]]) -> np.ndarray:
        regions: Regions = opened.regions(GROUP)
        blocks = [regions.layout.block(i * N + j) for i, j in points]
        return np.array([regions.read(block)["height"].ravel() for block in blocks])

    return Refinement(Rule(COARSE, 0.01), {GROUP: Slices(seen, 2, neighbours((2,)))})


def run(path: Path, plane: Plane, workers: int = 0, **options: object) -> execute.RunSummary:
    """Open, run, close."""
    with store.open_or_create(path, [spec()], IDENTITY) as opened:
        refine = refinement(opened)
        return execute.run(opened, plane, workers=workers, refine=refine, **options)  # type: ignore[arg-type]


def contents(path: Path) -> tuple[bytes, bytes, bytes]:
    """Rounds, marks and heights as they are stored."""
    with store.open_or_create(path, [spec()], IDENTITY) as opened:
        regions = opened.regions(GROUP)
        data = np.asarray(regions.array("height")[...])
        return regions.asked().tobytes(), regions.marks().tobytes(), data.tobytes()
