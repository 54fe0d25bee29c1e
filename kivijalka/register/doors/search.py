"""The search over all registers."""

from __future__ import annotations

from typing import Any

from django.db import connection
from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from kivijalka.register.doors.filters import in_the_past
from kivijalka.register.models import Node
from kivijalka.register.plain import plain
from kivijalka.register.registry import REGISTERS, register_by_path

MOST = 50
# Of what is alike: how many are shown, and from how many letters on.
FEW, SHORTEST = 5, 8


def find(words: str, *, most: int = MOST, register: str | None = None, whole: bool = False) -> list[Node]:
    """Records that the words find, the best first; of the `whole` register, also those that lists do not offer. In the
    past: by code and title."""
    words = plain(words.replace("\x00", "")).strip()[:200]
    if not words:
        return []
    if in_the_past():
        nodes = Node.objects.filter(Q(title__icontains=words) | Q(code__iexact=words))
        found = list((nodes.filter(register=register) if register else nodes).order_by("title")[:most])
    else:
        found = _found("match", words, most, register)
    return found if whole else _offered(found)


def _offered(nodes: list[Node]) -> list[Node]:
    """Those that lists offer: asked of the registers that do not offer all."""
    hidden: set[Any] = set()
    for register in REGISTERS.values():
        ids = {node.pk for node in nodes if register.model.to_offer and node.register == register.key}
        if ids:
            rows = register.model.objects.filter(register.model.to_offer, pk__in=ids)
            hidden |= ids - set(rows.values_list("pk", flat=True))
    return [node for node in nodes if node.pk not in hidden]


def alike(words: str, register: str) -> list[Node]:
    """Records of a register whose words are much like these, the most alike first. None in the past: nothing is added there."""
    words = words.replace("\x00", "").strip()[:200]
    return [] if len(words) < SHORTEST or in_the_past() else _found("alike", words, FEW, register)


def _found(function: str, *given: Any) -> list[Node]:
    """The nodes that a function of the database finds, in its order."""
    with connection.cursor() as cursor:
        cursor.execute(f"select kj.{function}(%s, %s, %s)", given)
        ids = [row[0] for row in cursor.fetchall()]
    found = {node.pk: node for node in Node.objects.filter(pk__in=ids)}
    return [found[pk] for pk in ids if pk in found]


@require_GET
def search_page(request: HttpRequest) -> HttpResponse:
    """What the words find, grouped by register. A code opens its record at once."""
    words = request.GET.get("q", "").strip()
    nodes = find(words)
    groups = [(r, [node for node in nodes if node.register == r.key]) for r in REGISTERS.values()]
    context = {"words": words, "groups": [(r, found) for r, found in groups if found], "total": len(nodes)}
    return render(request, "register/search.html", context)


@require_GET
def similar(request: HttpRequest, path: str) -> HttpResponse:
    """What there is already that is like the title which somebody types, whatever its field is called."""
    words = str(next(iter(request.GET.values()), ""))
    return render(request, "register/_similar.html", {"nodes": alike(words, register_by_path(path).key)})
