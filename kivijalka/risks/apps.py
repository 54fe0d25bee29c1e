"""The risks room."""

from django.apps import AppConfig


class RisksConfig(AppConfig):
    name = "kivijalka.risks"
    label = "risks"

    def ready(self) -> None:
        from kivijalka.register.doors.panels import PANELS
        from kivijalka.risks import views

        PANELS.extend([views.panel, views.estimate_panel, views.bowtie_panel])
