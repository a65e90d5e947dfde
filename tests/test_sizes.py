"""Modules and functions stay small, and everything public is explained."""

import ast
from pathlib import Path
from statistics import median

import pytest

ROOT = Path(__file__).parents[1]
PACKAGES = ("physics", "grids", "jobs", "scanner")
FILES = sorted(path for package in PACKAGES for path in (ROOT / package).rglob("*.py"))
TESTS = sorted((ROOT / "tests").rglob("*.py"))
MOST_LINES, MEDIAN_LINES = 400, 150
MOST_FUNCTION_LINES, MEDIAN_FUNCTION_LINES = 60, 12
Function = (ast.FunctionDef, ast.AsyncFunctionDef)


def functions(path):
    """All functions and methods of a file."""
    return [n for n in ast.walk(ast.parse(path.read_text())) if isinstance(n, Function)]


def lines(function):
    """Lines from the signature to the end, with the docstring."""
    return function.end_lineno - function.lineno + 1


def public(tree, inside=""):
    """Public functions and classes of a module, and public methods."""
    for node in tree.body:
        if isinstance(node, (*Function, ast.ClassDef)) and not node.name.startswith("_"):
            yield f"{inside}{node.name}", node
            if isinstance(node, ast.ClassDef):
                yield from public(node, f"{inside}{node.name}.")


@pytest.mark.parametrize("path", FILES, ids=lambda p: str(p.relative_to(ROOT)))
def test_modules_have_a_bound(path):
    assert len(path.read_text().splitlines()) <= MOST_LINES


@pytest.mark.parametrize("path", FILES + TESTS, ids=lambda p: str(p.relative_to(ROOT)))
def test_functions_have_a_bound(path):
    for function in functions(path):
        assert lines(function) <= MOST_FUNCTION_LINES, f"{path.name}: {function.name}"


def test_the_typical_module_and_function_are_small():
    assert median(len(path.read_text().splitlines()) for path in FILES) <= MEDIAN_LINES
    sizes = [lines(function) for path in FILES for function in functions(path)]
    assert len(sizes) > 300
    assert median(sizes) <= MEDIAN_FUNCTION_LINES


@pytest.mark.parametrize("path", FILES, ids=lambda p: str(p.relative_to(ROOT)))
def test_everything_public_is_documented(path):
    tree = ast.parse(path.read_text())
    assert ast.get_docstring(tree), "the module has no docstring"
    silent = [name for name, node in public(tree) if not ast.get_docstring(node)]
    assert silent == []
