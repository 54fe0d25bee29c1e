"""The example city as versions of rows: what stands in each history table, column by column."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from operator import attrgetter
from typing import Any
from uuid import UUID

from kivijalka.example import organisation_rows as organisation
from kivijalka.example.evidence import Evidence
from kivijalka.example.losses import Judged
from kivijalka.example.policies import Policies
from kivijalka.example.shape import ActionVersion, City, Entry, RiskVersion
from kivijalka.example.versions import Row, array_of, key_of, versions_of
from kivijalka.register.registry import register_by_key
from kivijalka.risks.models import Level
from kivijalka.workshops.codes import code_of, mark_of

PROGRAMMES = ("priority", "programme", "loggeddecision", "workstream", "milestone")
OF_CHOICES = ("chosenaction", "chosenrisk")
# Most actions say how much they take off, and how much work they are; some do not yet.
CUTS = (10, 15, 20, 25, 30, 40, 50, 60, 70)
LEVELS = {word.split("_")[1]: word for word in Level.values}


def rows_of(city: City) -> dict[str, Iterator[Row]]:
    """Versions by table, parents before what points at them."""
    registers = {record.id: "risk" for record in city.risk_versions}
    registers |= {record.id: "action" for record in city.action_versions}
    registers |= {record.id: "control" for record in city.controls}
    registers |= {entry.id: entry.register for entry in city.entries}
    return {
        "organisation_unit": organisation.units(city),
        "organisation_person": organisation.persons(city),
        "organisation_role": organisation.roles(city),
        "organisation_delegation": organisation.delegations(city),
        "policy_version": versions_of(Policies(city).rows(), attrgetter("values")),
        "objectives_objective": _entries(city, "objective"),
        "actions_action": versions_of(city.action_versions, _action),
        "controls_control": _controls(city),
        "controls_controltest": _tests(city),
        "risks_risk": versions_of(city.risk_versions, partial(_risk, Evidence(city), Judged(city))),
        "risks_assessment": _assessments(city),
        "risks_offer": _entries(city, "offer"),
        "escalations_escalation": _entries(city, "escalation"),
        "monitoring_indicator": _entries(city, "indicator"),
        "monitoring_indicatorvalue": _entries(city, "indicatorvalue"),
        "monitoring_signal": _entries(city, "signal"),
        "insurance_insurance": _entries(city, "insurance"),
        "events_event": _entries(city, "event"),
        "events_claim": _entries(city, "claim"),
        "findings_finding": _entries(city, "finding"),
        "findings_requirementexception": _entries(city, "exception"),
        **{f"programmes_{name}": _entries(city, name) for name in PROGRAMMES},
        "programmes_choice": _choices(city),
        **{f"programmes_{name}": _entries(city, name) for name in OF_CHOICES},
        "workshops_workshop": _workshops(city),
        **{f"workshops_{name}": _entries(city, name) for name in ("question", "participant", "answer")},
        **{f"meetings_{name}": _entries(city, name) for name in ("meeting", "item", "decision", "entry")},
        "register_link": _links(city, registers),
        "organisation_responsibility": _responsibilities(city),
    }


def _risk(evidence: Evidence, judged: Judged, risk: RiskVersion) -> dict[str, Any]:
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
        "common_causes": array_of(judged.causes_of(risk)),
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
        **judged.answered(risk),
        "review": risk.review,
        "treatment_reason": "",
        "starter": "",
        "accepted_until": risk.accepted_until,
        "accepted_by_id": risk.accepted_by,
        "acceptance_reason": risk.acceptance_reason,
        "state_reason": risk.state_reason,
        "objective_id": risk.objective,
        "flagged": risk.flagged,
        **judged.of(risk),
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
        **sized(action),
    }


def sized(action: ActionVersion) -> dict[str, int | None]:
    """What an action takes off of a risk's yearly loss, and the days of work; the same for the same action."""
    chance = action.id.int & 0xFFFFFF
    silent, cut, work = chance % 23 == 0, CUTS[chance // 23 % len(CUTS)], chance // 207 % 40
    days = 2 + work * (1 + (action.cost_eur or 0) // 40_000)
    return {"expected_cut": None if silent else cut, "work_days": None if chance % 29 == 0 else min(days, 900)}


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
    return versions_of([entry for entry in city.entries if entry.register == register], _entry)


def _entry(entry: Entry) -> dict[str, Any]:
    values = dict(entry.values)
    number = values.pop("serial", None)
    if number is None:
        return values
    if "areas" in values:
        values["areas"] = array_of(values["areas"])
    prefix = register_by_key(entry.register).model._meta.get_field("code").prefix
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

    return versions_of([entry for entry in city.entries if entry.register == "workshop"], values)


def _choices(city: City) -> Iterator[Row]:
    """When they were decided, under the policy of that day."""
    policies = Policies(city)

    def values(entry: Entry) -> dict[str, Any]:
        is_decided = entry.values["state"] == "decided"
        return {**_entry(entry), "policy_version_id": policies.in_force(entry.at) if is_decided else None}

    return versions_of([entry for entry in city.entries if entry.register == "choice"], values)


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
