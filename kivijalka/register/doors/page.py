"""Pages of every register: list, record, form, verb. Each works without script; an ordinary view may replace any."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from kivijalka.register import command as commands
from kivijalka.register.command import Command
from kivijalka.register.declare import Register
from kivijalka.register.doors import forms, rows
from kivijalka.register.doors.history import versions_of
from kivijalka.register.doors.links import LinkForm, end_link, link_form, links_of
from kivijalka.register.doors.panels import panels_of
from kivijalka.register.doors.show import cells_of, chips_of, columns_of, facts_of, parts_of, verbs_of
from kivijalka.register.refusal import NotThere, Refused
from kivijalka.register.registry import register_by_path

READ = ["GET", "HEAD"]
BOTH = ["GET", "HEAD", "POST"]


@require_http_methods(READ)
def list_page(request: HttpRequest, path: str) -> HttpResponse:
    """Rows that the address asks for, fifty at a time. A filter that is not understood is said, and left out."""
    register, params = register_by_path(path), request.GET.copy()
    mistakes: dict[str, list[Any]] = {}
    try:
        page = rows.page(register, params)
    except Refused as refused:
        mistakes = refused.errors
        page = rows.page(register, _without(params, mistakes))
    return render(
        request,
        "register/list.html",
        {
            "register": register,
            "page": page,
            "columns": columns_of(register, params, page.sort),
            "lines": [(row, cells_of(register, row)) for row in page.rows],
            "chips": chips_of(register, params),
            "mistakes": mistakes,
            "may_add": _may_add(request, register),
            "links": _page_links(params, page),
            "query": params.urlencode(),
        },
    )


@require_http_methods(READ)
def record_page(request: HttpRequest, path: str, pk: UUID) -> HttpResponse:
    """One record: how it stands, what can be done next, what it is tied to, and its latest history."""
    register = register_by_path(path)
    record = rows.one(register, pk)
    versions = versions_of(register, record)
    return render(
        request,
        "register/record.html",
        {
            "register": register,
            "record": record,
            "groups": facts_of(register, record),
            "verbs": verbs_of(register, record),
            "parts": parts_of(register, record),
            "ties": links_of(register, record),
            "link_form": link_form(register) if record.right_edit else None,
            "panels": panels_of(request, record),
            "versions": versions[:5],
            "older": max(0, len(versions) - 5),
        },
    )


@require_http_methods(READ)
def history_page(request: HttpRequest, path: str, pk: UUID) -> HttpResponse:
    """Every version of a record: who, on whose behalf, when, by which command, what changed."""
    register = register_by_path(path)
    record = rows.one(register, pk)
    context = {"register": register, "record": record, "versions": versions_of(register, record)}
    return render(request, "register/history.html", context)


@require_http_methods(BOTH)
def add_page(request: HttpRequest, path: str) -> HttpResponse:
    """The form of a new record. What was typed stays when something does not fit."""
    register = register_by_path(path)
    if not _may_add(request, register):
        raise Refused(_("You do not have the right to do this here."), code="no_right")
    form = forms.record_form(register, request.POST or None, None)
    if request.method == "POST":
        try:
            record = commands.add(register, request.actor, **forms.cleaned(form))  # type: ignore[attr-defined]
        except Refused as refused:
            return _form_page(request, register, form, refused, None)
        messages.success(request, _("Added: %s") % record)
        return redirect("record", path, record.pk)
    return _form_page(request, register, form, None, None)


@require_http_methods(BOTH)
def edit_page(request: HttpRequest, path: str, pk: UUID) -> HttpResponse:
    """The form of a record. Its version goes along, so that nobody overwrites what another wrote meanwhile."""
    register = register_by_path(path)
    record = rows.one(register, pk)
    if refused := rows.why_not(record, "edit"):
        raise refused
    form = forms.record_form(register, request.POST or None, record)
    if request.method == "POST":
        try:
            values = forms.cleaned(form)
            register.all_commands["edit"](request.actor, record, version=_version(request), **values)  # type: ignore[attr-defined]
        except NotThere:
            raise
        except Refused as refused:
            return _form_page(request, register, form, refused, rows.one(register, pk))
        messages.success(request, _("Saved."))
        return redirect("record", path, pk)
    return _form_page(request, register, form, None, record)


@require_http_methods(BOTH)
def do_page(request: HttpRequest, path: str, pk: UUID, verb: str) -> HttpResponse:
    """A verb: what will happen, its inputs, one button."""
    register = register_by_path(path)
    record = rows.one(register, pk)
    command = register.all_commands.get(verb)
    if command is None or verb == "edit":
        raise NotThere
    form = forms.command_form(command, request.POST if request.method == "POST" else None, record)
    refused = rows.why_not(record, verb)
    if request.method == "POST":
        try:
            inputs = forms.inputs_of(command, forms.cleaned(form))
            command(request.actor, record, version=_version(request), **inputs)  # type: ignore[attr-defined]
        except NotThere:
            raise
        except Refused as told:
            refused = told
        else:
            messages.success(request, _("Done: %s") % command.label)
            return redirect(safe_next(request) or reverse("record", args=[path, pk]))
    return _verb_page(request, register, record, command, form, refused)


@require_POST
def link_page(request: HttpRequest, path: str, pk: UUID) -> HttpResponse:
    """Tie the record to another, or end a tie."""
    register = register_by_path(path)
    record = rows.one(register, pk)
    try:
        if "end" in request.POST:
            end_link(record, request.POST["end"])
            messages.success(request, _("The link was ended."))
        else:
            LinkForm(register, request.POST).save(request.actor, record)  # type: ignore[attr-defined]
            messages.success(request, _("Linked."))
    except Refused as refused:
        for texts in refused.errors.values():
            for text in texts:
                messages.error(request, text)
    return redirect("record", path, pk)


@require_GET
def lookup(request: HttpRequest, key: str) -> HttpResponse:
    """Options for a field that asks for a record: what the words find, as <option> elements."""
    from kivijalka.register.doors.search import find

    words = str(next(iter(request.GET.values()), ""))
    nodes = find(words, most=12, register=key) if words.strip() else []
    return render(request, "register/_options.html", {"nodes": nodes})


def _form_page(
    request: HttpRequest, register: Register[Any], form: forms.RegisterForm, refused: Refused | None, record: Any
) -> HttpResponse:
    if refused is not None and form.is_bound:
        form.refuse(refused) if form.is_valid() else None
    groups = [
        (title, [form[name] for name in names if name in form.fields]) for title, names in register.fields.items()
    ]
    context = {"register": register, "record": record, "form": form, "groups": groups, "refused": refused}
    return render(request, "register/form.html", context, status=422 if refused else 200)


def _verb_page(
    request: HttpRequest,
    register: Register[Any],
    record: Any,
    command: Command[Any],
    form: forms.RegisterForm,
    refused: Refused | None,
) -> HttpResponse:
    if refused is not None and form.is_bound and form.is_valid():
        form.refuse(refused)
    context = {
        "register": register,
        "record": record,
        "command": command,
        "form": form,
        "refused": refused,
        "next": safe_next(request),
    }
    status = {"no_right": 403, "state": 409, "conflict": 409}.get(refused.code, 422) if refused else 200
    return render(request, "register/verb.html", context, status=status)


def _may_add(request: HttpRequest, register: Register[Any]) -> bool:
    return not request.GET.get("as_of") and rows.may_add(register, request.actor)  # type: ignore[attr-defined]


def _version(request: HttpRequest) -> int | None:
    text = request.POST.get("version", "")
    return int(text) if text.isdecimal() and len(text) < 10 else None


def safe_next(request: HttpRequest) -> str:
    """Where to go afterwards: a path of this site, or nothing."""
    from django.utils.http import url_has_allowed_host_and_scheme

    wanted = request.POST.get("next") or request.GET.get("next") or ""
    return wanted if url_has_allowed_host_and_scheme(wanted, allowed_hosts=None) and wanted.startswith("/") else ""


def _without(params: QueryDict, mistakes: dict[str, list[Any]]) -> QueryDict:
    kept = params.copy()
    for name in [*mistakes, "after", "before"]:
        kept.pop(name, None)
    return kept


def _page_links(params: QueryDict, page: rows.Page) -> dict[str, str]:
    """Addresses of the neighbouring pages: first, previous, next, last."""
    base = {name: params.getlist(name) for name in params if name not in ("after", "before", "last")}
    wanted: dict[str, dict[str, str]] = {}
    if page.before:
        wanted = {"first": {}, "previous": {"before": page.before}}
    if page.after:
        wanted |= {"next": {"after": page.after}, "last": {"last": "1"}}
    return {name: "?" + urlencode({**base, **extra}, doseq=True) for name, extra in wanted.items()}
