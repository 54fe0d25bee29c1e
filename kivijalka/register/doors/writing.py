"""Pages that write: form, verb, link. Each works without script; what was typed stays when something does not fit."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from kivijalka.access.request import ActingRequest
from kivijalka.register import command as commands
from kivijalka.register.command import Command
from kivijalka.register.declare import Register
from kivijalka.register.doors import drafts, forms, rows, undo
from kivijalka.register.doors.links import LinkForm, end_link
from kivijalka.register.doors.merge import Clash, Merged, merge
from kivijalka.register.doors.panels import begun
from kivijalka.register.doors.place import KEPT, kept
from kivijalka.register.refusal import NotThere, Refused
from kivijalka.register.registry import register_by_path

BOTH = ["GET", "HEAD", "POST"]


@require_http_methods(BOTH)
def add_page(request: ActingRequest, path: str) -> HttpResponse:
    """The form of a new record. What was typed stays when something does not fit."""
    register = register_by_path(path)
    if not rows.may_add(register, request.actor):
        raise Refused(_("You do not have the right to do this here."), code="no_right")
    form = forms.record_form(register, request.POST or None, None)
    if request.method == "POST":
        try:
            record = commands.add(register, request.actor, **forms.cleaned(form))
        except Refused as refused:
            return _form_page(request, register, form, refused, None)
        messages.success(request, _("Added: %s") % record)
        return redirect(kept(request, reverse("record", args=[path, record.pk])))
    form.initial = begun(request, register)
    return _form_page(request, register, form, None, None)


@require_http_methods(BOTH)
def edit_page(request: ActingRequest, path: str, pk: UUID) -> HttpResponse:
    """The form of a record. Its version goes along, so that nobody overwrites what another wrote meanwhile."""
    register = register_by_path(path)
    record = rows.one(register, pk)
    if refused := rows.why_not(record, "edit"):
        raise refused
    form = forms.record_form(register, request.POST or None, record)
    if undone := request.GET.get(undo.FIELD):
        form.initial = {**form.initial, **undo.before(register, record, undone)}
    if request.method == "POST":
        try:
            merged = merge(register, record, forms.cleaned(form), since=_version(request), keep=_keep(request))
            if merged.clashes:
                return _clash_page(request, register, record, merged)
            register.all_commands["edit"](request.actor, record, version=record.version, **merged.values)
        except NotThere:
            raise
        except Refused as refused:
            return _form_page(request, register, form, refused, record)
        who = merged.theirs.by if merged.theirs else ""
        said = _("Saved, and what %s changed meanwhile was kept.") % who if who else _("Saved.")
        messages.success(request, undo.offered(register, record, said))
        return redirect(kept(request, safe_next(request) or reverse("record", args=[path, pk])))
    return _form_page(request, register, form, None, record)


@require_http_methods(BOTH)
def do_page(request: ActingRequest, path: str, pk: UUID, verb: str) -> HttpResponse:
    """A verb: what will happen, its inputs, one button."""
    register = register_by_path(path)
    record = rows.one(register, pk)
    command = register.all_commands.get(verb)
    if command is None or verb == "edit":
        raise NotThere
    if command.shows is not None and "HX-Request" in request.headers and request.method != "POST":
        form = forms.command_form(command, request.GET, record)
        template, context = command.shows(record, form.cleaned_data if form.is_valid() else {})
        return render(request, template, {"panel": context})
    form = forms.command_form(command, request.POST if request.method == "POST" else None, record)
    # A link to the form may answer some of it already.
    form.initial.update({name: text for name, text in request.GET.items() if name in form.fields and name not in KEPT})
    refused = rows.why_not(record, verb)
    if request.method == "POST":
        try:
            inputs = forms.inputs_of(command, forms.cleaned(form))
            command(request.actor, record, version=_version(request), **inputs)
        except NotThere:
            raise
        except Refused as told:
            refused = told
        else:
            said = _("Done: %s") % command.words(record).label
            messages.success(request, undo.step_offered(record, verb, said))
            return redirect(kept(request, safe_next(request) or reverse("record", args=[path, pk])))
    return _verb_page(request, register, record, command, form, refused)


@require_POST
def link_page(request: ActingRequest, path: str, pk: UUID) -> HttpResponse:
    """Tie the record to another, or end a tie."""
    register = register_by_path(path)
    record = rows.one(register, pk)
    try:
        if "end" in request.POST:
            ended = end_link(record, request.POST["end"])
            messages.success(request, undo.step_offered(ended, "unlink", _("The link was ended.")))
        else:
            made = LinkForm(register, request.POST).save(request.actor, record)
            messages.success(request, undo.step_offered(made, "link", _("Linked.")))
    except Refused as refused:
        for texts in refused.errors.values():
            for text in texts:
                # In words now: they are stored when the page's language is no longer the reader's.
                messages.error(request, str(text))
    return redirect(kept(request, reverse("record", args=[path, pk])))


def _form_page(
    request: ActingRequest, register: Register[Any], form: forms.RegisterForm, refused: Refused | None, record: Any
) -> HttpResponse:
    if refused is not None and form.is_bound:
        form.refuse(refused) if form.is_valid() else None
    draft = drafts.opened(request)
    drafts.fill(form, draft)
    context = {
        "register": register,
        "record": record,
        "form": form,
        "draft": draft,
        "groups": _grouped(register, form),
        "refused": refused,
        # What was typed belongs to the version that it was typed upon, until it is saved.
        "version": _version(request) or draft.version or request.GET.get(undo.FIELD) or (record and record.version),
        "is_undo": undo.FIELD in request.GET,
    }
    return render(request, "register/form.html", context, status=422 if refused else 200)


def _clash_page(request: ActingRequest, register: Register[Any], record: Any, merged: Merged) -> HttpResponse:
    """The form once more: merged where it could be, and where not, before, theirs and mine, to choose from."""
    form = forms.record_form(register, None, record)
    form.initial = {**form.initial, **merged.values}
    context = {
        "register": register,
        "record": record,
        "form": form,
        "draft": drafts.opened(request),
        "groups": _grouped(register, form, merged.clashes),
        "theirs": merged.theirs,
        "version": record.version,
    }
    return render(request, "register/form.html", context, status=409)


def _grouped(register: Register[Any], form: forms.RegisterForm, clashes: Mapping[str, Clash] | None = None) -> Any:
    """The form's fields in their groups, each with its clash or None."""
    clashes = clashes or {}
    return [
        (title, [(form[name], clashes.get(name)) for name in names if name in form.fields])
        for title, names in register.groups.items()
    ]


def _verb_page(
    request: ActingRequest,
    register: Register[Any],
    record: Any,
    command: Command[Any],
    form: forms.RegisterForm,
    refused: Refused | None,
) -> HttpResponse:
    if refused is not None and form.is_bound and form.is_valid():
        form.refuse(refused)
    forms.say_meanings(form, command)
    forms.offer_fitting(form, command, record)
    draft = drafts.opened(request)
    drafts.fill(form, draft)
    context = {
        "register": register,
        "record": record,
        "words": command.words(record),
        "shown": _shown(command, form, record),
        "shows_first": command.shows_first,
        "form": form,
        "draft": draft,
        "refused": refused,
        "next": safe_next(request),
    }
    status = {"no_right": 403, "state": 409, "conflict": 409}.get(refused.code, 422) if refused else 200
    return render(request, "register/verb.html", context, status=status)


def _shown(command: Command[Any], form: forms.RegisterForm, record: Any) -> tuple[str, dict[str, Any]] | None:
    """What the answers that stand in the form come to; a script asks for it anew while they change."""
    if command.shows is None:
        return None
    standing = forms.command_form(command, {name: form[name].value() for name in form.fields}, record)
    return command.shows(record, standing.cleaned_data if standing.is_valid() else {})


def _keep(request: ActingRequest) -> set[str]:
    """Fields of which this person chose the other's text."""
    return {name.removeprefix("keep-") for name, value in request.POST.items() if value == "theirs"}


def _version(request: ActingRequest) -> int | None:
    text = request.POST.get("version", "")
    return int(text) if text.isdecimal() and len(text) < 10 else None


def safe_next(request: ActingRequest) -> str:
    """Where to go afterwards: a path of this site, or nothing."""
    wanted = request.POST.get("next") or request.GET.get("next") or ""
    return wanted if url_has_allowed_host_and_scheme(wanted, allowed_hosts=None) and wanted.startswith("/") else ""
