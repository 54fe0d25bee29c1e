"""Pages of an import in four steps (file, columns, preview, done), and the export of what a list shows."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.http import content_disposition_header
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from kivijalka.access import Actor, acting
from kivijalka.register.declare import Register
from kivijalka.register.doors.files import done, steps
from kivijalka.register.doors.files import mapping as mappings
from kivijalka.register.doors.files.commit import NotCommitted, commit, rehearse
from kivijalka.register.doors.files.plan import FATES, REFUSED, Plan, plan
from kivijalka.register.doors.files.read import MOST_BYTES, WHY, Table, read
from kivijalka.register.doors.files.write import TYPES, export, refused_rows
from kivijalka.register.files_models import ImportFile, ImportSource
from kivijalka.register.refusal import NotThere, Refused
from kivijalka.register.registry import register_by_path

READ = ["GET", "HEAD"]
BOTH = ["GET", "HEAD", "POST"]
MOST_SHOWN = 200


@require_http_methods(READ)
def export_file(request: HttpRequest, path: str, kind: str) -> HttpResponse:
    """What the list of this address shows, all of it, as a file."""
    register = register_by_path(path)
    if kind not in TYPES:
        raise NotThere
    name = f"{register.path}-{timezone.localdate().isoformat()}.{kind}"
    with export(register, request.GET, kind) as made:
        return _download(made.read(), name, TYPES[kind])


def _download(content: bytes, name: str, kind: str) -> HttpResponse:
    headers = {"Content-Disposition": content_disposition_header(True, name) or "", "X-Content-Type-Options": "nosniff"}
    return HttpResponse(content, content_type=kind, headers=headers)


@require_http_methods(BOTH)
def file_page(request: HttpRequest, path: str) -> HttpResponse:
    """Step one: choose the file, and a mapping kept from last time."""
    register = register_by_path(path)
    actor = _actor(request, register)
    refused = None
    if request.method == "POST":
        try:
            return redirect("import-columns", path, _uploaded(request, register, actor).pk)
        except Refused as told:
            refused = told
    context = {"register": register, "mappings": steps.kept_mappings(register, actor), "refused": refused}
    return render(request, "register/import_file.html", context, status=422 if refused else 200)


@require_http_methods(BOTH)
def columns_page(request: HttpRequest, path: str, pk: UUID) -> HttpResponse:
    """Step two: where each column goes, one value for fields without a column, and the mapping's name."""
    register = register_by_path(path)
    actor = _actor(request, register)
    file = steps.file_under_way(register, actor, pk)
    table = _table(file)
    data = request.POST if request.method == "POST" else None
    kept = file.mapping
    fixed = steps.fixed_form(register, data, kept.fixed if kept else None)
    chosen = {**steps.guessed(register, table), **(kept.columns if kept else {})}
    refused = None
    if data is not None:
        try:
            chosen = steps.columns_chosen(register, table, data)
            _keep_mapping(register, actor, file, chosen, fixed, data.get("name", ""))
            return redirect("import-preview", path, pk)
        except Refused as told:
            refused = told
    context = {
        "register": register,
        "file": file,
        "columns": steps.columns_shown(register, table, chosen),
        "choices": mappings.choices(register),
        "fixed": fixed,
        "name": request.POST.get("name") or (kept.name if kept else file.name.rsplit(".", 1)[0]),
        "refused": refused,
        "count": len(table.rows),
    }
    return render(request, "register/import_columns.html", context, status=422 if refused else 200)


@require_http_methods(BOTH)
def preview_page(request: HttpRequest, path: str, pk: UUID) -> HttpResponse:
    """Step three: each row and its fate, the words and what they mean; then all of it or nothing."""
    register = register_by_path(path)
    actor = _actor(request, register)
    file = steps.file_under_way(register, actor, pk)
    if file.mapping is None:
        return redirect("import-columns", path, pk)
    table = _table(file)
    refused = None
    if request.method == "POST" and "words" in request.POST:
        shown = steps.words_shown(register, table, steps.reading_of(file.mapping))
        for name, words in steps.words_chosen(shown, request.POST).items():
            file.mapping.words[name] = {**file.mapping.words.get(name, {}), **words}
        file.mapping.save(update_fields=["words"])
        return redirect("import-preview", path, pk)
    with _through_the_door(actor) as importing:
        planned = plan(register, table, steps.reading_of(file.mapping), importing, file.mapping)
        if request.method == "POST":
            try:
                _commit(file, planned, importing, request.POST)
                return redirect("import-done", path, pk)
            except NotCommitted:
                refused = Refused(_("%s rows are refused. Nothing was imported.") % len(planned.of(REFUSED)))
        else:
            rehearse(planned, importing)
    return _preview(request, register, file, table, planned, refused)


@require_http_methods(READ)
def refused_file(request: HttpRequest, path: str, pk: UUID) -> HttpResponse:
    """The refused rows as they came, with the reasons: mended, the same file comes in again."""
    register = register_by_path(path)
    actor = _actor(request, register)
    file = steps.file_under_way(register, actor, pk)
    if file.mapping is None:
        raise NotThere
    table = _table(file)
    with _through_the_door(actor) as importing:
        planned = rehearse(plan(register, table, steps.reading_of(file.mapping), importing, file.mapping), importing)
    reasons = {row.number: "\n".join(map(str, row.refusals)) for row in planned.of(REFUSED)}
    lines = [[*row.cells.values(), reasons[row.number]] for row in table.rows if row.number in reasons]
    name = f"{register.path}-refused.xlsx"
    with refused_rows(table.headings, lines, "xlsx") as made:
        return _download(made.read(), name, TYPES["xlsx"])


@require_http_methods(BOTH)
def done_page(request: HttpRequest, path: str, pk: UUID) -> HttpResponse:
    """Step four: what came in, from which file; and all of it undone, if nobody has built on it."""
    register = register_by_path(path)
    file = done.done_import(register, pk)
    refused = None
    if request.method == "POST":
        try:
            done.undo(file)
            return redirect("import-done", path, pk)
        except done.BuiltOn as told:
            refused = told
    mine = file.person_id == request.actor.principal  # type: ignore[attr-defined]  # set by the middleware
    context = {"register": register, "file": file, "outcome": file.outcome, "mine": mine, "refused": refused}
    return render(request, "register/import_done.html", context, status=409 if refused else 200)


@require_http_methods(READ)
def imports_page(request: HttpRequest, path: str) -> HttpResponse:
    """Who imported what, from which file."""
    register = register_by_path(path)
    return render(request, "register/imports.html", {"register": register, "files": done.done_imports(register)})


@require_http_methods(READ)
def source_file(request: HttpRequest, path: str, pk: UUID) -> HttpResponse:
    """The file as it came, to whoever sent it."""
    file = done.done_import(register_by_path(path), pk)
    source = ImportSource.objects.filter(pk=str(file.source_id)).first() if file.source_id else None
    if source is None:
        raise NotThere
    return _download(bytes(source.content), file.name, "application/octet-stream")


def _actor(request: HttpRequest, register: Register[Any]) -> Actor:
    actor: Actor = request.actor  # type: ignore[attr-defined]  # set by the middleware
    steps.may_import(register, actor)
    return actor


@contextmanager
def _through_the_door(actor: Actor) -> Iterator[Actor]:
    """The same person, so that the history says that it came in by import."""
    with acting(actor.person, on_behalf_of=actor.on_behalf_of, door="import") as importing:
        yield importing


def _uploaded(request: HttpRequest, register: Register[Any], actor: Actor) -> ImportFile:
    upload = request.FILES.get("file")
    if upload is None:
        raise Refused(_("Choose a file first."), code="empty", field="file")
    if (upload.size or 0) > MOST_BYTES:
        raise Refused(WHY["too_large"], code="too_large", field="file")
    data = upload.read()
    file = steps.keep_file(register, actor, upload.name or "", data, read(data, mappings.known_headings(register)))
    wanted = request.POST.get("mapping", "")
    file.mapping = next((kept for kept in steps.kept_mappings(register, actor) if str(kept.pk) == wanted), None)
    file.save(update_fields=["mapping"])
    return file


def _table(file: ImportFile) -> Table:
    if not file.table:
        raise Refused(_("This file was imported or left lying. Choose it again."), code="state")
    return Table.from_json(file.table)


def _keep_mapping(
    register: Register[Any], actor: Actor, file: ImportFile, chosen: dict[str, str], fixed: Any, name: str
) -> None:
    name = " ".join(name.split())[:100]
    if not name:
        raise Refused(_("Give the mapping a name: you find it under it next time."), code="invalid", field="name")
    mapping = steps.mapping_named(register, actor, name)
    mapping.columns = {**mapping.columns, **chosen}
    mapping.fixed = {key: str(text) for key, text in _texts(fixed).items() if text}
    mapping.save()
    file.mapping = mapping
    file.save(update_fields=["mapping"])


def _texts(fixed: Any) -> dict[str, str]:
    """What was typed; whether it can be read, the preview says with the rows."""
    return {key: fixed.data.get(fixed.add_prefix(key), "") for key in fixed.fields}


def _commit(file: ImportFile, planned: Plan, actor: Actor, data: Any) -> None:
    seen = {int(number) for number in data.get("refused", "").split(",") if number.isdecimal()}
    commit(planned, actor, file, left_out=seen if "leave_out" in data else ())


def _preview(
    request: HttpRequest,
    register: Register[Any],
    file: ImportFile,
    table: Table,
    planned: Plan,
    refused: Refused | None,
) -> HttpResponse:
    counts = planned.counts
    context = {
        "register": register,
        "file": file,
        "groups": [(fate, counts[fate], planned.of(fate)[:MOST_SHOWN]) for fate in reversed(FATES) if counts[fate]],
        "counts": counts,
        "numbers": ",".join(str(row.number) for row in planned.of(REFUSED)),
        "words": steps.words_shown(register, table, steps.reading_of(file.mapping)) if file.mapping else [],
        "will_change": counts["new"] + counts["changed"],
        "most": MOST_SHOWN,
        "refused": refused,
    }
    return render(request, "register/import_preview.html", context, status=422 if refused else 200)
