"""The risk note of a decision proposal: the risks that bear on a case, how they stand, and what is done about them."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Any
from uuid import UUID

from django.utils.text import Truncator, capfirst
from django.utils.translation import gettext as _

from kivijalka.actions.models import Action
from kivijalka.actions.queries import TREATS
from kivijalka.register.doors.related import relate
from kivijalka.register.doors.values import in_words, text_of
from kivijalka.register.models import Link
from kivijalka.register.plain import UNSEEN
from kivijalka.register.refusal import Refused
from kivijalka.reports.documents.asked import Asked
from kivijalka.reports.documents.model import (
    NOTHING,
    Block,
    Bullets,
    Document,
    Facts,
    Head,
    Paragraph,
    Said,
    Section,
    Table,
    Words,
    said,
)
from kivijalka.reports.documents.parts import class_of
from kivijalka.reports.documents.provenance import provenance
from kivijalka.risks.models import Assessment, Risk, level_badge, level_in_words

MOST, LONGEST_CASE, LONGEST_TITLE = 30, 60, 200
CASE = re.compile(r"[\w][\w .:/()-]*")


def note(asked: Asked) -> Document:
    """The note on the case that the address names."""
    case, title = case_of(asked.given["case"]), title_of(asked.given["title"])
    risks = relate(chosen(asked.given["risks"]), ["unit", "owner"])
    treating, targets = _treating(risks), _targets(risks)
    return Document(
        title=_("Risk note: %s") % title,
        subtitle=_("Case %(case)s, %(day)s") % {"case": case, "day": in_words(asked.day)},
        author=text_of(risks[0], "unit"),
        language=asked.language,
        moment=asked.moment,
        footer=_("Risk note, case %s") % case,
        blocks=[
            Paragraph(_("These risks bear on the decision. Their classes are by the risk policy in force.")),
            _overview(asked, risks, targets),
            *(Section(f"{risk.code} {risk.title}", _told(asked, risk, treating[risk.pk])) for risk in risks),
            provenance(asked),
        ],
    )


def case_of(text: str) -> str:
    """The case number, or why it is none."""
    case = text.strip()
    if not case:
        raise Refused(_("Give the case number: the note is attached to that case."), code="invalid", field="case")
    if len(case) > LONGEST_CASE or UNSEEN.search(case) or not CASE.fullmatch(case):
        words = _("A case number has letters, digits, spaces and the signs . : / ( ) - and at most %s of them.")
        raise Refused(words % LONGEST_CASE, code="invalid", field="case")
    return case


def title_of(text: str) -> str:
    """What the proposal is called, or why that cannot be."""
    title = " ".join(UNSEEN.sub("", text).split())
    if not title or len(title) > LONGEST_TITLE or "\0" in title:
        words = _("Give the proposal a title of at most %s letters.")
        raise Refused(words % LONGEST_TITLE, code="invalid", field="title")
    return title


def chosen(codes: Iterable[str]) -> list[Risk]:
    """The risks of these codes in their order, each once. Raises Refused where one is not there to be seen."""
    wanted = list(dict.fromkeys(code.upper() for text in codes for code in re.split(r"[\s,;]+", text) if code))
    if not wanted or len(wanted) > MOST:
        words = _("Name the risks by their codes, such as R-012345: at least one and at most %s.")
        raise Refused(words % MOST, code="invalid", field="risk")
    known = [] if any("\0" in code for code in wanted) else Risk.objects.seen().filter(code__in=wanted)
    found = {str(risk.code): risk for risk in known}
    missing = [code for code in wanted if code not in found]
    if missing:
        words = _("There was no risk %s on that day, or you may not see it.") % Truncator(", ".join(missing)).chars(80)
        raise Refused(words, code="not_there", field="risk")
    return [found[code] for code in wanted]


def _overview(asked: Asked, risks: list[Risk], targets: Mapping[UUID, str]) -> Table:
    heads = [
        Head(capfirst(_("code"))),
        Head(_("Risk"), width=5),
        Head(_("Unit"), width=3),
        Head(_("Class")),
        Head(_("Aimed at")),
    ]
    heads.append(Head(_("Treatment")))
    rows = [
        [
            asked.named(risk),
            Said(risk.title),
            said(text_of(risk, "unit")),
            class_of(risk),
            _class(risk, targets.get(risk.pk, "")),
            said(risk.get_treatment_display()),
        ]
        for risk in risks
    ]
    return Table(_("Risks of the decision"), heads, rows)


def _class(risk: Risk, level: str) -> Said:
    return Said(level_in_words(risk.sign, level), level=level_badge(risk.sign, level)) if level else NOTHING


def _told(asked: Asked, risk: Risk, actions: list[Action]) -> list[Block]:
    rows: list[tuple[str, Words]] = [(_("Owner"), text_of(risk, "owner") or NOTHING.words)]
    rows += [
        (name, text)
        for name, text in [(_("Cause"), risk.cause), (_("Event"), risk.event), (_("Consequence"), risk.consequence)]
        if text
    ]
    if risk.treatment_reason:
        rows.append((_("Reason for the treatment"), risk.treatment_reason))
    if not actions:
        return [Facts(rows), Paragraph(_("No action treats it."))]
    return [Facts(rows), Paragraph(_("It is treated by:")), Bullets([_action(asked, action) for action in actions])]


def _action(asked: Asked, action: Action) -> list[Said]:
    state = f"{action.get_state_display()}, {said(action.due).words}"
    return [asked.named(action), Said(f" {action.title} ({state})")]


def _treating(risks: list[Risk]) -> dict[UUID, list[Action]]:
    """Actions that treat each risk, those that were cancelled left out; two queries."""
    ties: Any = Link.objects.in_force(TREATS.kind).filter(b__in=[risk.pk for risk in risks])
    pairs = list(ties.values_list("a", "b"))
    actions = Action.objects.seen().filter(pk__in=[a for a, _b in pairs]).exclude(state=Action.State.CANCELLED)
    by_key = {action.pk: action for action in actions}
    found: dict[UUID, list[Action]] = defaultdict(list)
    for a, b in pairs:
        if a in by_key:
            found[b].append(by_key[a])
    for several in found.values():
        several.sort(key=lambda action: (action.due, str(action.code)))
    return found


def _targets(risks: list[Risk]) -> dict[UUID, str]:
    """The class that each risk is aimed at; one query."""
    rows = Assessment.objects.seen().filter(risk__in=[risk.pk for risk in risks], stage=Assessment.Stage.TARGET)
    return dict(rows.order_by("at", "id").values_list("risk_id", "level"))
