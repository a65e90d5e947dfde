"""Imports go one way, and only a few modules of scanner know physics."""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
OURS = ("physics", "grids", "jobs", "scanner")
ALLOWED = {
    "physics": {"physics"},
    "grids": {"grids", "physics"},
    "jobs": {"jobs", "physics"},
    "scanner": {"grids", "jobs", "physics", "scanner"},
}
NOT_IN_PHYSICS = {"dask", "distributed", "xarray", "zarr"}
KNOW_PHYSICS = {
    *("assemble", "cosmology", "cube", "exclusion", "results", "grid_record", "sampled", "filling"),
}
"""With the commands, the modules of scanner that may know physics and grids."""

READS_TABLES = {"catalogue": {"physics.documents"}}
"""Modules that read packaged TOML as the physics does."""

FILES = sorted(path for package in OURS for path in (ROOT / package).rglob("*.py"))


def imported(path):
    """Full names of what a file imports, wherever in it, from top or inside functions."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative import"
            base = node.module
            found |= {base} | {f"{base}.{a.name}" for a in node.names if is_module(base, a.name)}
    return found


def is_module(base, name):
    """Whether `from base import name` imports a module of ours."""
    folder = ROOT.joinpath(*base.split("."))
    return (folder / f"{name}.py").exists() or (folder / name / "__init__.py").exists()


def knows_physics(path):
    return path.stem in KNOW_PHYSICS or path.stem.split("_")[0] == "cli"


def test_there_is_something_to_look_at():
    assert len(FILES) > 60
    assert "physics.experiments.loader" in imported(ROOT / "physics/experiments/__init__.py")
    assert "scanner.curves.contours" in imported(ROOT / "scanner/exclusion.py")


@pytest.mark.parametrize("path", FILES, ids=lambda p: str(p.relative_to(ROOT)))
def test_imports_go_one_way(path):
    package = path.relative_to(ROOT).parts[0]
    tops = {name.split(".")[0] for name in imported(path)}
    assert tops & set(OURS) <= ALLOWED[package]
    if package == "physics":
        assert not tops & NOT_IN_PHYSICS
    if package == "jobs":
        used = {n for n in imported(path) if n.startswith("physics")}
        assert used <= {"physics.errors", "physics.documents"}


@pytest.mark.parametrize(
    "path",
    [p for p in FILES if p.parent == ROOT / "scanner" and not knows_physics(p)],
    ids=lambda p: p.stem,
)
def test_the_engine_knows_no_physics(path):
    names = imported(path)
    allowed = {"physics.errors"} | READS_TABLES.get(path.stem, set())
    assert {n for n in names if n.split(".")[0] in ("physics", "grids")} <= allowed
    knowing = {n for n in names if n.startswith("scanner.")}
    assert not [n for n in knowing if knows_physics(Path(n.split(".")[1]))]
