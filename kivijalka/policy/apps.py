"""The policy room."""

from django.apps import AppConfig


class PolicyConfig(AppConfig):
    name = "kivijalka.policy"
    label = "policy"

    def ready(self) -> None:
        from kivijalka.policy import views
        from kivijalka.register.doors.panels import PANELS

        PANELS.append(views.panel)
