"""Starts the register room: finds the declarations, checks them, and keeps what the database derives from them."""

from django.apps import AppConfig
from django.db.models.signals import post_migrate
from django.utils.module_loading import autodiscover_modules


class RegisterConfig(AppConfig):
    name = "kivijalka.register"
    label = "register"

    def ready(self) -> None:
        from kivijalka.access.actor import ASKED_ALONG
        from kivijalka.register import checks, install
        from kivijalka.register.doors.attachments import files_panel
        from kivijalka.register.doors.discussion import discussion_panel
        from kivijalka.register.doors.panels import PANELS
        from kivijalka.register.own.models import ASKED, MEMO

        ASKED_ALONG[MEMO] = ASKED
        autodiscover_modules("registers")
        checks.connect()
        PANELS.extend([discussion_panel, files_panel])
        post_migrate.connect(install.after_migrate, dispatch_uid="kivijalka.install")
