"""One risk on one page: what it is, how it stands and stood, what keeps and treats it, what it may cost."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.utils.text import Truncator, capfirst
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from kivijalka.policy.queries import policy_known
from kivijalka.policy.scales import ANSWERED
from kivijalka.register.doors.related import relate
from kivijalka.register.doors.values import in_words, text_of
from kivijalka.register.refusal import Refused
from kivijalka.reports.documents.asked import Asked
from kivijalka.reports.documents.model import (
    NOTHING,
    Block,
    Bullets,
    Chart,
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
from kivijalka.reports.documents.provenance import provenance
from kivijalka.risks import estimates
from kivijalka.risks.bowtie import BowTie, Box, bowtie
from kivijalka.risks.models import ENDS, Assessment, Risk, level_badge, level_in_words
from kivijalka.risks.registers import risks

# So much of a text, and so many of what is tied to the risk, fit on the page.
LONGEST, MOST = 320, 3
CHART_MM = 70


def one_risk(asked: Asked) -> Document:
    """The risk that the address names."""
    risk = named(asked.given["risk"])
    relate([risk], ["unit", "owner", "accepted_by", "objective"])
    tie = bowtie(risk, asked.day)
    return Document(
        title=risk.title,
        subtitle=f"{risk.code}, {in_words(asked.day)}",
        author=text_of(risk, "unit"),
        language=asked.language,
        moment=asked.moment,
        footer=f"{risk.code} {risk.title}",
        blocks=[
            Facts(_facts(asked, risk), side_by_side=True),
            *_described(risk),
            Section(_("How it stands"), [_stages(asked, risk)]),
            *_kept(asked, tie),
            *estimate(risk),
            provenance(asked),
        ],
    )


def named(code: str) -> Risk:
    """The risk of a code, within reach. Raises Refused: there was none, or it is not to be seen."""
    found: Risk | None = Risk.objects.seen().filter(code=code.strip().upper()).first() if "\0" not in code else None
    if found is None:
        words = _("There was no risk %s on that day, or you may not see it.") % Truncator(code).chars(20)
        raise Refused(words, code="not_there", field="risk")
    return found


def _facts(asked: Asked, risk: Risk) -> list[tuple[str, Words]]:
    rows: list[tuple[str, Words]] = [
        (_("Unit"), text_of(risk, "unit") or NOTHING.words),
        (_("Owner"), text_of(risk, "owner") or NOTHING.words),
        (_("Kind"), f"{risk.get_sign_display()}, {risk.get_kind_display()}"),
        (_("State"), Said(risk.get_state_display(), asked.record(risk))),
    ]
    if risk.treatment:
        reason = f": {_short(risk.treatment_reason)}" if risk.treatment_reason else ""
        rows.append((_("Treatment"), f"{risk.get_treatment_display()}{reason}"))
    for name in ANSWERED:
        if answer := text_of(risk, name):
            rows.append((capfirst(str(risks.field(name).verbose_name)), answer))
    if risk.accepted_until:
        until = _("until %(day)s, by %(name)s") % {
            "day": said(risk.accepted_until).words,
            "name": text_of(risk, "accepted_by") or NOTHING.words,
        }
        rows.append((_("Accepted"), until))
    return [*rows, (_("Next review"), said(risk.review))]


def _described(risk: Risk) -> list[Block]:
    told = [(_("Cause"), risk.cause), (_("Event"), risk.event), (_("Consequence"), risk.consequence)]
    rows = [(name, _short(text)) for name, text in told if text]
    return [Facts(rows)] if rows else []


def _stages(asked: Asked, risk: Risk) -> Table:
    """The last assessment of each stage, under the policy of its day; one query."""
    rows = Assessment.objects.seen().filter(risk=risk).order_by("stage", "-at", "-id").distinct("stage")
    by_stage = {row.stage: row for row in rows}
    found = [by_stage[stage] for stage in Assessment.Stage.values if stage in by_stage]
    heads = [Head(_("Stage"), width=2), Head(_("Class"), width=2), Head(_("Likelihood"), width=3)]
    heads += [Head(_("Impact"), width=3), Head(_("Assessed"), width=1)]
    lines = [_stage(risk, one) for one in found] or [[Said(_("not yet assessed")), *[NOTHING] * 4]]
    return Table(_("Assessments: before controls, now, and aimed at"), heads, lines)


def _stage(risk: Risk, one: Assessment) -> list[Said]:
    policy = policy_known(one.at.date())
    language = get_language() or "fi"
    likelihood, impact = str(one.likelihood), str(one.impact)
    if policy is not None:
        likelihood = policy.scales.likelihood_in_words(one.likelihood, language)
        impact = policy.scales.impact_in_words(one.impact, language)
    level = Said(level_in_words(risk.sign, one.level), level=level_badge(risk.sign, one.level))
    return [Said(one.get_stage_display()), level, Said(likelihood), Said(impact), said(one.at.date())]


def _kept(asked: Asked, tie: BowTie) -> list[Block]:
    """What keeps the risk at its level, what treats it, and what it is tied to; as on its bow-tie."""
    found: list[tuple[str, Sequence[Box]]] = [
        (_("Control"), [*tie.prevents, *tie.limits]),
        (_("Action"), tie.event.actions),
        (_("May be caused by"), [box for box in tie.causes if box.record]),
        (_("May cause"), [box for box in tie.consequences if box.record]),
    ]
    rows = [row for words, boxes in found for row in _boxes(asked, words, boxes)]
    return [Section(_("What keeps, treats and causes it"), [Bullets(rows)])] if rows else []


def _boxes(asked: Asked, words: str, boxes: Sequence[Box]) -> list[Words]:
    rows: list[Words] = [_box(asked, words, box) for box in boxes[:MOST]]
    if len(boxes) > MOST:
        rows.append([Said(f"{words}: "), Said(_("%s more") % (len(boxes) - MOST))])
    return rows


def _box(asked: Asked, words: str, box: Box) -> list[Said]:
    record: Any = box.record
    note = Said(f" ({box.note})") if box.note else Said("")
    return [Said(f"{words}: "), asked.named(record), Said(f" {Truncator(box.text).chars(100)}"), note]


def estimate(risk: Risk) -> list[Block]:
    """What somebody expects of it: the curve, what it says in words, and its table. The same as on the risk's page."""
    if risk.loss_low is None:
        return []
    told = estimates.told(risk, {name: getattr(risk, name) for name in ENDS})
    curve, words = told.curve, " ".join(told.sentences)
    rows = [[Said(euro), Said(share)] for euro, share in curve.table]
    table = Table(
        _("The same as a table"), [Head(curve.x, is_number=True, width=1), Head(curve.y, is_number=True, width=1)], rows
    )
    chart = Chart(told.caption, str(curve.picture), f"{told.caption}. {words}", table, CHART_MM)
    return [Section(told.title, [Paragraph(words), chart])]


def _short(text: str) -> str:
    return Truncator(" ".join(text.split())).chars(LONGEST)
