"""What is told of a resource itself: when it was made and last changed, its version and address."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from django.db.models import CharField, DateTimeField, F, Func, Model
from django.db.models.expressions import RawSQL
from django.db.models.functions import Cast
from scim2_models import Meta

from kivijalka.exchange.scim.query import Kept

# The id tells the moment at which it was given.
CREATED = Func(F("id"), function="uuid_extract_timestamp", output_field=DateTimeField())


def changed(model: type[Model]) -> RawSQL:
    """When the record got its present version, by its history."""
    table = model._meta.db_table
    told = f'(select max(kept_from) from history."{table}" h where h.id = "{table}".id)'
    return RawSQL(told, [], output_field=DateTimeField())


def kept_of(model: type[Model]) -> dict[str, Kept]:
    """Where the common attributes of RFC 7643, 3.1 are kept."""
    return {
        "id": Kept(Cast("id", CharField())),
        "external_id": Kept(F("external_id")),
        "meta.created": Kept(CREATED),
        "meta.last_modified": Kept(changed(model)),
    }


def meta_of(record: Any, kind: str, location: str, version: str) -> Meta:
    """Of a record that was read with `changed_at`."""
    made = datetime.fromtimestamp((record.pk.int >> 80) / 1000, tz=UTC) if record.pk.version == 7 else None
    etag = f'W/"{version}"'
    return Meta(resource_type=kind, created=made, last_modified=record.changed_at, location=location, version=etag)


def uuids(texts: Iterable[str]) -> list[UUID]:
    """Those of the texts that are ids."""
    found = []
    for text in texts:
        try:
            found.append(UUID(text))
        except ValueError:
            continue
    return found
