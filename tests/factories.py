"""What tests begin with, one plain function a noun. Called as the tables' owner: outside of `acting`."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, timedelta
from hashlib import sha256
from itertools import count
from typing import Any, TypeVar

from django.db.models import Model
from django.utils import timezone

from kivijalka.actions.models import Action
from kivijalka.controls.models import Control
from kivijalka.events.models import Event
from kivijalka.insurance.models import Insurance
from kivijalka.meetings.models import Item, Meeting
from kivijalka.monitoring.models import Indicator, Signal
from kivijalka.objectives.models import Objective
from kivijalka.organisation.models import Account, Delegation, Person, Responsibility, Role, Unit
from kivijalka.policy.models import PolicyVersion
from kivijalka.policy.queries import policy_in_force
from kivijalka.programmes.models import Milestone, Programme, Workstream
from kivijalka.register.models import Attachment, Comment, Content, Link, Node
from kivijalka.register.own.models import OwnField
from kivijalka.risks.models import Assessment, Risk
from kivijalka.risks.rules import levels_in_short

M = TypeVar("M", bound=Model)
_serial = count(1)
LONG_AGO = date(2020, 1, 1)


def in_days(days: int) -> date:
    """A day relative to today."""
    return timezone.localdate() + timedelta(days=days)


def city() -> Unit:
    """The topmost unit; there is one, and a policy in force in it."""
    found = Unit.objects.filter(parent__isnull=True).first()
    if found is None:
        found = fresh(Unit.objects.create(kind=Unit.Kind.GROUP, name_fi="Esimerkkikaupunki", start=LONG_AGO))
        policy(unit=found, state="in_force", valid_from=LONG_AGO, confidentiality=0)
    return found


def policy(name: str | None = None, *, unit: Unit | None = None, **given: Any) -> PolicyVersion:
    """A draft of a policy with the content of the example."""
    values = {"name_fi": name or f"Perusteet {next(_serial)}", **given}
    return fresh(PolicyVersion.objects.create(unit=unit or city(), **values))


def unit(name: str | None = None, *, parent: Unit | None = None, **given: Any) -> Unit:
    """A unit, right below the city unless told otherwise."""
    values = {"kind": Unit.Kind.UNIT, "name_fi": name or f"Yksikkö {next(_serial)}", "start": LONG_AGO, **given}
    return fresh(Unit.objects.create(parent=parent or city(), **values))


def sector(name: str | None = None, **given: Any) -> Unit:
    """A sector of the city."""
    return unit(name or f"Toimiala {next(_serial)}", **{"kind": Unit.Kind.SECTOR, **given})


def person(name: str | None = None, *, unit: Unit | None = None, **given: Any) -> Person:
    """Somebody who works at a unit, without any role."""
    serial = next(_serial)
    given_name, _, family_name = (name or f"Aino Esimerkki{serial}").partition(" ")
    values = {
        "given_name": given_name,
        "family_name": family_name or "Esimerkki",
        "email": f"henkilo{serial}@esimerkki.example",
        "start": LONG_AGO,
        **given,
    }
    return fresh(Person.objects.create(unit=unit or city(), **values))


def account_of(person: Person, password: str | None = None) -> Account:
    """What the person signs in with; without a password nobody can guess one."""
    found = Account.objects.filter(person=person).first()
    if found is None:
        found = Account(person=person, email=person.email)
        found.set_password(password) if password else found.set_unusable_password()
        found.save()
    return found


def role_of(person: Person, kind: str = "unit_head", *, unit: Unit | None = None, **given: Any) -> Role:
    """A role that the person holds, at their own unit unless told otherwise."""
    at = unit or Unit.objects.get(number=person.unit_id)
    return fresh(Role.objects.create(person=person, kind_id=kind, unit=at, **{"start": LONG_AGO, **given}))


def holder(kind: str = "unit_head", *, unit: Unit | None = None, **given: Any) -> Person:
    """A person who holds a role of this kind at a unit."""
    someone = person(unit=unit, **given)
    role_of(someone, kind)
    return someone


def delegation(absent: Person, deputy: Person, **given: Any) -> Delegation:
    """The deputy acts on behalf of the absent person, this week unless told otherwise."""
    values = {"start": in_days(-3), "end": in_days(3), **given}
    return fresh(Delegation.objects.create(principal=absent, deputy=deputy, **values))


def risk(title: str | None = None, *, unit: Unit | None = None, **given: Any) -> Risk:
    """A risk that nobody has assessed yet."""
    values = {"title": title or f"Riski {next(_serial)}", **given}
    return fresh(Risk.objects.create(unit=unit or city(), **values))


def assessed_risk(title: str | None = None, *, likelihood: int = 3, impact: int = 3, **given: Any) -> Risk:
    """A risk with its current assessment by the policy in force."""
    given.setdefault("unit", city())
    policy = policy_in_force(timezone.localdate())
    level = policy.scales.level(likelihood, impact)
    levels = levels_in_short(likelihood, {"service_continuity": impact})
    judged = {"current_levels": levels, "current_under": policy.pk}
    values = {"state": Risk.State.ASSESSED, "review": in_days(90), **judged, **given}
    made = risk(title, likelihood=likelihood, impact=impact, level=level, **values)
    Assessment.objects.create(
        risk=made,
        policy_version=policy,
        assessor=made.owner or person(unit=made.unit),
        likelihood=likelihood,
        service_continuity=impact,
        impact=impact,
        level=level,
    )
    return made


def action(title: str | None = None, *, unit: Unit | None = None, owner: Person | None = None, **given: Any) -> Action:
    """An action that is planned for the next month."""
    at = unit or city()
    values = {
        "title": title or f"Toimenpide {next(_serial)}",
        "due": in_days(30),
        "expected_effect": "Häiriöitä on vähemmän kuin vuosi sitten.",
        "how_measured": "Häiriöt kuukaudessa.",
        **given,
    }
    return fresh(Action.objects.create(unit=at, owner=owner or person(unit=at), **values))


def control(
    title: str | None = None, *, unit: Unit | None = None, owner: Person | None = None, **given: Any
) -> Control:
    """A control in use that nobody has tested."""
    at = unit or city()
    given = {"title": title or f"Hallintakeino {next(_serial)}", **given}
    return fresh(Control.objects.create(unit=at, owner=owner or person(unit=at), **given))


def objective(title: str | None = None, *, unit: Unit | None = None, **given: Any) -> Objective:
    """An objective that is pursued."""
    at = unit or city()
    values = {"title": title or f"Tavoite {next(_serial)}", "owner": person(unit=at), **given}
    return fresh(Objective.objects.create(unit=at, **values))


def indicator(title: str | None = None, *, unit: Unit | None = None, **given: Any) -> Indicator:
    """An indicator without a value, of which more than 10 is bad and 8 warns."""
    at = unit or city()
    values = {"title": title or f"Mittari {next(_serial)}", "source": "Raportti", "measured_in": "kpl", **given}
    values = {"warning": 8, "limit": 10, "owner": person(unit=at), **values}
    return fresh(Indicator.objects.create(unit=at, **values))


def signal(title: str | None = None, *, unit: Unit | None = None, **given: Any) -> Signal:
    """A signal that nobody has handled."""
    at = unit or city()
    values = {"title": title or f"Signaali {next(_serial)}", "owner": person(unit=at), **given}
    return fresh(Signal.objects.create(unit=at, **values))


def programme(title: str | None = None, *, unit: Unit | None = None, **given: Any) -> Programme:
    """A programme that is under way."""
    at = unit or city()
    values = {"title": title or f"Hanke {next(_serial)}", "starts_on": in_days(-100), "ends_on": in_days(300), **given}
    values = {"owner": person(unit=at), "chair": person(unit=at), "state": "running", **values}
    return fresh(Programme.objects.create(unit=at, **values))


def workstream(of: Programme | None = None, **given: Any) -> Workstream:
    """A workstream at its programme's unit."""
    of = of or programme()
    at = given.pop("unit", None) or Unit.objects.get(number=of.unit_id)
    values = {"title": f"Työkokonaisuus {next(_serial)}", "owner": person(unit=at), **given}
    return fresh(Workstream.objects.create(programme=of, unit=at, **values))


def milestone(title: str | None = None, *, stream: Workstream | None = None, **given: Any) -> Milestone:
    """A milestone of next month."""
    of = stream or workstream()
    at = given.pop("unit", None) or Unit.objects.get(number=of.unit_id)
    values = {"title": title or f"Välitavoite {next(_serial)}", "owner": person(unit=at), "due": in_days(30), **given}
    return fresh(Milestone.objects.create(workstream=of, unit=at, **values))


def event(title: str | None = None, *, unit: Unit | None = None, of: Risk | None = None, **given: Any) -> Event:
    """Something that happened a week ago and cost a thousand, a case of a risk perhaps."""
    at = unit or city()
    values = {"title": title or f"Vahinko {next(_serial)}", "description": "Putki petti.", "finance_eur": 1000, **given}
    values = {"happened_on": in_days(-7), "found_on": values.get("happened_on", in_days(-7)), **values}
    made = fresh(Event.objects.create(unit=at, **{"owner": person(unit=at), **values}))
    if of is not None:
        link("realised", made, of)
    return made


def insurance(
    title: str | None = None, *, covers: Iterable[Risk] = (), unit: Unit | None = None, **given: Any
) -> Insurance:
    """An insurance in force that covers some risks."""
    at = unit or city()
    values = {
        "title": title or f"Vakuutus {next(_serial)}",
        "owner": given.pop("owner", None) or person(unit=at),
        "insurer": "Esimerkkivakuutus Oy",
        "covers": "Vahingot",
        "deductible_eur": 0,
        "limit_eur": 1_000_000,
        "premium_eur": 1,
        "valid_from": LONG_AGO,
        "valid_to": in_days(900),
        **given,
    }
    made = fresh(Insurance.objects.create(unit=at, **values))
    for covered in covers:
        link("insures", made, covered)
    return made


def meeting(title: str | None = None, *, unit: Unit | None = None, **given: Any) -> Meeting:
    """A meeting of today with nothing on its agenda."""
    at = unit or city()
    values = {"title": title or f"Johtoryhmä {next(_serial)}", "day": in_days(0), "chair": person(unit=at), **given}
    return fresh(Meeting.objects.create(unit=at, **{"owner": person(unit=at), **values}))


def item(meeting: Meeting, what: Any, **given: Any) -> Item:
    """What a meeting takes up after all else: a record, or a matter in words."""
    values = {"meeting": meeting, "number": meeting.items.count() + 1, "title": str(what), **given}
    node = Node.objects.get(pk=what.pk) if isinstance(what, Model) else None
    return fresh(Item.objects.create(record=node, why=f"{node.register}." if node else "", **values))


def link(kind: str, a: Any, b: Any, **given: Any) -> Link:
    """A tie between two records: link("treats", action, risk)."""
    registers = dict(Node.objects.filter(pk__in=[a.pk, b.pk]).values_list("pk", "register"))
    values = {"a_register": registers[a.pk], "b_register": registers[b.pk], **given}
    return fresh(Link.objects.create(kind=kind, a_id=a.pk, b_id=b.pk, **values))


def responsibility(record: Any, person: Person, share: str = "A", state: str = "offered") -> Responsibility:
    """A share of responsibility for a record."""
    return fresh(Responsibility.objects.create(record_id=record.pk, person=person, share=share, state=state))


def comment(record: Any, *, mentions: Iterable[Person] = (), **given: Any) -> Comment:
    """Something that somebody said about a record, to persons perhaps."""
    values = {"person": person(), "text": "Esimerkki", "mentions": [each.pk for each in mentions], **given}
    return fresh(Comment.objects.create(record_id=record.pk, **values))


def attachment(record: Any, **given: Any) -> Attachment:
    """A file that somebody attached to a record."""
    sender, text = person(), b"Esimerkki"
    hash = sha256(text).hexdigest()
    content = Content.objects.create(person=sender, sha256=hash, content=text)
    values = {"name": "a.txt", "kind": "txt", "size": len(text), "sha256": hash, "content": content, **given}
    return Attachment.objects.create(record_id=record.pk, person=sender, **values)


def own_field(name: str, *, asked_in: str = "risk", **given: Any) -> OwnField:
    """A field that the city added to a register, called so in Finnish."""
    made = OwnField(unit=city(), name_fi=name, asked_in=asked_in, **given)
    made.clean()
    made.save()
    return fresh(made)


def fresh(record: M) -> M:
    """The record with what the database gave it: code, number, key."""
    record.refresh_from_db()
    return record
