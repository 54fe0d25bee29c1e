"""Verbs of a policy: draft a new version, replace its content, put it in force."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any

from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from kivijalka.access import Actor
from kivijalka.policy import rules
from kivijalka.policy.document import as_json, parse, split
from kivijalka.policy.models import PolicyVersion, example_content
from kivijalka.policy.queries import decided, findings_of
from kivijalka.policy.reading import Finding, Unreadable, read_scales
from kivijalka.register.command import Ask, command
from kivijalka.register.models import Confidentiality
from kivijalka.register.refusal import Invalid, refuse

State = PolicyVersion.State
IS_DRAFT = Q(state=State.DRAFT)
NAMES = {"fi": "name_fi", "sv": "name_sv", "en": "name_en"}


@command(_("Draft a new version"), says=_("A copy of this version to change, compare and put in force."))
def draft(
    actor: Actor, policy: PolicyVersion, *, name: Annotated[str, Ask(_("Name in Finnish"), _("For example: 2027"))]
) -> PolicyVersion:
    """Begin a new version with the content of this one."""
    return PolicyVersion.objects.create(unit_id=policy.unit_id, name_fi=name, content=policy.content)


@command(
    _("Replace the content"), when=IS_DRAFT, says=_("Names, scales, matrix and rules are taken from the document.")
)
def replace(
    actor: Actor,
    policy: PolicyVersion,
    *,
    document: Annotated[
        str,
        Ask(
            _("Document"),
            _("YAML or JSON, as this version's file has it."),
            rows=24,
            example=as_json(example_content()),
        ),
    ],
) -> PolicyVersion:
    """Take the content of a document. One that is not a policy is refused with every place that does not fit."""
    header, content = _understood(document)
    given = header.get("name")
    names: dict[str, Any] = given if isinstance(given, dict) else {}
    for language, field in NAMES.items():
        setattr(policy, field, str(names.get(language) or getattr(policy, field))[:200])
    policy.content = content
    policy.save(update_fields=["content", *NAMES.values()])
    return policy


@command(
    _("Put in force"),
    when=IS_DRAFT,
    primary=True,
    says=_("From that day on assessments are made under it. It is never edited after, and the one before it ends."),
    final=True,
)
def put_in_force(
    actor: Actor,
    policy: PolicyVersion,
    *,
    body: Annotated[str, Ask(_("Decided by"), _("For example: city council"))],
    decided_on: Annotated[date, Ask(_("Decided on"))],
    section: Annotated[str, Ask(_("Section of the minutes"))],
    case_number: Annotated[str, Ask(_("Case number"))],
    on: Annotated[date, Ask(_("In force from"))],
) -> PolicyVersion:
    """Record the council's decision. Refused while the check finds anything grave."""
    _refuse_findings([finding for finding in findings_of(policy) if finding.grave])
    latest = max((version.valid_from for version in decided() if version.valid_from), default=None)
    refuse(rules.why_not_begin(on, today=timezone.localdate(), latest=latest))
    refuse(rules.why_not_decided(decided_on, on=on))
    policy.body, policy.decided_on, policy.section, policy.case_number = body, decided_on, section, case_number
    # Everybody works under it, so everybody may read it.
    policy.confidentiality = Confidentiality.PUBLIC
    policy.state, policy.valid_from = State.IN_FORCE, on
    policy.save()
    return policy


def _understood(text: str) -> tuple[dict[str, Any], dict[str, Any]]:
    try:
        header, content = split(parse(text))
        read_scales(content)
    except Unreadable as unreadable:
        _refuse_findings(unreadable.findings, field="document")
    return header, content


def _refuse_findings(findings: list[Finding], field: str = "") -> None:
    if findings:
        raise Invalid({field: [str(finding) for finding in findings]})
