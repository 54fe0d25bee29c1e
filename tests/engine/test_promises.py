"""What the engine promises of itself: examples that run, quick import, no clock and no other room."""

from __future__ import annotations

import ast
import doctest
import importlib
import subprocess
import sys
from pathlib import Path

import pytest

import kivijalka.engine

FOLDER = Path(kivijalka.engine.__file__).parent
DOCS = FOLDER.parents[1] / "docs" / "engine.md"
MODULES = sorted(p.stem for p in FOLDER.glob("*.py") if not p.stem.startswith("__"))


@pytest.mark.parametrize("name", MODULES)
def test_examples_of_the_docstrings_run(name):
    assert doctest.testmod(importlib.import_module(f"kivijalka.engine.{name}")).failed == 0


USED = ["allocation", "calibration", "cascade", "choice", "hours", "insurance", "learning", "mixture", "network"]
USED += ["portfolio", "scenarios", "severity", "tree", "uncertainty"]
MADE = ["Action", "Constant", "Cover", "Empirical", "Gamma", "GeneralizedPareto", "Lognormal", "LogUniform", "Mixture"]
MADE += ["Need", "Net", "Network", "Portfolio", "Problem", "Repair", "Risk", "Scaled", "Scenarios", "Shock"]


@pytest.mark.parametrize("name", USED)
def test_whatever_one_calls_has_an_example(name):
    tree = ast.parse((FOLDER / f"{name}.py").read_text(encoding="utf-8"))
    called = [
        node
        for node in tree.body
        if (isinstance(node, ast.FunctionDef) and not node.name.startswith("_"))
        or (isinstance(node, ast.ClassDef) and node.name in MADE)
    ]
    assert called
    assert [node.name for node in called if ">>>" not in (ast.get_docstring(node) or "")] == []


def test_examples_of_the_document_run():
    assert doctest.testfile(str(DOCS), module_relative=False).failed == 0


def test_importing_leaves_the_compiler_and_scipy_alone():
    script = (
        "import sys, kivijalka.engine; print([m for m in ('numba', 'scipy', 'django', 'dask') if m in sys.modules])"
    )
    out = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=60, check=True)
    assert out.stdout.strip() == "[]"


@pytest.mark.parametrize("name", MODULES)
def test_no_other_room_no_files_no_network(name):
    tree = ast.parse((FOLDER / f"{name}.py").read_text(encoding="utf-8"))
    imported = {n.module or "" for n in ast.walk(tree) if isinstance(n, ast.ImportFrom)}
    imported |= {a.name for n in ast.walk(tree) if isinstance(n, ast.Import) for a in n.names}
    rooms = {m for m in imported if m.startswith("kivijalka") and not m.startswith("kivijalka.engine")}
    assert not rooms
    assert not imported & {"django", "datetime", "socket", "random", "requests", "urllib.request"}


def test_compiled_code_works_where_the_package_cannot_be_written():
    script = (
        "import numba.core.caching as c; c.CacheImpl._locator_classes = [c.UserProvidedCacheLocator]\n"
        "import numpy as np; from kivijalka.engine.loss_kernels import concave_slopes\n"
        "print(concave_slopes(np.array([0.0, 2.0, 3.0])).tolist())"
    )
    out = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, timeout=120, cwd=FOLDER.parents[1]
    )
    assert out.returncode == 0, out.stderr
    assert out.stdout.strip() == "[2.0, 1.0]"
