"""Whoever has a unit's files, and nothing else, comes to the figures of its page by other means."""

from __future__ import annotations

from decimal import Decimal
from io import BytesIO
from typing import Any

import numpy as np
import openpyxl
import pytest
import yaml
from django.test import Client
from django.utils import timezone
from numpy.typing import NDArray
from scipy.optimize import brentq
from scipy.stats import gamma

from kivijalka.access import acting
from kivijalka.losses.queries import GROSS, NET, losses_of
from kivijalka.losses.terms import Basis
from kivijalka.policy.queries import policy_in_force
from kivijalka.policy.scales import DIMENSIONS
from kivijalka.risks.commands import assess, estimate
from kivijalka.risks.models import ENDS, Risk
from tests import factories as make
from tests.who import sign_in

pytestmark = pytest.mark.django_db
YEARS, RISKS = 50_000, 12
Z95 = 1.6448536269514722  # a normal variable is below it nineteen times in twenty
Array = NDArray[np.float64]


@pytest.fixture
def client(client: Client) -> Client:
    """A risk expert of the whole city with a register of risks behind them: assessed, some estimated, some insured."""
    random = np.random.default_rng(7)
    city = make.city()
    expert = make.holder("chief_executive", unit=city)
    made = [make.risk(f"Risk {number}", unit=city, owner=expert) for number in range(RISKS)]
    with acting(expert.pk) as actor:
        for number, risk in enumerate(made):
            impacts = {name: int(random.integers(1, 5)) for name in random.choice(DIMENSIONS, 2, replace=False)}
            assess(actor, Risk.objects.get(pk=risk.pk), likelihood=int(random.integers(1, 4)), **impacts)
            if number % 3 == 0:
                often, dear = 10 ** random.uniform(-2, 0), 10 ** random.uniform(4, 6)
                ends = map(Decimal, (f"{often:.4f}", f"{5 * often:.4f}", f"{dear:.0f}", f"{20 * dear:.0f}"))
                estimate(actor, Risk.objects.get(pk=risk.pk), **dict(zip(ENDS, ends, strict=True)))
    make.insurance(unit=city, covers=made[:6], deductible_eur=50_000, limit_eur=400_000)
    make.insurance(unit=city, covers=made[3:9], deductible_eur=300_000, limit_eur=5_000_000)
    client.person = expert
    return sign_in(client, expert)


def rows_of(client: Client, address: str) -> list[dict[str, Any]]:
    """A workbook's rows by the names of their columns."""
    book = openpyxl.load_workbook(BytesIO(b"".join(client.get(address))))
    names, *rows = book.worksheets[0].iter_rows(values_only=True)
    return [dict(zip(names, row, strict=True)) for row in rows]


def test_a_year_drawn_by_chance_from_exported_registers_and_the_policy_is_that_of_the_page(client: Client) -> None:
    client.cookies["language"] = "en"
    risks, insurances = (rows_of(client, f"/{path}/export.xlsx") for path in ("risks", "insurances"))
    version = policy_in_force(timezone.localdate())
    policy = yaml.safe_load(client.get(f"/policies/{version.pk}/file.yaml").content)
    layers = {row["Code"]: (row["Deductible of a loss, €"], row["Loss up to which it pays, €"]) for row in insurances}
    gross, net = drawn_years(risks, layers, policy)
    with acting(client.person.pk):
        found = losses_of(None, timezone.localdate())
        sides = [(found.year(GROSS), gross), (found.year(NET), net)]
    assert found.read.insured == 9 and found.read.bases == {Basis.ESTIMATE: 4, Basis.LEVEL: 8}
    for year, drawn in sides:
        assert year.mean == pytest.approx(drawn.mean(), abs=4 * drawn.std() / YEARS**0.5)
        for once_in in (5, 20, 100):
            bounds, p = year.once_in[once_in], 1 - 1 / once_in
            # Four standard errors of the share of years below it, to either side.
            low, high = (np.quantile(drawn, p + way * 4 * (p * (1 - p) / YEARS) ** 0.5) for way in (-1, 1))
            assert low <= bounds.high and bounds.low <= high and bounds.width < 0.01


def drawn_years(
    risks: list[dict[str, Any]], layers: dict[str, tuple[float, float]], policy: dict[str, Any]
) -> tuple[Array, Array]:
    """Years drawn by chance, before and after insurance."""
    random = np.random.default_rng(11)
    gross, net = np.zeros(YEARS), np.zeros(YEARS)
    for row in risks:
        rate, event = of_estimate(row) if row["Times a year, at least"] else of_levels(row, policy)
        years = np.repeat(np.arange(YEARS), random.poisson(rate, YEARS))
        lost = event(random, len(years))
        paid = np.zeros_like(lost)
        covering = sorted(layers[code] for code in (row["Is insured by"] or "").split("; ") if code)
        reached = 0.0  # where two insurances cover the same money, it is paid once
        for low, high in covering:
            paid += np.clip(lost, max(low, reached), high) - max(low, reached)
            reached = max(reached, high)
        gross += np.bincount(years, lost, YEARS)
        net += np.bincount(years, lost - paid, YEARS)
    return gross, net


def of_estimate(row: dict[str, Any]) -> tuple[float, Any]:
    """Events a year by the gamma law, euro by the lognormal law, that are in their range nine times in ten."""
    seldom, often = row["Times a year, at least"], row["Times a year, at most"]
    shape = brentq(lambda shape: gamma.ppf(0.95, shape) / gamma.ppf(0.05, shape) - often / seldom, 0.1, 1e4)
    low, high = row["Effect of one event, at least, €"], row["Effect of one event, at most, €"]
    middle, spread = np.log(low * high) / 2, np.log(high / low) / (2 * Z95)
    return shape * seldom / gamma.ppf(0.05, shape), lambda random, n: random.lognormal(middle, spread, n)


def of_levels(row: dict[str, Any], policy: dict[str, Any]) -> tuple[float, Any]:
    """Both log-uniform: the rate within its level, the euro from the sum of the low ends to that of the high ends."""
    step = policy["likelihood"][row["Likelihood"] - 1]
    rate = (step["high"] - step["low"]) / np.log(step["high"] / step["low"])
    names = {
        f"Impact on {'the ' * (one['key'] == 'environment')}{one['name']['en']}": one for one in policy["dimensions"]
    }
    hit = [one["levels"][int(row[name]) - 1] for name, one in names.items() if row[name]]
    ends = np.log([sum(level["low"] for level in hit), sum(level["high"] for level in hit)])
    return rate, lambda random, n: np.exp(random.uniform(*ends, n))
