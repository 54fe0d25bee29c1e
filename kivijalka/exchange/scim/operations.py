"""What is done to one resource: the same whether it is asked for alone or among many."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any
from uuid import UUID

from django.db import transaction
from scim2_models import Context, PatchOp, PreconditionFailedException

from kivijalka.access import Actor
from kivijalka.exchange.scim import persons, units
from kivijalka.exchange.scim.meta import uuids
from kivijalka.exchange.scim.resources import POLICY, PROVIDER, filled
from kivijalka.organisation.models import Person, Unit
from kivijalka.register.command import no_right
from kivijalka.register.refusal import NotThere

# What a kind of resource does: each module has the same names.
KINDS: dict[str, Any] = {kind.ENDPOINT: kind for kind in (persons, units)}


@dataclass(frozen=True)
class Caller:
    """Who provisions, and the address of the service as they know it."""

    actor: Actor
    base: str
    # Resources that were read ahead of their operations, each with its record, by id.
    ahead: dict[str, tuple[Any, Any]] = field(default_factory=dict, compare=False)

    @classmethod
    def of(cls, actor: Actor, base: str) -> Caller:
        if not actor.holds("person.provision"):
            raise no_right()
        return cls(actor, base)

    @cached_property
    def home(self) -> Unit:
        """The unit at which they work: that of whoever has no other."""
        assert self.actor.person is not None
        person = Person.objects.get(pk=self.actor.person)
        return Unit.objects.get(number=person.unit_id)


def one(caller: Caller, kind: Any, key: str) -> Any:
    """A resource as it is."""
    return _told(caller, kind, _row(kind, key))


def create(caller: Caller, kind: Any, payload: Any) -> Any:
    """A new resource."""
    given = new_of(caller, kind, payload)
    return one(caller, kind, str(kind.add(caller.actor, given, caller.home).pk))


def new_of(caller: Caller, kind: Any, payload: Any) -> Any:
    """What a payload says of a new resource."""
    whole = filled(payload, kind.defaults(None, caller.home))
    return kind.MODEL.model_validate(whole, scim_ctx=Context.RESOURCE_CREATION_REQUEST, scim_provider=PROVIDER)


def replace(caller: Caller, kind: Any, key: str, payload: Any, version: str | None) -> Any:
    """Make a resource what the payload says, whole."""
    record, before = _locked(caller, kind, key, version)
    whole = filled(payload, kind.defaults(before, caller.home))
    after = kind.MODEL.model_validate(whole, scim_ctx=Context.RESOURCE_REPLACEMENT_REQUEST, scim_provider=PROVIDER)
    after.replace(before)
    kind.settle(record, before, after)
    return _changed(caller, kind, record, before, after)


def patch(caller: Caller, kind: Any, key: str, payload: Any, version: str | None) -> Any:
    """Change what the payload's operations name."""
    operations = PatchOp[kind.MODEL].model_validate(
        payload, scim_ctx=Context.RESOURCE_PATCH_REQUEST, scim_provider=PROVIDER
    )
    record, before = _locked(caller, kind, key, version)
    after = before.model_copy(deep=True)
    operations.patch(after, scim_policy=POLICY)
    kind.settle(record, before, after)
    return _changed(caller, kind, record, before, after)


def delete(caller: Caller, kind: Any, key: str, version: str | None) -> None:
    """End it: a client knows of it no more."""
    record, _before = _locked(caller, kind, key, version)
    kind.remove(caller.actor, record)


def _changed(caller: Caller, kind: Any, record: Any, before: Any, after: Any) -> Any:
    """The resource made what it is to be; most that a directory sends is so already."""
    if after.model_dump() == before.model_dump():
        return before
    with transaction.atomic():
        kind.change(caller.actor, record, before, after, caller.home)
    return one(caller, kind, str(record.pk))


def read_ahead(caller: Caller, kind: Any, keys: Iterable[str]) -> None:
    """Lock and read the resources that the next operations change, together; each is used once."""
    rows = kind.rows().filter(pk__in=uuids(keys)).select_for_update(of=("self",)).order_by("pk")
    records = list(rows)
    told = kind.shown(records, caller.base)
    caller.ahead.clear()
    caller.ahead.update({one.id: (record, one) for record, one in zip(records, told, strict=True)})


def _locked(caller: Caller, kind: Any, key: str, version: str | None) -> tuple[Any, Any]:
    """A resource that stays as it is until the end of the transaction. `version` is the one that the client knows."""
    record, resource = caller.ahead.pop(key, (None, None))
    if record is None:
        record = _row(kind, key, lock=True)
        resource = _told(caller, kind, record)
    if version not in (None, "*", resource.meta.version):
        raise PreconditionFailedException
    return record, resource


def _row(kind: Any, key: str, *, lock: bool = False) -> Any:
    try:
        rows = kind.rows().filter(pk=UUID(key))
    except ValueError:
        raise NotThere from None
    found = (rows.select_for_update(of=("self",)) if lock else rows).first()
    if found is None:
        raise no_right() if lock and rows.exists() else NotThere()
    return found


def _told(caller: Caller, kind: Any, record: Any) -> Any:
    return kind.shown([record], caller.base)[0]
