"""Choosing against brute force and against a knapsack whose optimum is known."""

from __future__ import annotations

import itertools
import math
from dataclasses import replace

import numpy as np
import pytest

from kivijalka.engine import BadInput
from kivijalka.engine.choice import Action, Effort, Problem, choose, frontier, greedy, reasons


def random_problem(seed: int, actions: int, risks: int, years: int) -> Problem:
    rng = np.random.default_rng(seed)

    def action() -> Action:
        touched = rng.choice(risks, int(rng.integers(1, 4)), replace=False)
        return Action(tuple(rng.uniform(1, 20, years)), {int(r): float(rng.uniform(0.0, 0.95)) for r in touched})

    def pairs() -> list[tuple[int, int]]:
        return [(int(a), int(b)) for a, b in (rng.choice(actions, 2, replace=False) for _ in range(2))]

    made = [action() for _ in range(actions)]
    return Problem(rng.lognormal(10, 1.5, risks), made, (actions * 3.0,) * years, pairs(), pairs())


def sets(problem: Problem):
    n = range(len(problem.actions))
    every = itertools.chain.from_iterable(itertools.combinations(n, k) for k in range(len(n) + 1))
    return (s for s in every if problem.why_not(s) is None)


@pytest.mark.parametrize("seed", range(8))
def test_the_optimum_is_that_of_brute_force(seed):
    problem = random_problem(seed, 9, 4, 1 + seed % 2)
    best = min(float(problem.left(s).sum()) for s in sets(problem))
    found = choose(problem)
    assert found.left == pytest.approx(best, rel=1e-5)
    assert found.bound <= best * (1 + 1e-6)
    assert found.gap <= 1e-5
    assert problem.why_not(found.chosen) is None


@pytest.mark.parametrize("seed", range(6))
def test_at_least_so_much_goes_where_it_is_asked_to(seed):
    problem = random_problem(seed, 8, 4, 2)
    problem = replace(problem, floors=[(frozenset({1, 2, 5}), 0, 14.0), (frozenset({6, 7}), 1, 3.0)])
    allowed = [float(problem.left(s).sum()) for s in sets(problem)]
    if not allowed:
        with pytest.raises(BadInput):
            choose(problem)
        return
    found = choose(problem)
    assert found.left == pytest.approx(min(allowed), rel=1e-5)
    assert problem.why_not(found.chosen) is None


def test_without_actions_nothing_is_chosen_and_nothing_saved():
    nothing = choose(Problem(np.array([10.0]), [], (7.0,)))
    assert (nothing.chosen, nothing.left, nothing.proved) == ((), 10.0, True)
    with pytest.raises(BadInput):
        choose(Problem(np.array([10.0]), [], (7.0,), floors=[(frozenset(), 0, 6.0)]))


def test_a_least_that_nothing_can_meet_is_said():
    problem = Problem(np.array([10.0]), [Action((5.0,), {0: 0.5})], (7.0,), floors=[(frozenset({0}), 0, 6.0)])
    assert problem.why_not([0]) == "year 0 has 1 euro less than the least for 1 actions"
    with pytest.raises(BadInput):
        choose(problem)
    with pytest.raises(BadInput):
        replace(problem, floors=[(frozenset({1}), 0, 6.0)])


def test_a_knapsack_with_known_optimum():
    """Weights, profits and optimum 309 of instance p01 of the Florida State University knapsack collection."""
    weight = [23, 31, 29, 44, 53, 38, 63, 85, 89, 82]
    profit = [92, 57, 49, 68, 60, 43, 67, 84, 87, 72]
    actions = [Action((float(w),), {i: 0.0}) for i, w in enumerate(weight)]
    found = choose(Problem(np.array(profit, float), actions, (165.0,)))
    assert found.before - found.left == pytest.approx(309)
    assert found.chosen == (0, 1, 2, 3, 5)
    assert found.proved


def test_effects_on_one_risk_multiply():
    problem = Problem(np.array([100.0]), [Action((1.0,), {0: 0.5}), Action((1.0,), {0: 0.4})], (2.0,))
    assert choose(problem).left == pytest.approx(20.0)


def test_demands_are_kept():
    actions = [Action((1.0,), {0: 0.5}, "a"), Action((1.0,), {0: 0.1}, "b"), Action((1.0,), {1: 0.9}, "c")]
    base = {"losses": np.array([100.0, 10.0]), "actions": actions, "budgets": (1.0,)}
    assert choose(Problem(**base)).chosen == (1,)
    assert choose(Problem(**base, never=frozenset({1}))).chosen == (0,)
    assert choose(Problem(**base, must=frozenset({2}))).chosen == (2,)
    assert 1 not in choose(Problem(**base, requires=[(1, 2)])).chosen
    both = Problem(np.array([100.0, 10.0]), actions, (3.0,), excludes=[(0, 1)])
    assert choose(both).chosen == (1, 2)


def test_reasons_say_what_each_action_would_change():
    actions = [Action((1.0,), {0: 0.5}), Action((5.0,), {0: 0.1})]
    problem = Problem(np.array([100.0]), actions, (1.0,))
    first, second = reasons(problem, choose(problem))
    assert first.chosen
    assert first.change == pytest.approx(50.0)
    assert not second.chosen
    assert second.change == pytest.approx(-45.0)
    assert second.why_not is not None
    assert "budget" in second.why_not


def test_the_frontier_never_rises():
    problem = random_problem(3, 12, 6, 1)
    found = frontier(problem, [(b,) for b in (0.0, 10.0, 20.0, 40.0, 80.0)])
    left = [c.left for c in found]
    assert left == sorted(left, reverse=True)
    assert left[0] == pytest.approx(problem.losses.sum())


def test_a_large_choice_states_its_gap():
    problem = random_problem(1, 300, 100, 1)
    found = choose(problem, effort=Effort(nodes=20, programs=1))
    assert math.isfinite(found.bound)
    assert found.gap < 0.05
    assert found.left <= float(problem.left(greedy(problem)).sum()) + 1e-9


@pytest.mark.parametrize(
    ("make", "argument"),
    [
        (lambda: Action((-1.0,), {}), "cost"),
        (lambda: Action((1.0,), {0: 1.5}), "effects"),
        (lambda: Problem(np.array([1.0]), [Action((1.0, 2.0), {})], (1.0,)), "cost"),
        (lambda: Problem(np.array([1.0]), [Action((1.0,), {3: 0.5})], (1.0,)), "effects"),
        (lambda: Problem(np.array([1.0]), [], (1.0,), excludes=[(0, 1)]), "excludes"),
        (lambda: Problem(np.array([-1.0]), [], (1.0,)), "losses"),
        (lambda: choose(Problem(np.array([1.0]), [Action((9.0,), {0: 0.5})], (1.0,), must=frozenset({0}))), "problem"),
    ],
)
def test_bad_input_is_refused_with_its_name(make, argument):
    with pytest.raises(BadInput) as caught:
        make()
    assert caught.value.argument == argument
