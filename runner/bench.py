"""`./run bench`: the figures that the project claims, each measured against a peer in the same run."""

from collections.abc import Sequence
from pathlib import Path

from runner.checkout import HERE
from runner.cluster import APP, OWNER
from runner.house import alone, opened, preparation
from runner.processes import Processes, environment
from runner.say import Problem, line
from runner.steps import Step, carry_out


def run(processes: Processes, args: Sequence[str]) -> int:
    """Run one bench by its name, or all."""
    there = sorted(path.stem for path in (HERE.root / "bench").glob("*.py") if not path.stem.startswith("_"))
    wanted = list(args) or there
    unknown = sorted(set(wanted) - set(there))
    if unknown:
        raise Problem(f"There is no bench {', '.join(unknown)}.", mend=f"There are: {', '.join(there)}")
    with opened(processes, "bench") as house:
        begin = [
            *preparation(processes, development=True),
            Step("postgres", "Starting PostgreSQL", house.start_cluster, after=("packages",)),
        ]
        with alone(HERE):
            carry_out(begin, processes)
        where = environment(
            DJANGO_SETTINGS_MODULE="kivijalka.web.settings",
            KIVIJALKA_MODE="test",
            DATABASE_URL=house.cluster.url(OWNER),
            APP_DATABASE_URL=house.cluster.url(APP),
        )
        codes = [_measure(processes, name, where) for name in wanted]
    return max(codes, default=0)


def _measure(processes: Processes, name: str, where: dict[str, str]) -> int:
    line(f"\n{name}")
    command: list[str | Path] = [HERE.python, "-m", "bench", name]
    return processes.attend(command, name=name, env=where, cwd=HERE.root)
