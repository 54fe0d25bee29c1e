"""What a report rests on: of which moment, for whose reach, under which policy, after which seal, by which release."""

from __future__ import annotations

from django.conf import settings
from django.utils.translation import gettext as _

from kivijalka.policy.queries import policy_known
from kivijalka.register.doors.values import in_words
from kivijalka.register.sealing.models import Seal
from kivijalka.reports.documents.asked import Asked
from kivijalka.reports.documents.model import Facts, Said, Section, Words
from kivijalka.reports.documents.release import release

LANGUAGES = dict(settings.LANGUAGES)


def provenance(asked: Asked) -> Section:
    """The last section of every report: enough to make it again and to follow it. Two queries."""
    rows: list[tuple[str, Words]] = [
        (_("Records as they stood"), in_words(asked.moment)),
        (_("Of"), Said(f"{asked.unit.code} {asked.unit}", asked.record(asked.unit)) if asked.unit else asked.place),
        (_("Rests on"), _reach(asked)),
        (_("Mark of the reader's reach"), asked.mark),
        (_("Risk policy"), _policy(asked)),
        (_("Last seal of the trail before that"), _seal(asked)),
        (_("Release"), release()),
        (_("Language"), str(LANGUAGES[asked.language])),
        (_("To make it again"), Said(_("the same report from the same records"), asked.address)),
    ]
    return Section(_("What this report rests on"), [Facts(rows, is_small=True, side_by_side=True)])


def _reach(asked: Asked) -> str:
    name = " / ".join(filter(None, reversed(asked.actor.names)))
    words = _(
        "what %(name)s may see, by the roles held when it was made. What they may not see is neither shown nor counted."
    )
    return words % {"name": name}


def _policy(asked: Asked) -> Words:
    policy = policy_known(asked.day)
    if policy is None:
        return _("None was in force on this day.")
    since = in_words(policy.valid_from)
    words = _("%(code)s %(name)s, in force from %(day)s") % {"code": policy.code, "name": policy, "day": since}
    seen = asked.actor.has_in_reach("policy.view", policy.key)
    return Said(words, asked.page("record", "policies", policy.pk) if seen else "")


def _seal(asked: Asked) -> str:
    seal = Seal.objects.filter(sealed_at__lte=asked.moment).order_by("-number").first()
    if seal is None:
        return _("None: the trail was sealed for the first time after this moment.")
    words = _("number %(number)s of %(day)s, checkpoint %(head)s")
    # In groups, as a line must end somewhere.
    head = bytes(seal.head).hex(" ", 8)
    return words % {"number": seal.number, "day": in_words(seal.sealed_at), "head": head}
