"""The risks room."""

from django.apps import AppConfig


class RisksConfig(AppConfig):
    name = "kivijalka.risks"
    label = "risks"
