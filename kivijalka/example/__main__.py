"""Prints a readable sample of the example city: `python -m kivijalka.example --unit KA-RU --count 20`."""

import argparse
import sys
from collections import defaultdict
from datetime import date
from uuid import UUID

from kivijalka.example.city import make_city
from kivijalka.example.shape import ActionVersion, City, RiskVersion, Unit
from kivijalka.example.stream import Stream


def main() -> None:
    """Chooses risks at random and prints each with its unit, history and actions."""
    parser = argparse.ArgumentParser(prog="python -m kivijalka.example", description=__doc__)
    parser.add_argument("--size", choices=("small", "city"), default="small")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--today", type=date.fromisoformat, default=date.today())
    parser.add_argument("--unit", default="", help="only units whose code begins with this")
    parser.add_argument("--word", default="", help="only risks whose texts contain this")
    parser.add_argument("--count", type=int, default=10)
    parser.add_argument("--draw", type=int, default=1, help="another number draws other risks")
    choice = parser.parse_args()
    city = make_city(choice.seed, choice.size, choice.today)
    sys.stdout.write(sample(city, choice.unit, choice.word, choice.count, choice.draw))


def sample(city: City, code: str, word: str, count: int, draw: int) -> str:
    """The text of `count` risks, drawn from those that fit."""
    units = {unit.number: unit for unit in city.units}
    latest = {version.id: version for version in city.risk_versions}
    fitting = [risk for risk in latest.values() if units[risk.unit].code.startswith(code) and word in _all_text(risk)]
    chosen = Stream(draw, "sample").sample(fitting, min(count, len(fitting)))
    actions = _actions_by_risk(city)
    return "".join(_written(risk, units[risk.unit], actions[risk.id]) for risk in chosen)


def _all_text(risk: RiskVersion) -> str:
    return " ".join((risk.title, risk.cause, risk.event, risk.consequence))


def _actions_by_risk(city: City) -> dict[UUID, list[ActionVersion]]:
    latest = {version.id: version for version in city.action_versions}
    actions: dict[UUID, list[ActionVersion]] = defaultdict(list)
    for link in city.links:
        if link.kind == "treats":
            actions[link.b].append(latest[link.a])
    return actions


def _written(risk: RiskVersion, unit: Unit, actions: list[ActionVersion]) -> str:
    lines = [
        f"{risk.code} {risk.title}  [{unit.code} {unit.name_fi}]",
        f"  {risk.state}, {risk.likelihood} x {risk.impact} = {risk.level}, {risk.kind}, {' '.join(risk.areas)}",
        f"  {risk.cause} > {risk.event} > {risk.consequence}",
    ]
    lines += [f"  accepted until {risk.accepted_until}: {risk.acceptance_reason}"] * (risk.state == "accepted")
    for action in actions:
        lines.append(f"  - {action.code} {action.title} [{action.state}, due {action.due}, {action.cost_eur} euro]")
        lines.append(f"    {action.description} > {action.expected_effect} ({action.how_measured})")
        lines += [f"    measured: {action.measured_effect}"] * bool(action.measured_effect)
    return "\n".join(lines) + "\n\n"


if __name__ == "__main__":
    main()
