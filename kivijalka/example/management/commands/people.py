"""Prints who can be signed in as in the demo."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand
from django.db import connection


class Command(BaseCommand):
    help = "Print who can be signed in as in the demo."

    def handle(self, *args: Any, **options: Any) -> None:
        with connection.cursor() as cursor:
            cursor.execute("select name, role, unit from kj.suggested_people()")
            for name, role, unit in cursor.fetchall():
                self.stdout.write(f"  {name:28} {role}, {unit}")
