"""Words of a policy in the reader's language."""

from __future__ import annotations

from django import template
from django.utils import translation

from kivijalka.policy.scales import Words

register = template.Library()


@register.filter
def in_language(words: Words | None) -> str:
    """A text of the policy as the reader reads it; empty where there is none."""
    return words.in_(translation.get_language() or "fi") if words else ""
