"""The events room."""

from django.apps import AppConfig


class EventsConfig(AppConfig):
    name = "kivijalka.events"
    label = "events"

    def ready(self) -> None:
        from kivijalka.events import judgements, views
        from kivijalka.register.doors.panels import ALONG, PANELS

        ALONG.append(judgements.first_assessed)
        PANELS.append(views.learned_panel)
