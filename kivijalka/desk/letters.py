"""Whether one gets letters: on a page of one's own, and by the address at the end of each letter, signed in or not."""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from kivijalka.access import acting
from kivijalka.access.request import ActingRequest, signed_in
from kivijalka.desk import digest
from kivijalka.register.refusal import NotThere


@require_http_methods(["GET", "HEAD", "POST"])
def letters_page(request: ActingRequest) -> HttpResponse:
    """Letters or none."""
    if request.method == "POST":
        wanted = request.POST.get("wanted") == "1"
        digest.want(signed_in(request), wanted)
        messages.success(request, _("You get letters.") if wanted else _("You get no more letters."))
        return redirect("letters")
    return render(request, "desk/letters.html", {"wants": digest.wants(request.actor.person)})


# One click of a mail program (RFC 8058) comes without a session and without a form's token: the address is the key.
@csrf_exempt
@login_not_required
@require_http_methods(["GET", "HEAD", "POST"])
def unsubscribe_page(request: ActingRequest, signed: str) -> HttpResponse:
    """End the letters to whom the address was sent. Opening it ends nothing: programs look at addresses in advance."""
    person = digest.reader_of(signed)
    if person is None:
        raise NotThere
    if request.method == "POST":
        with acting(person):
            digest.want(person, False)
    return render(request, "desk/unsubscribe.html", {"is_done": request.method == "POST"})
