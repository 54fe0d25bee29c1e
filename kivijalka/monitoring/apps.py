"""The monitoring room."""

from django.apps import AppConfig


class MonitoringConfig(AppConfig):
    name = "kivijalka.monitoring"
    label = "monitoring"
