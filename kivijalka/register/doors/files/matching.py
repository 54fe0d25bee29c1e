"""Which record a row is: by its code, by the file's own key through the ledger, or by what a row is known by."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.db.models import EmailField, F
from django.db.models.functions import Lower
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _

from kivijalka.register.declare import Register
from kivijalka.register.models.files import ImportedRow, ImportMapping

if TYPE_CHECKING:
    from kivijalka.register.doors.files.plan import PlannedRow


def known_by(register: Register[Any]) -> list[list[str]]:
    """What tells a row without code or key: each declared field that is unique, in this order; else those declared with
    the unit, else all that are needed."""
    declared = [name for name in register.upsert if name != "code"]
    if unique := [[name] for name in declared if register.field(name).unique]:
        return unique
    if declared:
        return [declared + (["unit"] if "unit" in register.writable else [])]
    return [[name for name in register.declared_writable if not register.field(name).blank]]


class Matches:
    """Finds the records of all rows in three queries, and the rows that are in the file twice."""

    def __init__(self, register: Register[Any], mapping: ImportMapping | None) -> None:
        self.register, self.mapping = register, mapping
        self.ways = known_by(register)

    def find(self, rows: list[PlannedRow]) -> None:
        self._by_code(rows)
        self._by_key(rows)
        for names in filter(None, self.ways):
            self._by_value(rows, names)
        self._refuse_twins(rows)

    def _by_code(self, rows: list[PlannedRow]) -> None:
        codes = {row.code for row in rows if row.code}
        found = {record.code: record for record in self._seen(code__in=codes)} if codes else {}
        for row in rows:
            row.record = found.get(row.code)
            if row.code and row.record is None:
                row.is_new = False
                how = _("Empty the cell to add a new record, or map the column as the file's own key.")
                row.refuse(_t("code"), row.code, _("There is no such record, or you may not see it."), how)

    def _by_key(self, rows: list[PlannedRow]) -> None:
        keys = {row.source_key for row in rows if row.source_key and row.record is None}
        if not keys or self.mapping is None or self.mapping._state.adding:
            return
        kept = ImportedRow.objects.filter(mapping=self.mapping, source_key__in=keys)
        ledger = dict(kept.values_list("source_key", "record"))
        found = {record.pk: record for record in self._seen(pk__in=ledger.values())}
        for row in rows:
            if row.record is None and row.source_key in ledger:
                row.record = found.get(ledger[row.source_key])
                if row.record is None:
                    row.is_new = False
                    why = _("This row was imported before, as a record that you may not see now.")
                    row.refuse("", row.source_key, why, _("Leave the row out."))

    def _by_value(self, rows: list[PlannedRow], names: list[str]) -> None:
        """Rows not known otherwise; a record that another row of the file is, is not taken."""
        first, *rest = names
        open_rows = [row for row in rows if row.record is None and not row.code and self._values(row, names)]
        if not open_rows:
            return
        asked = (first, *rest[:1])
        given = {name: {_plain(self.register.field(name), row.values[name]) for row in open_rows} for name in asked}
        rows_seen = self._seen().alias(**{f"of_{name}": _as_compared(self.register.field(name)) for name in asked})
        found: dict[Any, list[Any]] = {}
        for record in rows_seen.filter(**{f"of_{name}__in": list(values) for name, values in given.items()}):
            found.setdefault(tuple(_stored(record, name) for name in names), []).append(record)
        taken = {row.record.pk for row in rows if row.record is not None}
        for row in open_rows:
            records = [record for record in found.get(self._values(row, names), []) if record.pk not in taken]
            if len(records) == 1:
                row.record = records[0]
                # Without a key of its own, a second such row is this same record: it is refused as a twin.
                if row.source_key:
                    taken.add(row.record.pk)

    def _refuse_twins(self, rows: list[PlannedRow]) -> None:
        seen: dict[Any, int] = {}
        for row in rows:
            keys = self._identities(row)
            before = next((seen[key] for key in keys if key in seen), None)
            if before is not None:
                value = row.code or row.source_key or row.title
                why = _("The file has this already, on row %s.") % before
                row.refuse("", value, why, _("Give the row a key of its own, or remove one of the two."))
            for key in keys:
                seen.setdefault(key, row.number)

    def _identities(self, row: PlannedRow) -> set[Any]:
        if row.code or row.source_key:
            return {("code", row.code) if row.code else ("key", row.source_key)}
        named = ((tuple(names), self._values(row, names)) for names in self.ways)
        return {(names, values) for names, values in named if values}

    def _values(self, row: PlannedRow, names: list[str]) -> Any:
        if any(name not in row.values for name in names):
            return None
        return tuple(_plain(self.register.field(name), row.values[name]) for name in names)

    def _seen(self, **wanted: Any) -> Any:
        return self.register.model.objects.seen().filter(**wanted)


def _plain(field: Any, value: Any) -> Any:
    if isinstance(field, EmailField):
        return value.lower()
    return getattr(value, field.target_field.attname) if field.is_relation else value


def _stored(record: Any, name: str) -> Any:
    field = record._meta.get_field(name)
    value = getattr(record, field.attname)
    return value.lower() if isinstance(field, EmailField) else value


def _as_compared(field: Any) -> Any:
    """A column as rows are known by it: an address in whatever letters."""
    return Lower(field.name) if isinstance(field, EmailField) else F(field.attname)
