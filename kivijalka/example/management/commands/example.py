"""./run manage example --size small|city --seed N: fill an empty database with the example city."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from kivijalka.example.city import make_city
from kivijalka.example.loader import NotEmpty, load


class Command(BaseCommand):
    help = "Fill an empty database with the example city."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--size", choices=["small", "city"], default="city")
        parser.add_argument("--seed", type=int, default=1)
        parser.add_argument("--today", type=date.fromisoformat, default=None, help="the day on which its history ends")

    def handle(self, *args: Any, **options: Any) -> None:
        city = make_city(options["seed"], options["size"], options["today"] or date.today())
        try:
            loaded = load(city)
        except NotEmpty as refused:
            raise CommandError(str(refused)) from refused
        for table, count in loaded.counts.items():
            self.stdout.write(f"{count:8,} {table}")
