"""What the losses of a city cost at the server after one change, and against numpy Monte Carlo from the same rows.

Run by `./run bench losses`. Loads the example city (10,000 risks). Each round assesses or estimates one risk anew and opens
the city's page as somebody who sees all, right at once; then a unit's page and the curve alone. `ms` is the median by the
clock, `busy` that of the processors, this process's and the database's. The peer reads the same rows and simulates
100,000 years of each risk's events; what it takes is time alone, its quantile is checked against ours.
"""

from __future__ import annotations

import statistics
import sys
import time
from uuid import UUID

import numpy as np
from django.db import connection
from django.test import Client
from django.utils import timezone

from bench import _cities as cities
from bench._clock import measured
from kivijalka.access import acting
from kivijalka.engine import Lognormal, LogUniform
from kivijalka.losses.queries import GROSS, losses_of
from kivijalka.organisation.models import Account, Unit
from kivijalka.register.doors.filters import NumbersBelow
from kivijalka.risks.models import Risk

ROUNDS, YEARS = 15, 100_000
PAGE, CURVE = 150, 100


def main() -> int:
    """Measure; 1 where a bound is missed."""
    missed = []
    with cities.city("city"):
        person = cities.readers()["sees all"]
        with cities.connected_as("site"):
            unit, risk = middle_of(person)
            missed += report(
                "the city's page after one change", PAGE, [changed_page(person, risk) for _ in range(ROUNDS)]
            )
            missed += report(
                "the city's page unchanged", PAGE, [page("/situation/losses/", person) for _ in range(ROUNDS)]
            )
            address = f"/situation/losses/?unit={unit}"
            missed += report("a unit's page", PAGE, [page(address, person) for _ in range(ROUNDS)])
            missed += report("a unit's curve", CURVE, [curve(person, unit) for _ in range(ROUNDS)])
            missed += report(
                "the city's curve after one change", CURVE, [changed_curve(person, risk) for _ in range(ROUNDS)]
            )
            against_simulation(person, risk)
    for line in missed:
        print(line)
    return 1 if missed else 0


def report(what: str, bound: int, rounds: list[tuple[float, float]]) -> list[str]:
    """A line; what missed its bound. The first round warms up."""
    clock, busy = (statistics.median(taken) for taken in zip(*rounds[1:], strict=True))
    print(f"{what:40}{clock:8.0f} ms{busy:8.0f} busy", flush=True)
    return [f"missed: {what}: {busy:.0f} ms, {bound} ms"] if busy > bound else []


def middle_of(person: UUID) -> tuple[str, UUID]:
    """A unit with risks, and one of them that is assessed."""
    with acting(person):
        rows = Risk.objects.seen().filter(state="assessed", loss_low__isnull=False).order_by("id")
        risk = rows[rows.count() // 2]
        return risk.unit.code, risk.pk


def change(person: UUID, risk: UUID) -> None:
    """One risk's estimate becomes another."""
    with acting(person):
        found = Risk.objects.get(pk=risk)
        assert found.loss_high is not None
        found.loss_high = found.loss_high + 1000
        found.save(update_fields=["loss_high"])


def changed_page(person: UUID, risk: UUID) -> tuple[float, float]:
    change(person, risk)
    return page("/situation/losses/", person)


def changed_curve(person: UUID, risk: UUID) -> tuple[float, float]:
    change(person, risk)
    return curve(person, None)


CLIENTS: dict[UUID, Client] = {}


def page(address: str, person: UUID) -> tuple[float, float]:
    """Milliseconds of one opening: by the clock, and by the processors."""
    if person not in CLIENTS:
        CLIENTS[person] = Client(headers={"accept-encoding": "gzip"}, SERVER_NAME="localhost")
        account = Account.objects.get(person_id=person)
        CLIENTS[person].force_login(account, backend="django.contrib.auth.backends.ModelBackend")
    with measured() as cost:
        assert CLIENTS[person].get(address).status_code == 200
    return cost.clock * 1000, cost.busy * 1000


def curve(person: UUID, unit: str | None) -> tuple[float, float]:
    """The figures alone, as a report asks them: rows read, the kept portfolio made equal, quantiles with their bounds."""
    with acting(person):
        at = Unit.objects.seen().annotate(below=NumbersBelow("number")).get(code=unit) if unit else None
        with measured() as cost:
            losses_of(at, timezone.localdate()).year(GROSS)
    return cost.clock * 1000, cost.busy * 1000


def against_simulation(person: UUID, risk: UUID) -> None:
    """Once in twenty years: ours with its bounds, and that of so many simulated years."""
    with acting(person):
        losses = losses_of(None, timezone.localdate())
        ours = losses.year(GROSS).once_in[20]
    rng, began, clock = np.random.default_rng(1), time.process_time(), time.perf_counter()
    total = np.zeros(YEARS)
    for loss in losses.threats:
        events = rng.poisson(loss.now.often * YEARS)
        years = rng.integers(0, YEARS, events)
        severity = loss.now.severity
        if isinstance(severity, Lognormal):
            cost = severity.median * np.exp(severity.sigma * rng.normal(size=events))
        else:
            assert isinstance(severity, LogUniform)
            cost = np.exp(rng.uniform(np.log(severity.low), np.log(severity.high), events))
        np.add.at(total, years, cost)
    took, waited = time.process_time() - began, time.perf_counter() - clock
    theirs = float(np.quantile(total, 0.95))
    print(f"once in 20 years: {ours.value:,.0f} [{ours.low:,.0f}, {ours.high:,.0f}]; simulated {theirs:,.0f}")
    change_took = statistics.median(changed_curve(person, risk)[1] for _ in range(3))
    print(f"{len(losses.threats):,} risks, {YEARS:,} years of numpy: {took:.1f} s busy, {waited:.1f} s by the clock")
    print(f"ratio to the curve after one change, rows read: {took * 1000 / change_took:.0f}")


if __name__ == "__main__":
    connection.ensure_connection()
    sys.exit(main())
