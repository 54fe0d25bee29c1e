"""./run manage people: who can be signed in as in the demo, a line each."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from kivijalka.example.suggestions import suggested_people


class Command(BaseCommand):
    help = "Print who can be signed in as in the demo."
    requires_system_checks: list[str] = []

    def handle(self, *args: Any, **options: Any) -> None:
        people = suggested_people()
        if not people:
            raise CommandError("No example city is loaded here. Run `./run manage example` on an empty database first.")
        widths = {column: max(len(person[column]) for person in people) for column in ("role", "name", "email")}
        for person in people:
            columns = (person[column].ljust(width) for column, width in widths.items())
            self.stdout.write(f"  {'  '.join(columns)}  {person['unit']}")
