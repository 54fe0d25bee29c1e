"""The files of a record on its page, and the pages that attach, give and withdraw one: for every register alike."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from kivijalka.access.request import ActingRequest
from kivijalka.register import attachments
from kivijalka.register.contents import MOST_BYTES
from kivijalka.register.doors import rows
from kivijalka.register.doors.downloads import download
from kivijalka.register.doors.filters import in_the_past, refuse_past
from kivijalka.register.doors.forms import RegisterForm, cleaned
from kivijalka.register.doors.place import kept
from kivijalka.register.doors.related import relate
from kivijalka.register.kinds import KINDS, WHY
from kivijalka.register.refusal import Refused
from kivijalka.register.registry import register_by_path, register_of

READ = ["GET", "HEAD"]
BOTH = ["GET", "HEAD", "POST"]
ENDINGS = ",".join(f".{ending}" for kind in KINDS.values() for ending in kind.endings)
MOST_SHOWN = 200


def files_panel(request: ActingRequest, record: Any) -> tuple[str, dict[str, Any]]:
    """Where the files of a record are: the page fetches them when it is shown."""
    return "register/_filed.html", {"path": register_of(type(record)).path, "record": record}


def file_form(data: Any = None, files: Any = None) -> RegisterForm:
    """The file, and in a few words what it is."""
    form = RegisterForm(data, files)
    help = gettext_lazy("PDF, picture, office document, e-mail or text, 50 MB at most.")
    looks = {"accept": ENDINGS, "data-most": MOST_BYTES, "data-large": WHY["too_large"]}
    form.fields["file"] = forms.FileField(
        label=gettext_lazy("File"), help_text=help, allow_empty_file=True, widget=forms.FileInput(looks)
    )
    form.fields["description"] = forms.CharField(
        label=gettext_lazy("What it shows"), max_length=200, required=False, widget=forms.TextInput
    )
    return form


@require_http_methods(BOTH)
def files_page(request: ActingRequest, path: str, pk: UUID) -> HttpResponse:
    """The files of a record, and the form to attach one. A script asks for it alone, to show it on the record."""
    record = rows.one(register_by_path(path), pk)
    form, refused = file_form(), None
    if request.method == "POST":
        refuse_past()
        form = file_form(request.POST, request.FILES)
        try:
            values = cleaned(form)
            made = attachments.attach(
                request.actor, record, name=values["file"].name, data=values["file"].read(),
                description=values["description"],
            )  # fmt: skip
        except Refused as told:
            if told.code == "no_right":
                raise
            refused = told
        else:
            messages.success(request, _("Attached."))
            return redirect(f"{kept(request, request.path)}#file-{made.pk}")
    if refused is not None and form.is_valid():
        form.refuse(refused)
    found = relate(attachments.attachments_of(pk)[: MOST_SHOWN + 1], ["person", "withdrawn_by"])
    context = {
        "record": record,
        "back": record.get_absolute_url(),
        "path": path,
        "files": [(file, KINDS[file.kind].label) for file in found[:MOST_SHOWN]],
        "more": len(found) > MOST_SHOWN,
        "may_attach": not in_the_past() and attachments.may_attach(pk),
        "form": form,
        "refused": refused,
    }
    template = "_files" if "HX-Request" in request.headers else "files"
    return render(request, f"register/{template}.html", context, status=422 if refused else 200)


@require_http_methods(READ)
def file_page(request: ActingRequest, path: str, pk: UUID, file: UUID) -> HttpResponse:
    """The file itself."""
    found = attachments.attachment_of(rows.one(register_by_path(path), pk).pk, file)
    return download(attachments.bytes_attached(found), found.name)


@require_http_methods(BOTH)
def withdraw_page(request: ActingRequest, path: str, pk: UUID, file: UUID) -> HttpResponse:
    """Withdraw a file: what will happen, and doing it."""
    record = rows.one(register_by_path(path), pk)
    found = attachments.attachment_of(record.pk, file)
    refuse_past()
    attachments.refuse_unless_may(record.pk)
    if request.method == "POST":
        attachments.withdraw(request.actor, found)
        messages.success(request, _("Withdrawn."))
        return redirect(kept(request, reverse("files", args=[path, pk])))
    context = {"record": record, "back": record.get_absolute_url(), "path": path, "file": found}
    return render(request, "register/withdraw_file.html", context)
