"""Questions about the policy."""

from __future__ import annotations

from copy import copy
from datetime import date
from typing import Any

from django.utils.formats import date_format
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from kivijalka.access.actor import NOBODY, current_actor
from kivijalka.organisation.models import RoleKind
from kivijalka.policy.checks import check
from kivijalka.policy.models import DECIDED, STANDING, PolicyVersion
from kivijalka.policy.reading import Finding
from kivijalka.register.batch import once
from kivijalka.register.refusal import Refused

ASKED = (
    "(select array_agg(concat(id, ':', version, ':', state, ':', valid_to) order by valid_from desc)"
    " from kj.decided_policies())"
)
# A council decides a few in a decade.
_read: dict[str, PolicyVersion] = {}


class NoPolicy(Refused, LookupError):
    """The council has decided no policy for a day."""

    def __init__(self) -> None:
        super().__init__(
            _("No risk policy is in force on this day. Draft one among the policies and put it in force."),
            code="no_policy",
        )


@once
def policy_in_force(on: date) -> PolicyVersion:
    """The version in force on a day: everybody's to read, whatever they reach. Raises NoPolicy where there is none."""
    found = policy_known(on)
    if found is None:
        raise NoPolicy
    return found


def policy_known(on: date) -> PolicyVersion | None:
    """The version in force on a day, or None: for pages that can do without."""
    return next((version for version in decided() if version.valid_from is not None and version.valid_from <= on), None)


def changed_between(since: date, until: date) -> list[str]:
    """In sentences, which versions came into force after a day and by another: levels on either side are by other words."""
    text = gettext("%(policy)s came into force on %(day)s. Levels given before that are by the policy of their day.")
    found = [(one.valid_from, one) for one in reversed(decided()) if one.valid_from is not None]
    return [
        text % {"policy": one, "day": date_format(day, "SHORT_DATE_FORMAT")}
        for day, one in found
        if since < day <= until
    ]


def decided() -> list[PolicyVersion]:
    """All versions that were put in force, the latest first: in force, to come, and superseded. No query, once the process
    has read them."""
    memo = current_actor().memo
    if DECIDED not in memo:
        standing: list[str] = memo.get(STANDING) or []
        if not standing or not _read.keys() >= set(standing):
            rows: Any = PolicyVersion.objects.raw("select * from kj.decided_policies() order by valid_from desc")
            found = {_standing(version): version for version in rows}
            if current_actor() is NOBODY:
                return list(found.values())
            standing = list(found)
            _read.update(found)
        memo[DECIDED] = [copy(_read[one]) for one in standing]
    known: list[PolicyVersion] = memo[DECIDED]
    return known


def _standing(version: PolicyVersion) -> str:
    """The same as `ASKED` says of it."""
    return ":".join(map(str, (version.pk, version.version, version.state, version.valid_to or "")))


def known_records() -> list[PolicyVersion]:
    """Of the decided versions those whose record the acting person may see: found without another question."""
    actor = current_actor()
    return [version for version in decided() if actor.has_in_reach("policy.view", version.key)]


def findings_of(policy: PolicyVersion) -> list[Finding]:
    """What the check finds in a version, its authorities held against the kinds of role that there are."""
    return check(policy.scales, roles=set(RoleKind.objects.values_list("key", flat=True)))


def document_of(policy: PolicyVersion, content: dict[str, Any] | None = None) -> dict[str, Any]:
    """A version as one document: the header from its own columns, then the content."""
    rest = dict(content or policy.content)
    basis = rest.pop("policy", {})
    header = {
        "key": policy.code,
        "status": policy.state,
        "name": {"en": policy.name_en, "fi": policy.name_fi, "sv": policy.name_sv},
        "decision": {
            "body": policy.body,
            "date": policy.decided_on and policy.decided_on.isoformat(),
            "section": policy.section,
            "case_number": policy.case_number,
        },
        "valid_from": policy.valid_from and policy.valid_from.isoformat(),
        "valid_to": policy.valid_to and policy.valid_to.isoformat(),
        **basis,
    }
    return {"policy": header, **rest}
