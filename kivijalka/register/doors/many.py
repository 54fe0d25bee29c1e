"""The same done to many records of a list: what to do, a preview of what becomes of each or why not, then all in one go.

Which records, stands in the address: those that were ticked, or all that the list's filters find. The preview rehearses
the register's own command, as that of an import does; what was shown there is done, or nothing is.
"""

from __future__ import annotations

from collections.abc import Mapping
from hashlib import sha256
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.db import transaction
from django.http import HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods

from kivijalka.access import Actor
from kivijalka.access.request import ActingRequest
from kivijalka.register.command import Command, can
from kivijalka.register.declare import Register
from kivijalka.register.doors import drafts, forms, rows, undo
from kivijalka.register.doors.files.compare import Change
from kivijalka.register.doors.files.plan import CHANGED, FATES, PlannedRow
from kivijalka.register.doors.filters import refuse_past
from kivijalka.register.doors.related import relate, together
from kivijalka.register.doors.values import text_of
from kivijalka.register.many import each, rehearsal
from kivijalka.register.refusal import NotThere, Refused
from kivijalka.register.registry import register_by_path

ROW, ALL, FIELD = "row", "all", "field"
# Records that a person changes in one go; more are brought in by a file.
MOST = 1_000
MOST_SHOWN = 200


@require_http_methods(["GET", "HEAD"])
def many_page(request: ActingRequest, path: str) -> HttpResponse:
    """What can be done with the rows that were ticked, and with how many of them."""
    register = _register(request, path)
    commands = {name: command for name, command in register.all_commands.items() if command.for_many}
    asked = can(register.model, commands)
    answers = list(_chosen(register, request.GET).annotate(**asked).values(*asked))
    _refuse_none(answers)
    lets = {name: sum(answer[f"can_{name}"] for answer in answers) for name in commands}
    context = {
        "register": register,
        "total": len(answers),
        "edits": lets.get("edit"),
        "fields": [(name, register.field(name).verbose_name) for name in register.for_many],
        "verbs": [(command, lets[name]) for name, command in commands.items() if name != "edit"],
        "query": request.GET.urlencode(),
        "pairs": [(name, text) for name, texts in request.GET.lists() for text in texts if name != FIELD],
        "back": _back(register, request.GET),
    }
    return render(request, "register/many.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def many_do_page(request: ActingRequest, path: str, verb: str) -> HttpResponse:
    """What is given to all of them; then what becomes of each; then it is done to those that were shown to change."""
    register = _register(request, path)
    command = register.all_commands.get(verb)
    if command is None or not command.for_many:
        raise NotThere
    form = _form(register, command, request)
    inputs, refused = _inputs(command, form) if form.is_bound else (None, None)
    if inputs is not None and _is_decided(request, form):
        try:
            done = _carry_out(command, request.actor, _shown(register, request.POST), inputs)
        except NotThere:
            raise
        except Refused as told:
            refused = told
        else:
            said = undo.step_offered(done[0], verb, _said(command, len(done)))
            messages.success(request, said)
            return redirect(_back(register, request.GET))
    planned = [] if inputs is None else _preview(register, command, request, inputs)
    return _page(request, register, command, form, planned, refused)


def _register(request: ActingRequest, path: str) -> Register[Any]:
    register = register_by_path(path)
    refuse_past()
    if not rows.may_change(register, request.actor):
        raise Refused(_("You do not have the right to do this here."), code="no_right")
    return register


def _chosen(register: Register[Any], params: QueryDict) -> Any:
    """The records that the address names, as far as they are within reach."""
    if ALL not in params:
        ids = [found for text in params.getlist(ROW) if (found := _id(text))]
        return register.model.objects.seen().filter(pk__in=ids[: MOST + 1]).order_by("code")
    every, _filters = rows.all_rows(register, _of_list(params))
    return every.order_by("code")[: MOST + 1]


def _of_list(params: QueryDict) -> QueryDict:
    """The part of the address that is the list's."""
    asked = params.copy()
    for name in (ROW, ALL, FIELD, drafts.FIELD):
        asked.pop(name, None)
    return asked


def _refuse_none(found: list[Any]) -> None:
    if not found:
        raise Refused(_("No row is ticked. Go back to the list and tick those to change."), code="empty")
    if len(found) > MOST:
        text = _("These are more than %s rows. Filter the list until it shows fewer, or change them with a file.")
        raise Refused(text % MOST, code="too_many")


def _shown(register: Register[Any], data: QueryDict) -> list[Any]:
    """The records that the preview showed to change, each as the version that it showed."""
    versions = {}
    for pair in data.get("rows", "").split(","):
        text, _colon, version = pair.partition(":")
        if (pk := _id(text)) and version.isdecimal() and len(version) < 10:
            versions[pk] = int(version)
    found = list(register.model.objects.seen().filter(pk__in=versions).order_by("code"))
    if not found or len(found) < len(versions) or len(found) > MOST:
        raise NotThere
    for record in found:
        record.version = versions[record.pk]
    return found


def _form(register: Register[Any], command: Command[Any], request: ActingRequest) -> forms.RegisterForm:
    """Bound as soon as all is said: what asks nothing shows at once what becomes of each."""
    data = request.POST if request.method == "POST" else None
    if command.name != "edit":
        return forms.command_form(command, data if command.inputs else request.POST)
    names = [name for name in register.for_many if name in request.GET.getlist(FIELD)]
    if not names:
        raise Refused(_("No field is chosen. Go back and choose what to change."), code="empty", field=FIELD)
    return forms.record_form(register, data, None, names)


def _inputs(command: Command[Any], form: forms.RegisterForm) -> tuple[dict[str, Any] | None, Refused | None]:
    try:
        values = forms.cleaned(form)
    except Refused as refused:
        return None, refused
    return (values if command.name == "edit" else forms.inputs_of(command, values)), None


def _is_decided(request: ActingRequest, form: forms.RegisterForm) -> bool:
    """Whether this is to be done: what was answered since the preview is looked at once more first."""
    return "commit" in request.POST and request.POST.get("seen") == _digest(form)


def _digest(form: forms.RegisterForm) -> str:
    return sha256(repr([(name, form[name].data) for name in form.fields]).encode()).hexdigest()


def _answers(command: Command[Any], actor: Actor, records: list[Any], inputs: Mapping[str, Any]) -> list[Any]:
    return each(
        records,
        lambda portion: command.on_each(actor, [(record, inputs) for record in portion], unchanged=True),
        lambda record: command(actor, record, version=record.version, **inputs),
    )


def _carry_out(command: Command[Any], actor: Actor, records: list[Any], inputs: Mapping[str, Any]) -> list[Any]:
    """All of them, or none."""
    with transaction.atomic():
        answers = _answers(command, actor, records, inputs)
        refused = [answer for answer in answers if isinstance(answer, Refused)]
        if refused:
            text = _("%s of the rows have changed since the preview, or are refused now. Nothing was done. Look again.")
            raise Refused(text % len(refused), code="conflict")
    return answers


def _preview(
    register: Register[Any], command: Command[Any], request: ActingRequest, inputs: Mapping[str, Any]
) -> list[PlannedRow]:
    """What would become of each record."""
    records = list(_chosen(register, request.GET))
    _refuse_none(records)
    with rehearsal():
        answers = _answers(command, request.actor, records, inputs)
        with together():
            relate(records, register.related)
            relate([answer for answer in answers if not isinstance(answer, Refused)], register.related)
    return [_planned(register, record, answer) for record, answer in zip(records, answers, strict=True)]


def _planned(register: Register[Any], record: Any, answer: Any) -> PlannedRow:
    row = PlannedRow(0, str(record), code=record.code, record=record)
    if isinstance(answer, Refused):
        for name, texts in answer.errors.items():
            label = str(register.field(name).verbose_name) if name in register.writable else ""
            for text in texts:
                row.refuse(capfirst(label), "", text)
        return row
    for name in register.readable:
        before, after = text_of(record, name), text_of(answer, name)
        if before != after:
            row.changes.append(Change(register.field(name).verbose_name, before, after))
    return row


def _page(
    request: ActingRequest,
    register: Register[Any],
    command: Command[Any],
    form: forms.RegisterForm,
    planned: list[PlannedRow],
    refused: Refused | None,
) -> HttpResponse:
    groups = {fate: [row for row in planned if row.fate == fate] for fate in reversed(FATES)}
    forms.say_meanings(form, command)
    draft = drafts.opened(request)
    drafts.fill(form, draft)
    context = {
        "register": register,
        "command": command,
        "form": form,
        "draft": draft,
        "groups": [(fate, len(found), found[:MOST_SHOWN]) for fate, found in groups.items() if found],
        "counts": {fate: len(found) for fate, found in groups.items()},
        "rows": ",".join(f"{row.record.pk}:{row.record.version}" for row in groups[CHANGED]),
        "seen": _digest(form) if planned else "",
        "most": MOST_SHOWN,
        "refused": refused,
        "back": f"{reverse('many', args=[register.path])}?{request.GET.urlencode()}",
    }
    status = {"conflict": 409}.get(refused.code, 422) if refused else 200
    return render(request, "register/many_do.html", context, status=status)


def _said(command: Command[Any], count: int) -> str:
    text = ngettext("Done: %(what)s, %(count)s row.", "Done: %(what)s, %(count)s rows.", count)
    return text % {"what": command.label, "count": count}


def _back(register: Register[Any], params: QueryDict) -> str:
    query = _of_list(params).urlencode()
    return reverse("list", args=[register.path]) + (f"?{query}" if query else "")


def _id(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None
