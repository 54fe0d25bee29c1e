"""Holds the trail against its seals, and the tables against the trail."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from kivijalka.register.garbage import collect_seldom
from kivijalka.register.sealing import seals, verifier


class Command(BaseCommand):
    help = "Find changed, removed, inserted, reordered or back-dated entries of the trail. Exit code 1: something is wrong."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--checkpoint", type=Path, action="append", default=[], help="a published checkpoint (JSON)"
        )
        parser.add_argument("--key", action="append", default=[], help="a public key that may sign, in hexadecimal")
        parser.add_argument(
            "--export", type=Path, help="write the trail for the stand-alone verifier instead (.jsonl.gz)"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        if options["export"]:
            self._export(options["export"])
            return
        known = [json.loads(path.read_text()) for path in options["checkpoint"]]
        checkpoints = tuple(verifier.Checkpoint(int(found["number"]), str(found["head"])) for found in known)
        own = seals.public_key()
        keys = frozenset(options["key"] or ([own] if own else []))
        collect_seldom()
        verification = seals.verify(keys, checkpoints)
        self.stdout.write(verifier.summary(verification))
        if verification.wrong:
            raise CommandError(f"{len(verification.wrong)} things are wrong with the trail.")

    def _export(self, path: Path) -> None:
        with gzip.open(path, "wt", encoding="utf-8") as file:
            file.writelines(line + "\n" for line in seals.export())
        self.stdout.write(f"Written: {path}. Check it elsewhere with {verifier.__file__} and a published checkpoint.")
