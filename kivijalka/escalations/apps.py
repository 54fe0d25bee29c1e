"""The escalations room."""

from django.apps import AppConfig


class EscalationsConfig(AppConfig):
    name = "kivijalka.escalations"
    label = "escalations"
