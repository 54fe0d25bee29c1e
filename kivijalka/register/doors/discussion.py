"""The discussion of a record on its page, and the pages that write it: for every register alike."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.db import connection
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST

from kivijalka.access.request import ActingRequest
from kivijalka.register import discussion
from kivijalka.register.doors import drafts, rows
from kivijalka.register.doors.filters import in_the_past, refuse_past
from kivijalka.register.doors.forms import RegisterForm, cleaned
from kivijalka.register.doors.place import kept
from kivijalka.register.doors.related import relate
from kivijalka.register.models import Node
from kivijalka.register.models.discussion import Comment
from kivijalka.register.refusal import NotThere, Refused
from kivijalka.register.registry import register_by_path, register_of

BOTH = ["GET", "HEAD", "POST"]


def discussion_panel(request: ActingRequest, record: Any) -> tuple[str, dict[str, Any]]:
    """Where the discussion of a record is: the page fetches it when it is shown."""
    return "register/_discussed.html", {"path": register_of(type(record)).path, "record": record}


def comment_form(data: Any = None, text: str = "") -> RegisterForm:
    """The words."""
    form = RegisterForm(data, initial={"text": text})
    help = gettext_lazy("Write @ and a name to ask somebody to look: @Aino Esimerkki.")
    form.fields["text"] = forms.CharField(
        label=gettext_lazy("Comment"), help_text=help, max_length=discussion.LONGEST, widget=forms.Textarea({"rows": 3})
    )
    return form


@require_http_methods(BOTH)
def discussion_page(request: ActingRequest, path: str, pk: UUID) -> HttpResponse:
    """What was said about a record, and the form to say something. A script asks for it alone, to show it on the record."""
    record = rows.one(register_by_path(path), pk)
    form = comment_form(request.POST if request.method == "POST" else None)
    refused = None
    if form.is_bound:
        refuse_past()
        try:
            made = discussion.say(request.actor, record, cleaned(form)["text"])
        except Refused as told:
            refused = told
        else:
            return redirect(f"{kept(request, request.path)}#comment-{made.pk}")
    found = relate(discussion.comments_of(pk)[: discussion.MOST_SHOWN + 1], ["person"])
    context = {
        "record": record,
        "back": record.get_absolute_url(),
        "path": path,
        "comments": found[: discussion.MOST_SHOWN][::-1],
        "more": len(found) > discussion.MOST_SHOWN,
        "follow": discussion.follows(request.actor, pk),
    }
    return _page(request, "_discussion" if "HX-Request" in request.headers else "discussion", form, refused, context)


@require_http_methods(BOTH)
def comment_page(request: ActingRequest, pk: UUID) -> HttpResponse:
    """One comment with its wordings; its writer may word it anew."""
    comment = Comment.objects.seen().filter(pk=pk).first()
    node = Node.objects.filter(pk=comment.record_id).first() if comment else None
    if comment is None or node is None:
        raise NotThere
    may_edit = Comment.objects.may("edit").filter(pk=pk).exists() and not in_the_past()
    if request.method == "POST":
        refuse_past()
        if not may_edit:
            raise Refused(_("Only whoever said it may word it anew."), code="no_right")
    form = comment_form(request.POST if request.method == "POST" else None, comment.text)
    refused = None
    if form.is_bound:
        try:
            discussion.reword(comment, cleaned(form)["text"])
        except Refused as told:
            refused = told
        else:
            messages.success(request, _("Saved."))
            return redirect(f"{kept(request, reverse('discussion', args=[node.path, node.pk]))}#comment-{pk}")
    more = {"record": node, "back": node.get_absolute_url(), "comment": relate([comment], ["person"])[0]}
    return _page(request, "comment", form if may_edit else None, refused, {**more, "wordings": _wordings(pk)})


@require_POST
def follow_page(request: ActingRequest, path: str, pk: UUID) -> HttpResponse:
    """Follow a record, or no longer; or only say that what was said is read."""
    record = rows.one(register_by_path(path), pk)
    asked = {"1": True, "0": False}.get(request.POST.get("follow", ""))
    discussion.follow(request.actor, record.pk, follows=asked)
    if asked is None:
        return redirect(kept(request, "/"))
    messages.success(request, _("You follow this.") if asked else _("You follow this no longer."))
    return redirect(kept(request, record.get_absolute_url()))


def _wordings(pk: UUID) -> list[tuple[Any, str]]:
    """What the comment said before, the latest first: since when, and the words."""
    with connection.cursor() as cursor:
        cursor.execute(
            "select kept_from, text from history.register_comment where id = %s and kept_to < 'infinity'"
            " order by kept_no desc limit 100",
            [pk],
        )
        return list(cursor.fetchall())


def _page(
    request: ActingRequest, name: str, form: RegisterForm | None, refused: Refused | None, context: dict[str, Any]
) -> HttpResponse:
    draft = drafts.opened(request)
    if form is not None:
        if refused is not None and form.is_valid():
            form.refuse(refused)
        drafts.fill(form, draft)
    context |= {"form": form, "draft": draft, "refused": refused}
    return render(request, f"register/{name}.html", context, status=422 if refused else 200)
