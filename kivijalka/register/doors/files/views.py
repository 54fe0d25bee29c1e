"""Pages of an import in four steps (file, columns, preview, done), and the export of what a list shows."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any
from uuid import UUID

from django.db import transaction
from django.http import FileResponse, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from kivijalka.access import Actor, acting
from kivijalka.access.request import ActingRequest
from kivijalka.register.contents import MOST_BYTES, bytes_of
from kivijalka.register.declare import Register
from kivijalka.register.doors.downloads import download, download_file
from kivijalka.register.doors.files import done, new_fields, steps, work
from kivijalka.register.doors.files import mapping as mappings
from kivijalka.register.doors.files.commit import NotCommitted, commit, rehearse
from kivijalka.register.doors.files.guesses import by_headings, by_values
from kivijalka.register.doors.files.plan import REFUSED, Plan
from kivijalka.register.doors.files.preview import MOST_SHOWN, Preview, preview_of
from kivijalka.register.doors.files.read import WHY, Head, read
from kivijalka.register.doors.files.write import TYPES, export
from kivijalka.register.models.files import ImportFile, ImportMapping
from kivijalka.register.plain import plain
from kivijalka.register.refusal import NotThere, Refused
from kivijalka.register.registry import register_by_path
from kivijalka.register.steps import BuiltOn

READ = ["GET", "HEAD"]
BOTH = ["GET", "HEAD", "POST"]


@require_http_methods(READ)
def export_file(request: ActingRequest, path: str, kind: str) -> FileResponse:
    """What the list of this address shows, all of it, as a file."""
    register = register_by_path(path)
    if kind not in TYPES:
        raise NotThere
    name = f"{register.path}-{timezone.localdate().isoformat()}.{kind}"
    return download_file(export(register, request.GET, kind), name, TYPES[kind])


@require_http_methods(BOTH)
def file_page(request: ActingRequest, path: str) -> HttpResponse:
    """Step one: choose the file, and a mapping kept from last time."""
    register = register_by_path(path)
    actor = _actor(request, register)
    refused = None
    if request.method == "POST":
        try:
            return redirect("import-columns", path, _uploaded(request, register, actor).pk)
        except Refused as told:
            refused = told
    context = {
        "register": register,
        "mappings": steps.kept_mappings(register, actor),
        "most_bytes": MOST_BYTES,
        "too_large": WHY["too_large"],
        "refused": refused,
    }
    return render(request, "register/import_file.html", context, status=422 if refused else 200)


@require_http_methods(BOTH)
def columns_page(request: ActingRequest, path: str, pk: UUID) -> HttpResponse:
    """Step two: where each column goes, one value for fields without a column, and the mapping's name."""
    register = register_by_path(path)
    actor = _actor(request, register)
    file = steps.file_under_way(register, actor, pk)
    waiting = _waiting(request, register, file, work.READ)
    if waiting is not None:
        return waiting
    head = steps.head_of(file)
    refused = _read_anew(request, register, actor, file, head)
    if refused is None and "sheet" in request.POST:
        return redirect("import-columns", path, pk)
    data = request.POST if request.method == "POST" and refused is None else None
    kept = file.mapping
    fixed = steps.fixed_form(register, data, kept.fixed if kept else None)
    said = by_headings(register, head)
    values = {h: target for h, target in by_values(register, head, said).items() if not kept or h not in kept.columns}
    chosen = {**said, **values, **(kept.columns if kept else {})}
    fields = new_fields.offered(register, actor)
    choices = [*mappings.choices(register), *fields]
    if data is not None:
        try:
            chosen = steps.columns_chosen(head.headings, data, {name for name, _label in choices})
            steps.read_fixed(register, fixed, chosen, kept)
            with transaction.atomic():
                placed = new_fields.added(register, actor, chosen)
                _keep_mapping(register, actor, file, head, placed, fixed, data.get("name", ""))
            return _to_preview(register, actor, file)
        except Refused as told:
            refused = told
            actor.memo.clear()  # it may hold what was rolled back
    context = {
        "register": register,
        "file": file,
        "head": head,
        "columns": steps.columns_shown(head, chosen, values),
        "choices": choices,
        "offers_fields": bool(fields),
        "fixed": fixed,
        "name": request.POST.get("name") or (kept.name if kept else file.name.rsplit(".", 1)[0]),
        "kept": kept,
        "left_out": steps.left_out(head.headings, chosen),
        "refused": refused,
    }
    return render(request, "register/import_columns.html", context, status=422 if refused else 200)


@require_http_methods(BOTH)
def preview_page(request: ActingRequest, path: str, pk: UUID) -> HttpResponse:
    """Step three: each row and its fate, the words and what they mean; then all of it or nothing."""
    register = register_by_path(path)
    actor = _actor(request, register)
    file = steps.file_under_way(register, actor, pk)
    waiting = _waiting(request, register, file, work.PREVIEW)
    if waiting is not None:
        return waiting
    steps.head_of(file)
    if file.mapping is None or (work.is_large(file) and "counts" not in file.found):
        return redirect("import-columns", path, pk)
    if "words" in request.POST:
        _keep_words(register, file, file.mapping, request.POST)
        return _to_preview(register, actor, file)
    if not work.is_large(file):
        return _looked_at_once(request, register, actor, file)
    if request.method == "POST":
        work.ask(file, actor, work.COMMIT, leave_out="leave_out" in request.POST)
        return redirect("import-preview", path, pk)
    return _preview(request, register, file, Preview.from_json(file.found))


@require_http_methods(READ)
def refused_file(request: ActingRequest, path: str, pk: UUID) -> HttpResponse:
    """The refused rows as they came, with the reasons: mended, the same file comes in again."""
    register = register_by_path(path)
    actor = _actor(request, register)
    file = steps.file_under_way(register, actor, pk)
    if file.mapping is None:
        raise NotThere
    steps.head_of(file)
    if work.is_large(file):
        made = bytes(file.refused_rows or b"")
    else:
        with _through_the_door(actor) as importing:
            planned, table = work.planned(register, importing, file)
            made = work.rows_refused(table, rehearse(planned, importing))
    return download(made, f"{register.path}-refused.xlsx", TYPES["xlsx"])


@require_http_methods(BOTH)
def done_page(request: ActingRequest, path: str, pk: UUID) -> HttpResponse:
    """Step four: what came in, from which file; and all of it undone, if nobody has built on it."""
    register = register_by_path(path)
    file = done.done_import(register, pk)
    refused = None
    if request.method == "POST":
        try:
            done.undo(file)
            return redirect("import-done", path, pk)
        except BuiltOn as told:
            refused = told
    mine = file.person_id == request.actor.principal
    context = {"register": register, "file": file, "outcome": file.outcome, "mine": mine, "refused": refused}
    return render(request, "register/import_done.html", context, status=409 if refused else 200)


@require_http_methods(READ)
def imports_page(request: ActingRequest, path: str) -> HttpResponse:
    """Who imported what, from which file."""
    register = register_by_path(path)
    mine = done.imports_under_way(register)
    standing = work.standing(mine)
    context = {
        "register": register,
        "files": done.done_imports(register),
        "mine": [(file, standing.get(file.pk)) for file in mine],
    }
    return render(request, "register/imports.html", context)


@require_http_methods(READ)
def source_file(request: ActingRequest, path: str, pk: UUID) -> HttpResponse:
    """The file as it came, to whoever sent it."""
    file = done.done_import(register_by_path(path), pk)
    content = bytes_of(file.source_id)
    if content is None:
        raise NotThere
    return download(content, file.name)


def _actor(request: ActingRequest, register: Register[Any]) -> Actor:
    actor: Actor = request.actor
    steps.may_import(register, actor)
    return actor


@contextmanager
def _through_the_door(actor: Actor) -> Iterator[Actor]:
    """The same person, so that the history says that it came in by import."""
    with acting(actor.person, on_behalf_of=actor.on_behalf_of, door="import") as importing:
        yield importing


def _uploaded(request: ActingRequest, register: Register[Any], actor: Actor) -> ImportFile:
    upload = request.FILES.get("file")
    if upload is None:
        raise Refused(_("Choose a file first."), code="empty", field="file")
    if (upload.size or 0) > MOST_BYTES:
        raise Refused(WHY["too_large"], code="too_large", field="file")
    data = upload.read()
    wanted = request.POST.get("mapping", "")
    mapping = next((kept for kept in steps.kept_mappings(register, actor) if str(kept.pk) == wanted), None)
    table = read(data, mappings.known_headings(register)) if len(data) <= work.BYTES_AT_ONCE else None
    file = steps.keep_file(register, actor, upload.name or "", data, mapping)
    if table is None:
        work.ask(file, actor, work.READ)
    else:
        steps.keep_head(register, file, table.head)
    return file


def _read_anew(
    request: ActingRequest, register: Register[Any], actor: Actor, file: ImportFile, head: Head
) -> Refused | None:
    """Read another sheet of the file, or what is hidden in it, where somebody asks for it; or why that came to nothing."""
    if request.method != "POST":
        return Refused(file.found["why"]) if file.found.get("step") == work.READ else None
    if request.POST.get("sheet") not in head.origin.sheets:
        return None
    origin = replace(head.origin, sheet=request.POST["sheet"], with_hidden="with_hidden" in request.POST)
    if work.is_large(file):
        work.ask(file, actor, work.READ, origin=origin)
        return None
    try:
        steps.keep_head(register, file, steps.table_of(register, file, origin).head)
    except Refused as refused:
        return refused
    return None


def _waiting(request: ActingRequest, register: Register[Any], file: ImportFile, step: str) -> HttpResponse | None:
    """How the job stands that this step waits for, or why it came to nothing. None: the step can be shown."""
    actor: Actor = request.actor
    is_part = "HX-Request" in request.headers
    if file.done_at is not None and request.method != "POST":
        return _led(request, reverse("import-done", args=[register.path, file.pk]), is_part=is_part)
    standing = work.standing([file]).get(file.pk)
    why = file.found.get("why")
    is_open = standing is not None and standing.is_open
    if not is_open and (file.table if step == work.READ else not (standing or why)):
        return _led(request, request.path, is_part=True) if is_part else None
    if not is_open and request.method == "POST":
        if "again" not in request.POST:
            return None
        work.ask(file, actor, step)
        return redirect(request.path)
    context = {"register": register, "file": file, "step": step, "standing": standing, "why": why}
    template = "register/_import_standing.html" if is_part else "register/import_waiting.html"
    return render(request, template, context)


def _led(request: ActingRequest, address: str, *, is_part: bool) -> HttpResponse:
    """To a page; a part of one that a script asks for again and again leads all of it there."""
    return HttpResponse(status=204, headers={"HX-Redirect": address}) if is_part else redirect(address)


def _to_preview(register: Register[Any], actor: Actor, file: ImportFile) -> HttpResponse:
    if work.is_large(file):
        work.ask(file, actor, work.PREVIEW)
    return redirect("import-preview", register.path, file.pk)


def _looked_at_once(request: ActingRequest, register: Register[Any], actor: Actor, file: ImportFile) -> HttpResponse:
    """A small file is looked at anew each time."""
    assert file.mapping is not None
    stopped = ""
    with _through_the_door(actor) as importing:
        planned, table = work.planned(register, importing, file)
        if request.method == "POST":
            try:
                _commit(file, planned, importing, request.POST)
                return redirect("import-done", register.path, file.pk)
            except NotCommitted:
                stopped = _("%s rows are refused. Nothing was imported.") % len(planned.of(REFUSED))
        else:
            rehearse(planned, importing)
    return _preview(request, register, file, preview_of(planned, table, steps.reading_of(file.mapping), stopped))


def _keep_words(register: Register[Any], file: ImportFile, mapping: ImportMapping, data: Any) -> None:
    """What the person says that words mean."""
    reading = steps.reading_of(mapping)
    texts = file.found.get("words")
    if texts is None:
        texts = steps.words_of_file(register, steps.table_of(register, file), reading)
    for name, words in steps.words_chosen(steps.words_shown(register, texts, reading), data).items():
        mapping.words[name] = {**mapping.words.get(name, {}), **words}
    mapping.save(update_fields=["words"])


def _keep_mapping(
    register: Register[Any], actor: Actor, file: ImportFile, head: Head, chosen: dict[str, str], fixed: Any, name: str
) -> None:
    name = " ".join(plain(name).split())[:100]
    if not name:
        raise Refused(_("Give the mapping a name: you find it under it next time."), code="invalid", field="name")
    mapping = steps.mapping_named(register, actor, name)
    mapping.columns = {**mapping.columns, **chosen}
    mapping.layout, mapping.sheet = steps.layout_of(head), head.origin.sheet[:100]
    mapping.fixed = {key: str(text) for key, text in _texts(fixed).items() if text}
    mapping.save()
    file.mapping = mapping
    file.save(update_fields=["mapping"])


def _texts(fixed: Any) -> dict[str, str]:
    """What was typed."""
    return {key: fixed.data.get(fixed.add_prefix(key), "") for key in fixed.fields}


def _commit(file: ImportFile, planned: Plan, actor: Actor, data: Any) -> None:
    seen = {int(number) for number in data.get("refused", "").split(",") if number.isdecimal()}
    commit(planned, actor, file, left_out=seen if "leave_out" in data else ())


def _preview(request: ActingRequest, register: Register[Any], file: ImportFile, preview: Preview) -> HttpResponse:
    assert file.mapping is not None
    context = {
        "register": register,
        "file": file,
        "preview": preview,
        "groups": preview.groups,
        "counts": preview.counts,
        # Those of a large file stand with it.
        "numbers": "" if work.is_large(file) else ",".join(map(str, preview.refused)),
        "left_out": steps.left_out(steps.head_of(file).headings, file.mapping.columns),
        "words": steps.words_shown(register, preview.words, steps.reading_of(file.mapping)),
        "most": MOST_SHOWN,
        "refused": preview.stopped,
    }
    return render(request, "register/import_preview.html", context, status=422 if preview.stopped else 200)
