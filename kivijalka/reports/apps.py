"""The reports room."""

from django.apps import AppConfig


class ReportsConfig(AppConfig):
    name = "kivijalka.reports"
    label = "reports"
