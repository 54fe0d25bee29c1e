"""The form of one part of a policy: an input for each value in it, made from the part itself."""

from __future__ import annotations

from collections.abc import Iterator
from copy import deepcopy
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django import forms
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from kivijalka.register.doors.forms import RegisterForm
from kivijalka.register.fields import LocalDecimalField
from kivijalka.register.refusal import NotThere

Path = tuple[str | int, ...]
# Parts with a form, in the order of the document; dimensions have one each. The rest is changed in the file.
PARTS: dict[str, Any] = {
    "likelihood": _("Likelihood"),
    "impact_levels": _("Names of the levels of impact"),
    "dimensions": _("Impact"),
    "classes": _("Classes of risk"),
    "matrix": _("Matrix"),
    "opportunity_matrix": _("Opportunities"),
    "controllability": _("Controllability"),
    "control_adequacy": _("Adequacy of controls"),
    "appetite": _("Risk appetite"),
    "acceptance": _("Who may accept"),
    "treatment_required": _("Treatment"),
    "escalation": _("Escalation"),
    "common_causes": _("Common causes"),
    "loss_limits": _("Limits of a year's loss"),
}
LABELS: dict[str, Any] = {
    "low": _("From"),
    "high": _("Below"),
    "name": _("Name"),
    "text": _("Description"),
    "fi": _("Finnish"),
    "sv": _("Swedish"),
    "en": _("English"),
    "eal_from": _("Expected loss from, € a year"),
    "eal_to": _("Expected loss below, € a year"),
    "review_months": _("Months between reviews"),
    "max_months": _("Months of acceptance at most"),
    "role": _("Role"),
    "proposed_by": _("Proposed by"),
    "to": _("Escalated to"),
    "within": _("Answer within"),
    "strategic": _("Strategic risk"),
    "operational": _("Operational risk"),
    "financial": _("Financial risk"),
    "hazard": _("Hazard risk"),
    "effect_check_days_after_done": _("Days from completion to the check of the effect"),
    "zero_tolerance": _("Always treated"),
    "from_risk_class": _("Class of opportunity"),
    "levels": _("Level"),
    "matrix": _("Likelihood"),
    "years": _("Not oftener than once in so many years"),
    "eur": _("Loss of a year, €"),
}
# What ties the parts together stays as it is: keys, numbers of levels, rules for the machine.
FIXED = {"key", "kind", "level", "order", "color", "symbol", "when", "fields", "class", "classes"}
FIRST = ("name", "text", "fi", "sv", "en")
CLASS_CHOICES = [("low", _("low")), ("moderate", _("moderate")), ("high", _("high")), ("critical", _("critical"))]


@dataclass(frozen=True)
class Group:
    """Inputs that belong together: one level, one class, one row of the matrix."""

    title: str
    fields: list[Any]


def parts_of(content: dict[str, Any]) -> list[tuple[str, str]]:
    """Addresses and names of the parts that have a form."""
    found = []
    for key, label in PARTS.items():
        if key == "dimensions":
            found += [(f"dimensions.{one['key']}", f"{label}: {_named(one)}") for one in content[key]]
        elif key in content:
            found.append((key, str(label)))
    return found


class PartForm(RegisterForm):
    """One part of a policy as inputs. What is typed may not yet fit together; the check tells, not the form."""

    def __init__(self, content: dict[str, Any], part: str, data: Any = None) -> None:
        super().__init__(data)
        self.content, self.root = content, _root(content, part)
        self.leaves = {_name(path): path for path, _value in _leaves(_at(content, self.root))}
        for path, value in _leaves(_at(content, self.root)):
            self.fields[_name(path)] = _field((*self.root, *path), value)

    def groups(self) -> list[Group]:
        """The inputs by the item that they stand in, in the order of the part."""
        groups: dict[str, list[Any]] = {}
        for name, path in self.leaves.items():
            groups.setdefault(self._title(path), []).append(self[name])
        return [Group(title, fields) for title, fields in groups.items()]

    def changed_content(self) -> dict[str, Any]:
        """The whole content with what was typed in its place."""
        changed = deepcopy(self.content)
        for name, path in self.leaves.items():
            *above, last = (*self.root, *path)
            _at(changed, tuple(above))[last] = _plain(self.cleaned_data[name])
        return changed

    def _title(self, path: Path) -> str:
        """The item that a value stands in: a level, a class, a row; the part's own values have none."""
        part = str(self.root[0])
        if part == "matrix":
            return f"{LABELS['matrix']} {path[0]}"
        for depth in range(len(path), 0, -1):
            item = _at(self.content, (*self.root, *path[:depth]))
            if isinstance(item, dict) and item.keys() & {"key", "level", "class"}:
                return f"{item.get('level', '')} {_named(item) or item.get('class') or item.get('key', '')}".strip()
        return str(LABELS.get(str(path[0]), "")) if len(path) > 1 else ""


def _named(item: dict[str, Any]) -> str:
    """What an item of a document is called in the reader's language."""
    return str((item.get("name") or {}).get((get_language() or "fi")[:2], ""))


def _root(content: dict[str, Any], part: str) -> Path:
    key, _dot, item = part.partition(".")
    if key not in PARTS or key not in content:
        raise NotThere
    if key != "dimensions":
        return (key,)
    for number, dimension in enumerate(content[key]):
        if dimension["key"] == item:
            return (key, number)
    raise NotThere


def _at(value: Any, path: Path) -> Any:
    for step in path:
        value = value[step]
    return value


def _leaves(value: Any, path: Path = ()) -> Iterator[tuple[Path, Any]]:
    if isinstance(value, dict):
        for key in _in_order(value):
            if key not in FIXED:
                yield from _leaves(value[key], (*path, key))
    elif isinstance(value, list):
        for number, item in enumerate(value):
            yield from _leaves(item, (*path, number))
    else:
        yield path, value


def _in_order(value: dict[str, Any]) -> list[str]:
    """Rows of the matrix from the highest, what a thing is called before its numbers, the rest as it stands."""
    if all(key.isdecimal() for key in value):
        return sorted(value, reverse=True)
    return [*(key for key in FIRST if key in value), *(key for key in value if key not in FIRST)]


def _name(path: Path) -> str:
    return ".".join(str(step) for step in path)


def _field(path: Path, value: Any) -> forms.Field:
    label = _label(path)
    if path[0] == "matrix" or path[-1] in ("strategic", "operational", "financial", "hazard"):
        return forms.ChoiceField(label=label, choices=CLASS_CHOICES, initial=value)
    if isinstance(value, bool):
        return forms.BooleanField(label=label, required=False, initial=value)
    if path[-1] in ("eal_to", "low", "high", "eal_from"):
        return LocalDecimalField(label=label, required=path[-1] != "eal_to", initial=value, min_value=0)
    if isinstance(value, int | float):
        return forms.IntegerField(label=label, initial=value, min_value=0)
    long = "text" in path or "zero_tolerance" in path
    widget = forms.Textarea(attrs={"rows": 2}) if long else forms.TextInput()
    return forms.CharField(label=label, required=False, initial=value, widget=widget, max_length=1000)


def _label(path: Path) -> str:
    if path[0] == "matrix":
        return f"{PARTS['dimensions']} {int(path[-1]) + 1}"
    if "from_risk_class" in path:
        return str(dict(CLASS_CHOICES)[str(path[-1])])
    words = [str(LABELS[str(step)]) for step in path[1:] if str(step) in LABELS and step not in ("levels", "matrix")]
    if "zero_tolerance" in path:
        words.insert(1, str(int(path[-2]) + 1))
    return ", ".join(words) or str(path[-1])


def _plain(value: Any) -> Any:
    """A typed value as a document holds it: whole numbers without a fraction, nothing for what is empty."""
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    return value
