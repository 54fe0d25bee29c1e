"""What several models of the organisation are made of."""

from __future__ import annotations

from typing import Any

from django.contrib.postgres.fields import DateRangeField, RangeBoundary
from django.db import models
from django.db.models import F, Func

# Whether a guarded row is not of the acting person, nor of whom they act for. True where nobody acts.
OF_ANOTHER = "coalesce(new.{} not in (kj.person(), kj.actor()), true)"
# Nor of a program that they answer for.
OF_NO_PROGRAM_OF_MINE = (
    "not exists (select from organisation_serviceaccount s"
    " where s.acts_as_id = new.person_id and s.owner_id in (kj.person(), kj.actor()))"
)
NO_LATER_END = """coalesce(new."end", 'infinity') <= coalesce(old."end", 'infinity')"""


class Concatenated(Func):
    """Texts joined by ||, which PostgreSQL knows to be immutable (concat is not)."""

    template = "(%(expressions)s)"
    arg_joiner = " || "
    output_field = models.CharField()


class DateRange(Func):
    """From `start` to `end`, both days included; without an end, open."""

    function = "daterange"
    output_field = DateRangeField()

    @classmethod
    def of_days(cls) -> DateRange:
        return cls(F("start"), F("end"), RangeBoundary(inclusive_lower=True, inclusive_upper=True))

    def as_sql(self, compiler: Any, connection: Any, *args: Any, **extra: Any) -> Any:
        """PostgreSQL has no range from a later day to an earlier one: that is refused by a check, in words of its own."""
        (start, first), (end, last), (bounds, marks) = map(compiler.compile, self.get_source_expressions())
        days = f"{start}, CASE WHEN {end} < {start} THEN {start} ELSE {end} END"
        return f"daterange({days}, {bounds})", [*first, *last, *first, *first, *last, *marks]
