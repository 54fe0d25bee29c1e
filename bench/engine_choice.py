"""Choosing among 1,000 actions with multiplicative effects in 2 seconds: gap proved, against the greedy set.

Needs only the project itself.
"""

from __future__ import annotations

import numpy as np

from bench._engine_peers import row, timed
from kivijalka.engine.choice import Action, Effort, Problem, choose, greedy


def problem(actions: int, risks: int, seed: int = 0) -> Problem:
    rng = np.random.default_rng(seed)
    made = []
    for _ in range(actions):
        touched = rng.choice(risks, int(rng.integers(1, 4)), replace=False)
        made.append(Action((float(rng.uniform(1, 20)),), {int(r): float(rng.uniform(0.2, 0.95)) for r in touched}))
    pairs = [tuple(map(int, rng.choice(actions, 2, replace=False))) for _ in range(actions // 10)]
    half = len(pairs) // 2
    return Problem(rng.lognormal(10, 1.5, risks), made, (actions * 2.0,), pairs[:half], pairs[half:])


def main() -> None:
    row("actions", "risks", "seconds", "gap", "proved", "greedy worse by")
    for risks in (100, 400, 2000, 10_000):
        p = problem(1000, risks)
        seconds, found = timed(lambda p=p: choose(p, effort=Effort(programs=1, seconds=1.2)))
        row(1000, risks, seconds, found.gap, found.proved, float(p.left(greedy(p)).sum()) / found.left - 1)


if __name__ == "__main__":
    main()
