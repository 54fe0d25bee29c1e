"""The risks room."""

from django.apps import AppConfig


class RisksConfig(AppConfig):
    name = "kivijalka.risks"
    label = "risks"

    def ready(self) -> None:
        from kivijalka.register.doors.panels import PANELS
        from kivijalka.risks import views

        # The picture of a risk stands before what people say of it.
        PANELS.insert(0, views.bowtie_panel)
        PANELS.extend([views.panel, views.estimate_panel])
