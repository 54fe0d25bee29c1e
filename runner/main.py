"""The verbs of `./run`: which there are, and how each is begun and ended."""

import errno
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from runner import backup, bench, checks, demo, manage, serve, signals, tests
from runner.processes import Processes, disk_full
from runner.say import Problem, Stopped, complain, line


@dataclass(frozen=True)
class Verb:
    """One verb: what it does in a line, and the function that does it and gives the exit code."""

    words: str
    do: Callable[[Processes, Sequence[str]], int]


VERBS = {
    "demo": Verb("an invented city on this machine: --size small|city, --fresh, --port N, --seed N", demo.run),
    "serve": Verb("the site for real use; needs DATABASE_URL: --host, --port, --workers, --migrate", serve.run),
    "test": Verb("every test, on a real PostgreSQL and a real browser: --full, and what pytest understands", tests.run),
    "check": Verb("format, lint, types, imports between rooms, migrations, translations, addresses", checks.run),
    "bench": Verb("the figures that the project claims, as ratios: a name, or all", bench.run),
    "import": Verb(
        "a file into a register of the demo: FILE --into risks --as E-MAIL --mapping NAME", manage.run_import
    ),
    "people": Verb("a city's persons and their roles from a file: FILE --as E-MAIL --commit", manage.run_people),
    "backup": Verb("everything that is stored, in one file: FILE", backup.run_backup),
    "restore": Verb(
        "a backup into an empty database, its trail verified: FILE, --fresh for the demo", backup.run_restore
    ),
    "manage": Verb("a management command on the demo's database, or on OWNER_DATABASE_URL's", manage.run),
}


def main(args: Sequence[str]) -> int:
    """Do one verb; whatever happens, no process stays behind."""
    if not args or args[0] in ("help", "--help", "-h"):
        return show_verbs()
    verb = VERBS.get(args[0])
    if verb is None:
        complain(f"There is no {args[0]!r}. ./run alone lists what there is.")
        return 2
    signals.listen()
    processes = Processes()
    try:
        return verb.do(processes, args[1:])
    except Stopped:
        line("Stopped. The data stays.")
        return 130
    except Problem as problem:
        complain(problem)
        return 1
    except OSError as error:
        if error.errno not in (errno.ENOSPC, errno.EDQUOT):
            raise
        complain(disk_full())
        return 1
    finally:
        processes.stop_all()


def show_verbs() -> int:
    """List the verbs with a line each."""
    line("Kivijalka\n")
    for name, verb in VERBS.items():
        line(f"  ./run {name:8} {verb.words}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
