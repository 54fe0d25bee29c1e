"""Signing in and out: local accounts, and in the demo as anybody, on loopback only."""

from __future__ import annotations

import ipaddress
from uuid import UUID

from allauth.account.internal.flows.login import perform_login, perform_password_login
from allauth.account.models import Login
from django import forms
from django.conf import settings
from django.contrib.auth import authenticate, logout
from django.contrib.auth.decorators import login_not_required
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST

from kivijalka.access.request import ActingRequest
from kivijalka.example.suggestions import suggested_people
from kivijalka.organisation.about_me import stands_in_for
from kivijalka.organisation.models import Account
from kivijalka.register.doors.writing import safe_next
from kivijalka.register.refusal import NotThere, Refused
from kivijalka.signin import throttle
from kivijalka.signin.adapters import is_here


class SignInForm(forms.Form):
    """Address and password. The refusal is the same for an unknown address and a wrong password."""

    email = forms.EmailField(label=_("E-mail"), widget=forms.EmailInput(attrs={"autocomplete": "username"}))
    password = forms.CharField(
        label=_("Password"), widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}), max_length=200
    )


@login_not_required
@sensitive_post_parameters("password")
@require_http_methods(["GET", "HEAD", "POST"])
def sign_in(request: ActingRequest) -> HttpResponse:
    """Sign in with address and password."""
    form = SignInForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            account = _account(request, form.cleaned_data["email"], form.cleaned_data["password"])
        except Refused as refused:
            form.add_error(None, refused.text)
            return _sign_in_page(request, form, status=429)
        if account is not None:
            credentials = {"email": account.email}
            login = Login(user=account, redirect_url=_next(request))
            response: HttpResponse = perform_password_login(request, credentials, login)
            return response
        form.add_error(None, _("The address and the password do not belong together. Try again."))
    return _sign_in_page(request, form, status=422 if form.errors else 200)


def _account(request: ActingRequest, address: str, password: str) -> Account | None:
    """The account that both belong to, of somebody who is here. Nobody can tell which of it was wrong."""
    with throttle.tried(request, address, timezone.now()) as tries:
        account = authenticate(request, username=address, password=password)
        if not isinstance(account, Account) or not is_here(account.person_id):
            tries.failed()
            return None
        tries.succeeded()
        return account


def _sign_in_page(request: ActingRequest, form: SignInForm, *, status: int) -> HttpResponse:
    context = {
        "form": form,
        "next": _next(request),
        "people": suggested_people() if settings.DEMO else [],
        "provider": settings.OIDC["NAME"] or _("the city's account") if settings.OIDC["URL"] else "",
    }
    return render(request, "web/sign_in.html", context, status=status)


@login_not_required
@require_POST
def sign_in_as(request: ActingRequest) -> HttpResponse:
    """The demo's door: sign in as anybody, from this machine only. Its address does not exist elsewhere."""
    if not settings.DEMO or not _from_loopback(request):
        raise NotThere
    account = Account.objects.filter(person_id=_uuid(request.POST.get("person"))).first()
    if account is None:
        raise NotThere
    response: HttpResponse = perform_login(request, Login(user=account, redirect_url=_next(request)))
    return response


@require_POST
def sign_out(request: ActingRequest) -> HttpResponse:
    logout(request)
    return redirect("sign-in")


@require_POST
def on_behalf(request: ActingRequest) -> HttpResponse:
    """Begin or end to act for an absent person whose delegation is in force."""
    wanted = request.POST.get("person", "")
    if not wanted:
        request.session.pop("on_behalf_of", None)
        return redirect("home")
    principal = _uuid(wanted)
    if principal not in {absent.person for absent in stands_in_for(request.actor)}:
        raise Refused(_("No delegation from this person to you is in force today."), code="no_right")
    request.session["on_behalf_of"] = str(principal)
    return redirect("home")


def _from_loopback(request: ActingRequest) -> bool:
    if "HTTP_X_FORWARDED_FOR" in request.META or "HTTP_FORWARDED" in request.META:
        return False  # somebody elsewhere, by way of a proxy on this machine
    try:
        return ipaddress.ip_address(request.META.get("REMOTE_ADDR", "")).is_loopback
    except ValueError:
        return False


def _uuid(text: str | None) -> UUID:
    try:
        return UUID(str(text))
    except ValueError:
        raise NotThere from None


def _next(request: ActingRequest) -> str:
    return safe_next(request) or "/"
