"""Words of a policy in the reader's language."""

from __future__ import annotations

from django import template
from django.utils import formats, translation

from kivijalka.organisation.models import Unit
from kivijalka.policy.scales import Words

register = template.Library()


@register.filter
def in_language(words: Words | None) -> str:
    """A text of the policy as the reader reads it; empty where there is none."""
    return words.in_(translation.get_language() or "fi") if words else ""


@register.filter
def number(value: float) -> str:
    """A number of a scale in the reader's habit, as exactly as it was written: 0,001 and 5 000 000."""
    return str(formats.number_format(value, use_l10n=True, force_grouping=True))


@register.filter
def unit_kind(kind: str) -> str:
    """A kind of unit in words; itself where there is no such kind."""
    return str(dict(Unit.Kind.choices).get(kind, kind))
