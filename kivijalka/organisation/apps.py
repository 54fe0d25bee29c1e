"""Starts the organisation room: after each migrate, role kinds are granted the rights that the rules ask for."""

from django.apps import AppConfig


class OrganisationConfig(AppConfig):
    name = "kivijalka.organisation"
    label = "organisation"

    def ready(self) -> None:
        from kivijalka.organisation import grants
        from kivijalka.register.install import installed

        installed.connect(grants.write, dispatch_uid="kivijalka.grants")
