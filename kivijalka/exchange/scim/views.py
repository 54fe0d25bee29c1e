"""The addresses of the service: each reads a request, has it done, and answers in JSON of SCIM."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

from django.db import transaction
from django.http import HttpResponse
from django.utils.cache import get_conditional_response
from django.utils.translation import gettext_lazy as _
from django.views.decorators.csrf import csrf_exempt
from pydantic_core import from_json
from scim2_models import Context, ListResponse, NotImplementedException, ResponseParameters, SearchRequest

from kivijalka.access.request import ActingRequest
from kivijalka.exchange.scim import bulk, operations
from kivijalka.exchange.scim.errors import MEDIA_TYPE, REFUSALS, answer
from kivijalka.exchange.scim.operations import KINDS, Caller
from kivijalka.exchange.scim.query import filtered, page_of
from kivijalka.exchange.scim.resources import CONFIG, PROVIDER, Group, Worker
from kivijalka.register.doors.api.reading import text_of
from kivijalka.register.refusal import NotThere, Refused

ROOT = "/scim/v2"
RESPONSE = Context.RESOURCE_QUERY_RESPONSE
View = Callable[..., HttpResponse]
DISCOVERED: dict[str, tuple[Any, ...]] = {"ResourceTypes": PROVIDER.resource_types, "Schemas": PROVIDER.schemas}


def service(**methods: View) -> View:
    """A view for whoever provisions, by a token, that does what it can by each method."""
    allowed = ", ".join(sorted({*methods, *(["HEAD"] if "GET" in methods else [])}))

    @csrf_exempt
    def view(request: ActingRequest, **given: Any) -> HttpResponse:
        try:
            with transaction.atomic():
                return _view_of(request, methods)(request, _caller(request), **given)
        except REFUSALS as refused:
            response = answer(refused)
            if response.status_code == 405:
                response["Allow"] = allowed
            return response

    return view


def _view_of(request: ActingRequest, methods: Mapping[str, View]) -> View:
    method = "GET" if request.method == "HEAD" else str(request.method)
    if method not in methods:
        raise Refused(_("This cannot be done at this address. The header Allow says what can."), code="no_such_method")
    return methods[method]


def _caller(request: ActingRequest) -> Caller:
    if request.token is None:
        raise Refused(_("Send a token as Authorization: Bearer …"), code="not_signed_in")
    return Caller.of(request.actor, request.build_absolute_uri(ROOT))


def list_of(request: ActingRequest, caller: Caller, endpoint: str) -> HttpResponse:
    """Resources of one kind, as the address asks for them."""
    return _listed(caller, [KINDS[endpoint]], request.GET.dict())


def search(request: ActingRequest, caller: Caller, endpoint: str | None = None) -> HttpResponse:
    """The same asked for in the body: of one kind, or of all."""
    kinds = [KINDS[endpoint]] if endpoint else list(KINDS.values())
    return _listed(caller, kinds, _body(request))


def add(request: ActingRequest, caller: Caller, endpoint: str) -> HttpResponse:
    resource = operations.create(caller, KINDS[endpoint], _body(request))
    response = _one(request, resource, status=201)
    response["Location"] = resource.meta.location
    return response


def read(request: ActingRequest, caller: Caller, endpoint: str, key: str) -> HttpResponse:
    response = _one(request, operations.one(caller, KINDS[endpoint], key))
    unchanged = get_conditional_response(request, response["ETag"], response=response)
    assert isinstance(unchanged, HttpResponse)
    return unchanged


def replace(request: ActingRequest, caller: Caller, endpoint: str, key: str) -> HttpResponse:
    return _one(request, operations.replace(caller, KINDS[endpoint], key, _body(request), _version(request)))


def patch(request: ActingRequest, caller: Caller, endpoint: str, key: str) -> HttpResponse:
    return _one(request, operations.patch(caller, KINDS[endpoint], key, _body(request), _version(request)))


def delete(request: ActingRequest, caller: Caller, endpoint: str, key: str) -> HttpResponse:
    operations.delete(caller, KINDS[endpoint], key, _version(request))
    return HttpResponse(status=204)


def many(request: ActingRequest, caller: Caller) -> HttpResponse:
    """A bulk request."""
    return _json(bulk.carry_out(caller, _body(request)))


def config(request: ActingRequest, caller: Caller) -> HttpResponse:
    """What the service can do."""
    return _json(_located(CONFIG, "ServiceProviderConfig", caller))


def discovered(request: ActingRequest, caller: Caller, endpoint: str, key: str | None = None) -> HttpResponse:
    """What kinds of resources there are, and their attributes: all of them, or one."""
    found = [item for item in DISCOVERED[endpoint] if key is None or str(item.id) == key]
    if key is not None and not found:
        raise NotThere
    kind = endpoint.removesuffix("s")
    told = [_located(item, kind, caller, f"{endpoint}/{item.id}") for item in found]
    if key is not None:
        return _json(told[0])
    envelope = {"schemas": [str(ListResponse.__schema__)], "totalResults": len(told), "itemsPerPage": len(told)}
    return _json({**envelope, "startIndex": 1, "Resources": told})


def me(request: ActingRequest, caller: Caller, **given: Any) -> HttpResponse:
    raise NotImplementedException


def nothing(request: ActingRequest, caller: Caller, **given: Any) -> HttpResponse:
    raise Refused(_("There is nothing at this address."), code="no_such_address")


def _listed(caller: Caller, kinds: list[Any], given: Any) -> HttpResponse:
    """A page of resources; of several kinds, one kind after another."""
    models = kinds[0].MODEL if len(kinds) == 1 else Worker | Group
    asked = SearchRequest[models].model_validate(  # type: ignore[valid-type]  # models known when it runs
        given, scim_ctx=Context.SEARCH_REQUEST, scim_provider=PROVIDER
    )
    start, room = page_of(asked)
    total, skip = 0, start
    found: list[Any] = []
    for kind in kinds:
        rows = filtered(kind.rows(), kind.MODEL, asked, kind.attributes())
        left = room - len(found)
        page = list(rows[skip : skip + left]) if left else []
        # A page that ends before its room does says how many there are.
        is_last = len(page) < left and (page or not skip)
        count = skip + len(page) if is_last else rows.order_by().count()
        found += kind.shown(page, caller.base)
        total, skip = total + count, max(skip - count, 0)
    resources = [one.model_dump(scim_ctx=RESPONSE, response_parameters=asked) for one in found]
    envelope = {"schemas": [str(ListResponse.__schema__)], "totalResults": total, "itemsPerPage": len(found)}
    return _json({**envelope, "startIndex": start + 1, "Resources": resources})


def _one(request: ActingRequest, resource: Any, status: int = 200) -> HttpResponse:
    names = {name: request.GET[name] for name in ("attributes", "excludedAttributes") if name in request.GET}
    wanted = ResponseParameters[type(resource)].model_validate(names, scim_provider=PROVIDER)  # type: ignore[misc]
    response = _json(resource.model_dump(scim_ctx=RESPONSE, response_parameters=wanted), status=status)
    response["ETag"] = resource.meta.version
    return response


def _located(item: Any, kind: str, caller: Caller, path: str = "") -> dict[str, Any]:
    told: dict[str, Any] = item.model_dump(scim_ctx=RESPONSE)
    return told | {"meta": {"resourceType": kind, "location": f"{caller.base}/{path or kind}"}}


def _version(request: ActingRequest) -> str | None:
    return request.headers.get("If-Match")


def _body(request: ActingRequest) -> Any:
    text = text_of(request, MEDIA_TYPE)
    try:
        return from_json(text)
    except ValueError:
        raise Refused(_("The body is not valid JSON in UTF-8."), code="malformed") from None


def _json(content: Any, status: int = 200) -> HttpResponse:
    return HttpResponse(json.dumps(content, ensure_ascii=False), status=status, content_type=MEDIA_TYPE)
