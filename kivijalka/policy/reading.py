"""Reads a document into typed scales, and says of everything that does not fit where it stands and what is wrong."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import MISSING, dataclass, fields, is_dataclass
from functools import cache
from types import NoneType, UnionType
from typing import Any, get_args, get_origin, get_type_hints

from django.utils.translation import gettext as _

from kivijalka.policy.scales import Scales


@dataclass(frozen=True)
class Finding:
    """Something about a policy. A grave one keeps it from being put in force; the others are for whoever decides."""

    code: str
    where: str
    what: str
    how: str = ""
    grave: bool = True

    @property
    def part(self) -> str:
        """The part of the document in which it stands; a dimension is one of its own."""
        names = self.where.replace("[", ".").split(".")
        return ".".join(names[:2]) if names[0] == "dimensions" else names[0]

    def __str__(self) -> str:
        return " ".join(text for text in (f"{self.where}:" if self.where else "", self.what, self.how) if text)


class Unreadable(Exception):
    """The document is not a policy: the findings say why."""

    def __init__(self, findings: Sequence[Finding]) -> None:
        super().__init__("; ".join(map(str, findings)))
        self.findings = list(findings)


def read_scales(content: Any) -> Scales:
    """The scales of a document. Raises Unreadable with every place that does not fit."""
    reader = Reader()
    scales = reader.read(Scales, content, "")
    if reader.findings:
        raise Unreadable(reader.findings)
    found: Scales = scales
    return found


class Reader:
    """Turns plain data into the dataclasses that a document is made of; goes on after a mistake to find them all."""

    def __init__(self) -> None:
        self.findings: list[Finding] = []

    def read(self, kind: Any, value: Any, where: str) -> Any:
        origin, inner = get_origin(kind), get_args(kind)
        if origin is UnionType:
            return None if value is None else self.read(next(k for k in inner if k is not NoneType), value, where)
        if is_dataclass(kind):
            return self._record(kind, value, where)
        if origin is tuple:
            return self._list(inner[0], value, where)
        if origin is dict:
            return self._mapping(inner, value, where)
        return value if kind is Any else self._plain(kind, value, where)

    def _record(self, kind: Any, value: Any, where: str) -> Any:
        if not isinstance(value, Mapping):
            return self._refuse("not_a_mapping", where, _("Names with values are wanted here."))
        asked = _asked(kind)
        for key in value.keys() - asked.keys():
            self._refuse("unknown_name", _under(where, str(key)), _("This name is not known."), _known(list(asked)))
        given: dict[str, Any] = {}
        for key, (name, inner, must) in asked.items():
            if key in value:
                given[name] = self.read(inner, value[key], _under(where, key))
            elif must:
                self._refuse("missing", _under(where, key), _("This is missing."), _("Add it."))
        return None if self.findings else kind(**given)

    def _list(self, kind: Any, value: Any, where: str) -> Any:
        if not isinstance(value, list | tuple):
            return self._refuse("not_a_list", where, _("A list is wanted here."))
        return tuple(self.read(kind, item, f"{where}[{number}]") for number, item in enumerate(value, start=1))

    def _mapping(self, kinds: tuple[Any, ...], value: Any, where: str) -> Any:
        if not isinstance(value, Mapping):
            return self._refuse("not_a_mapping", where, _("Names with values are wanted here."))
        number = kinds[0] is int
        return {
            (int(key) if number and str(key).isdecimal() else str(key)): self.read(kinds[1], item, _under(where, key))
            for key, item in value.items()
        }

    def _plain(self, kind: Any, value: Any, where: str) -> Any:
        if kind is float and isinstance(value, int) and not isinstance(value, bool):
            return value
        if kind is bool or not isinstance(value, bool):
            if isinstance(value, kind):
                return value
        wanted = {str: _("a text"), int: _("a whole number"), float: _("a number"), bool: _("true or false")}[kind]
        return self._refuse("wrong_kind", where, _("“%(value)s” is not %(kind)s.") % {"value": value, "kind": wanted})

    def _refuse(self, code: str, where: str, what: str, how: str = "") -> None:
        self.findings.append(Finding(code, where, what, how))


@cache
def _asked(kind: Any) -> dict[str, tuple[str, Any, bool]]:
    """What a document may say of a record, by its name there: the field, its type, and whether it must be said."""
    hints = get_type_hints(kind)
    return {
        one.name.rstrip("_"): (one.name, hints[one.name], one.default is MISSING and one.default_factory is MISSING)
        for one in fields(kind)
    }


def _under(where: str, key: Any) -> str:
    return f"{where}.{key}" if where else str(key)


def _known(names: list[str]) -> str:
    return _("There are: %s.") % ", ".join(names)
