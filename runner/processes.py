"""The runner's children: each is started here, watched by the guardian, and ended before the runner ends."""

import json
import os
import re
import signal
import subprocess
import sys
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from runner import alive, signals
from runner.account import Account
from runner.say import Problem, Stopped

# How PostgreSQL's library says that it came to no server, or was not let in.
NOT_REACHED = re.compile(r"connection to server .* failed: .*|(failed to resolve|could not translate) host .*")
ROOT = Path(__file__).resolve().parent.parent


@dataclass(frozen=True)
class Child:
    """A process that the runner started, and the signal that asks it to stop."""

    name: str
    process: subprocess.Popen[str]
    born: str
    signal: int

    @property
    def pid(self) -> int:
        """The number of the process, also of its group."""
        return self.process.pid


class Processes:
    """All children of one run."""

    def __init__(self) -> None:
        """Start the guardian, so that it is there before the first child."""
        self._lock = threading.Lock()
        self._children: dict[int, Child] = {}
        self._stopping = False
        self._guardian = subprocess.Popen(
            [sys.executable, "-E", "-S", "-m", "runner.guardian", str(ROOT)],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            start_new_session=True,
            text=True,
            cwd=ROOT,
        )

    def start(
        self,
        args: Sequence[str | Path],
        *,
        name: str,
        stop: int = signal.SIGTERM,
        env: Mapping[str, str] | None = None,
        cwd: Path | None = None,
        output: int | IO[str] | None = None,
        input_: int | None = subprocess.DEVNULL,
        account: Account | None = None,
    ) -> Child:
        """Start a child in a session of its own, so that a Ctrl-C reaches it through the runner only."""
        with signals.held(), self._lock:
            if self._stopping:
                raise Stopped
            process = subprocess.Popen(
                [str(arg) for arg in args],
                env=dict(env) if env is not None else None,
                cwd=cwd,
                stdin=input_,
                stdout=output,
                stderr=subprocess.STDOUT if output is not None else None,
                text=True,
                start_new_session=True,
                **(account.as_subprocess() if account else {}),
            )
            child = Child(name, process, alive.born(process.pid) or "", stop)
            self._children[child.pid] = child
            self._tell({"watch": child.pid, "born": child.born, "signal": stop})
        return child

    def run(
        self,
        args: Sequence[str | Path],
        *,
        name: str,
        env: Mapping[str, str] | None = None,
        cwd: Path | None = None,
        feed: str | None = None,
        account: Account | None = None,
    ) -> str:
        """Run a command to its end and give what it printed; a failure is a problem that shows it."""
        child = self.start(
            args,
            name=name,
            env=env,
            cwd=cwd,
            output=subprocess.PIPE,
            input_=subprocess.DEVNULL if feed is None else subprocess.PIPE,
            account=account,
        )
        printed = child.process.communicate(feed)[0]
        self.forget(child)
        if self._stopping:
            raise Stopped
        if child.process.returncode != 0:
            raise failure(name, child.process.returncode, printed)
        return printed

    def attend(self, args: Sequence[str | Path], *, name: str, env: Mapping[str, str], cwd: Path) -> int:
        """Run a command that speaks to the terminal itself, and give its exit code."""
        child = self.start(args, name=name, env=env, cwd=cwd, input_=None)
        try:
            return child.process.wait()
        finally:
            if child.process.poll() is not None:
                self.forget(child)

    def forget(self, child: Child) -> None:
        """Stop watching a child that has ended; what it left in its group ends too."""
        alive.send_group(child.pid, signal.SIGKILL)
        with self._lock:
            if self._children.pop(child.pid, None):
                self._tell({"forget": child.pid})

    def stop(self, child: Child, patience: float = 20.0) -> None:
        """Ask one child to stop; force it when it does not."""
        alive.send(child.pid, child.signal)
        try:
            child.process.wait(patience)
        except subprocess.TimeoutExpired:
            alive.send(child.pid, signal.SIGKILL)
            child.process.wait()
        self.forget(child)

    def stop_all(self) -> None:
        """Stop every child, the latest first, and let the guardian go."""
        with self._lock:
            self._stopping = True
            children = list(self._children.values())
        for child in reversed(children):
            self.stop(child)
        if self._guardian.stdin and not self._guardian.stdin.closed:
            self._guardian.stdin.close()
        self._guardian.wait(10)

    def _tell(self, note: Mapping[str, object]) -> None:
        assert self._guardian.stdin is not None
        try:
            self._guardian.stdin.write(json.dumps(note) + "\n")
            self._guardian.stdin.flush()
        except BrokenPipeError:
            # Without its guardian the runner still ends its children itself.
            pass


def failure(name: str, code: int, printed: str) -> Problem:
    """Turn a failed command into a problem, with the last of what it printed."""
    tail = "\n".join(printed.strip().splitlines()[-25:])
    if "No space left on device" in printed:
        return disk_full(tail)
    unreached = NOT_REACHED.search(printed)
    if unreached:
        return Problem(
            f"The database cannot be reached: {unreached[0]}.",
            mend="See that PostgreSQL runs and that its address (DATABASE_URL, OWNER_DATABASE_URL) is right.",
        )
    ended = f"was ended by signal {-code}" if code < 0 else f"failed (exit code {code})"
    return Problem(f"{name} {ended}.", mend="What it printed is above.", detail=tail)


def disk_full(detail: str = "") -> Problem:
    """Say that the disk is full."""
    return Problem(
        "The disk is full.",
        mend="Free some space (a first start needs about 2 GB) and run the same command again; nothing is half done.",
        detail=detail,
    )


def environment(**more: str) -> dict[str, str]:
    """Give this process's environment with a few values of our own."""
    # The engine divides its work among threads itself: those of the matrix library would only wait for one another.
    return {"OPENBLAS_NUM_THREADS": "1", **os.environ, **compiled_once(), **more}


def compiled_once() -> dict[str, str]:
    """Where Python must not write beside the code, what it compiles stands in the cache: else each start takes seconds."""
    if not os.environ.get("PYTHONDONTWRITEBYTECODE") or os.environ.get("PYTHONPYCACHEPREFIX"):
        return {}
    return {"PYTHONDONTWRITEBYTECODE": "", "PYTHONPYCACHEPREFIX": str(ROOT / ".cache" / "bytecode")}
