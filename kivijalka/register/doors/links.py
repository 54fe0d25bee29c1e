"""Links of a record, from both ends, as sentences; and the form that makes one."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django import forms
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from kivijalka.access import Actor
from kivijalka.access.actor import say_command
from kivijalka.register.command import translated
from kivijalka.register.declare import LinkKind, Register
from kivijalka.register.doors.filters import in_the_past
from kivijalka.register.doors.forms import RegisterForm, cleaned
from kivijalka.register.doors.related import relate
from kivijalka.register.graph import link_rules
from kivijalka.register.models import Link, Node
from kivijalka.register.refusal import NotThere, Refused, refuse
from kivijalka.register.ties import why_not_tie

MOST = 200


@dataclass(frozen=True)
class Tie:
    """One link as seen from a record: its kind ("kind:back" from the far end) in words, and the record at the other end."""

    id: UUID
    kind: str
    words: Any
    other: Node


def links_of(record: Any) -> list[Tie]:
    """Links in force from both ends; what one may not see is not there. One query; of the past, two.

    There the nodes are a view of every register's history: joining it takes seconds, and which links are seen the
    database's policy says.
    """
    links = Link.objects.of(record).in_force().order_by("kind", "id")
    found = relate(links[:MOST], ["a", "b"]) if in_the_past() else links.seen().select_related("a", "b")[:MOST]
    return [tie_of(link, record) for link in found]


def tie_of(link: Link, record: Any) -> Tie:
    """A link as seen from one of its ends."""
    forward = link.a_id == record.pk
    kind = link.kind if forward else f"{link.kind}:back"
    return Tie(link.pk, kind, words_of(link, record), link.b if forward else link.a)


def words_of(link: Link, record: Any) -> Any:
    """What a link says, as seen from one of its ends."""
    forward = link.a_id == record.pk
    return next((k.forward if forward else k.backward for k, *_ in link_rules() if k.kind == link.kind), link.kind)


def kinds_of(register: Register[Any]) -> dict[str, tuple[LinkKind, bool]]:
    """Kinds of link that this register's records may have, by "kind" or "kind:back"."""
    found: dict[str, tuple[LinkKind, bool]] = {}
    for kind, a, b in link_rules():
        if a == register.key:
            found[kind.kind] = (kind, True)
        if b == register.key:
            found[f"{kind.kind}:back"] = (kind, False)
    return found


def codes_tied(records: Collection[Any]) -> dict[UUID, dict[str, list[str]]]:
    """Of many records at once: by record and kind ("kind:back" from the far end), the codes at the other ends of links in
    force. Two queries."""
    keys = {record.pk for record in records}
    links = Link.objects.in_force().filter(Q(a__in=keys) | Q(b__in=keys)).values_list("kind", "a", "b")
    ends = [
        (mine, f"{kind}{back}", other) for kind, a, b in links for mine, back, other in ((a, "", b), (b, ":back", a))
    ]
    codes = dict(Node.objects.filter(pk__in={other for *_mine, other in ends}).values_list("pk", "code"))
    found: dict[UUID, dict[str, list[str]]] = {}
    for mine, kind, other in ends:
        if mine in keys and other in codes:
            found.setdefault(mine, {}).setdefault(kind, []).append(codes[other])
    return found


class LinkForm(RegisterForm):
    """Which kind of tie, and to which record (its code)."""

    def __init__(self, register: Register[Any], data: Any = None) -> None:
        super().__init__(data)
        self.kinds = kinds_of(register)
        choices = [(key, kind.forward if forward else kind.backward) for key, (kind, forward) in self.kinds.items()]
        self.fields["kind"] = forms.ChoiceField(label=_("This record"), choices=choices)
        self.fields["other"] = forms.CharField(label=_("Code of the other record"), max_length=300)

    def save(self, actor: Actor, record: Any) -> Link:
        """Make the link; refused when the other record is not there, of a wrong register, or may not be changed."""
        values = cleaned(self)
        kind, forward = self.kinds[values["kind"]]
        other = Node.objects.filter(code=values["other"].split()[0].upper()).first()
        mine = Node.objects.filter(pk=record.pk).first()
        if other is None or mine is None:
            raise Refused(_("There is no such record, or you may not see it."), code="not_there", field="other")
        a, b = (mine, other) if forward else (other, mine)
        if (kind.kind, a.register, b.register) not in {(k.kind, x, y) for k, x, y in link_rules()}:
            raise Refused(_("This kind of link does not join these two registers."), code="wrong_pair", field="other")
        refuse(why_not_tie(kind, a.pk, b.pk))
        say_command("link")
        made: Link = translated(
            lambda: Link.objects.create(kind=kind.kind, a=a, a_register=a.register, b=b, b_register=b.register)
        )
        return made


def end_link(record: Any, pk: str) -> Link:
    """End a link of the record; what one may not see is not there."""
    try:
        found = Link.objects.seen().of(record).in_force().filter(pk=UUID(pk))
    except ValueError:
        raise NotThere from None
    link: Link | None = found.first()
    if link is None:
        raise NotThere
    say_command("unlink")
    # A link that one sees but may not change is no row of an update: the database's policy leaves it out.
    if not found.update(until=timezone.now()):
        raise Refused(_("You do not have the right to do this here."), code="no_right")
    return link


def link_form(register: Register[Any], data: Any = None) -> LinkForm | None:
    """The form, or None where no kind of link reaches this register."""
    return LinkForm(register, data) if kinds_of(register) else None
