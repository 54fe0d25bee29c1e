"""What of an address goes along from page to page: the unit that one looks at, and the moment."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from django.http import QueryDict

from kivijalka.access.request import ActingRequest

KEPT = ("unit", "as_of")
# Where one stands in a list; of no meaning once the list is another.
POSITION = ("show", "after", "before", "last")


def carried(request: ActingRequest) -> dict[str, str]:
    """The unit and the moment that this page's address names; not a moment that nobody could read."""
    named = {name: text for name in KEPT if (text := request.GET.get(name))}
    if getattr(request, "mistaken", None) is not None:
        named.pop("as_of", None)
    return named


def looked_up(request: ActingRequest, unit: Any) -> None:
    """Tell the frame around the page which unit the address names, so that it is asked for once."""
    request.unit_looked_at = unit


def kept(request: ActingRequest, address: str, **query: Any) -> str:
    """An address with this page's unit and moment, unless it names its own."""
    path, _mark, own = address.partition("?")
    if not own and not query:
        return address + _carried_query(request)
    extra = {**carried(request), **query}
    if own:
        extra = {name: text for name, text in extra.items() if name not in QueryDict(own)}
    return f"{path}?{'&'.join(filter(None, [own, urlencode(extra, doseq=True)]))}" if extra else address


def _carried_query(request: ActingRequest) -> str:
    """What every plain link of this page ends with: written once a request, as a list has hundreds of links."""
    if not hasattr(request, "carried_query"):
        named = carried(request)
        request.carried_query = f"?{urlencode(named)}" if named else ""
    return str(request.carried_query)


def without(address: str, name: str, **query: str) -> str:
    """An address without one of its words, at the beginning of its list; and with those given."""
    path, _mark, own = address.partition("?")
    asked = QueryDict(own)
    rest = {key: asked.getlist(key) for key in asked if key not in (name, *POSITION)}
    return f"{path}?{urlencode({**rest, **query}, doseq=True)}".rstrip("?")
