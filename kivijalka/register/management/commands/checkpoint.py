"""Prints the last seal, for publishing outside of the database."""

from __future__ import annotations

import json
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from kivijalka.register.sealing import seals


class Command(BaseCommand):
    help = "Print the last seal of the trail. Keep it elsewhere: against it a cut or rewritten trail is found."

    def handle(self, *args: Any, **options: Any) -> None:
        seals.seal()
        found = seals.checkpoint()
        if found is None:
            raise CommandError("Nothing is sealed yet.")
        self.stdout.write(json.dumps(found))
