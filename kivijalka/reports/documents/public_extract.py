"""The public extract: the records that were chosen to be published, and of these the fields alone that are fit for everybody.

It goes out of the house: it names no reader, and leads to no address of the site.
"""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

from django.db.models import DecimalField, TextField
from django.utils.translation import gettext as _

from kivijalka.access import at_unit
from kivijalka.publishing.models import Publication
from kivijalka.publishing.queries import MAY_BE, RIGHT, published
from kivijalka.register.declare import Register
from kivijalka.register.doors.related import relate, value_of
from kivijalka.register.doors.values import in_words, text_of
from kivijalka.register.models import SPAN, Confidentiality
from kivijalka.register.refusal import Refused
from kivijalka.register.registry import REGISTERS
from kivijalka.reports.documents.asked import Asked
from kivijalka.reports.documents.model import NOTHING, Block, Document, Facts, Head, Paragraph, Said, Section, Table
from kivijalka.reports.documents.release import release
from kivijalka.reports.documents.unit_report import report
from kivijalka.reports.views import rows_at


def extract(asked: Asked) -> Document:
    """What is published of a unit and all below it. Two queries, and two for each register that has fields for everybody."""
    _may(asked)
    # Also where no unit is named: only what one may publish, not all that one sees.
    chosen = published(rows_at(Publication, asked.unit).filter(at_unit(RIGHT)))
    told = [section for register in REGISTERS.values() if register.public for section in _section(register, chosen)]
    nothing = Paragraph(_("Nothing is published."))
    return report(asked, _("Public extract"), "", [*(told or [nothing]), _about(asked)])


def _may(asked: Asked) -> None:
    """Refuse whoever may not publish what is of this unit."""
    key = Confidentiality.INTERNAL * SPAN + asked.unit.number if asked.unit else None
    if asked.actor.has_in_reach(RIGHT, key) if key is not None else asked.actor.holds(RIGHT):
        return
    words = _("You do not have the right to publish what is of %(place)s. Ask whoever leads the sector.")
    raise Refused(words % {"place": asked.place}, code="no_right")


def _section(register: Register[Any], chosen: list[Any]) -> list[Block]:
    rows = register.model._default_manager.seen().filter(MAY_BE, pk__in=chosen).order_by("code")
    found = relate(rows, [name for name in register.public if register.field(name).is_relation])
    if not found:
        return []
    heads = [_head(register, name) for name in register.public]
    lines = [[_cell(row, name) for name in register.public] for row in found]
    many = str(register.names[1])
    return [Section(many, [Table(_("Published: %s") % many, heads, lines)])]


def _head(register: Register[Any], name: str) -> Head:
    """Texts have the most room; days, numbers and words of a few take what they need."""
    field = register.field(name)
    words = str(field.verbose_name)
    is_text = name in register.title.split() or isinstance(field, TextField)
    width = 5 if is_text else 3 if field.is_relation else 0
    return Head(words[:1].upper() + words[1:], is_number=isinstance(field, DecimalField), width=width)


def _cell(row: Any, name: str) -> Said:
    words, value = text_of(row, name), value_of(row, name)
    if not words:
        return NOTHING
    value = float(value) if isinstance(value, Decimal) else value
    return Said(words, value=value if isinstance(value, float | date) else None)


def _about(asked: Asked) -> Section:
    """Of which day it is, and by which release; not for whom it was made."""
    rows = [
        (_("Records as they stood"), in_words(asked.moment)),
        (_("Of"), asked.place),
        (_("Release"), release()),
    ]
    words = _(
        "It holds what was chosen to be published, record by record; what is not named here is neither there nor missing."
    )
    return Section(_("About this extract"), [Paragraph(words), Facts(rows, is_small=True)])
