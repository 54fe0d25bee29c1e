"""Addresses of the service, below /scim/v2/. Whatever else is asked for is answered as not there."""

from __future__ import annotations

from typing import Any

from django.urls import path, re_path

from kivijalka.exchange.scim import views
from kivijalka.exchange.scim.operations import KINDS
from kivijalka.exchange.scim.views import service


def _of(endpoint: str) -> list[Any]:
    """Those of one kind of resource."""
    given = {"endpoint": endpoint}
    return [
        path(endpoint, service(GET=views.list_of, POST=views.add), given),
        path(f"{endpoint}/.search", service(POST=views.search), given),
        path(
            f"{endpoint}/<key>",
            service(GET=views.read, PUT=views.replace, PATCH=views.patch, DELETE=views.delete),
            given,
        ),
    ]


urlpatterns = [
    path("ServiceProviderConfig", service(GET=views.config)),
    *(
        path(f"{endpoint}{one}", service(GET=views.discovered), {"endpoint": endpoint})
        for endpoint in views.DISCOVERED
        for one in ("", "/<key>")
    ),
    *(pattern for endpoint in KINDS for pattern in _of(endpoint)),
    path(".search", service(POST=views.search)),
    path("Bulk", service(POST=views.many)),
    path("Me", service(GET=views.me, POST=views.me, PUT=views.me, PATCH=views.me, DELETE=views.me)),
    re_path("", service(GET=views.nothing, POST=views.nothing, PUT=views.nothing, PATCH=views.nothing)),
]
