"""Django's migrate, by one instance at a time: the next one waits and finds it done. A newer house's tables are left alone."""

from __future__ import annotations

from typing import Any

from django.apps import apps
from django.core.management.base import CommandError
from django.core.management.commands import migrate
from django.db import connections
from django.db.migrations.loader import MigrationLoader

from kivijalka.register.quick_migrations import quick_migrations

OLDER = (
    "The tables are of an older Kivijalka: {count} migrations are missing, such as {first}. Make a backup"
    " (./run backup FILE), then bring them up to date: ./run serve --migrate"
)
NEWER = (
    "The tables are of a newer Kivijalka: they went through {first}, which this one lacks. Nothing was changed."
    " Update this one, or restore a backup that was made by it."
)


class Command(migrate.Command):
    def handle(self, *args: Any, **options: Any) -> None:
        connection = connections[options["database"]]
        # Held by the session, so that it ends with a process that is killed.
        with connection.cursor() as cursor:
            cursor.execute("select pg_advisory_lock(hashtext('kj.migrate'))")
            try:
                loader = MigrationLoader(connection)
                self._refuse_newer(loader)
                self._migrate(loader, *args, **options)
            finally:
                cursor.execute("select pg_advisory_unlock(hashtext('kj.migrate'))")

    def _refuse_newer(self, loader: MigrationLoader) -> None:
        """Refuse tables that went through a later migration than any of this checkout."""
        ours = {config.label for config in apps.get_app_configs() if config.name.startswith("kivijalka.")}
        last = {
            label: max(name for app, name in loader.disk_migrations if app == label) for label in loader.migrated_apps
        }
        newer = [(app, name) for app, name in loader.applied_migrations if app in ours and name > last.get(app, "")]
        if newer:
            raise CommandError(NEWER.format(first=".".join(min(newer))))

    def _migrate(self, loader: MigrationLoader, *args: Any, **options: Any) -> None:
        try:
            with quick_migrations():
                super().handle(*args, **options)
        except SystemExit as told:  # by --check
            missing = loader.disk_migrations.keys() - loader.applied_migrations.keys()
            raise CommandError(OLDER.format(count=len(missing), first=".".join(min(missing)))) from told
