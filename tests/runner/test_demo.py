"""`./run demo` as a person meets it: real processes, a real PostgreSQL, and a tiny site in the place of the real one."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import pytest

from runner.account import NAME, step_down
from tests.runner.conftest import PATIENCE, Demo, all_gone, clean_environment, processes_of

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="2026-11-25: the launcher is for Linux and macOS")


def run(checkout: Path, *args: str) -> subprocess.CompletedProcess[str]:
    """Run `./run` with arguments to its end."""
    return subprocess.run(
        [sys.executable, checkout / "run", *args],
        cwd=checkout,
        env=clean_environment(),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )


def page(address: str) -> str:
    """Give the text of a page."""
    with urllib.request.urlopen(address, timeout=10) as answer:
        return str(answer.read().decode())


def a_free_port() -> int:
    """Give a port that nobody uses now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def served(checkout: Path) -> tuple[Demo, str]:
    """Give a demo that serves, and its address."""
    demo = Demo(checkout, "--port", str(a_free_port()))
    return demo, demo.wait_until_it_serves()


def test_a_demo_from_its_first_start_to_its_second(checkout: Path) -> None:
    (checkout / "no-compiler").touch()
    demo, address = served(checkout)
    assert page(address) == "kj_app 1", "the site connects as the role that owns nothing"
    assert "Only Person" in demo.said()
    assert demo.will_say("will be slow") and page(address), "an engine that is not compiled ends no city"

    second = run(checkout, "demo")
    assert second.returncode == 1
    assert address in second.stderr
    assert str(demo.process.pid) in second.stderr

    assert run(checkout, "manage", "add_fact").returncode == 0
    assert page(address) == "kj_app 2", "a command joins the database of the running demo"

    demo.stop(signal.SIGINT)
    assert all_gone(checkout), "Ctrl-C leaves no process"
    assert "Traceback" not in demo.said()

    again, address = served(checkout)
    assert page(address) == "kj_app 2", "the data stays"
    for work in ("Installing", "Making the tables", "Collecting", "Compiling", "Filling"):
        assert work not in again.said()
    again.stop(signal.SIGTERM)
    assert all_gone(checkout), "SIGTERM leaves no process"


def test_an_interrupted_filling_starts_over(checkout: Path) -> None:
    demo, _ = served(checkout)
    demo.stop(signal.SIGTERM)
    stamps = checkout / ".data" / "demo" / "stamps.json"
    stamps.write_text(json.dumps(json.loads(stamps.read_text()) | {"example": "filling"}))

    again, address = served(checkout)
    assert "Starting over" in again.said()
    assert page(address) == "kj_app 1"
    again.stop(signal.SIGTERM)


def test_a_killed_runner_takes_its_servers_along_and_the_data_stays(checkout: Path) -> None:
    demo, _ = served(checkout)
    assert run(checkout, "manage", "add_fact").returncode == 0
    demo.stop(signal.SIGKILL)
    assert all_gone(checkout)

    again, address = served(checkout)
    assert page(address) == "kj_app 2"
    again.stop(signal.SIGTERM)


def test_what_a_killed_runner_and_a_killed_guardian_left_is_cleared_by_the_next_start(checkout: Path) -> None:
    demo, _ = served(checkout)
    for guardian in guardians(checkout):
        os.kill(guardian, signal.SIGKILL)
    demo.stop(signal.SIGKILL)
    time.sleep(0.5)
    assert processes_of(checkout), "nothing watched the servers: they are still there"

    again, address = served(checkout)
    assert "interrupted start" in again.said()
    assert page(address) == "kj_app 1"
    again.stop(signal.SIGTERM)
    assert all_gone(checkout)


def guardians(checkout: Path) -> list[int]:
    """Give the numbers of the guardians of a checkout."""
    listed = subprocess.run(["ps", "-A", "-ww", "-o", "pid=,args="], capture_output=True, text=True, check=True)
    lines = [line for line in listed.stdout.splitlines() if f"runner.guardian {checkout}" in line]
    return [int(line.split()[0]) for line in lines]


def test_a_taken_port_is_named_before_any_work(checkout: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        refused = run(checkout, "demo", "--port", str(port))
    assert refused.returncode == 1
    assert f"Port {port} is taken" in refused.stderr
    assert "--port" in refused.stderr
    assert "Starting PostgreSQL" not in refused.stdout


def test_a_data_folder_of_a_newer_version_is_left_alone(checkout: Path) -> None:
    folder = checkout / ".data" / "demo"
    folder.mkdir(parents=True)
    (folder / "VERSION").write_text("99\n")
    refused = run(checkout, "demo")
    assert refused.returncode == 1
    assert "newer Kivijalka" in refused.stderr
    assert "git pull" in refused.stderr
    assert (folder / "VERSION").read_text() == "99\n"


def test_tables_of_a_newer_checkout_are_left_alone(checkout: Path) -> None:
    folder = checkout / ".data" / "demo"
    folder.mkdir(parents=True)
    (folder / "stamps.json").write_text(json.dumps({"migrations": "kivijalka/risks/migrations/0099_later.py"}))
    refused = run(checkout, "demo")
    assert refused.returncode == 1
    assert "0099_later" in refused.stderr


@pytest.mark.skipif(os.geteuid() != 0, reason="2026-11-25: only root steps down")
def test_root_steps_down_for_postgresql(checkout: Path) -> None:
    demo, _ = served(checkout)
    account = step_down(checkout)
    assert account is not None
    assert account.name in (NAME, "nobody")
    listed = subprocess.run(["ps", "-A", "-ww", "-o", "uid=,args="], capture_output=True, text=True, check=True)
    owners = {
        line.split()[0] for line in listed.stdout.splitlines() if "bin/postgres -D" in line and str(checkout) in line
    }
    assert owners == {str(account.uid)}
    assert all(path.stat().st_mode & 0o077 == 0 for path in (checkout / ".data" / "demo").glob("secret-*"))
    demo.stop(signal.SIGTERM)


@pytest.mark.skipif(os.geteuid() != 0, reason="2026-11-25: only root steps down")
def test_a_checkout_that_the_account_cannot_enter_keeps_its_data_elsewhere_and_says_so(checkout: Path) -> None:
    checkout.chmod(0o700)
    demo, address = served(checkout)
    assert page(address) == "kj_app 1"
    assert "the data is in /var/lib/kivijalka-" in demo.said()
    elsewhere = Path(demo.said().split("the data is in ")[1].split()[0].rstrip("."))
    demo.stop(signal.SIGTERM)
    assert (elsewhere / "pg" / "PG_VERSION").exists()
    subprocess.run(["rm", "-r", elsewhere.parent], check=True, timeout=20)
