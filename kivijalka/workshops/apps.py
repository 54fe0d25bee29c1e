"""The workshops room."""

from django.apps import AppConfig


class WorkshopsConfig(AppConfig):
    name = "kivijalka.workshops"
    label = "workshops"

    def ready(self) -> None:
        from kivijalka.register.doors.api.site import OPENINGS
        from kivijalka.register.doors.panels import PANELS
        from kivijalka.register.install import installed
        from kivijalka.workshops import api, database, views

        installed.connect(database.write, dispatch_uid="kivijalka.workshops")
        PANELS.insert(0, views.panel)  # what one comes for, before what every record has
        OPENINGS.append(api.open_api)
