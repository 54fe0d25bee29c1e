"""`./run serve`: the site for real use, on a database that the city runs."""

import argparse
import os
import time
from collections.abc import Callable, Sequence

from runner.checkout import HERE
from runner.house import alone, preparation
from runner.processes import Child, Processes
from runner.say import Problem, line
from runner.site import Site, cores, is_free, wait_for_first_page
from runner.steps import Step, carry_out

NEEDED = {
    "DATABASE_URL": "the address that the site connects with, as a role that owns nothing: postgresql://kj_app:…@host/kivijalka",
    "KIVIJALKA_SECRET_KEY": "a random text of at least 50 characters that stays the same",
    "KIVIJALKA_SEAL_KEY": "another such text, which signs the seals of the trail; keep it away from the database's backups",
    "KIVIJALKA_ALLOWED_HOSTS": "the names under which the site is reached, with commas between them",
}

# Seconds. What is periodic comes that much later.
MOST_SET_BACK = 10.0


def run(processes: Processes, args: Sequence[str]) -> int:
    """Refuse what is unsafe with reasons, then serve until stopped."""
    options = argparse.ArgumentParser(prog="./run serve", description=__doc__)
    options.add_argument("--host", default="127.0.0.1")
    options.add_argument("--port", type=int, default=8000)
    options.add_argument("--workers", type=int, default=cores())
    options.add_argument(
        "--migrate", action="store_true", help="bring the tables up to date first, as OWNER_DATABASE_URL"
    )
    wanted = options.parse_args(args)
    refuse_missing()
    if not is_free(wanted.host, wanted.port):
        raise Problem(f"Port {wanted.port} is taken by another program.", mend="Choose another: --port 8001")
    site = Site(HERE, processes, {"KIVIJALKA_MODE": "serve"})
    with alone(HERE):
        carry_out(steps(processes, site, migrate=wanted.migrate), processes)
    server = site.start_server(wanted.host, wanted.port, wanted.workers, 4, None)
    wait_for_first_page(server, wanted.host, wanted.port, None)
    line(f"Serving at http://{wanted.host}:{wanted.port}/")
    return attended(processes, server, lambda: site.start_worker(None))


def clock() -> float:
    """How far the time of day is from the time that only goes on; less than before: the clock was set back."""
    return time.time() - time.monotonic()


def attended(
    processes: Processes,
    server: Child,
    begin_worker: Callable[[], Child],
    pause: float = 5.0,
    clock: Callable[[], float] = clock,
) -> int:
    """Wait for the site's end and give its exit code: the city's service manager starts all anew.

    A worker that ends by itself, as one does without its database, is begun anew, and the site goes on meanwhile. So is
    one whose clock was set back: it would do nothing periodic until the time comes again that it has seen.
    """
    worker, since, seen = begin_worker(), time.monotonic(), clock()
    while (code := server.process.poll()) is None:
        ended = worker.process.poll()
        if ended is not None and time.monotonic() > since + pause:
            line(f"{worker.name} ended by itself (exit code {ended}) and is begun anew.")
            processes.forget(worker)
            worker, since, seen = begin_worker(), time.monotonic(), clock()
        elif ended is None and clock() < seen - MOST_SET_BACK:
            line(f"The clock was set back: {worker.name.lower()} is begun anew.")
            processes.stop(worker)
            worker, since, seen = begin_worker(), time.monotonic(), clock()
        seen = max(seen, clock())
        time.sleep(min(0.5, pause))
    line(f"{server.name} ended by itself (exit code {code}).")
    return code or 1


def refuse_missing() -> None:
    """Say which settings are missing, all at once."""
    missing = [f"  {name}: {words}" for name, words in NEEDED.items() if not os.environ.get(name)]
    for name in ("KIVIJALKA_SECRET_KEY", "KIVIJALKA_SEAL_KEY"):
        if 0 < len(os.environ.get(name, "")) < 50:
            missing.append(f"  {name}: is shorter than 50 characters")
    if missing:
        raise Problem("These settings are missing or unsafe:\n" + "\n".join(missing), mend="Set them and start again.")


def steps(processes: Processes, site: Site, *, migrate: bool) -> list[Step]:
    """Packages, static files, and the checks that a production site must pass."""
    owner = Site(HERE, processes, {"KIVIJALKA_MODE": "serve", "DATABASE_URL": os.environ.get("OWNER_DATABASE_URL", "")})
    found = [
        *preparation(processes, development=False),
        Step("texts", "Compiling translations", lambda: site.manage("texts", "compile"), after=("packages",)),
        Step(
            "static", "Collecting static files",
            lambda: site.manage("collectstatic", "--noinput", "--verbosity", "0"), after=("packages", "frontend"),
        ),
        Step("engine", "Compiling the engine", lambda: site.manage("warm_losses"), after=("packages",)),
    ]  # fmt: skip
    if migrate:
        if not os.environ.get("OWNER_DATABASE_URL"):
            raise Problem(
                "--migrate needs OWNER_DATABASE_URL: the tables' owner, postgresql://kj_owner:…@host/kivijalka"
            )
        found.append(
            Step("migrate", "Bringing the tables up to date", lambda: owner.manage("migrate"), after=("texts",))
        )
    last = "migrate" if migrate else "texts"
    found += [
        Step("pending", "Looking for migrations", lambda: site.manage("migrate", "--check"), after=(last,)),
        Step(
            "check", "Checking settings and database",
            lambda: site.manage("check", "--deploy", "--database", "default", "--fail-level", "WARNING"), after=("pending",),
        ),
    ]  # fmt: skip
    return found
