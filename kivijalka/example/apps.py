"""The example city's place among Django's applications: its commands."""

from django.apps import AppConfig


class ExampleConfig(AppConfig):
    name = "kivijalka.example"
