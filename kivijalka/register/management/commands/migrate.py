"""Django's migrate, by one instance at a time: the next one waits and finds it done."""

from __future__ import annotations

from typing import Any

from django.core.management.commands import migrate
from django.db import connections


class Command(migrate.Command):
    def handle(self, *args: Any, **options: Any) -> None:
        # Held by the session, so that it ends with a process that is killed.
        with connections[options["database"]].cursor() as cursor:
            cursor.execute("select pg_advisory_lock(hashtext('kj.migrate'))")
            try:
                super().handle(*args, **options)
            finally:
                cursor.execute("select pg_advisory_unlock(hashtext('kj.migrate'))")
