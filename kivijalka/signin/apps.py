"""The room at the door."""

from typing import Any

from django.apps import AppConfig

# What the site's role may do with the library's tables. They hold no record; each person's rows are their own.
MAY = {
    "mfa_authenticator": "insert, update, delete",
    "usersessions_usersession": "insert, update, delete",
    "socialaccount_socialaccount": "insert, update",
}


class SigninConfig(AppConfig):
    name = "kivijalka.signin"
    label = "signin"

    def ready(self) -> None:
        from django.core import checks

        from kivijalka.register.install import installed
        from kivijalka.signin.checks import check_sign_in

        checks.register(check_sign_in, "kivijalka")
        installed.connect(grant, dispatch_uid="kivijalka.signin")


def grant(using: str = "default", **kwargs: Any) -> None:
    """Let the site's role write the library's tables that it needs; reading them it may already."""
    from django.db import connections

    with connections[using].cursor() as cursor:
        for table, rights in MAY.items():
            cursor.execute(f'grant {rights} on "{table}" to kj_app')
