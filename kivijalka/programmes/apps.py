"""The programmes room."""

from django.apps import AppConfig


class ProgrammesConfig(AppConfig):
    name = "kivijalka.programmes"
    label = "programmes"

    def ready(self) -> None:
        from kivijalka.programmes import views
        from kivijalka.register.doors.panels import PANELS

        PANELS.insert(0, views.panel)  # how it stands, before what every record has
