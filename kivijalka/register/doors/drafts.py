"""What was typed into a form and not sent: kept for who typed it, offered when the form is opened again, then forgotten.

A form carries a key that only its person can have been given (`once.py`). So what arrives when the session has ended,
or is refused for whatever reason, is kept for them all the same. `web/sending.py` does it, for every form at once.
"""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID, uuid4

from django import forms
from django.contrib.auth.decorators import login_not_required
from django.core.exceptions import RequestDataTooBig, SuspiciousOperation
from django.http import HttpResponse, QueryDict
from django.http.multipartparser import MultiPartParserError
from django.http.request import UnreadablePostError
from django.shortcuts import redirect
from django.utils import formats, timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from kivijalka.access import acting
from kivijalka.access.request import ActingRequest, signed_in
from kivijalka.register.doors import once
from kivijalka.register.models.working import Draft
from kivijalka.register.refusal import NotThere

FIELD, KEY, ADDRESS, THROW = "draft", "key", "address", "throw"
# Letters of one draft: several times the longest form.
MOST = 200_000
NOT_TYPED = (FIELD, KEY, ADDRESS, THROW, once.FIELD, "csrfmiddlewaretoken", "next")


@dataclass(frozen=True)
class Typed:
    """A form as it arrived, whatever comes of it."""

    person: UUID
    id: UUID
    address: str
    values: dict[str, list[str]]


@dataclass(frozen=True)
class Opened:
    """A form's draft: its own id, and one from before, which is offered until it is taken up."""

    id: UUID
    earlier: Draft | None = None
    is_taken: bool = False

    @property
    def words(self) -> dict[str, list[str]]:
        """What was typed before, by field, when the draft is taken up."""
        return (self.earlier.values or {}) if self.earlier and self.is_taken else {}

    @property
    def version(self) -> str:
        """The version of the record that it was typed upon."""
        return self.words.get("version", [""])[0]


def typed_in(request: ActingRequest) -> Typed | None:
    """The form that keeps drafts in this request; None when there is none, or it is nobody's."""
    try:
        sent = request.POST
    except (RequestDataTooBig, UnreadablePostError, MultiPartParserError, SuspiciousOperation):
        return None
    person = once.issued_to(sent.get(KEY) or sent.get(once.FIELD, ""))
    id, address = _id(sent.get(FIELD)), sent.get(ADDRESS, request.path)
    if person is None or id is None or not _is_here(address):
        return None
    values = {
        name: [text.replace("\0", "") for text in texts if isinstance(text, str)]
        for name, texts in sent.lists()
        if name not in NOT_TYPED and "password" not in name
    }
    if sum(len(text) for texts in values.values() for text in texts) > MOST:
        return None
    return Typed(person, id, address, values)


def keep(typed: Typed) -> None:
    """Keep what was typed. Text that comes late, after its form was sent, changes nothing."""
    if typed.values:
        _put(typed, typed.values)


def forget(typed: Typed) -> None:
    """The form was sent, or its draft thrown away: nothing of it stays."""
    _put(typed, None)


def opened(request: ActingRequest, address: str = "") -> Opened:
    """The draft that belongs to a form being shown; `address`: where it is sent, if not to the page that shows it."""
    if request.method == "POST":
        return Opened(_id(request.POST.get(FIELD)) or uuid4())
    mine = Draft.objects.filter(person_id=signed_in(request), address=address or request.path, values__isnull=False)
    earlier = mine.order_by("-at").first()
    if earlier is not None and str(earlier.pk) == request.GET.get(FIELD):
        return Opened(earlier.pk, earlier, is_taken=True)
    return Opened(uuid4(), earlier)


def fill(form: forms.Form, draft: Opened) -> None:
    """Put the words of a draft that was taken up into the form, unjudged until they are sent."""
    if not draft.words:
        return
    sent = QueryDict(mutable=True)
    for name, texts in draft.words.items():
        sent.setlist(name, texts)
    words = {name: field.widget.value_from_datadict(sent, {}, name) for name, field in form.fields.items()}
    form.initial = {**form.initial, **words}


# The form's key proves where it comes from, also when the session and its token have ended.
@csrf_exempt
@login_not_required
@require_POST
def drafts_page(request: ActingRequest) -> HttpResponse:
    """Where a form is kept while somebody types, and where a draft is thrown away."""
    typed = typed_in(request)
    if typed is None:
        raise NotThere
    if THROW in request.POST:
        return redirect(typed.address)
    if request.actor.person != typed.person:
        return HttpResponse(_("You are signed out. What you type is kept until you sign in again."))
    return HttpResponse(_("Kept %s") % formats.time_format(timezone.localtime(), "TIME_FORMAT"))


def _put(typed: Typed, values: dict[str, list[str]] | None) -> None:
    """Write a draft as its person. An emptied one stays empty, and nobody else's is touched."""
    with acting(typed.person) as actor:
        if actor.names[0] is None:  # who has left keeps nothing
            return
        changed = Draft.objects.filter(pk=typed.id, values__isnull=False).update(values=values, at=timezone.now())
        if not changed:
            new = Draft(id=typed.id, person_id=typed.person, address=typed.address, values=values)
            Draft.objects.bulk_create([new], ignore_conflicts=True)


def _id(text: str | None) -> UUID | None:
    try:
        return UUID(text or "")
    except ValueError:
        return None


def _is_here(address: str) -> bool:
    return len(address) <= 300 and address.startswith("/") and url_has_allowed_host_and_scheme(address, None)
