"""./run manage example --size small|city --seed N: fill an empty database with the example city."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import connection

from kivijalka.example.city import make_city
from kivijalka.example.loader import NotReady, load, make_sure_it_is_ready


class Command(BaseCommand):
    help = "Fill an empty database with the example city."
    # The checks look at pages and rules, which this does not touch, and take longer than a small city.
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--size", choices=["small", "city"], default="city")
        parser.add_argument("--seed", type=int, default=1)
        parser.add_argument("--today", type=date.fromisoformat, default=None, help="the day on which its history ends")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            with connection.cursor() as cursor:
                make_sure_it_is_ready(cursor)
            loaded = load(make_city(options["seed"], options["size"], options["today"] or date.today()))
        except NotReady as refused:
            raise CommandError(str(refused)) from refused
        for table, count in loaded.counts.items():
            self.stdout.write(f"{count:8,} {table}")
