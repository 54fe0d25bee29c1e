"""Starts the room of areas: its packs are checked whenever the site is."""

from django.apps import AppConfig
from django.core import checks


class AreasConfig(AppConfig):
    name = "kivijalka.areas"
    label = "areas"

    def ready(self) -> None:
        from kivijalka.areas.checks import check_packs

        checks.register(check_packs, "kivijalka")
