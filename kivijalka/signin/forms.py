"""Forms of the second factor, in the words of the house; what can be guessed is slowed down."""

from __future__ import annotations

from typing import Any

from allauth.account.forms import ReauthenticateForm
from allauth.core import context
from allauth.mfa.base.forms import AuthenticateForm
from allauth.mfa.base.forms import ReauthenticateForm as CodeReauthenticateForm
from allauth.mfa.totp.forms import ActivateTOTPForm
from allauth.mfa.webauthn.forms import AddWebAuthnForm, EditWebAuthnForm
from django import forms
from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.crypto import constant_time_compare, salted_hmac
from django.utils.translation import gettext_lazy as _

from kivijalka.register.refusal import Refused
from kivijalka.signin import throttle


def slowly(user: Any, check: Any) -> Any:
    """What the check gives, one try at a time: its refusals are counted, apart from those of signing in."""
    wrong = None
    try:
        with throttle.tried(context.request, f"{user.email}|again", timezone.now()) as tries:
            try:
                found = check()
            except ValidationError as error:
                wrong = error
                tries.failed()
            else:
                tries.succeeded()
    except Refused as refused:
        raise ValidationError(refused.text, code=refused.code) from refused
    if wrong is not None:
        raise wrong
    return found


def code_field() -> forms.CharField:
    """Six digits of an app, or a recovery code."""
    attrs = {"autocomplete": "one-time-code", "spellcheck": "false"}
    return forms.CharField(label=_("Code"), widget=forms.TextInput(attrs), max_length=40)


class Once(forms.Form):
    """A code is taken once: who watched it being typed cannot use it again."""

    user: Any
    code = code_field()

    def clean_code(self) -> str:
        code: str = slowly(self.user, self._once)
        return code

    def _once(self) -> str:
        code: str = super().clean_code()  # type: ignore[misc]  # of the form that this one stands before
        used = salted_hmac("kivijalka.signin.code", code).hexdigest()
        held = self.authenticator  # type: ignore[attr-defined]  # as above
        if constant_time_compare(held.data.get("used", ""), used):
            raise ValidationError(_("This code was used already. Wait for the next one."), code="incorrect_code")
        held.data["used"] = used
        held.save(update_fields=["data"])
        return code


class Code(Once, AuthenticateForm):
    """The second factor at signing in."""


class CodeAgain(Once, CodeReauthenticateForm):
    """The second factor before something that matters."""


class FirstCode(ActivateTOTPForm):
    """The first code of an app, which shows that it has the secret."""

    code = code_field()

    def clean_code(self) -> str:
        code: str = slowly(self.user, super().clean_code)
        return code


class PasswordAgain(ReauthenticateForm):
    """The password before something that matters."""

    password = forms.CharField(
        label=_("Password"), widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}), max_length=200
    )

    def clean_password(self) -> str:
        password: str = slowly(self.user, super().clean_password)
        return password


def name_field() -> forms.CharField:
    return forms.CharField(label=_("Name of the device"), max_length=100)


class NewPasskey(AddWebAuthnForm):
    """A passkey or security key."""

    name = name_field()
    passwordless = forms.BooleanField(
        label=_("Sign in with this alone"),
        required=False,
        initial=True,
        help_text=_("Without address and password. The device asks for your finger, face or PIN."),
    )


class PasskeyName(EditWebAuthnForm):
    """Another name for a passkey."""

    name = name_field()
