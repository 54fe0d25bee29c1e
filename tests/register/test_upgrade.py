"""A city's tables are brought from the migrations before to today's, with all that is in them."""

from __future__ import annotations

from collections import Counter

from django.apps import apps
from django.core.management import call_command
from django.db import connection
from django.db.migrations import Migration
from django.db.migrations.executor import MigrationExecutor

from kivijalka.access import acting
from kivijalka.register.sealing import seals
from kivijalka.risks.models import Risk
from tests import factories as make

KEPT = ("organisation_unit", "organisation_person", "risks_risk", "risks_assessment", "actions_action", "register_link")


def the_last_back(executor: MigrationExecutor) -> list[tuple[Migration, bool]]:
    """The way back from the last migration of every room, and from whatever builds on one. What a room began with stays."""
    graph = executor.loader.graph
    rooms = Counter(app for app, _name in executor.loader.disk_migrations)
    ours = {config.label for config in apps.get_app_configs() if config.name.startswith("kivijalka.")}
    last = [leaf for leaf in graph.leaf_nodes() if leaf[0] in ours and rooms[leaf[0]] > 1]
    back = {node for leaf in last for node in graph.backwards_plan(leaf)}
    forth = executor.migration_plan(graph.leaf_nodes(), clean_start=True)
    return [(found, True) for found, _back in reversed(forth) if (found.app_label, found.name) in back]


def stored() -> dict[tuple[str, str], tuple[str, int]]:
    """All that is kept, by table and id: the row, and how often it was written."""
    found = {}
    with connection.cursor() as cursor:
        for table in KEPT:
            cursor.execute(f"select id::text, (to_jsonb(t) - 'version')::text, version from {table} t")
            found |= {(table, row[0]): (row[1], row[2]) for row in cursor.fetchall()}
    return found


def test_an_upgrade_loses_nothing_and_the_trail_goes_on(committed: str) -> None:
    head = make.holder(unit=make.sector())
    risk = make.assessed_risk("Sähkökatko", unit=head.unit, owner=head)
    make.action("Varavoima", unit=head.unit)
    assert seals.seal() == 1
    before = stored()
    executor = MigrationExecutor(connection)
    executor.migrate(None, plan=the_last_back(executor))
    call_command("migrate", verbosity=0)
    after = stored()
    assert {key: row for key, (row, _) in after.items()} == {key: row for key, (row, _) in before.items()}
    # A migration that fills a new column writes a row once more, and no row more than once.
    assert {after[key][1] - times for key, (_, times) in before.items()} <= {0, 1}
    call_command("check", databases=["default"], fail_level="WARNING")
    call_command("verify_trail")
    with acting(head.pk):
        assert [found.title for found in Risk.objects.seen()] == ["Sähkökatko"]
    Risk.objects.filter(pk=risk.pk).update(title="Pitkä sähkökatko")
    assert seals.seal() == 2
    call_command("verify_trail")
