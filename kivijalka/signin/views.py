"""Pages of one's own account: how one signs in, and where one is signed in."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from allauth.mfa.models import Authenticator
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from kivijalka.access.request import ActingRequest
from kivijalka.signin import sessions


@require_GET
def account(request: ActingRequest) -> HttpResponse:
    """How I sign in: second factors, and where I am signed in."""
    factors = list(Authenticator.objects.filter(user=request.user).order_by("created_at"))
    codes = next((factor.wrap() for factor in factors if factor.type == Authenticator.Type.RECOVERY_CODES), None)
    context = {
        "app": next((factor for factor in factors if factor.type == Authenticator.Type.TOTP), None),
        "passkeys": [factor.wrap() for factor in factors if factor.type == Authenticator.Type.WEBAUTHN],
        "codes": len(codes.get_unused_codes()) if codes else None,
        "places": sessions.places(request),
    }
    return render(request, "signin/account.html", context)


@require_POST
def end_sessions(request: ActingRequest) -> HttpResponse:
    """Sign out one other place, or all others."""
    pk = request.POST.get("id", "")
    ended = sessions.end_one(request, int(pk)) if pk.isdecimal() and len(pk) < 18 else sessions.end_others(request)
    told = ngettext("Signed out in %d other place.", "Signed out in %d other places.", ended)
    messages.success(request, told % ended)
    return redirect("my-account")


@require_POST
def seen_new_device(request: ActingRequest) -> HttpResponse:
    """It was I: tell no more of it."""
    request.session.pop(sessions.NEW, None)
    messages.success(request, _("Good. If you are ever in doubt, sign out everywhere else."))
    return redirect("my-account")


def page(view: Callable[..., Any]) -> Callable[..., Any]:
    """A page of the library: what it takes, and what no error report shows of it."""
    hidden = sensitive_post_parameters("password", "code", "credential")(view)
    found: Callable[..., Any] = require_http_methods(["GET", "HEAD", "POST"])(hidden)
    return found
