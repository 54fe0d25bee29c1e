"""The policy room."""

from django.apps import AppConfig


class PolicyConfig(AppConfig):
    name = "kivijalka.policy"
    label = "policy"

    def ready(self) -> None:
        from kivijalka.access.actor import ASKED_ALONG
        from kivijalka.policy import queries, views
        from kivijalka.policy.models import STANDING, PolicyVersion
        from kivijalka.register.doors.panels import PANELS
        from kivijalka.register.doors.related import KNOWN

        ASKED_ALONG[STANDING] = queries.ASKED
        PANELS.append(views.panel)
        KNOWN[PolicyVersion] = queries.known_records
