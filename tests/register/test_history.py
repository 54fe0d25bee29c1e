"""History by the database, and the past as it stood."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from django.db import ProgrammingError, connection

from kivijalka.access import acting
from kivijalka.register.doors.history import HIDDEN, raw_versions
from kivijalka.register.registry import REGISTERS
from kivijalka.risks.models import Risk
from kivijalka.risks.registers import risks
from tests.factories import fresh, holder, risk, sector


def versions(pk: object) -> list[str]:
    return [row["title"] for row in raw_versions(risks, pk)]  # type: ignore[arg-type]


@pytest.mark.django_db
def test_raw_sql_leaves_a_version_too() -> None:
    found = risk("before")
    first = found.version
    with connection.cursor() as cursor:
        cursor.execute("update risks_risk set title = 'after' where id = %s", [found.pk])
    assert versions(found.pk) == ["after", "before"]
    assert fresh(found).version == first + 1


@pytest.mark.django_db
def test_a_version_says_who_by_which_command_and_door() -> None:
    there = sector()
    head, found = holder("unit_head", unit=there), risk("before", unit=there)
    with acting(head.pk, door="api") as actor:
        risks.all_commands["edit"](actor, found, title="after")
    newest = raw_versions(risks, found.pk)[0]
    assert (newest["kept_by"], newest["kept_command"], newest["kept_door"]) == (head.pk, "edit", "api")


@pytest.mark.django_db
def test_an_update_that_changes_nothing_leaves_no_version() -> None:
    found = risk("same")
    Risk.objects.filter(pk=found.pk).update(title="same")
    assert versions(found.pk) == ["same"]


@pytest.mark.django_db
def test_the_site_cannot_write_the_history() -> None:
    head = holder("unit_head", unit=sector())
    for statement in ("insert into history.risks_risk (kept_op) values ('I')", "delete from history.risks_risk"):
        with pytest.raises(ProgrammingError), acting(head.pk), connection.cursor() as cursor:
            cursor.execute(statement)


def test_the_past_shows_what_stood_then_to_todays_roles(committed: str) -> None:
    there = sector()
    head, stranger = holder("unit_head", unit=there), holder("unit_head", unit=sector())
    before_all = datetime.now(tz=UTC)
    found = risk("then", unit=there)
    between = datetime.now(tz=UTC)
    Risk.objects.filter(pk=found.pk).update(title="now")
    with acting(head.pk, as_of=between):
        assert list(Risk.objects.seen().values_list("title", flat=True)) == ["then"]
        with pytest.raises(ProgrammingError):
            Risk.objects.create(title="written into the past", unit=there)
    with acting(stranger.pk, as_of=between):
        assert not Risk.objects.seen().exists()
    with acting(head.pk, as_of=before_all - timedelta(seconds=1)):
        assert not Risk.objects.seen().exists()
    with acting(head.pk):
        assert list(Risk.objects.seen().values_list("title", flat=True)) == ["now"]


@pytest.mark.parametrize("key", REGISTERS)
def test_whatever_a_history_tells_is_called_by_words_of_ours(key: str) -> None:
    model = REGISTERS[key].model
    told = [field for field in model._meta.concrete_fields if field.column not in HIDDEN | set(model.untold)]
    # A name that Django made of the attribute's is in no catalogue.
    assert [field.name for field in told if isinstance(field.verbose_name, str)] == []
