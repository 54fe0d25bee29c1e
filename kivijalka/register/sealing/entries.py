"""What is sealed: each version of each kept row as one line of text that no setting of a session alters."""

from __future__ import annotations

from typing import Any

from kivijalka.register.models import Kept
from kivijalka.register.trail import columns_of, generated_columns, put_view

# The end of a version is not sealed with it: it follows from the beginning of the next one, and is checked as such.
LATER = "kept_to"
# Nor is the computed key that decides who sees it: it rises when the record becomes more confidential.
RISES = {"key"}
HEADING = {"no": "kept_no", "since": "kept_from", "seed": "kept_seed"}


def install(cursor: Any, models: list[type[Kept]]) -> None:
    """The view `history.entry`: every entry of the trail, with its number and its text. Only the owner reads it."""
    put_view(cursor, "history.entry", "as " + " union all ".join(_select(cursor, model) for model in models))


def _select(cursor: Any, model: type[Kept]) -> str:
    table = model._meta.db_table
    columns = dict(columns_of(cursor, table, "history"))
    rest = sorted(columns.keys() - {LATER, *HEADING.values()} - (RISES & generated_columns(cursor, table)))
    heading = ", ".join(f"'{key}': {_text(name, columns[name])}" for key, name in HEADING.items())
    body = ", ".join(f"'{name}': {_text(name, columns[name])}" for name in rest)
    # Empty values are left out, so that a column which the table gains later changes no text of before.
    text = f"json_object({heading}, 'table': '{table}', {body} absent on null returning text)"
    return f'select kept_no as no, kept_from as since, kept_seed as seed, {text} as text from history."{table}"'


def _text(name: str, kind: str) -> str:
    """A column as it stands in the text: moments in UTC, bytes in hexadecimal, whatever the session's settings are."""
    if kind == "timestamp with time zone":
        return f"(\"{name}\" at time zone 'UTC')"
    return f"encode(\"{name}\", 'hex')" if kind == "bytea" else f'"{name}"'
