"""The programmes room."""

from django.apps import AppConfig


class ProgrammesConfig(AppConfig):
    name = "kivijalka.programmes"
    label = "programmes"

    def ready(self) -> None:
        from kivijalka.programmes import choice_views, views
        from kivijalka.register.doors.panels import PANELS

        # How it stands, before what every record has.
        PANELS[:0] = [views.panel, choice_views.panel]
