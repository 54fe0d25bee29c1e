"""./run manage texts update | compile | check: the catalogues of Finnish and Swedish."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from kivijalka.web.texts import Texts


class Command(BaseCommand):
    help = "Update, compile or check the translations."
    requires_system_checks: list[str] = []  # Django's own declaration

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("what", choices=["update", "compile", "check"])

    def handle(self, *args: Any, what: str, **options: Any) -> None:
        texts = Texts()
        if what == "update":
            texts.update()
            missing = len(list(texts.problems()))
            self.stdout.write(f"The catalogues in kivijalka/locale are up to date; {missing} texts are to be written.")
        elif what == "compile":
            texts.compile()
        else:
            problems = list(texts.problems())
            for problem in problems:
                self.stderr.write(problem)
            if problems:
                raise CommandError(f"{len(problems)} texts are not complete in Finnish and Swedish.")
