"""The meetings room."""

from django.apps import AppConfig


class MeetingsConfig(AppConfig):
    name = "kivijalka.meetings"
    label = "meetings"

    def ready(self) -> None:
        from kivijalka.meetings import views
        from kivijalka.register.doors.panels import ALONG, PANELS

        ALONG.append(views.asked_along)
        PANELS.extend([views.meeting_panel, views.taken_up_panel])
