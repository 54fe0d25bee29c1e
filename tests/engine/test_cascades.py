"""Networks and cascades: enumeration in plain Python, renewal theory, common random numbers, named circles."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from distributed import Client, LocalCluster
from hypothesis import given, settings
from hypothesis import strategies as st

from kivijalka.engine import BadInput
from kivijalka.engine.cascade import exact, part, probability_down, redundancy, simulate, single_failures, trials_for
from kivijalka.engine.hours import hours_down, simulate_years
from kivijalka.engine.network import Circle, Need, Network, Repair, circles
from tests.engine.routes import enumerate_down


@st.composite
def networks(draw) -> Network:
    n = draw(st.integers(2, 7))
    needs = [[]]
    for node in range(1, n):
        mine = []
        for _ in range(draw(st.integers(0, 2))):
            of = tuple(draw(st.sets(st.integers(0, node - 1), min_size=1, max_size=4)))
            mine.append(Need(of, draw(st.integers(1, len(of)))))
        needs.append(mine)
    return Network(needs)


@given(networks(), st.lists(st.sampled_from([0.0, 0.1, 0.37, 1.0]), min_size=7, max_size=7))
@settings(max_examples=40, deadline=None)
def test_exact_states_agree_with_enumeration(network, p):
    chance = p[: len(network)]
    assert exact(network, chance).probability == pytest.approx(enumerate_down(network, chance), abs=1e-12)


@given(networks())
@settings(max_examples=10, deadline=None)
def test_simulated_states_agree_with_exact_ones(network):
    p = np.linspace(0.05, 0.4, len(network))
    truth = exact(network, p).probability
    found = simulate(network, p, 60_000, np.random.default_rng(3))
    assert (np.abs(found.probability - truth) <= 5 * np.sqrt(truth * (1 - truth) / 60_000) + 1e-9).all()


def test_k_of_n_is_binomial():
    from scipy.stats import binom

    n, k, p = 12, 5, 0.3
    network = Network([[] for _ in range(n)] + [[Need(tuple(range(n)), k)]])
    chance = np.append(np.full(n, p), 0.0)
    assert exact(network, chance).probability[-1] == pytest.approx(binom.cdf(k - 1, n, 1 - p))


def chain() -> Network:
    return Network([[], [Need((0,))], [], [Need((1, 2), 1)], [Need((0,)), Need((3,))]], buffer=[0, 4, 0, 2, 10])


def test_the_same_seed_gives_the_same_answer_on_any_number_of_threads_and_machines():
    p, repairs = [0.01, 0.2, 0.3, 0.1, 0.05], [Repair(3, 20)] * 5

    def answers(**how: Any) -> tuple[Any, Any]:
        share = simulate(chain(), p, 10_001, np.random.default_rng(7), **how).probability
        return share, simulate_years(chain(), repairs, np.random.default_rng(7), 20, **how)

    with (
        LocalCluster(n_workers=2, processes=False, protocol="tcp://", dashboard_address=None) as machines,
        Client(machines) as client,
    ):
        alone, *others = answers(workers=1), answers(workers=3), answers(cluster=client)
    for share, hours in others:
        assert (share == alone[0]).all() and (hours == alone[1]).all()


def test_what_stops_and_when():
    assert chain().stops([0]).tolist() == [0.0, 4.0, math.inf, math.inf, 10.0]
    assert chain().stops([0, 2]).tolist() == [0.0, 4.0, 0.0, 6.0, 10.0]


def test_single_failures_agree_with_stops():
    rng = np.random.default_rng(2)
    needs = [[]] * 3 + [
        [Need(tuple(rng.choice(i, min(i, 3), replace=False).tolist()), int(rng.integers(1, 4)))] for i in range(3, 700)
    ]
    network, cost = Network(needs), rng.uniform(0, 5, 700)
    found = single_failures(network, cost)
    for node in (0, 1, 5, 300, 699):
        down = np.isfinite(network.stops([node]))
        assert found.cost[node] == pytest.approx(cost[down].sum())
        assert found.stopped[node] == down.sum()
    assert found.cost[found.worst(1)[0]] == found.cost.max()


def test_a_second_one_saves_birnbaum_times_p_less_p_squared():
    network, cost, p = chain(), np.array([0, 0, 0, 0, 100.0]), np.array([0.1, 0.2, 0.3, 0.05, 0.0])
    found = redundancy(network, p, cost, [0, 3], 1000, np.random.default_rng(0))
    for i, node in enumerate((0, 3)):
        better = p.copy()
        better[node] **= 2
        saved = cost @ (exact(network, p).probability - exact(network, better).probability)
        assert found.saves[i] == pytest.approx(saved)


def test_hours_are_exact_without_buffers():
    network = Network([[], [], [Need((0, 1), 1)]])
    repairs = [Repair(2, 30), Repair(5, 10), Repair(0, 0)]
    found = hours_down(network, repairs, np.random.default_rng(0))
    u = [r.unavailability for r in repairs]
    assert found.years == 0
    assert found.mean == pytest.approx([8760 * u[0], 8760 * u[1], 8760 * u[0] * u[1]])


def test_simulated_hours_agree_with_renewal_theory():
    """A buffer of b hours against exponential repair of mean m leaves exp(-b / m) of the hours (memoryless)."""
    network = Network([[], [Need((0,))], [], [Need((0, 2), 1)]], buffer=[0, 5, 0, 0])
    repairs = [Repair(4, 10), Repair(0, 0), Repair(8, 24), Repair(0, 0)]
    found = hours_down(network, repairs, np.random.default_rng(1), years=6000)
    u = repairs[0].unavailability
    truth = 8760 * np.array([u, u * math.exp(-0.5), repairs[2].unavailability, u * repairs[2].unavailability])
    assert (np.abs(found.mean - truth) < 4.5 * found.error).all()
    low, high = found.interval()
    assert (low <= high).all()


def test_a_circle_is_found_and_named():
    network = Network([[Need((2,))], [Need((0,))], [Need((1,))], []], names=["a", "b", "c", "d"])
    with pytest.raises(Circle, match="a -> c -> b -> a"):
        network.stops([0])
    assert circles(network) == [[0, 1, 2]]
    assert circles(chain()) == []


def test_recovery_that_is_slower_than_allowed_is_a_gap():
    assert chain().gaps([99, 10, 99, 5, 99], [20, 1, 1, 1, 1]) == [(1, 0)]


def test_probability_down_takes_the_part_that_matters():
    needs = [[] for _ in range(60)] + [[Need((0, 1), 1)], [Need(tuple(range(60)))]]
    network = Network(needs)
    few = probability_down(network, 60, 0.1, 1000, np.random.default_rng(0))
    assert few[0] == pytest.approx(0.1 + 0.9 * 0.01)
    assert few[1] == few[2] == few[0]
    many = probability_down(network, 61, 0.01, 40_000, np.random.default_rng(0))
    assert many[1] < 1 - 0.99**61 < many[2]
    assert len(part(network, [60])[0]) == 3


def test_intervals_are_honest_where_nothing_was_seen():
    found = simulate(chain(), 0.0, 1000, np.random.default_rng(0))
    low, high = found.interval()
    assert (low == 0).all()
    assert (high > 1e-3).all()
    assert trials_for(0.01, 0.1) == 9900


@pytest.mark.parametrize(
    ("make", "argument"),
    [
        (lambda: Network([[], [Need((0,), 2)]]), "at_least"),
        (lambda: Network([[], [Need((0, 0))]]), "needs"),
        (lambda: Network([[Need((4,))]]), "needs"),
        (lambda: Network([[Need(())]]), "needs"),
        (lambda: Network([[], []], buffer=[1.0]), "buffer"),
        (lambda: simulate(chain(), 1.2, 10, np.random.default_rng(0)), "p"),
        (lambda: simulate(chain(), [0.1], 10, np.random.default_rng(0)), "p"),
        (lambda: simulate(chain(), 0.1, 0, np.random.default_rng(0)), "trials"),
        (lambda: exact(Network([[] for _ in range(30)]), 0.5), "p"),
        (lambda: single_failures(chain(), [1.0]), "cost"),
        (lambda: chain().stops([9]), "node"),
        (lambda: Repair(-1, 1), "failures"),
        (lambda: hours_down(chain(), [], np.random.default_rng(0)), "repairs"),
    ],
)
def test_bad_input_is_refused_with_its_name(make, argument):
    with pytest.raises(BadInput) as caught:
        make()
    assert caught.value.argument == argument
