"""The example city as versions of rows: what stands in each history table, column by column."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, date, datetime, timedelta
from functools import partial
from itertools import groupby, pairwise
from operator import attrgetter
from typing import Any, NamedTuple
from uuid import UUID

from kivijalka.example.evidence import Evidence
from kivijalka.example.policies import Policies
from kivijalka.example.shape import ActionVersion, City, Entry, Reorganisation, RiskVersion, Unit
from kivijalka.example.units import history_start
from kivijalka.register.models import SPAN
from kivijalka.risks.models import Level
from kivijalka.workshops.codes import code_of, mark_of

LEVELS = {word.split("_")[1]: word for word in Level.values}
# Where the house names a command otherwise than the city does.
COMMANDS = {"end": "end_unit"}
PREFIXES = {
    "objective": "O",
    "indicator": "I",
    "signal": "S",
    "insurance": "N",
    "finding": "F",
    "exception": "X",
    "escalation": "E",
    "workshop": "WS",
    "offer": "RO",
    "meeting": "M",
    "decision": "MD",
}
TITLES = {"fi": "title_fi", "sv": "title_sv", "en": "title_en"}


class Row(NamedTuple):
    """One version: the table's columns, from when to when, and what made it."""

    values: dict[str, Any]
    start: datetime
    end: datetime | None
    op: str
    by: UUID | None
    command: str


def rows_of(city: City) -> dict[str, Iterator[Row]]:
    """Versions by table, parents before what points at them."""
    registers = {record.id: "risk" for record in city.risk_versions}
    registers |= {record.id: "action" for record in city.action_versions}
    registers |= {record.id: "control" for record in city.controls}
    registers |= {entry.id: entry.register for entry in city.entries}
    return {
        "organisation_unit": _units(city),
        "organisation_person": _persons(city),
        "organisation_role": _roles(city),
        "organisation_delegation": _delegations(city),
        "policy_version": _versions(Policies(city).rows(), attrgetter("values")),
        "objectives_objective": _entries(city, "objective"),
        "actions_action": _versions(city.action_versions, _action),
        "controls_control": _controls(city),
        "controls_controltest": _tests(city),
        "risks_risk": _versions(city.risk_versions, partial(_risk, Evidence(city))),
        "risks_assessment": _assessments(city),
        "risks_offer": _entries(city, "offer"),
        "escalations_escalation": _entries(city, "escalation"),
        "monitoring_indicator": _entries(city, "indicator"),
        "monitoring_indicatorvalue": _entries(city, "indicatorvalue"),
        "monitoring_signal": _entries(city, "signal"),
        "insurance_insurance": _entries(city, "insurance"),
        "findings_finding": _entries(city, "finding"),
        "findings_requirementexception": _entries(city, "exception"),
        "workshops_workshop": _workshops(city),
        **{f"workshops_{name}": _entries(city, name) for name in ("question", "participant", "answer")},
        **{f"meetings_{name}": _entries(city, name) for name in ("meeting", "item", "decision", "entry")},
        "register_link": _links(city, registers),
        "organisation_responsibility": _responsibilities(city),
    }


def key_of(unit: int, confidentiality: int = 1) -> int:
    """A record's access key; the tables compute it themselves, the history holds it as a plain column."""
    return confidentiality * SPAN + unit


def last_day(end: date) -> date:
    """The city's ends are the first day after; ours is the last day."""
    return end - timedelta(days=1)


def instant(day: date) -> datetime:
    """The beginning of a day, as an instant."""
    return datetime(day.year, day.month, day.day, tzinfo=UTC)


def array_of(words: Sequence[str]) -> str:
    """Plain words as PostgreSQL writes an array; handing over a list costs more than all other columns together."""
    return "{" + ",".join(words) + "}"


def _versions(versions: Sequence[Any], columns: Callable[[Any], dict[str, Any]]) -> Iterator[Row]:
    """Versions of records, each until the next of the same record."""
    in_order = sorted(versions, key=attrgetter("id", "at"))
    for _, of_one in groupby(in_order, key=attrgetter("id")):
        for number, (version, following) in enumerate(pairwise([*of_one, None]), start=1):
            values = {"id": version.id, "version": number, **columns(version)}
            end = following.at if following else None
            yield Row(values, version.at, end, "I" if number == 1 else "U", version.by, version.command)


def _risk(evidence: Evidence, risk: RiskVersion) -> dict[str, Any]:
    return {
        "unit_id": risk.unit,
        "confidentiality": int(risk.confidentiality),
        "key": key_of(risk.unit, int(risk.confidentiality)),
        "code": risk.code,
        "title": risk.title,
        "owner_id": risk.owner,
        "kind": risk.kind,
        "sign": risk.sign,
        "areas": array_of(risk.areas),
        "cause": risk.cause,
        "event": risk.event,
        "consequence": risk.consequence,
        "state": risk.state,
        "likelihood": risk.likelihood,
        "impact": risk.impact,
        "level": LEVELS[risk.level] if risk.level else "",
        "treatment": risk.treatment,
        "evidence": evidence.of(risk),
        "controllability": risk.controllability,
        "control_adequacy": risk.control_adequacy,
        "review": risk.review,
        "treatment_reason": "",
        "starter": "",
        "accepted_until": risk.accepted_until,
        "accepted_by_id": risk.accepted_by,
        "acceptance_reason": risk.acceptance_reason,
        "state_reason": risk.state_reason,
        "objective_id": risk.objective,
        "flagged": risk.flagged,
    }


def _action(action: ActionVersion) -> dict[str, Any]:
    return {
        "unit_id": action.unit,
        "confidentiality": int(action.confidentiality),
        "key": key_of(action.unit, int(action.confidentiality)),
        "code": action.code,
        "title": action.title,
        "description": action.description,
        "owner_id": action.owner,
        "due": action.due,
        "cost_eur": action.cost_eur,
        "expected_effect": action.expected_effect,
        "how_measured": action.how_measured,
        "effect_due": action.effect_due,
        "effect_asked_on": action.effect_asked_on,
        "progress": action.progress,
        "state": action.state,
        "completed_on": action.completed_on,
        "measured_effect": action.measured_effect,
        "effect_measured_on": action.effect_measured_on,
        "postponements": action.postponements,
    }


def _units(city: City) -> Iterator[Row]:
    changes: dict[int, list[Reorganisation]] = defaultdict(list)
    for change in city.reorganisations:
        changes[change.unit].append(change)
    for unit in city.units:
        known = instant(max(unit.start, history_start(city.today)))
        yield from _unit_versions(unit, known, sorted(changes[unit.number], key=lambda change: change.at))


def _unit_versions(unit: Unit, known: datetime, changes: list[Reorganisation]) -> Iterator[Row]:
    """Backwards from today: each change says what the unit was before it."""
    names, parent = (unit.name_fi, unit.name_sv, unit.name_en), unit.parent
    end = None if unit.end is None else last_day(unit.end)
    starts = [known, *(change.at for change in changes)]
    until: datetime | None = None
    for number in range(len(changes), -1, -1):
        change = changes[number - 1] if number else None
        values = {
            "id": unit.id,
            "version": number + 1,
            "number": unit.number,
            "code": unit.code,
            "kind": unit.kind,
            "parent_id": parent,
            "name_fi": names[0],
            "name_sv": names[1],
            "name_en": names[2],
            "start": unit.start,
            "end": end,
            "key": unit.number,
        }
        by, command = (change.by, COMMANDS.get(change.command, change.command)) if change else (None, "add")
        yield Row(values, starts[number], until, "U" if change else "I", by, command)
        until = starts[number]
        if change:
            names = (change.name_fi_before, change.name_sv_before, change.name_en_before)
            parent = change.parent_before if change.parent_before is not None else parent
            end = None if change.command in ("end", "merge") else end


def _ended(values: dict[str, Any], start: date, end: date | None, begin: date, command: str) -> Iterator[Row]:
    """A row known since it began, or since the registers began; whoever ended it wrote a second version."""
    known = instant(max(start, begin))
    if end is None:
        yield Row({**values, "version": 1, "end": None}, known, None, "I", None, "add")
        return
    over = max(instant(end), known + timedelta(seconds=1))
    yield Row({**values, "version": 1, "end": None}, known, over, "I", None, "add")
    yield Row({**values, "version": 2, "end": max(start, last_day(end))}, over, None, "U", None, command)


def _persons(city: City) -> Iterator[Row]:
    begin = history_start(city.today)
    for person in city.persons:
        values = {
            "id": person.id,
            "unit_id": person.unit,
            "confidentiality": 1,
            "key": key_of(person.unit),
            "code": person.code,
            "given_name": person.given_name,
            "family_name": person.family_name,
            "full_name": f"{person.given_name} {person.family_name}",
            "email": person.email,
            "signs_in_as": person.email.lower(),
            "language": person.language,
            "work_title": getattr(person, TITLES[person.language]),
            "start": person.start,
        }
        yield from _ended(values, person.start, person.end, begin, "edit")


def _roles(city: City) -> Iterator[Row]:
    begin = history_start(city.today)
    for number, role in enumerate(city.roles, start=1):
        values = {
            "id": role.id,
            "unit_id": role.unit,
            "confidentiality": 1,
            "key": key_of(role.unit),
            "code": f"T-{number:06}",
            "person_id": role.person,
            "kind_id": role.kind,
            "start": role.start,
        }
        yield from _ended(values, role.start, role.end, begin, "end_role")


def _delegations(city: City) -> Iterator[Row]:
    at = {person.id: person.unit for person in city.persons}
    for number, item in enumerate(city.delegations, start=1):
        unit = at[item.principal]
        values = {
            "id": item.id,
            "version": 1,
            "unit_id": unit,
            "confidentiality": 1,
            "key": key_of(unit),
            "code": f"D-{number:06}",
            "principal_id": item.principal,
            "deputy_id": item.deputy,
            "start": item.start,
            "end": max(item.start, last_day(item.end)),
            "reason": item.reason,
        }
        yield Row(values, instant(item.start), None, "I", item.principal, "add")


def _controls(city: City) -> Iterator[Row]:
    for control in city.controls:
        values = {
            "id": control.id,
            "unit_id": control.unit,
            "confidentiality": 1,
            "key": key_of(control.unit),
            "code": control.code,
            "title": control.title,
            "description": "",
            "owner_id": control.owner,
            "kind": control.kind,
            "state": "in_use",
        }
        untested = {"version": 1, "result": "", "tested_on": None, "next_test": None}
        yield Row({**values, **untested}, control.at, control.tested_at, "I", control.by, "add")
        if control.tested_at:
            day = control.tested_at.date()
            tested = {"version": 2, "result": control.result, "tested_on": day, "next_test": control.next_test}
            yield Row({**values, **tested}, control.tested_at, None, "U", control.by, "record_test")


def _tests(city: City) -> Iterator[Row]:
    for control in city.controls:
        if control.tested_at:
            values = {
                "id": control.test,
                "version": 1,
                "control_id": control.id,
                "at": control.tested_at,
                "on": control.tested_at.date(),
                "tester_id": control.by,
                "result": control.result,
                "evidence": control.evidence,
            }
            yield Row(values, control.tested_at, None, "I", control.by, "record_test")


def _entries(city: City, register: str) -> Iterator[Row]:
    """Versions of one of the smaller registers, or of a part of one."""
    return _versions([entry for entry in city.entries if entry.register == register], _entry)


def _entry(entry: Entry) -> dict[str, Any]:
    values = dict(entry.values)
    number = values.pop("serial", None)
    if number is None:
        return values
    if "areas" in values:
        values["areas"] = array_of(values["areas"])
    prefix = PREFIXES[entry.register]
    level = values.pop("confidentiality", 1)
    fixed = {"confidentiality": level, "key": key_of(values["unit_id"], level), "code": f"{prefix}-{number:06d}"}
    return {**fixed, **values}


def _workshops(city: City) -> Iterator[Row]:
    """From their opening on under the policy of that day, and with the mark of the code that people join by."""
    policies = Policies(city)

    def values(entry: Entry) -> dict[str, Any]:
        is_open = entry.values["state"] != "planned"
        opened = {
            "policy_version_id": policies.in_force(entry.at) if is_open else None,
            "code_mark": mark_of(code_of(entry.id)) if is_open else "",
        }
        return {**_entry(entry), **opened}

    return _versions([entry for entry in city.entries if entry.register == "workshop"], values)


def _assessments(city: City) -> Iterator[Row]:
    policies = Policies(city)
    for item in city.assessments:
        values = {
            "id": item.id,
            "version": 1,
            "risk_id": item.risk,
            "policy_version_id": policies.in_force(item.at),
            "at": item.at,
            "assessor_id": item.by,
            "stage": item.stage,
            "likelihood": item.likelihood,
            "people": item.people,
            "service_continuity": item.service_continuity,
            "finance": item.finance,
            "environment": item.environment,
            "trust": item.trust,
            "law_privacy": item.law_privacy,
            "impact": item.impact,
            "level": LEVELS[item.level],
            "note": item.note,
        }
        yield Row(values, item.at, None, "I", item.by, "assess")


def _links(city: City, registers: dict[UUID, str]) -> Iterator[Row]:
    for link in city.links:
        values = {
            "id": link.id,
            "version": 1,
            "kind": link.kind,
            "a_id": link.a,
            "a_register": registers[link.a],
            "b_id": link.b,
            "b_register": registers[link.b],
            "note": "",
            "since": link.at,
            "until": None,
        }
        yield Row(values, link.at, None, "I", link.by, "link")


def _responsibilities(city: City) -> Iterator[Row]:
    for item in city.responsibilities:
        values = {
            "id": item.id,
            "version": 1,
            "record_id": item.record,
            "person_id": item.person,
            "share": item.part,
            "state": item.state,
            "at": item.at,
        }
        yield Row(values, item.at, None, "I", item.person, item.state)
