"""A person as a User, and what is said of a User done to the person: by the commands that people use."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

from django.db.models import BooleanField, Case, CharField, F, OuterRef, Q, QuerySet, Subquery, Value, When
from django.db.models.functions import Cast
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from kivijalka.access import Actor
from kivijalka.exchange.scim import meta, units
from kivijalka.exchange.scim.query import Attributes, Kept
from kivijalka.exchange.scim.resources import LANGUAGES, WORK, Email, Membership, Name, Work, Worker, WorksAt
from kivijalka.exchange.working import begin_without_roles, in_force, leave_at_once
from kivijalka.organisation import commands
from kivijalka.organisation.models import Person, Unit
from kivijalka.organisation.registers import persons as register
from kivijalka.register import command as writing
from kivijalka.register.doors.related import relate
from kivijalka.register.plain import plain
from kivijalka.register.refusal import Refused

MODEL, ENDPOINT = Worker, "Users"
EXTENSION = str(WorksAt.__schema__)
# Code of a refusal: somebody is called so already.
TAKEN = "taken"
Made = Person | Refused


def rows() -> QuerySet[Any]:
    """Who works here, and who does not any more but is still told of. Of anybody else a client knows nothing."""
    there = in_force() | Q(user_name__isnull=False)
    found: QuerySet[Any] = units.people().filter(there).annotate(changed_at=meta.changed(Person))
    return found


def attributes() -> Attributes:
    """Where each attribute is kept."""
    active = Case(When(in_force(), Value(True)), default=Value(False), output_field=BooleanField())
    unit = Unit.objects.filter(number=OuterRef("unit_id")).values(text=Cast("pk", CharField()))
    return {
        **meta.kept_of(Person),
        "user_name": Kept(F("signs_in_as"), folded=True),
        "name.given_name": Kept(F("given_name")),
        "name.family_name": Kept(F("family_name")),
        "display_name": Kept(F("full_name")),
        "title": Kept(F("work_title")),
        "preferred_language": Kept(F("language")),
        "active": Kept(active),
        "emails.value": Kept(F("email")),
        "emails.type": Kept(Value(WORK, output_field=CharField())),
        "groups.value": Kept(Subquery(unit)),
        "unit.value": Kept(Subquery(unit)),
    }


def shown(found: Sequence[Person], base: str) -> list[Any]:
    """Persons as Users; `base` is the address of the service."""
    today = timezone.localdate()
    return [_shown(person, base, today) for person in relate(found, ["unit"])]


def _shown(person: Any, base: str, today: date) -> Any:
    user = Worker(
        id=str(person.pk),
        external_id=person.external_id,
        user_name=person.user_name or person.email,
        name=Name(given_name=person.given_name, family_name=person.family_name),
        display_name=str(person),
        title=person.work_title or None,
        preferred_language=person.language,
        active=person.end is None or person.end >= today,
        emails=[Email(value=person.email, type=WORK)],
        meta=meta.meta_of(person, "User", f"{base}/{ENDPOINT}/{person.pk}", str(person.version)),
    )
    if person.unit is not None:
        place = {"value": str(person.unit.pk), "$ref": f"{base}/{units.ENDPOINT}/{person.unit.pk}"}
        user.groups = [Membership.model_validate({**place, "display": person.unit.name_fi})]
        user[WorksAt] = WorksAt(unit=Work.model_validate(place))
    return user


def defaults(user: Any | None, home: Unit) -> dict[str, Any]:
    """What a User has when it is not said: what it had, or else what a new one has."""
    if user is not None:
        known = user.model_dump()
        return {name: known[name] for name in ("active", "preferredLanguage", "emails", EXTENSION) if name in known}
    return {
        "active": True,
        "preferredLanguage": LANGUAGES[0],
        "emails": [{"value": "", "type": WORK}],
        EXTENSION: {"unit": {"value": str(home.pk)}},
    }


def add(actor: Actor, user: Any, home: Unit) -> Person:
    """A new person, or one who comes back."""
    made = add_each(actor, [user])[0]
    if not isinstance(made, Person):
        raise made
    return made


def add_each(actor: Actor, users: Sequence[Any]) -> list[Made]:
    """New persons, written together; who is gone and had the same address comes back. Or why one was refused."""
    places = units.named(_unit_named(user) for user in users)
    given = [writing.told(_values, user, places) for user in users]
    fit = [values for values in given if not isinstance(values, Refused)]
    known = _known(fit)
    there = {id(values): _there(actor, values, known) for values in fit}
    new = [values | {"start": timezone.localdate()} for values in fit if there[id(values)] is None]
    if len(new) == 1:
        # Alone, all that is wrong is told at once, and what the database refuses in words.
        made: list[Made] = [writing.told(lambda: writing.add(register, actor, **new[0]))]
    else:
        made = list(writing.add_each(register, actor, new))
    answers = iter(made)
    return [v if isinstance(v, Refused) else there[id(v)] or next(answers) for v in given]


def settle(person: Any, before: Any, after: Any) -> None:
    """Who is said to work where they do, by the unit's code, is where they were."""
    if person.unit is not None and _unit_named(after) == person.unit.code:
        after[WorksAt] = before[WorksAt]


def change(actor: Actor, person: Any, before: Any, after: Any, home: Unit) -> None:
    """Make of a person what they are to be: what differs is edited; they are transferred; they leave or are here again."""
    values = _values(after, units.named([_unit_named(after)]))
    unit = values.pop("unit")
    returns = after.active and not before.active
    _write(actor, person, values | ({"end": None} if returns else {}))
    if unit.number != person.unit_id:
        transfers = returns or person.end is None
        commands.transfer(actor, person, to=unit) if transfers else _write(actor, person, {"unit": unit})
    if before.active and not after.active:
        _leave(actor, person)


def remove(actor: Actor, person: Any) -> None:
    """They have left, and are told of no more. Their history stays."""
    _write(actor, person, {"user_name": None, "external_id": None})
    _leave(actor, person)


def _leave(actor: Actor, person: Any) -> None:
    for answer in leave_at_once(actor, [person]):
        if isinstance(answer, Refused):
            raise answer


def _write(actor: Actor, person: Any, values: dict[str, Any]) -> None:
    """Edit what differs."""
    differs = {name: value for name, value in values.items() if getattr(person, name) != value}
    if differs:
        register.all_commands["edit"](actor, person, **differs)


def _unit_named(user: Any) -> str | None:
    place = user[WorksAt]
    return place.unit.value if place and place.unit else None


def _values(user: Any, places: dict[str, Unit]) -> dict[str, Any]:
    """The fields of a person by what a User says."""
    word = _unit_named(user)
    if word not in places:
        told = _("There is no unit in force with this id or code: %s.") % word
        raise Refused(told, code="invalid", field="unit.value")
    language = (user.preferred_language or "")[:2].lower()
    emails = user.emails or []
    address = next((email.value for email in [*(e for e in emails if e.type == WORK), *emails]), None)
    return {
        "given_name": plain(user.name.given_name or ""),
        "family_name": plain(user.name.family_name or ""),
        "email": plain(address or user.user_name),
        "user_name": plain(user.user_name),
        "external_id": user.external_id or None,
        "work_title": plain(user.title or ""),
        "language": language if language in LANGUAGES else LANGUAGES[0],
        "unit": places[word],
    }


def _known(given: Sequence[dict[str, Any]]) -> list[Person]:
    """Persons who are called as one of these is to be."""
    names = {values["user_name"].lower() for values in given}
    addresses = {values["email"] for values in given}
    ids = {values["external_id"] for values in given} - {None}
    same = Q(signs_in_as__in=names) | Q(email__in=addresses) | Q(external_id__in=ids)
    return list(Person.objects.seen().filter(same))


def _there(actor: Actor, values: dict[str, Any], known: list[Person]) -> Made | None:
    """Who is known by one of the names already: refused, unless they are gone. None: nobody is."""
    for person in known:
        if _is(person, values):
            gone = person.user_name is None and person.end is not None and person.end < timezone.localdate()
            if not gone:
                return Refused(_("Somebody is called so already: %s.") % person.code, code=TAKEN)
            return writing.told(_come_back, actor, person, values)
    return None


def _is(person: Person, values: dict[str, Any]) -> bool:
    pairs = [
        (person.email, values["email"]),
        (person.signs_in_as, values["user_name"].lower()),
        (person.external_id, values["external_id"]),
    ]
    return any(one is not None and one == other for one, other in pairs)


def _come_back(actor: Actor, person: Person, values: dict[str, Any]) -> Person:
    """They begin without the roles that they had."""
    begin_without_roles(person.pk)
    _write(actor, person, values | {"end": None})
    return person
