"""Modules of the physics, imported alone."""

import subprocess
import sys
from pathlib import Path

import physics


def test_every_module_can_be_the_first_one_imported():
    root = Path(physics.__file__).parent
    names = sorted(
        ".".join(p.relative_to(root.parent).with_suffix("").parts) for p in root.rglob("*.py")
    )
    program = """
import importlib, sys
for name in sys.argv[1:]:
    for loaded in [m for m in sys.modules if m == "physics" or m.startswith("physics.")]:
        del sys.modules[loaded]
    try:
        importlib.import_module(name.removesuffix(".__init__"))
    except ImportError as problem:
        print(name, problem)
"""
    command = [sys.executable, "-c", program, *names]
    assert subprocess.run(command, check=True, capture_output=True, text=True).stdout == ""
