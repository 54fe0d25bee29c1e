"""Tags that keep what stands in the address (the unit and the date looked at) from page to page."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from typing import Any

from django import template
from django.urls import reverse
from django.utils import formats
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _

from kivijalka.access.request import ActingRequest
from kivijalka.register.chart import euros
from kivijalka.register.doors import place
from kivijalka.register.doors.once import FIELD, issue
from kivijalka.register.doors.rows import begins_of
from kivijalka.register.registry import REGISTERS

register = template.Library()


@register.simple_tag(takes_context=True)
def to(context: Any, name: str, *args: Any, **query: Any) -> str:
    """The address of a page, for the same unit and in the same past as this one."""
    return place.kept(context["request"], reverse(name, args=args), **query)


@register.simple_tag(takes_context=True)
def kept(context: Any, address: str, **query: Any) -> str:
    """An address, for the same unit and in the same past as this page."""
    return place.kept(context["request"], address, **query)


@register.simple_tag(takes_context=True)
def without(context: Any, name: str, **query: Any) -> str:
    """The address of this page without one of its words; and with those given."""
    return place.without(context["request"].get_full_path(), name, **query)


@register.simple_tag(takes_context=True)
def carried(context: Any, *left: str) -> str:
    """Hidden fields of a form that leads to a page for the same unit and in the same past; not those that it asks."""
    pairs = [(name, text) for name, text in place.carried(context["request"]).items() if name not in left]
    return format_html_join("", '<input type="hidden" name="{}" value="{}">', pairs)


@register.simple_tag(takes_context=True)
def once(context: Any) -> str:
    """The hidden field of a form that makes what it sends happen once."""
    person = context["actor"].person
    return format_html('<input type="hidden" name="{}" value="{}">', FIELD, issue(person)) if person else ""


@register.simple_tag(takes_context=True)
def begins(context: Any, key: str) -> str:
    """The way to a register's first records, for whoever may add some; nothing for others, and in the past."""
    request = context["request"]
    found = begins_of(REGISTERS[key], request.actor)
    if found is None:
        return ""
    name, words = found
    return format_html(
        '<p><a class="hds-button hds-button--secondary" href="{}"><span class="hds-button__label">{}</span></a></p>',
        place.kept(request, reverse(name)), words,
    )  # fmt: skip


@register.simple_tag(takes_context=True)
def value(context: Any, cell: Any) -> str:
    """A value as a badge, as a link to its record, or as text. A tag, as a page shows hundreds: an include is slow."""
    return mark_safe(_shown(cell, context["request"]))


@register.simple_tag(takes_context=True)
def values(context: Any, cells: Sequence[Any], start: int = 0) -> str:
    """A row's values as cells of a table. A tag for the same reason."""
    request, titles = context["request"], context["register"].title.split()
    return mark_safe(
        "".join(
            f'<td role="cell" data-label="{_escaped(cell.label)}"{_class_of(cell, titles)}>'
            f'<div class="kj-value">{_shown(cell, request)}</div></td>'
            for cell in cells[start:]
        )
    )


def _shown(cell: Any, request: ActingRequest) -> str:
    text = _escaped(cell.text or "–")
    if cell.badge and cell.text:
        looks, symbol = _escaped(level_class(cell.badge)), _escaped(level_symbol(cell.badge))
        return f'<span class="kj-badge {looks}"><span aria-hidden="true">{symbol}</span> {text}</span>'
    return f'<a href="{_escaped(place.kept(request, cell.url))}">{text}</a>' if cell.url else text


def _escaped(text: Any) -> str:
    """As Django's `conditional_escape`, of which a page of hundreds of cells feels the cost."""
    text = str(text)
    return text if isinstance(text, SafeString) else escape(text)


def _class_of(cell: Any, titles: Sequence[str]) -> str:
    """What a cell is called where rows are cards: what names the row stands alone there, what is empty is left out."""
    if not cell.text:
        return ' class="kj-none"'
    return ' class="kj-number"' if cell.numeric else ' class="kj-title"' if cell.name in titles else ""


@register.filter
def level_symbol(level: str) -> str:
    """The number of a class of risk, +3 of an opportunity: shown beside the colour, never colour alone."""
    return level.partition("_")[0]


@register.filter
def size(count: int) -> str:
    """A size in bytes in words."""
    if count < 2**20:
        return _("%s kB") % formats.number_format(max(1, round(count / 2**10)))
    return _("%s MB") % formats.number_format(round(count / 2**20, 1), 1)


@register.filter
def euro(amount: float | None) -> str:
    """Euros with the two digits that count; nothing known is a dash."""
    return "–" if amount is None else f"-{euros(-amount)}" if amount < 0 else euros(amount)


@register.filter
def level_class(level: str) -> str:
    """The class name of a badge, from a stored word such as 3_high."""
    return f"kj-gain-{level[1:2]}" if level.startswith("+") else f"kj-level-{level[:1]}"
