"""Settings that would let in somebody who should not be stop the start, with a reason."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from kivijalka.signin.checks import unsafe

OIDC = {"URL": "https://id.esimerkki.example", "CLIENT_ID": "kj", "SECRET": "s", "NAME": ""}
SAFE = {
    "MODE": "serve", "DEMO": False, "BEHIND_PROXY": True, "OIDC": OIDC, "ALLOWED_HOSTS": ["kj.esimerkki.example"],
    "SEAL_KEY": "a" * 50, "SECRET_KEY": "b" * 50,
    "EMAIL_HOST": "", "DEFAULT_FROM_EMAIL": "kj@esimerkki.example", "SITE_URL": "https://kj.esimerkki.example",
    "CHECKPOINT_TO": ["seals@esimerkki.example", "https://seals.esimerkki.example/in"], "WEBHOOK_NETWORKS": [],
}  # fmt: skip


def told(**given: Any) -> list[str]:
    return [str(error.id).removeprefix("kivijalka.") for error in unsafe(SimpleNamespace(**{**SAFE, **given}))]


def test_what_is_safe_is_not_refused() -> None:
    assert told() == told(OIDC=dict.fromkeys(OIDC, "")) == []


@pytest.mark.parametrize(
    ("number", "given"),
    [
        ("E020", {"MODE": "demo", "DEMO": True}),
        ("E021", {"OIDC": {**OIDC, "SECRET": ""}}),
        ("E022", {"OIDC": {**OIDC, "URL": "http://id.esimerkki.example"}}),
        ("E023", {"ALLOWED_HOSTS": ["*"]}),
        ("E024", {"SEAL_KEY": "b" * 50}),
        ("E025", {"EMAIL_HOST": "mail", "SITE_URL": "http://kivijalka.example"}),
        ("E026", {"CHECKPOINT_TO": ["http://seals.esimerkki.example"]}),
        ("E026", {"CHECKPOINT_TO": ["https://seals.esimerkki.example", "seals"]}),
        ("E027", {"WEBHOOK_NETWORKS": ["127.0.0.0/8"]}),
    ],
)
def test_what_is_unsafe_is_refused_with_its_number(number: str, given: dict[str, Any]) -> None:
    assert told(**given) == [number]
