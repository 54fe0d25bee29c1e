"""The losses room."""

from django.apps import AppConfig


class LossesConfig(AppConfig):
    name = "kivijalka.losses"
    label = "losses"
