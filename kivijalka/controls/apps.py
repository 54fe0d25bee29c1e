"""The controls room."""

from django.apps import AppConfig


class ControlsConfig(AppConfig):
    name = "kivijalka.controls"
    label = "controls"
