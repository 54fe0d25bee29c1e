"""Carries out steps that depend on one another: those that can run at the same time, do."""

from collections.abc import Callable, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass

from runner.processes import Processes
from runner.say import Stopped, step


@dataclass(frozen=True)
class Step:
    """One thing to do: its words for the terminal, what must be done before, and whether it is needed at all."""

    key: str
    words: str
    work: Callable[[], object]
    after: tuple[str, ...] = ()
    needed: Callable[[], bool] = lambda: True

    def carry_out(self) -> None:
        """Do the work, telling so, when it is needed."""
        if self.needed():
            with step(self.words):
                self.work()


def carry_out(steps: Sequence[Step], processes: Processes) -> None:
    """Do all steps; the first failure stops those that still run and is raised."""
    waiting, done = list(steps), set[str]()
    running: dict[Future[None], str] = {}
    with ThreadPoolExecutor(max_workers=max(len(steps), 1)) as pool:
        try:
            while waiting or running:
                for ready in [s for s in waiting if done.issuperset(s.after)]:
                    waiting.remove(ready)
                    running[pool.submit(ready.carry_out)] = ready.key
                finished, _ = wait(running, return_when=FIRST_COMPLETED)
                _first_failure(finished)
                done |= {running.pop(future) for future in finished}
        except BaseException:
            processes.stop_all()
            raise


def _first_failure(finished: set[Future[None]]) -> None:
    """Raise what went wrong; a real failure goes before the mere stopping of its neighbours."""
    errors = [error for error in (future.exception() for future in finished) if error]
    for error in sorted(errors, key=lambda error: isinstance(error, Stopped)):
        raise error
