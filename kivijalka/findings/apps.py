"""The findings room."""

from django.apps import AppConfig


class FindingsConfig(AppConfig):
    name = "kivijalka.findings"
    label = "findings"
