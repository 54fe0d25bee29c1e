"""A city's tables are brought from the migrations before to today's, with all that is in them."""

from __future__ import annotations

from typing import Any

from django.apps import apps
from django.core.management import call_command
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

from kivijalka.access import acting
from kivijalka.register.sealing import seals
from kivijalka.risks.models import Risk
from tests import factories as make

KEPT = ("organisation_unit", "organisation_person", "risks_risk", "risks_assessment", "actions_action", "register_link")


def before_the_last(executor: MigrationExecutor) -> list[tuple[str, str | None]]:
    """Where every room stands without its last migration, and without what other rooms have built on one of those."""
    rooms = [config.label for config in apps.get_app_configs() if config.name.startswith("kivijalka.")]
    names = {room: sorted(name for app, name in executor.loader.disk_migrations if app == room) for room in rooms}
    last = [(room, found[-1]) for room, found in names.items() if len(found) > 1]
    undone = {node for each in last for node in executor.loader.graph.backwards_plan(each)}
    kept = {room: [name for name in found if (room, name) not in undone] for room, found in names.items() if found}
    return [(room, found[-1] if found else None) for room, found in kept.items()]


def stored() -> dict[str, list[Any]]:
    found = {}
    with connection.cursor() as cursor:
        for table in KEPT:
            cursor.execute(f"select row_to_json(t)::text from (select * from {table} order by id) t")
            found[table] = cursor.fetchall()
    return found


def test_an_upgrade_loses_nothing_and_the_trail_goes_on(committed: str) -> None:
    head = make.holder(unit=make.sector())
    risk = make.assessed_risk("Sähkökatko", unit=head.unit, owner=head)
    make.action("Varavoima", unit=head.unit)
    assert seals.seal() == 1
    before = stored()
    executor = MigrationExecutor(connection)
    executor.migrate(before_the_last(executor))
    call_command("migrate", verbosity=0)
    assert stored() == before
    call_command("check", databases=["default"], fail_level="WARNING")
    call_command("verify_trail")
    with acting(head.pk):
        assert [found.title for found in Risk.objects.seen()] == ["Sähkökatko"]
    Risk.objects.filter(pk=risk.pk).update(title="Pitkä sähkökatko")
    assert seals.seal() == 2
    call_command("verify_trail")
