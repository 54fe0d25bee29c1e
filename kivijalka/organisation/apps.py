"""Starts the organisation room: after each migrate, role kinds are granted the rights that the rules ask for."""

from django.apps import AppConfig


class OrganisationConfig(AppConfig):
    name = "kivijalka.organisation"
    label = "organisation"

    def ready(self) -> None:
        from kivijalka.access.actor import ASKED_ALONG
        from kivijalka.organisation import about_me, api, begun, delegation, grants, handover, views
        from kivijalka.register.doors.api.site import OPENINGS
        from kivijalka.register.doors.panels import ALONG, BEGUN, PANELS
        from kivijalka.register.install import installed

        ASKED_ALONG[about_me.ABOUT_ME] = about_me.ASKED
        OPENINGS.append(api.open_api)
        PANELS.append(views.responsibility_panel)
        BEGUN.append(begun.begun)
        ALONG.append(handover.asked_along)
        installed.connect(grants.write, dispatch_uid="kivijalka.grants")
        installed.connect(delegation.write_personal, dispatch_uid="kivijalka.personal")
