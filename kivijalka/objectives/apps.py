"""The objectives room."""

from django.apps import AppConfig


class ObjectivesConfig(AppConfig):
    name = "kivijalka.objectives"
    label = "objectives"
