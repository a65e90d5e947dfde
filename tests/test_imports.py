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
LAYERS = (
    *("blocks", "refine", "storage", "growing", "execution"),
    *("assembly", "curves", "cubes", "results", "plots", "cli"),
)
"""Folders and modules of scanner; each imports itself and those before it."""

KNOW_PHYSICS = {
    *("scanner.assembly", "scanner.results", "scanner.cli"),
    *("scanner.cubes.cube", "scanner.cubes.cosmology", "scanner.cubes.exclusion"),
}
"""What of scanner may know physics and grids."""

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


def module(path):
    """Full name of the module in a file."""
    return ".".join(path.relative_to(ROOT).with_suffix("").parts)


def knows_physics(name):
    return any(name == known or name.startswith(f"{known}.") for known in KNOW_PHYSICS)


def layer(name):
    return LAYERS.index(name.split(".")[1])


def test_there_is_something_to_look_at():
    assert len(FILES) > 60
    assert "physics.experiments.loader" in imported(ROOT / "physics/experiments/__init__.py")
    assert "scanner.curves.contours" in imported(ROOT / "scanner/cubes/exclusion.py")


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


SCANNER = [*sorted((ROOT / "scanner").glob("*/*.py")), ROOT / "scanner/results.py"]


@pytest.mark.parametrize("path", SCANNER, ids=module)
def test_layers_of_the_scanner_are_in_order(path):
    names = {n for n in imported(path) if n.startswith("scanner.")}
    assert not [n for n in names if layer(n) > layer(module(path))]


@pytest.mark.parametrize("path", [p for p in SCANNER if not knows_physics(module(p))], ids=module)
def test_the_engine_knows_no_physics(path):
    names = imported(path)
    assert {n for n in names if n.split(".")[0] in ("physics", "grids")} <= {"physics.errors"}
    assert not [n for n in names if knows_physics(n)]
