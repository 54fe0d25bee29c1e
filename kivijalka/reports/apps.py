"""The reports room."""

from django.apps import AppConfig


class ReportsConfig(AppConfig):
    name = "kivijalka.reports"
    label = "reports"

    def ready(self) -> None:
        from kivijalka.register.doors.panels import PANELS
        from kivijalka.reports.documents import choosing

        PANELS.append(choosing.panel)
