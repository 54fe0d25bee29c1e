"""The formats that a document can be had in."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext_lazy as _

from kivijalka.register.doors.files.write import TYPES
from kivijalka.reports.documents.model import Document
from kivijalka.reports.documents.pdf import PDF, as_pdf
from kivijalka.reports.documents.word import DOCX, as_docx
from kivijalka.reports.documents.workbook import as_xlsx


@dataclass(frozen=True)
class Format:
    """What a document is rendered by, what it is called, and what its content is to a browser."""

    render: Callable[[Document], bytes]
    name: Any
    kind: str


FORMATS = {
    "pdf": Format(as_pdf, _("PDF, to read and to print"), PDF),
    "docx": Format(as_docx, _("DOCX, for a word processor"), DOCX),
    "xlsx": Format(as_xlsx, _("XLSX, the figures for a spreadsheet"), TYPES["xlsx"]),
}
