"""The search over all registers."""

from __future__ import annotations

from django.db import connection
from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from kivijalka.register.doors.filters import in_the_past
from kivijalka.register.models import Node
from kivijalka.register.registry import REGISTERS

MOST = 50


def find(words: str, *, most: int = MOST, register: str | None = None) -> list[Node]:
    """Records that the words find, the best first. In the past: by code and title."""
    words = words.replace("\x00", "").strip()[:200]
    if not words:
        return []
    if in_the_past():
        nodes = Node.objects.filter(Q(title__icontains=words) | Q(code__iexact=words))
        return list((nodes.filter(register=register) if register else nodes).order_by("title")[:most])
    with connection.cursor() as cursor:
        cursor.execute("select kj.match(%s, %s, %s)", [words, most, register])
        ids = [row[0] for row in cursor.fetchall()]
    found = {node.pk: node for node in Node.objects.filter(pk__in=ids).defer("words", "folded")}
    return [found[pk] for pk in ids if pk in found]


@require_GET
def search_page(request: HttpRequest) -> HttpResponse:
    """What the words find, grouped by register. A code opens its record at once."""
    words = request.GET.get("q", "").strip()
    nodes = find(words)
    groups = [(r, [node for node in nodes if node.register == r.key]) for r in REGISTERS.values()]
    context = {"words": words, "groups": [(r, found) for r, found in groups if found], "total": len(nodes)}
    return render(request, "register/search.html", context)
