"""Pages that show a register: list, record, history. Each works without script; an ordinary view may replace any."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.http import HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from kivijalka.access.request import ActingRequest, day_of
from kivijalka.register.declare import Register
from kivijalka.register.discussion import comments_of
from kivijalka.register.doors import rows
from kivijalka.register.doors.filters import filters_of
from kivijalka.register.doors.history import Telling, names_in, raw_versions, versions_in, versions_of
from kivijalka.register.doors.lead import lead_of, waiting_of
from kivijalka.register.doors.links import link_form, links_of
from kivijalka.register.doors.loosen import ways_out
from kivijalka.register.doors.nearby import nearby
from kivijalka.register.doors.panels import panels_of
from kivijalka.register.doors.place import kept, looked_up
from kivijalka.register.doors.related import ask, relate, together
from kivijalka.register.doors.saved import asks_for_nothing, look_and_rest, opening_view, query_of, saved_views
from kivijalka.register.doors.show import (
    address_of,
    boxes_of,
    chips_of,
    chosen_columns,
    column_choices,
    columns_of,
    facts_of,
    lines_of,
    parts_of,
    rows_of_parts,
)
from kivijalka.register.doors.story import events_of, said, with_events
from kivijalka.register.models.working import SavedView
from kivijalka.register.own.rules import may_add_to
from kivijalka.register.refusal import Refused
from kivijalka.register.registry import REGISTERS, register_by_path

READ = ["GET", "HEAD"]
MOST_TOLD = 200


@require_http_methods(READ)
def list_page(request: ActingRequest, path: str) -> HttpResponse:
    """Rows that the address asks for, fifty at a time. A filter that is not understood is said, and left out.

    `show=<id>` opens one of them at the side; a script asks for the side alone.
    """
    register, params = register_by_path(path), request.GET.copy()
    shown = params.pop("show", [""])[-1]
    if "unit" not in filters_of(register.key).base_filters:
        params.pop("unit", None)  # a register that is of no unit in particular stays whole
    if request.headers.get("HX-Target", "").endswith("side"):
        side = _side(request, register, _shown(register, shown) if shown else None, params)
        return render(request, "register/_side.html", {"register": register, "side": side})
    with together():
        saved = saved_views(register)
        opening = opening_view(saved)
        if opening is not None and opening.query and not shown and asks_for_nothing(request.GET):
            return redirect(kept(request, f"{request.path}?{opening.query}"))
        record = _shown(register, shown) if shown else None
        page, mistakes, params = _page(register, params)
    if "unit" in page.filters.form.cleaned_data:
        looked_up(request, page.filters.form.cleaned_data["unit"])
    boxes = boxes_of(register, params, page.filters.form)
    base = address_of(params, {})
    look, asked = look_and_rest(params)
    shown_columns = chosen_columns(register, params)
    may_add = rows.may_add(register, request.actor)
    return render(
        request,
        "register/list.html",
        {
            "register": register,
            "page": page,
            "columns": columns_of(register, shown_columns, params, page.sort),
            "lines": lines_of(register, shown_columns, page.rows),
            "side": _side(request, register, record, params),
            "shown": record,
            "opens": f"{base}show=" if base == "?" else f"{base}&show=",
            "boxes": boxes,
            "chips": chips_of(params, page.filters.form),
            "ways_out": [] if page.rows else ways_out(register, params, page.filters),
            "mistakes": [(_named(page, name), texts) for name, texts in mistakes.items()],
            "may_add": may_add,
            "begins": not page.rows and asks_for_nothing(request.GET),
            "may_change": bool(page.rows) and rows.may_change(register, request.actor),
            "links": _page_links(params, page),
            "query": params.urlencode(),
            "tabs": _tabs(request, register, params, saved),
            "view": query_of(params),
            "kept_views": [view for view in saved if view.query == query_of(params)],
            "shares": request.actor.holds("list.edit"),
            "look": look,
            "asked": asked,
            "adds_fields": may_add_to(register, request.actor),
            "column_choices": column_choices(register, shown_columns),
            "is_dense": params.get("density") == "dense",
        },
    )


def _page(register: Register[Any], params: QueryDict) -> tuple[rows.Page, dict[str, list[Any]], QueryDict]:
    """The page that the address names, what of the address was not understood, and the address without that."""
    try:
        return rows.page(register, params), {}, params
    except Refused as refused:
        understood = _without(params, refused.errors)
        return rows.page(register, understood), refused.errors, understood


def _named(page: rows.Page, name: str) -> Any:
    """What the list calls a filter; one that it does not have is called as it was asked."""
    fields = page.filters.form.fields
    return fields[name].label if name in fields else name


def _tabs(
    request: ActingRequest, register: Register[Any], params: QueryDict, saved: list[SavedView]
) -> list[tuple[Any, str, bool]]:
    """The views of a list, declared, one's own and shared ones: name, address, and whether it is the one shown, for
    whatever unit."""
    asked = params.copy()
    asked.pop("unit", None)
    shown = {query_of(params), query_of(asked)}
    named = [(view.name, view.query or "") for view in saved if view.name]
    views = [(_("All"), ""), *((view.name, view.query) for view in register.views), *named]
    # An empty search, where the bare address would open with another view.
    everything = "" if len(named) == len(saved) else "q="
    address = reverse("list", args=[register.path])
    return [
        (name, kept(request, f"{address}?{query or everything}".rstrip("?")), query_of(QueryDict(query)) in shown)
        for name, query in views
    ]


def _shown(register: Register[Any], pk: Any) -> Any:
    """A record with what its page leads to."""
    return rows.one(register, pk, **waiting_of(register))


def _side(request: ActingRequest, register: Register[Any], record: Any, params: QueryDict) -> dict[str, Any] | None:
    """A record beside its list: facts and verbs, and the list's address without it."""
    if record is None:
        return None
    return {
        "record": record,
        "groups": facts_of(register, record, register.words()),
        "lead": lead_of(register, record, day_of(request)),
        "closed": address_of(params, {}),
    }


@require_http_methods(READ)
def record_page(request: ActingRequest, path: str, pk: UUID) -> HttpResponse:
    """One record: how it stands, what can be done next, what it is tied to, and its latest history."""
    register = register_by_path(path)
    with together():
        record = _shown(register, pk)
        raw = raw_versions(register, record.pk)
        names = names_in(register, raw, record)
        parts = rows_of_parts(register, record)
        panels = panels_of(request, record)
    words = register.words()
    versions = with_events(versions_in(register, raw, Telling(names, words)), events_of(register, parts))
    return render(
        request,
        "register/record.html",
        {
            "register": register,
            "record": record,
            "groups": facts_of(register, record, words),
            "lead": lead_of(register, record, day_of(request)),
            "parts": parts_of(register, parts),
            "ties": links_of(record),
            "link_form": link_form(register) if record.right_edit else None,
            "panels": panels,
            "versions": versions[:5],
            "older": max(0, len(versions) - 5),
        },
    )


@require_http_methods(READ)
def history_page(request: ActingRequest, path: str, pk: UUID) -> HttpResponse:
    """Every version of a record: who, on whose behalf, when, by which command, what changed."""
    register = register_by_path(path)
    record = rows.one(register, pk)
    with together():
        parts = rows_of_parts(register, record)
    versions = with_events(versions_of(register, record), events_of(register, parts))
    context = {"register": register, "record": record, "versions": versions}
    return render(request, "register/history.html", context)


@require_http_methods(READ)
def story_page(request: ActingRequest, path: str, pk: UUID) -> HttpResponse:
    """What happened to a record, to what it is linked to, and what was said: one time line, the latest first."""
    register = register_by_path(path)
    with together():
        record = rows.one(register, pk)
        raw, near = raw_versions(register, record.pk), nearby(register, record)
        names = names_in(register, raw, record)
        ask(
            REGISTERS["person"].model,
            "id",
            near.persons(),
            lambda known: names.update({pk: str(one) for pk, one in known.items()}),
        )
        parts = rows_of_parts(register, record)
        comments = relate(comments_of(record.pk)[:MOST_TOLD], ["person"])
    own = with_events(versions_in(register, raw, Telling(names, register.words())), events_of(register, parts))
    versions = sorted([*own, *near.versions(record, names), *said(comments)], key=lambda v: v.start, reverse=True)
    context = {"register": register, "record": record, "versions": versions[:MOST_TOLD]}
    return render(request, "register/story.html", context | {"most": MOST_TOLD, "more": len(versions) > MOST_TOLD})


@require_GET
def lookup(request: ActingRequest, key: str, *, whole: bool = False) -> HttpResponse:
    """Options for a field that asks for a record: what the words find, as <option> elements."""
    from kivijalka.register.doors.search import find

    words = str(next(iter(request.GET.values()), ""))
    nodes = find(words, most=12, register=key, whole=whole) if words.strip() else []
    return render(request, "register/_options.html", {"nodes": nodes})


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
