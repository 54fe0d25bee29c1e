"""Which risks would change class under another policy: asked before anybody decides on it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

from django.utils import timezone
from django.utils.text import capfirst
from django.utils.translation import get_language

from kivijalka.policy.change import Translation
from kivijalka.policy.models import PolicyVersion
from kivijalka.policy.queries import decided, policy_known
from kivijalka.policy.scales import ANSWERED, DIMENSIONS, Scales
from kivijalka.risks.models import Assessment, Risk
from kivijalka.risks.registers import risks


@dataclass(frozen=True)
class Change:
    """A risk whose class another policy would change; `unit` is the number of its unit."""

    risk: UUID
    code: str
    title: str
    unit: int
    before: str
    after: str


@dataclass(frozen=True)
class Judged:
    """What is known of the present level of a risk: the version it was judged under, and the levels that were chosen."""

    policy: UUID
    likelihood: int
    impacts: dict[str, int | None]


def changes_under(policy: PolicyVersion) -> list[Change]:
    """Open risks within reach that another version would class otherwise, in three queries however many risks."""
    known = Risk.objects.seen().filter(Risk.IS_OPEN).exclude(level="").order_by("code")
    rows = list(known.values_list("id", "code", "title", "unit_id", "level"))
    scales = {version.pk: version.scales for version in decided()}
    return changed(rows, latest_judgements(), scales, policy.scales)


@dataclass(frozen=True)
class Reworded:
    """An answer that another policy would call otherwise, no longer ask (`after` is empty), or ask anew (`before` is).

    `held` is how many open risks have it, and keep it in the words that they have.
    """

    scale: str
    key: str
    before: str
    after: str
    held: int = 0

    @property
    def label(self) -> str:
        return capfirst(str(risks.field(self.scale).verbose_name))


def answers_under(policy: PolicyVersion, units: Collection[int] | None) -> list[Reworded]:
    """What becomes of the answers about controlling a risk, and how many risks in these units have those that go."""
    now, language = policy_known(timezone.localdate()), get_language() or "fi"
    found = answers_changed(now.scales, policy.scales, language) if now else []
    rows = Risk.objects.seen().filter(Risk.IS_OPEN)
    rows = rows if units is None else rows.filter(unit__in=units)
    counted = {
        scale: Counter(rows.exclude(**{scale: ""}).values_list(scale, flat=True))
        for scale in {one.scale for one in found}
    }
    return [replace(one, held=counted[one.scale][one.key]) for one in found]


def answers_changed(old: Scales, new: Scales, language: str) -> list[Reworded]:
    """Answers whose words differ between two versions, scale by scale."""
    found = []
    for scale in ANSWERED:
        before, after = ({one.key: one.name.in_(language) for one in scales.answers(scale)} for scales in (old, new))
        keys = dict.fromkeys([*before, *after])
        changed = [key for key in keys if before.get(key) != after.get(key)]
        found += [Reworded(scale, key, before.get(key, ""), after.get(key, "")) for key in changed]
    return found


def latest_judgements() -> dict[UUID, Judged]:
    """The latest assessment of the present level of each risk within reach."""
    current = Assessment.objects.seen().filter(stage=Assessment.Stage.CURRENT).order_by("risk_id", "-at", "-id")
    rows = current.distinct("risk_id").values_list("risk_id", "policy_version_id", "likelihood", *DIMENSIONS)
    return {risk: Judged(policy, likelihood, dict(zip(DIMENSIONS, impacts, strict=True)))
            for risk, policy, likelihood, *impacts in rows}  # fmt: skip


def changed(
    risks: Iterable[tuple[Any, ...]], judged: Mapping[UUID, Judged], scales: Mapping[UUID, Scales], new: Scales
) -> list[Change]:
    """Of risks (id, code, title, unit, level) those that the new scales would give another class."""
    translations = {key: Translation(old, new) for key, old in scales.items()}
    found = []
    for pk, code, title, unit, level in risks:
        known = judged.get(pk)
        if known is None or known.policy not in translations:
            continue
        after = translations[known.policy].level_of(known.likelihood, known.impacts)
        if after != level:
            found.append(Change(pk, code, title, unit, level, after))
    return found


def by_unit_below(changes: Iterable[Change], parents: Mapping[int, int | None], top: int | None) -> Counter[int]:
    """Changes counted by the unit right below `top` in which they are; those of `top` itself under its own number.

    `parents` are the units that one sees; without a top, the units above which one sees nothing.
    """
    counted: Counter[int] = Counter()
    for change in changes:
        here: int | None = change.unit
        while here is not None and here != top and parents.get(here) != top and parents.get(here) in parents:
            here = parents[here]
        if here is not None and (top is None or here == top or parents.get(here) == top):
            counted[here] += 1
    return counted


def within(changes: Iterable[Change], numbers: set[int] | None) -> list[Change]:
    """The changes in these units; in all of them where none are named."""
    return [change for change in changes if numbers is None or change.unit in numbers]
