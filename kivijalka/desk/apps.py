"""The desk room."""

from django.apps import AppConfig


class DeskConfig(AppConfig):
    name = "kivijalka.desk"
    label = "desk"
