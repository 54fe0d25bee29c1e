"""The application as the runner sees it: its environment, its management commands, and its server granian."""

import http.client
import os
import socket
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

from runner.checkout import Checkout
from runner.processes import Child, Processes, environment
from runner.say import Problem

SETTINGS = "kivijalka.web.settings"
APPLICATION = "kivijalka.web.wsgi:application"
BACKLOG = 512
PATIENCE = 60.0


@dataclass
class Site:
    """The application with the settings of one run."""

    checkout: Checkout
    processes: Processes
    settings: Mapping[str, str] = field(default_factory=dict)

    def environment(self) -> dict[str, str]:
        """Give the environment in which every part of the application runs."""
        return environment(DJANGO_SETTINGS_MODULE=SETTINGS, PYTHONUNBUFFERED="1", **self.settings)

    def command(self, *args: str) -> list[str | Path]:
        """Give the command line of a management command."""
        return [self.checkout.python, "-m", "django", *args]

    def manage(self, *args: str) -> str:
        """Run a management command to its end and give what it printed."""
        name = "manage " + " ".join(args)
        return self.processes.run(self.command(*args), name=name, env=self.environment(), cwd=self.checkout.root)

    def attend(self, *args: str) -> int:
        """Run a management command that speaks to the terminal itself."""
        name = "manage " + " ".join(args)
        return self.processes.attend(self.command(*args), name=name, env=self.environment(), cwd=self.checkout.root)

    def start_server(self, host: str, port: int, workers: int, threads: int, output: IO[str] | None) -> Child:
        """Start granian; each worker answers with a few threads, and what is too much waits in the backlog."""
        options = {
            "--interface": "wsgi",
            "--host": host,
            "--port": str(port),
            "--workers": str(workers),
            "--blocking-threads": str(threads),
            "--backlog": str(BACKLOG),
            "--backpressure": str(max(16, 4 * threads)),
            "--workers-kill-timeout": "5",
            "--log-level": "warning",
        }
        flags = [part for pair in options.items() for part in pair] + ["--no-ws", "--respawn-failed-workers"]
        return self.processes.start(
            [self.checkout.python, "-m", "granian", *flags, APPLICATION],
            name="The site",
            env=self.environment(),
            cwd=self.checkout.root,
            output=output,
        )

    def start_worker(self, output: IO[str] | None) -> Child:
        """Start what does the jobs: imports, mails, sealing the trail."""
        return self.processes.start(
            self.command("procrastinate", "worker", "--concurrency", "2"),
            name="The worker",
            env=self.environment(),
            cwd=self.checkout.root,
            output=output,
        )


def wait_for_first_page(server: Child, host: str, port: int, log: Path | None) -> None:
    """Wait until the front page is answered."""
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        if server.process.poll() is not None:
            raise did_not_start("stopped at once", log)
        status = _ask(host, port)
        if status is not None and status < 500:
            return
        if status is not None:
            raise did_not_start(f"answers with error {status}", log)
        time.sleep(0.05)
    raise did_not_start(f"gave no answer within {PATIENCE:.0f} seconds", log)


def did_not_start(how: str, log: Path | None) -> Problem:
    """Say how the site failed, with the last of its log."""
    words = "\n".join(log.read_text(errors="replace").splitlines()[-25:]) if log else ""
    return Problem(f"The site {how}.", mend=f"Its log: {log}" if log else "Its log is above.", detail=words)


def _ask(host: str, port: int) -> int | None:
    connection = http.client.HTTPConnection(host, port, timeout=30)
    try:
        connection.request("GET", "/")
        return connection.getresponse().status
    except (OSError, http.client.HTTPException):
        return None
    finally:
        connection.close()


def is_free(host: str, port: int) -> bool:
    """Tell whether nobody listens on a port."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except PermissionError:
            raise Problem(
                f"Port {port} may be used by root only.", mend="Choose one above 1023, for instance: --port 8000"
            ) from None
        except OSError:
            return False
    return True


def cores() -> int:
    """Give the number of processor cores that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
