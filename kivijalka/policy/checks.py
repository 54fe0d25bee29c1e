"""Judges the scales of a policy before anybody decides on it: pure functions, each yielding what it finds."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from dataclasses import fields, is_dataclass
from itertools import pairwise
from typing import Any

from django.utils.translation import get_language
from django.utils.translation import gettext as _

from kivijalka.organisation.models import Unit
from kivijalka.policy.reading import Finding
from kivijalka.policy.scales import (
    ANSWERED,
    CLASSES,
    COMMON_CAUSES,
    COUNTED,
    DIMENSIONS,
    LEVELS,
    NEXT_ABOVE,
    NO_CONTROL,
    Scales,
    Step,
    Words,
)

# A hundred years of days: no rule counts further.
MOST_COUNTED = 36_500
# What a record can hold of an answer.
KEY = re.compile(r"[a-z][a-z0-9_]{0,19}")
KINDS = ("strategic", "operational", "financial", "hazard")


def check(scales: Scales, roles: Collection[str] = ()) -> list[Finding]:
    """Everything that is to be said of a policy, what keeps it from being put in force first. `roles` are those known."""
    findings = [*unfit_shape(scales)]
    if not findings:
        findings += [
            *unfit_ranges("likelihood", scales.likelihood),
            *(f for d in scales.dimensions for f in unfit_ranges(f"dimensions.{d.key}", d.levels)),
            *unfit_classes(scales),
            *unfit_threshold(scales),
            *not_monotone(scales),
            *unknown_classes(scales),
            *unfit_authority(scales, roles),
            *unfit_escalation(scales, roles),
            *(f for scale in ANSWERED for f in unfit_answers(scales, scale)),
            *unfit_causes(scales),
            *unfit_limits(scales),
            *without_words(scales),
        ]
    # Loss can be reckoned only where ranges and classes fit.
    if not findings:
        findings += [*against_expected_loss(scales)]
    return findings


def unfit_shape(scales: Scales) -> Iterator[Finding]:
    """Another number of levels, dimensions or classes than an assessment can hold."""
    numbered = {"likelihood": [step.level for step in scales.likelihood]}
    numbered["impact_levels"] = [named.level for named in scales.impact_levels]
    numbered |= {f"dimensions.{one.key}": [step.level for step in one.levels] for one in scales.dimensions}
    for where, levels in numbered.items():
        if levels != list(LEVELS):
            yield Finding("levels", where, _("A scale has the levels 1 to 5, in this order."), _("Number them so."))
    if sorted(dimension.key for dimension in scales.dimensions) != sorted(DIMENSIONS):
        yield Finding("dimensions", "dimensions", _("The dimensions are not those of an assessment."), _are(DIMENSIONS))
    if tuple(c.key for c in sorted(scales.classes, key=lambda c: c.order)) != CLASSES:
        yield Finding("classes", "classes", _("The classes are not those of a risk, by rising order."), _are(CLASSES))
    elif sorted(c.order for c in scales.classes) != [1, 2, 3, 4]:
        yield Finding("classes", "classes", _("The orders of the classes are not 1, 2, 3 and 4."), _("Number them so."))
    for likelihood in LEVELS:
        if len(scales.matrix.get(likelihood, ())) != len(LEVELS):
            where = f"matrix.{likelihood}"
            yield Finding("matrix_shape", where, _("A row of the matrix has five cells."), _("Give a class for each."))
    for likelihood in scales.matrix.keys() - set(LEVELS):
        yield Finding(
            "matrix_shape", f"matrix.{likelihood}", _("There is no such level of likelihood."), _("Remove it.")
        )


def unfit_ranges(where: str, steps: Sequence[Step]) -> Iterator[Finding]:
    """Ranges that are upside down, overlap, or leave a gap."""
    for step in steps:
        if not 0 < step.low < step.high:
            values = {"low": step.low, "high": step.high}
            what = _("The range from %(low)s to %(high)s is empty, upside down, or begins at zero.") % values
            yield Finding("upside_down", f"{where}[{step.level}]", what, _("Begin above zero and end higher."))
    for lower, upper in pairwise(steps):
        if upper.low != lower.high:
            values = {"upper": upper.level, "low": upper.low, "lower": lower.level, "high": lower.high}
            gap = upper.low > lower.high
            what = (
                _("There is a gap: level %(lower)s ends at %(high)s, level %(upper)s begins at %(low)s.")
                if gap
                else _("They overlap: level %(lower)s ends at %(high)s, level %(upper)s begins at %(low)s.")
            )
            how = _("Let each level begin where the one below it ends.")
            yield Finding("gap" if gap else "overlap", f"{where}[{upper.level}].low", what % values, how)


def unfit_threshold(scales: Scales) -> Iterator[Finding]:
    """A threshold of recording that no loss is below, or that no loss reaches."""
    threshold, most = scales.policy.reporting_threshold_eur, max(s.high for d in scales.dimensions for s in d.levels)
    if threshold is not None and not 0 <= threshold < most:
        what = _("No loss is recorded by this threshold: it is below zero, or above the dearest level.")
        yield Finding("threshold", "policy.reporting_threshold_eur", what, _("Write euros from 0 up, or leave it out."))


def unfit_classes(scales: Scales) -> Iterator[Finding]:
    """Bands of expected loss that overlap or leave a gap, and reviews that become rarer as risks become worse."""
    ordered = sorted(scales.classes, key=lambda found: found.order)
    name = {found.key: called(scales, found.key) for found in ordered}
    if ordered[0].eal_from != 0 or ordered[-1].eal_to is not None:
        what = _("The lowest class must begin at an expected loss of 0, and the highest have no end.")
        yield Finding("loss_ends", "classes", what, _("Write 0 as the first beginning, and leave the last end empty."))
    for lower, upper in pairwise(ordered):
        if lower.eal_to != upper.eal_from:
            values = {"lower": name[lower.key], "to": lower.eal_to, "upper": name[upper.key], "from": upper.eal_from}
            what = _("%(lower)s ends at an expected loss of %(to)s, %(upper)s begins at %(from)s.") % values
            how = _("Let each class begin where the one below it ends.")
            code = "gap" if lower.eal_to is not None and lower.eal_to < upper.eal_from else "overlap"
            yield Finding(code, f"classes.{upper.key}.eal_from", what, how)
        if upper.review_months > lower.review_months:
            what = _("%(upper)s is reviewed less often than %(lower)s.") % {
                "upper": name[upper.key],
                "lower": name[lower.key],
            }
            yield Finding("review", f"classes.{upper.key}.review_months", what, _("Give it as many months, or fewer."))
    for found in ordered:
        if found.review_months < 1:
            what = _("A review interval is at least one month.")
            yield Finding("review", f"classes.{found.key}.review_months", what, _("Write a number of months."))


def not_monotone(scales: Scales) -> Iterator[Finding]:
    """A cell whose class is lower than that of a less likely or less severe one."""
    order = {found.key: found.order for found in scales.classes}
    for likelihood, impact in [(row, column) for row in LEVELS for column in LEVELS]:
        here = scales.matrix[likelihood][impact - 1]
        for row, column in ((likelihood - 1, impact), (likelihood, impact - 1)):
            if row < 1 or column < 1:
                continue
            there = scales.matrix[row][column - 1]
            if order.get(here, 0) < order.get(there, 0):
                values = {
                    "likelihood": likelihood, "impact": impact, "here": called(scales, here),
                    "row": row, "column": column, "there": called(scales, there),
                }  # fmt: skip
                what = _(
                    "At likelihood %(likelihood)s and impact %(impact)s stands %(here)s: lower than %(there)s at"
                    " likelihood %(row)s and impact %(column)s."
                )
                what %= values
                how = _("A risk that is likelier or worse must not be of a lower class. Raise this cell.")
                yield Finding("not_monotone", f"matrix.{likelihood}[{impact}]", what, how)


def unknown_classes(scales: Scales) -> Iterator[Finding]:
    """A class or dimension that is named but not declared."""
    known = {found.key for found in scales.classes}
    named = [(f"matrix.{row}[{n}]", key) for row, keys in scales.matrix.items() for n, key in enumerate(keys, start=1)]
    named += [(f"appetite.{kind}", getattr(scales.appetite, kind)) for kind in KINDS]
    named += [(f"acceptance[{n}].class", one.class_) for n, one in enumerate(scales.acceptance, start=1)]
    named += [(f"floors[{n}].class", one.class_) for n, one in enumerate(scales.floors, start=1)]
    named += [("treatment_required.classes", key) for key in scales.treatment_required.classes]
    named += [("opportunity_matrix.from_risk_class", key) for key in scales.opportunity_matrix.from_risk_class]
    for where, key in named:
        if key not in known:
            yield Finding("unknown_class", where, _("There is no class “%s”.") % key, _are(sorted(known)))
    for missing in sorted(known - scales.opportunity_matrix.from_risk_class.keys()):
        what = _("No class of opportunity answers to “%s”.") % missing
        yield Finding("opportunity", "opportunity_matrix.from_risk_class", what, _("Add it."))
    opportunities = {found.key for found in scales.opportunity_matrix.classes}
    for key in sorted(set(scales.opportunity_matrix.from_risk_class.values()) - opportunities):
        what = _("There is no class “%s”.") % key
        yield Finding("unknown_class", "opportunity_matrix.from_risk_class", what, _are(sorted(opportunities)))
    for number, floor in enumerate(scales.floors, start=1):
        if floor.dimension not in DIMENSIONS or floor.impact_from not in LEVELS:
            what = _("A floor names a dimension and a level from 1 to 5.")
            yield Finding("floor", f"floors[{number}]", what, _are(DIMENSIONS))


def unfit_authority(scales: Scales, roles: Collection[str]) -> Iterator[Finding]:
    """A class that nobody may accept, or for longer than a lesser one, or by a role that nobody can hold."""
    accepted = {one.class_: one for one in scales.acceptance}
    for key in CLASSES:
        if sum(one.class_ == key for one in scales.acceptance) != 1:
            what = _("Exactly one authority is wanted for accepting the class “%s”.") % called(scales, key)
            yield Finding("authority", "acceptance", what, _("Name one role, with the longest time."))
    for lower, upper in pairwise(CLASSES):
        if lower in accepted and upper in accepted and accepted[upper].max_months > accepted[lower].max_months:
            what = _("%(upper)s may be accepted for longer than %(lower)s.") % {
                "upper": called(scales, upper),
                "lower": called(scales, lower),
            }
            yield Finding("authority", f"acceptance.{upper}.max_months", what, _("Give it as many months, or fewer."))
    for key, one in accepted.items():
        if one.max_months < 1:
            what = _("An acceptance lasts at least one month.")
            yield Finding("authority", f"acceptance.{key}.max_months", what, _("Write a number of months."))
        if roles and one.role not in roles:
            what = _("Nobody can hold the role “%s”.") % one.role
            yield Finding("unknown_role", f"acceptance.{key}.role", what, _are(sorted(roles)))


def unfit_escalation(scales: Scales, roles: Collection[str]) -> Iterator[Finding]:
    """A rule that counts by what is no number, or that asks nobody."""
    for number, rule in enumerate(scales.escalation, start=1):
        where = f"escalation[{number}]"
        for word, value in rule.when.items():
            is_number = isinstance(value, int | float) and not isinstance(value, bool)
            if word in COUNTED and not (is_number and 0 <= value <= MOST_COUNTED):
                what = _("“%(value)s” is not %(kind)s.") % {"value": value, "kind": _("a number from 0 to 36500")}
                yield Finding("wrong_kind", f"{where}.when.{word}", what, _("Write a number."))
        if roles and rule.to not in (*roles, *NEXT_ABOVE):
            what = _("Nobody can hold the role “%s”.") % rule.to
            yield Finding("unknown_role", f"{where}.to", what, _are([*sorted(roles), *NEXT_ABOVE]))


def unfit_causes(scales: Scales) -> Iterator[Finding]:
    """A common cause that no risk can name, that is named twice, or whose range is empty."""
    keys = [cause.key for cause in scales.common_causes]
    for number, cause in enumerate(scales.common_causes, start=1):
        where = f"common_causes[{number}]"
        if cause.key not in COMMON_CAUSES:
            what = _("There is no common cause “%s” that a risk could name.") % cause.key
            yield Finding("unknown_cause", where, what, _are(COMMON_CAUSES))
        elif keys.index(cause.key) != number - 1:
            yield Finding("twice", where, _("“%s” stands there twice.") % cause.key, _("Remove one."))
        if not 0 < cause.low < cause.high:
            what = _("The range from %(low)s to %(high)s is empty, upside down, or begins at zero.")
            values = {"low": cause.low, "high": cause.high}
            yield Finding("upside_down", where, what % values, _("Begin above zero and end higher."))


def unfit_answers(scales: Scales, scale: str) -> Iterator[Finding]:
    """A scale whose answers a risk could not hold or a reader not tell apart. One that is not there is not asked."""
    answers = scales.answers(scale)
    if len(answers) == 1:
        yield Finding("one_answer", scale, _("One answer is no choice."), _("Add others, or remove the scale."))
    for key, times in Counter(answer.key for answer in answers).items():
        if times > 1:
            yield Finding("twice", scale, _("“%s” stands there twice.") % key, _("Remove one."))
        if not KEY.fullmatch(key):
            what = _("“%s” is no key that a record could hold.") % key
            yield Finding("unfit_key", scale, what, _("Write up to 20 small letters, digits and underscores."))
    for language in ("fi", "sv", "en"):
        for name, times in Counter(answer.name.in_(language).strip().casefold() for answer in answers).items():
            if name and times > 1:
                what = _("Two answers are called “%(name)s” (%(language)s).") % {"name": name, "language": language}
                yield Finding("same_words", scale, what, _("Let each have words of its own."))
    if scale == "control_adequacy" and answers and NO_CONTROL not in {answer.key for answer in answers}:
        what = _("No answer says that there is no control.")
        yield Finding("no_control", scale, what, _("Add it with the key “%s”.") % NO_CONTROL)


def unfit_limits(scales: Scales) -> Iterator[Finding]:
    """A limit of a year's loss that is no limit, or that a rarer one of the same kind of unit undercuts."""
    for number, limit in enumerate(scales.loss_limits, start=1):
        where = f"loss_limits[{number}]"
        if limit.kind not in Unit.Kind.values:
            what = _("There is no kind of unit “%s”.") % limit.kind
            yield Finding("unknown_kind", where, what, _are(Unit.Kind.values))
        if not (limit.years > 1 and limit.eur > 0):
            what = _("A limit is a loss above 0 € and more than one year.")
            yield Finding("no_limit", where, what, _("Write both."))
        for other in scales.loss_limits:
            if other.kind == limit.kind and other.years > limit.years and other.eur <= limit.eur:
                what = _("What may be passed once in %(years)s years is not more than what may be once in %(other)s.")
                values = {"years": other.years, "other": limit.years}
                yield Finding("limits_cross", where, what % values, _("Give the rarer loss the higher limit."))


def without_words(value: Any, where: str = "") -> Iterator[Finding]:
    """A text that one of the three languages lacks."""
    if isinstance(value, Words):
        missing = [language for language in ("fi", "sv", "en") if not value.in_(language).strip()]
        if missing:
            what = _("The text is missing in: %s.") % ", ".join(missing)
            yield Finding("words", where, what, _("Write it in all three languages."))
    elif is_dataclass(value):
        for one in fields(value):
            name = one.name.rstrip("_")
            yield from without_words(getattr(value, one.name), f"{where}.{name}" if where else name)
    elif isinstance(value, tuple):
        for number, item in enumerate(value, start=1):
            yield from without_words(item, f"{where}[{number}]")


def against_expected_loss(scales: Scales) -> Iterator[Finding]:
    """Cells whose class is another than the expected loss of their geometric means says: told, not refused."""
    for likelihood, impact in [(row, column) for row in LEVELS for column in LEVELS]:
        loss = scales.expected_loss(likelihood, impact)
        by_loss = next(c.key for c in scales.classes if c.eal_from <= loss and (c.eal_to is None or loss < c.eal_to))
        by_matrix = scales.matrix[likelihood][impact - 1]
        if by_loss != by_matrix:
            values = {
                "likelihood": likelihood, "impact": impact, "matrix": called(scales, by_matrix),
                "loss": f"{loss:,.0f}".replace(",", "\u00a0"), "by_loss": called(scales, by_loss),
            }  # fmt: skip
            what = _(
                "At likelihood %(likelihood)s and impact %(impact)s the matrix says %(matrix)s; the expected loss of"
                " %(loss)s € a year says %(by_loss)s."
            )
            yield Finding("loss_differs", f"matrix.{likelihood}[{impact}]", what % values, grave=False)


def called(scales: Scales, key: str) -> str:
    """What a class is called in the reader's language; its key where there is no such class."""
    found = scales.class_by_key.get(key)
    return found.name.in_(get_language() or "fi") if found else key


def _are(names: Sequence[str]) -> str:
    return _("There are: %s.") % ", ".join(names)
