"""The command itself: which Pythons it accepts, what it lists, what it refuses; and the check for addresses."""

import ast
import subprocess
import sys
from importlib.machinery import SourceFileLoader
from importlib.util import module_from_spec, spec_from_loader
from pathlib import Path
from typing import Any

import pytest

from runner import checks
from runner.main import VERBS
from runner.processes import Child, Processes
from runner.say import Problem, Stopped
from runner.serve import attended, refuse_missing
from runner.steps import Step, carry_out
from tests.runner.conftest import ROOT, clean_environment


@pytest.fixture(scope="module")
def command() -> Any:
    """The file `run` as a module."""
    loader = SourceFileLoader("run_command", str(ROOT / "run"))
    spec = spec_from_loader("run_command", loader)
    assert spec
    module = module_from_spec(spec)
    loader.exec_module(module)
    return module


@pytest.mark.parametrize("version", [(3, 6, 15), (3, 9, 2), (3, 10, 14)])
def test_an_old_python_says_what_is_needed(command: Any, version: tuple[int, int, int]) -> None:
    refusal = command.why_not_this_python(version)
    assert f"{version[0]}.{version[1]}" in refusal
    assert "3.11 or newer" in refusal


@pytest.mark.parametrize("version", [(3, 11, 0), (3, 14, 1), (4, 0, 0)])
def test_a_new_python_is_accepted(command: Any, version: tuple[int, int, int]) -> None:
    assert command.why_not_this_python(version) is None


def test_an_old_python_can_read_the_command() -> None:
    ast.parse((ROOT / "run").read_text(), feature_version=(3, 6))


def test_a_newer_python_beside_the_old_one_is_found(command: Any) -> None:
    assert command.newer_python({"python3.12": "there"}.get) == "there"
    assert command.newer_python({}.get) is None


def test_alone_it_lists_every_verb_with_a_line() -> None:
    told = subprocess.run(
        [sys.executable, ROOT / "run"], capture_output=True, text=True, check=True, timeout=20, env=clean_environment()
    )
    lines = told.stdout.splitlines()
    for verb in VERBS:
        assert any(line.strip().startswith(f"./run {verb} ") for line in lines)
    assert max(map(len, lines)) <= 120


def test_an_unknown_verb_is_refused() -> None:
    told = subprocess.run(
        [sys.executable, ROOT / "run", "dmeo"],
        capture_output=True, text=True, check=False, timeout=20, env=clean_environment(),
    )  # fmt: skip
    assert told.returncode == 2
    assert "dmeo" in told.stderr


def test_serving_for_real_names_every_missing_setting(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("DATABASE_URL", "KIVIJALKA_SECRET_KEY", "KIVIJALKA_SEAL_KEY", "KIVIJALKA_ALLOWED_HOSTS"):
        monkeypatch.delenv(name, raising=False)
    with pytest.raises(Problem) as refused:
        refuse_missing()
    for name in ("DATABASE_URL", "KIVIJALKA_SECRET_KEY", "KIVIJALKA_SEAL_KEY", "KIVIJALKA_ALLOWED_HOSTS"):
        assert name in refused.value.what


def test_steps_wait_for_one_another_and_a_failure_is_raised(processes: Processes) -> None:
    done: list[str] = []

    def fail() -> None:
        raise Problem("It broke.", mend="Mend it.")

    steps = [
        Step("b", "B", lambda: done.append("b"), after=("a",)),
        Step("a", "A", lambda: done.append("a")),
        Step("skipped", "Skipped", lambda: done.append("skipped"), needed=lambda: False),
        Step("c", "C", fail, after=("b", "skipped")),
        Step("d", "D", lambda: done.append("d"), after=("c",)),
    ]
    with pytest.raises(Problem, match="It broke"):
        carry_out(steps, processes)
    assert done == ["a", "b"]


def test_a_failed_command_shows_what_it_printed(processes: Processes) -> None:
    with pytest.raises(Problem) as told:
        processes.run([sys.executable, "-c", "print('the reason'); raise SystemExit(3)"], name="Trying")
    assert "the reason" in told.value.detail
    assert told.value.what == "Trying failed (exit code 3)."


def test_a_worker_that_ends_is_begun_anew_and_the_end_of_the_site_is_the_end(
    processes: Processes, capsys: pytest.CaptureFixture[str]
) -> None:
    site = processes.start(
        [sys.executable, "-c", "input(); raise SystemExit(3)"], name="The site", input_=subprocess.PIPE
    )
    begun: list[Child] = []

    def begin() -> Child:
        begun.append(processes.start([sys.executable, "-c", "pass"], name="The worker"))
        if len(begun) == 3:
            assert site.process.stdin
            site.process.stdin.close()
        return begun[-1]

    assert attended(processes, site, begin, pause=0.01) in (1, 3)
    assert len(begun) >= 3
    assert "The worker ended by itself (exit code 0) and is begun anew." in capsys.readouterr().out


def test_a_worker_whose_clock_was_set_back_is_begun_anew(
    processes: Processes, capsys: pytest.CaptureFixture[str]
) -> None:
    site = processes.start([sys.executable, "-c", "input()"], name="The site", input_=subprocess.PIPE)
    assert site.process.stdin
    begun: list[Child] = []
    # A step ahead and one back of a second are nothing; then an hour is taken back.
    moments = [0.0, 3600.0, 3599.0, 0.0]

    def begin() -> Child:
        begun.append(processes.start([sys.executable, "-c", "import time; time.sleep(60)"], name="The worker"))
        return begun[-1]

    def clock() -> float:
        if len(begun) == 2 and site.process.stdin:
            site.process.stdin.close()
        return moments.pop(0) if len(moments) > 1 else moments[0]

    attended(processes, site, begin, pause=0.01, clock=clock)
    assert [worker.process.poll() is None for worker in begun] == [False, True]
    assert "The clock was set back: the worker is begun anew." in capsys.readouterr().out


def test_a_full_disk_is_told_as_one(processes: Processes) -> None:
    broken = "import os; raise OSError(28, os.strerror(28))"
    with pytest.raises(Problem, match="The disk is full"):
        processes.run([sys.executable, "-c", broken], name="Trying")


def test_a_database_that_cannot_be_reached_is_told_as_one(processes: Processes) -> None:
    said = 'connection failed: connection to server at "127.0.0.1", port 5999 failed: Connection refused'
    with pytest.raises(Problem) as told:
        processes.run([sys.executable, "-c", f"raise OSError({said!r})"], name="Trying")
    assert told.value.what.startswith("The database cannot be reached: connection to server at")
    assert "DATABASE_URL" in told.value.mend and not told.value.detail


def test_nothing_is_started_once_the_runner_stops(processes: Processes) -> None:
    processes.stop_all()
    with pytest.raises(Stopped):
        processes.run([sys.executable, "-c", "pass"], name="Too late")


@pytest.mark.parametrize(
    "text", ["/ro" + "ot/notes", "/ho" + "me/anna/city", "see pyp" + "i.org/simple", "registry.npm" + "js.org"]
)
def test_an_address_of_a_machine_is_found(tmp_path: Path, text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(checks, "HERE", checks.HERE.__class__(tmp_path))
    (tmp_path / "page.txt").write_text(f"fine\n{text}\n")
    assert len(checks.addresses_in(tmp_path / "page.txt")) == 1


def test_ordinary_paths_are_no_address_of_a_machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(checks, "HERE", checks.HERE.__class__(tmp_path))
    (tmp_path / "page.txt").write_text("/usr/bin/chromium\n/var/lib/kivijalka\nhttps://example.org/home/\n")
    assert checks.addresses_in(tmp_path / "page.txt") == []
