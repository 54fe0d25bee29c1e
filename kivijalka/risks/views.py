"""Pages about risks beyond their register: the bow-tie of one; what another policy would change."""

from __future__ import annotations

from collections import Counter
from typing import Any
from uuid import UUID

from django.db import connection
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from kivijalka.access.request import ActingRequest, day_of
from kivijalka.organisation.models import Unit
from kivijalka.policy.models import PolicyVersion
from kivijalka.policy.registers import policies
from kivijalka.register.doors import rows
from kivijalka.register.refusal import NotThere
from kivijalka.risks import estimates
from kivijalka.risks.bowtie import bowtie
from kivijalka.risks.models import ENDS, Level, Risk
from kivijalka.risks.policy_change import answers_under, by_unit_below, changes_under, within
from kivijalka.risks.registers import risks

MOST = 50


@require_GET
def bowtie_page(request: ActingRequest, pk: UUID) -> HttpResponse:
    """The bow-tie of a risk. A script asks for it alone, to show it on the record."""
    record = rows.one(risks, pk)
    day = day_of(request)
    context = {"record": record, "tie": bowtie(record, day), "badge": record.badge_of("level")}
    alone = "HX-Request" in request.headers
    return render(request, "risks/_bowtie.html" if alone else "risks/bowtie.html", context)


def bowtie_panel(request: HttpRequest, record: Any) -> tuple[str, dict[str, Any]] | None:
    """On a risk's record page: its bow-tie, fetched when it is shown."""
    return ("risks/_bowtie_panel.html", {"record": record}) if isinstance(record, Risk) else None


@require_GET
def policy_change(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Which risks a version would class otherwise than now: from, to, how many in each unit; each number opens them."""
    policy: PolicyVersion = rows.one(policies, pk)
    units = {unit.number: unit for unit in Unit.objects.seen()}
    unit = _unit(request, units) or _top(units)
    numbers = _below(unit) if unit else None
    changes = within(changes_under(policy), numbers)
    parents = {number: found.parent_id for number, found in units.items()}
    counted = by_unit_below(changes, parents, unit.number if unit else None)
    moves = Counter((change.before, change.after) for change in changes)
    before, after = request.GET.get("before", ""), request.GET.get("after", "")
    chosen = [c for c in changes if before in ("", c.before) and after in ("", c.after)]
    names = dict(Level.choices)
    context = {
        "policy": policy,
        "unit": unit,
        "above": units.get(unit.parent_id) if unit and unit.parent_id else None,
        "units": [(units[number], count) for number, count in counted.most_common() if number in units],
        "moves": [{"before": b, "after": a, "words": (names[b], names[a]), "count": n, "rises": a > b}
                  for (b, a), n in sorted(moves.items())],
        "risks": [(change, units.get(change.unit), names[change.before], names[change.after]) for change in chosen[:MOST]],
        "answers": answers_under(policy, numbers),
        "total": len(chosen),
        "most": MOST,
        "query": f"unit={unit.code}&" if unit else "",
    }  # fmt: skip
    return render(request, "risks/policy_change.html", context)


def panel(request: HttpRequest, record: Any) -> tuple[str, dict[str, Any]] | None:
    """On a draft's record page: the way to the comparison."""
    return ("risks/_policy_panel.html", {"policy": record}) if isinstance(record, PolicyVersion) else None


def estimate_panel(request: HttpRequest, record: Any) -> tuple[str, dict[str, Any]] | None:
    """On the page of a risk that somebody has estimated: its curve."""
    if not isinstance(record, Risk) or record.loss_low is None:
        return None
    given = {name: getattr(record, name) for name in ENDS}
    return "risks/_estimate_panel.html", {"told": estimates.told(record, given)}


def _unit(request: HttpRequest, units: dict[int, Unit]) -> Unit | None:
    code = request.GET.get("unit", "").split(" ")[0]
    if not code:
        return None
    found = next((unit for unit in units.values() if unit.code == code), None)
    if found is None:
        raise NotThere
    return found


def _top(units: dict[int, Unit]) -> Unit | None:
    """The unit above all others that one sees, if there is one."""
    tops = [unit for unit in units.values() if unit.parent_id not in units]
    return tops[0] if len(tops) == 1 else None


def _below(unit: Unit) -> set[int]:
    with connection.cursor() as cursor:
        cursor.execute("select array(select kj.below(%s))", [unit.number])
        return set(cursor.fetchone()[0])
