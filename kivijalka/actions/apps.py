"""The actions room."""

from django.apps import AppConfig


class ActionsConfig(AppConfig):
    name = "kivijalka.actions"
    label = "actions"
