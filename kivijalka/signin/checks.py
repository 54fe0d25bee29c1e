"""Settings that would let in, or write to, whom they should not: refused before the site serves, with reasons."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core.checks import Error

from kivijalka.register.sealing.publishing import is_address


def check_sign_in(app_configs: Any = None, **kwargs: Any) -> list[Error]:
    """All that is unsafe about signing in."""
    return [*unsafe(settings)]


def unsafe(given: Any) -> Iterator[Error]:
    """What is unsafe in these settings."""
    if given.DEMO and given.BEHIND_PROXY:
        yield _error(
            "The demo is behind a proxy: to its sign-in without password everybody would look like this machine.",
            "Take KIVIJALKA_BEHIND_PROXY away, or run ./run serve.",
            "E020",
        )
    if given.MODE != "serve":
        return
    oidc = given.OIDC
    if oidc["URL"] and not (oidc["CLIENT_ID"] and oidc["SECRET"]):
        yield _error(
            "The identity provider is named without the site's own name and secret there.",
            "Set KIVIJALKA_OIDC_CLIENT_ID and KIVIJALKA_OIDC_SECRET, or take KIVIJALKA_OIDC_URL away.",
            "E021",
        )
    if oidc["URL"] and urlsplit(oidc["URL"]).scheme != "https":
        yield _error(
            "The identity provider is asked without TLS: whoever stands between could sign in as anybody.",
            "Give KIVIJALKA_OIDC_URL as https://…",
            "E022",
        )
    if given.EMAIL_HOST and not (given.DEFAULT_FROM_EMAIL and given.SITE_URL.startswith("https://")):
        yield _error(
            "Letters would be from nobody, or lead nowhere.",
            "Set KIVIJALKA_EMAIL_FROM and KIVIJALKA_SITE_URL (https://…), or take KIVIJALKA_SMTP_URL away.",
            "E025",
        )
    if not all(map(is_address, given.CHECKPOINT_TO)):
        yield _error(
            "The trail's checkpoint would go nowhere, or without TLS.",
            "List e-mail addresses and https://… in KIVIJALKA_CHECKPOINT_TO, with commas between them.",
            "E026",
        )
    if given.WEBHOOK_NETWORKS:
        yield _error(
            "Networks that are not public are sent to: whoever answers there could be this machine itself.",
            "Take KIVIJALKA_WEBHOOK_NETWORKS away; it is for tests.",
            "E027",
        )
    if "*" in given.ALLOWED_HOSTS:
        yield _error(
            "Any host name is answered: a link in the site's name could lead elsewhere, and a passkey belongs to a name.",
            "List the site's names in KIVIJALKA_ALLOWED_HOSTS.",
            "E023",
        )
    if given.SEAL_KEY and given.SEAL_KEY == given.SECRET_KEY:
        yield _error(
            "One key signs sessions and seals: who learns it from the one can forge the other.",
            "Give KIVIJALKA_SEAL_KEY and KIVIJALKA_SECRET_KEY different values.",
            "E024",
        )


def _error(words: str, hint: str, number: str) -> Error:
    return Error(words, hint=hint, id=f"kivijalka.{number}")
