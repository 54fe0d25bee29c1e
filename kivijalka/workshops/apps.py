"""The workshops room."""

from django.apps import AppConfig


class WorkshopsConfig(AppConfig):
    name = "kivijalka.workshops"
    label = "workshops"

    def ready(self) -> None:
        from kivijalka.register.install import installed
        from kivijalka.workshops import database

        installed.connect(database.write, dispatch_uid="kivijalka.workshops")
