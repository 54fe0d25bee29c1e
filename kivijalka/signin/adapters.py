"""How allauth signs in here: accounts are the city's, secrets lie encrypted, a new device is told of."""

from __future__ import annotations

from base64 import urlsafe_b64encode
from typing import Any
from uuid import UUID

from allauth.account.adapter import DefaultAccountAdapter
from allauth.core.exceptions import ImmediateHttpResponse
from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.socialaccount.adapter import DefaultSocialAccountAdapter
from cryptography.fernet import Fernet
from django.conf import settings
from django.contrib import messages
from django.db import connection
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext_lazy as _

from kivijalka.access import acting
from kivijalka.organisation.models import Account
from kivijalka.signin import sessions, throttle


def is_here(person: UUID) -> bool:
    """Whether the person works for the city today."""
    with acting(person) as actor:
        return actor.names[0] is not None


def account_at_provider(address: str) -> Account | None:
    """The account under an address that the provider vouches for. Who works here gets one the first time they come."""
    with connection.cursor() as cursor:
        cursor.execute("select kj.account_at_provider(%s)", [address])
        return Account.objects.filter(pk=cursor.fetchone()[0]).first()


class AccountAdapter(DefaultAccountAdapter):
    """Whoever is here no longer is not signed in, by whatever way they come."""

    error_messages = {**DefaultAccountAdapter.error_messages, "incorrect_password": _("This is not your password.")}

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False

    def pre_login(self, request: HttpRequest, user: Any, **told: Any) -> HttpResponse | None:
        if user.is_active and is_here(user.person_id):
            return None
        messages.error(request, _("This account cannot sign in."))
        return redirect("sign-in")

    def post_login(self, request: HttpRequest, user: Any, **told: Any) -> HttpResponse:
        response: HttpResponse = super().post_login(request, user, **told)
        if throttle.device_of(request, user.email) is None:
            sessions.tell_of_new_device(request, user)
            throttle.know_device(request, response, user.email)
        return response

    def get_client_ip(self, request: HttpRequest) -> str:
        return throttle.address_of(request)

    def add_message(
        self, request: HttpRequest, level: int, *told: Any, message: str | None = None, **more: Any
    ) -> None:
        """Only what is wrong: the page itself shows what was done."""
        if message and level >= messages.WARNING:
            messages.add_message(request, level, message)


class ProviderAdapter(DefaultSocialAccountAdapter):
    """The city's identity provider says who comes: somebody who has an account, or works here, under the same address."""

    def is_open_for_signup(self, request: HttpRequest, sociallogin: Any) -> bool:
        return False

    def pre_social_login(self, request: HttpRequest, sociallogin: Any) -> None:
        if sociallogin.is_existing:
            return
        claims = sociallogin.account.extra_data
        claims = {**claims.get("userinfo", claims), **(claims.get("id_token") or {})}
        address = str(claims.get("email") or "").strip()
        account = account_at_provider(address) if address and claims.get("email_verified", True) is True else None
        if account is None:
            raise _no_account(request)
        sociallogin.connect(request, account)

    def on_authentication_error(self, request: HttpRequest, *told: Any, **more: Any) -> None:
        messages.error(request, _("The identity provider did not sign you in. Try again."))
        raise ImmediateHttpResponse(redirect("sign-in"))


class SecondFactorAdapter(DefaultMFAAdapter):
    """Texts of ours; secrets of authenticator apps and recovery codes encrypted, apart from the database's key."""

    error_messages = {
        **DefaultMFAAdapter.error_messages,
        "incorrect_code": _("This code is not right. Look at the newest one and try again."),
    }

    def encrypt(self, text: str) -> str:
        return _box().encrypt(text.encode()).decode()

    def decrypt(self, encrypted_text: str) -> str:
        return _box().decrypt(encrypted_text.encode()).decode()

    def build_totp_svg(self, url: str) -> str:
        """The picture alone: it stands within the page."""
        return str(super().build_totp_svg(url)).partition("?>")[2]

    def generate_authenticator_name(self, user: Any, type: Any) -> str:
        return str(_("My device"))


def _no_account(request: HttpRequest) -> ImmediateHttpResponse:
    messages.error(request, _("There is no account here for whom the identity provider named. Ask your administrator."))
    return ImmediateHttpResponse(redirect("sign-in"))


def _box() -> Fernet:
    key = salted_hmac("kivijalka.signin.secrets", "1", secret=settings.SECRET_KEY, algorithm="sha256").digest()
    return Fernet(urlsafe_b64encode(key))
