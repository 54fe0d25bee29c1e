"""An environment of its own for the engine's peers, made once, and tables of what was measured."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

T = TypeVar("T")
ROOT = Path(__file__).resolve().parents[1]
PLACE = ROOT / ".cache" / "engine-peers"
MARK = "KIVIJALKA_ENGINE_PEERS"


def with_peers(module: str) -> None:
    """Run the rest of `module` in the peers' environment, making it from bench/requirements-engine.txt when missing."""
    if os.environ.get(MARK):
        return
    python = PLACE / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    wanted = ROOT / "bench" / "requirements-engine.txt"
    done = PLACE / "installed.txt"
    if not done.exists() or done.read_text(encoding="utf-8") != wanted.read_text(encoding="utf-8"):
        print("Installing the peers (aggregate, networkx, dask) into .cache/engine-peers ...", flush=True)
        subprocess.run([sys.executable, "-m", "venv", "--clear", str(PLACE)], check=True, timeout=300)
        install = [
            str(python),
            "-m",
            "pip",
            "install",
            "-q",
            "--require-hashes",
            "--only-binary",
            ":all:",
            "-r",
            str(wanted),
        ]
        subprocess.run(install, check=True, timeout=1200)
        done.write_text(wanted.read_text(encoding="utf-8"), encoding="utf-8")
    kept = {k: v for k, v in os.environ.items() if not k.startswith("DJANGO")}
    env = {**kept, MARK: "1", "PYTHONPATH": str(ROOT)}
    sys.exit(subprocess.run([str(python), "-m", module, *sys.argv[1:]], env=env, cwd=ROOT, check=False).returncode)


def timed(work: Callable[[], T], repeats: int = 1) -> tuple[float, T]:
    """Least wall time of `repeats` runs, seconds, and the last answer."""
    best, answer = float("inf"), None
    for _ in range(repeats):
        start = time.perf_counter()
        answer = work()
        best = min(best, time.perf_counter() - start)
    assert answer is not None
    return best, answer


def row(*cells: object) -> None:
    print("  ".join(f"{c:>14.5g}" if isinstance(c, float) else f"{c!s:>14}" for c in cells), flush=True)
