"""The web room."""

from django.apps import AppConfig


class WebConfig(AppConfig):
    name = "kivijalka.web"
    label = "web"
