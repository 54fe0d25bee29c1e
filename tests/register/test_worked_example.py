"""CONTRIBUTING.md adds a register: its steps are followed here, in a copy of the repository."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from uuid import uuid4

import pytest

ROOT = Path(__file__).resolve().parents[2]
GUIDE = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
FILE = re.compile(r"^`(kivijalka/keys/\w+\.py)`.*?```python\n(.*?)```", re.MULTILINE | re.DOTALL)
FILES = dict(FILE.findall(GUIDE))
LINE = re.compile(r'`(kivijalka/\S+\.py|pyproject\.toml)`.*?: `(".*?",)` after `(".*?",)`')
LINES = LINE.findall(GUIDE)


@pytest.fixture
def copy(tmp_path: Path) -> Iterator[Path]:
    """The repository with the register added, as the guide says and in no other way; with what is compiled of it."""
    for name in ("kivijalka", "runner", "tests"):
        shutil.copytree(ROOT / name, tmp_path / name)
    with compiled(tmp_path):
        yield _added(tmp_path)


@contextmanager
def compiled(copy: Path) -> Iterator[None]:
    """Where compiled files stand in a tree of their own, so do those of the copy, for as long as there is a copy."""
    if sys.pycache_prefix is None:
        yield
        return
    ours, theirs = (Path(sys.pycache_prefix) / place.relative_to("/") for place in (ROOT, copy))
    shutil.copytree(ours, theirs, ignore=shutil.ignore_patterns("*.pyc.*"))
    yield
    shutil.rmtree(theirs)


def _added(tmp_path: Path) -> Path:
    for name in ("pyproject.toml", "run"):
        shutil.copy(ROOT / name, tmp_path / name)
    (tmp_path / "node_modules").symlink_to(ROOT / "node_modules")
    (tmp_path / "kivijalka/keys").mkdir()
    (tmp_path / "kivijalka/keys/__init__.py").touch()
    for name, text in FILES.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    for name, line, after in LINES:
        before = (tmp_path / name).read_text(encoding="utf-8")
        assert before.count(f"  {after}\n") == 1, f"{name} has no line {after}"
        (tmp_path / name).write_text(before.replace(f"  {after}\n", f"  {after}\n  {line}\n"), encoding="utf-8")
    return tmp_path


def done(copy: Path, *command: str, template: str = "") -> str:
    """What a command prints in the copy; it must succeed."""
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")}
    given = {"KIVIJALKA_TEST_RUN": uuid4().hex[:8], "PYTHONPATH": str(copy), "DJANGO_SETTINGS_MODULE": "tests.settings"}
    given["KIVIJALKA_TEST_TEMPLATE"] = template
    ended = subprocess.run(command, cwd=copy, env=inherited | given, capture_output=True, text=True)
    assert ended.returncode == 0, ended.stdout[-6000:] + ended.stderr[-3000:]
    return ended.stdout


def test_a_register_is_one_short_declaration() -> None:
    declaration = FILES["kivijalka/keys/registers.py"]
    assert len(FILES) == 4 and len(LINES) == 2
    assert len(declaration[declaration.index("Register(") :].splitlines()) <= 35


def test_a_register_added_as_the_guide_says_is_open_at_every_door_and_held_to_its_access(
    copy: Path, database_template: str
) -> None:
    tools = Path(sys.executable).parent
    done(copy, sys.executable, "-m", "django", "makemigrations", "keys")
    done(copy, str(tools / "ruff"), "check", "kivijalka/keys", "--exclude", "migrations")
    done(copy, str(tools / "ruff"), "format", "--check", "kivijalka/keys", "--exclude", "migrations")
    done(copy, str(tools / "lint-imports"))
    tests = ["tests/register/test_checks.py", "tests/doors", "tests/browser/test_pages.py"]
    # One kind of role stands for all: the matrix itself tries them on the registers that there are.
    some = "house or unit_head-key or keys"
    pytest = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "-rp"]
    told = done(copy, *pytest, *tests, "-k", some, template=database_template)
    assert all(
        name in told for name in ("declared_well", "pages_are_held_to_the_declaration[unit_head-key]", "/keys/new/")
    )
