"""A policy as a file: YAML or JSON in and out. The header says who decided; the rest is the content."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import date
from typing import Any

import yaml
from django.utils.translation import gettext as _

from kivijalka.policy.reading import Finding, Unreadable

MOST_CHARACTERS = 500_000
# Keys of the header that belong to the content: what the decision rests on, not when and by whom it was made.
BASIS = ("legal_basis", "budget_eur", "reporting_threshold_eur", "quantification")


class _Loader(yaml.SafeLoader):
    """Plain data only; an alias could make a small file endless, and a name given twice would lose a value silently."""

    def compose_node(self, parent: Any, index: Any) -> Any:
        if self.check_event(yaml.events.AliasEvent):
            raise yaml.YAMLError(_("Aliases (*name) are not read. Write the value out."))
        return super().compose_node(parent, index)

    def construct_mapping(self, node: Any, deep: bool = False) -> Any:
        seen: set[Any] = set()
        for key, _value in node.value:
            if key.value in seen:
                raise yaml.YAMLError(
                    _("“%(name)s” stands there twice%(mark)s.") % {"name": key.value, "mark": key.start_mark}
                )
            seen.add(key.value)
        return super().construct_mapping(node, deep=deep)


def parse(text: str) -> dict[str, Any]:
    """The document of a text, YAML or JSON. Raises Unreadable where it is neither."""
    if len(text) > MOST_CHARACTERS:
        raise Unreadable([Finding("too_long", "", _("The document is longer than a policy can be."))])
    try:
        is_json = text.lstrip().startswith("{")
        found = json.loads(text) if is_json else yaml.load(text, _Loader)
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        what = _("The document cannot be read as YAML or JSON: %s") % error
        raise Unreadable([Finding("not_a_document", "", what)]) from error
    if not isinstance(found, dict):
        what = _("The document is not a policy: it must begin with names, such as “likelihood:”.")
        raise Unreadable([Finding("not_a_document", "", what)])
    return {str(key): whole(value) for key, value in found.items()}


def whole(value: Any) -> Any:
    """The value with texts that an unquoted comma cut in two ("{fi: a, b}") put together again, days as text."""
    if isinstance(value, list):
        return [whole(item) for item in value]
    if isinstance(value, date):
        return value.isoformat()
    if not isinstance(value, Mapping):
        return value
    found: dict[str, Any] = {}
    last = ""
    for key, item in value.items():
        name = str(key)
        if item is None and " " in name and isinstance(found.get(last), str):
            found[last] = f"{found[last]}, {name}"
        else:
            found[name], last = whole(item), name
    return found


def split(document: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """The header and the content of a document."""
    content = {key: value for key, value in document.items() if key != "policy"}
    header = document.get("policy") or {}
    if not isinstance(header, Mapping):
        raise Unreadable([Finding("not_a_mapping", "policy", _("Names with values are wanted here."))])
    basis = {key: header[key] for key in BASIS if header.get(key) is not None}
    return dict(header), ({**content, "policy": basis} if basis else content)


def as_yaml(document: Mapping[str, Any]) -> str:
    return str(yaml.safe_dump(dict(document), allow_unicode=True, sort_keys=False, width=120))


def as_json(document: Mapping[str, Any]) -> str:
    return json.dumps(document, ensure_ascii=False, indent=1)
