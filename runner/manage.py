"""`./run manage`, `./run import` and `./run people`: a management command on the demo's data, or on a city's own database."""

import os
from collections.abc import Sequence

from runner.checkout import HERE
from runner.house import alone, joined, preparation
from runner.processes import Processes
from runner.site import Site
from runner.steps import carry_out

# Migrations are made from the code alone; Django warns that it asked no database.
NO_DATABASE = "ignore::RuntimeWarning:django.core.management.commands.makemigrations"


def run_import(processes: Processes, args: Sequence[str]) -> int:
    """Import a file into a register."""
    return run(processes, ["import_file", *args])


def run_people(processes: Processes, args: Sequence[str]) -> int:
    """Take persons and their roles from a file."""
    return run(processes, ["import_people", *args])


def run(processes: Processes, args: Sequence[str]) -> int:
    """Run a management command as the tables' owner and give its exit code."""
    if args and args[0][0] != "-":
        args = [args[0].replace("-", "_"), *args[1:]]
    with alone(HERE):
        carry_out(preparation(processes, development=args[:1] == ["texts"]), processes)
    owner = os.environ.get("OWNER_DATABASE_URL")
    if owner or not _needs_database(args):
        settings = {"DATABASE_URL": owner} if owner else {"PYTHONWARNINGS": NO_DATABASE}
        return Site(HERE, processes, settings).attend(*args)
    with joined(processes, "demo") as house:
        return house.owner.attend(*args)


def _needs_database(args: Sequence[str]) -> bool:
    return bool(args) and args[0] not in ("help", "texts", "makemigrations", "--help", "version")
