"""What the acting person follows, in every register: to look at, and to follow no longer."""

from __future__ import annotations

from contextlib import suppress
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods

from kivijalka.access.request import ActingRequest
from kivijalka.register import discussion
from kivijalka.register.doors.filters import refuse_past
from kivijalka.register.doors.place import kept
from kivijalka.register.refusal import Refused
from kivijalka.register.registry import register_by_key

MOST_SHOWN = 500


@require_http_methods(["GET", "HEAD", "POST"])
def following_page(request: ActingRequest) -> HttpResponse:
    """The records, by register; those that are ticked are followed no longer."""
    if request.method == "POST":
        refuse_past()
        count = discussion.follow_no_longer(request.actor.person, _ticked(request.POST.getlist("row")))
        told = ngettext("You follow %d record no longer.", "You follow %d records no longer.", count)
        messages.success(request, told % count)
        return redirect(kept(request, request.path))
    nodes = list(discussion.followed(request.actor.person)[: MOST_SHOWN + 1])
    listed = [(register_by_key(node.register).names[1], node) for node in nodes[:MOST_SHOWN]]
    return render(request, "desk/following.html", {"listed": listed, "more": len(nodes) > MOST_SHOWN})


def _ticked(texts: list[str]) -> list[UUID]:
    found = []
    for text in texts:
        with suppress(ValueError):
            found.append(UUID(text))
    if not found:
        raise Refused(_("Nothing is ticked. Go back and tick what you follow no longer."), code="empty")
    return found
