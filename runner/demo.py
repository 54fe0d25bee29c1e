"""`./run demo`: the example city, from nothing to its first page."""

import argparse
import time
from collections.abc import Sequence
from pathlib import Path

from runner.checkout import fingerprint
from runner.house import House, alone, opened, preparation
from runner.place import newer
from runner.processes import Child, Processes
from runner.say import Problem, line, step
from runner.site import Site, is_free, wait_for_first_page
from runner.steps import Step, carry_out

HOST = "127.0.0.1"
WORKERS, THREADS = 2, 2
NEXT_PORTS = 20
# Stands in the stamps while the city is being filled: what an interrupted filling left is nobody's work.
FILLING = "filling"


def run(processes: Processes, args: Sequence[str]) -> int:
    """Set up what is missing, fill the city, serve it until stopped."""
    wanted = parser().parse_args(args)
    began = time.monotonic()
    with opened(processes, "demo") as house:
        if wanted.fresh or house.place.stamps.get("example") == FILLING:
            with step("Starting over"):
                house.place.empty()
        refuse_newer_tables(house)
        port = free_port(wanted.port)
        with alone(house.checkout):
            carry_out(steps(house, wanted.size, wanted.seed), processes)
        serve(house, port, began)
    return 0


def parser() -> argparse.ArgumentParser:
    """The options of the demo."""
    options = argparse.ArgumentParser(prog="./run demo", description=__doc__)
    options.add_argument("--size", choices=["small", "city"], default="city", help="60 units or 2,000")
    options.add_argument("--seed", type=int, default=1, help="another number, another city")
    options.add_argument("--fresh", action="store_true", help="forget the demo's data and start over")
    options.add_argument("--port", type=int, help="where to serve; 8000 or the next free one")
    return options


def steps(house: House, size: str, seed: int) -> list[Step]:
    """All steps before serving, with what each waits for; what was done before is left out."""
    stamps = house.place.stamps
    checkout, owner = house.checkout, house.owner
    code = fingerprint(checkout.files("kivijalka/**/*.py", "requirements*.txt"), checkout.root)
    texts = fingerprint(checkout.files("kivijalka/locale/**/*.po"), checkout.root)
    ours = [path for path in checkout.files("kivijalka/**/static/**/*") if checkout.vendor not in path.parents]
    static = fingerprint([*ours, checkout.root / "package-lock.json"], checkout.root)

    def fill() -> None:
        stamps.set(example=FILLING)
        stamped("example", f"{size} {seed}", owner, "example", "--size", size, "--seed", str(seed))

    def tables() -> None:
        stamped("migrate", code, owner, "migrate", "--verbosity", "0")
        stamps.set(migrations=" ".join(migrations_of(house)))

    def stamped(key: str, value: str, site: Site, *command: str) -> None:
        site.manage(*command)
        stamps.set(**{key: value})

    return [
        *preparation(house.processes, development=False),
        Step("postgres", "Starting PostgreSQL", house.start_cluster, after=("packages",)),
        Step(
            "migrate", "Making the tables",
            tables, after=("postgres",), needed=lambda: stamps.get("migrate") != code,
        ),
        Step(
            "texts", "Compiling translations",
            lambda: stamped("texts", texts, owner, "texts", "compile"),
            after=("packages",),
            needed=lambda: stamps.get("texts") != texts or not has_compiled_texts(house),
        ),
        Step(
            "static", "Collecting static files",
            lambda: stamped("static", static, owner, "collectstatic", "--noinput", "--clear", "--verbosity", "0"),
            after=("packages", "frontend"),
            needed=lambda: stamps.get("static") != static or not (checkout.root / "static").exists(),
        ),
        Step(
            "example", f"Filling the example city ({size})",
            fill, after=("migrate",), needed=lambda: not stamps.get("example"),
        ),
    ]  # fmt: skip


def has_compiled_texts(house: House) -> bool:
    """Tell whether every translation has its compiled file beside it."""
    return all(path.with_suffix(".mo").exists() for path in house.checkout.files("kivijalka/locale/**/*.po"))


def migrations_of(house: House) -> list[str]:
    """Names of the migrations that this checkout knows."""
    found = house.checkout.files("kivijalka/**/migrations/0*.py")
    return [path.relative_to(house.checkout.root).as_posix() for path in found]


def refuse_newer_tables(house: House) -> None:
    """Refuse tables that went through migrations which this checkout lacks."""
    unknown = set(house.place.stamps.get("migrations").split()) - set(migrations_of(house))
    if unknown:
        raise newer(house.place.folder, f"its tables went through {min(unknown)}, which this checkout lacks")


def free_port(wanted: int | None) -> int:
    """The port asked for, or the first free one from 8000 on."""
    if wanted is not None:
        if not is_free(HOST, wanted):
            raise Problem(f"Port {wanted} is taken by another program.", mend="Choose another: ./run demo --port 8001")
        return wanted
    for port in range(8000, 8000 + NEXT_PORTS):
        if is_free(HOST, port):
            if port != 8000:
                line(f"Port 8000 is taken by another program; this demo uses {port}.")
            return port
    raise Problem(f"Ports 8000 to {8000 + NEXT_PORTS - 1} are taken.", mend="Choose a free one: ./run demo --port N")


def serve(house: House, port: int, began: float) -> None:
    """Serve until the server ends or somebody stops it."""
    log, jobs_log = house.place.folder / "site.log", house.place.folder / "jobs.log"
    with log.open("w") as output, jobs_log.open("w") as jobs_output:
        server = house.app.start_server(HOST, port, WORKERS, THREADS, output)
        house.place.record(server)
        wait_for_first_page(server, HOST, port, log)
        worker = house.app.start_worker(jobs_output)
        house.place.record(worker)
        address = f"http://{HOST}:{port}/"
        house.place.tell(address)
        line(f"\nThe city is at {address} ({time.monotonic() - began:.1f} s). Sign in as one of:\n")
        line(house.owner.manage("people").rstrip())
        line("\nCtrl-C stops it; the data stays.")
        compile_engine(house)
        raise watch({server: log, worker: jobs_log}, house)


def compile_engine(house: House) -> None:
    """Compile what the first page of losses would wait for; nobody waits for it here, as the city is up, and stays so."""
    engine = fingerprint(house.checkout.files("kivijalka/engine/*.py", "requirements.txt"), house.checkout.root)
    if house.place.stamps.get("engine") == engine:
        return
    try:
        with step("Compiling the engine"):
            house.owner.manage("warm_losses")
    except Problem as problem:
        line(f"The first page of losses will be slow. {problem.what}\n{problem.detail}")
        return
    house.place.stamps.set(engine=engine)


def watch(children: dict[Child, Path], house: House) -> Problem:
    """Wait until the site, its worker or PostgreSQL ends by itself, and say which one did."""
    if house.cluster.server:
        children = {**children, house.cluster.server: house.cluster.log}
    while True:
        for child, its_log in children.items():
            if child.process.poll() is not None:
                return Problem(
                    f"{child.name} ended by itself (exit code {child.process.returncode}). Your data is kept.",
                    mend=f"Start again with ./run demo. Its log: {its_log}",
                )
        time.sleep(0.2)
