"""The example city in the database: complete, and as it stood."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest
from django.db import connection

from kivijalka.access import acting
from kivijalka.example.city import make_city
from kivijalka.example.loader import NotEmpty, load
from kivijalka.organisation.models import Role
from kivijalka.register.models import Node
from kivijalka.register.registry import REGISTERS, kept_models
from kivijalka.risks.models import Risk

TODAY = date(2026, 11, 24)


def test_the_small_city_is_loaded_once_with_its_history(committed: str):
    city = make_city(1, "small", TODAY)
    load(city)
    with pytest.raises(NotEmpty):
        load(city)
    assert Risk.objects.count() == len({version.id for version in city.risk_versions})
    assert Node.objects.count() == sum(register.model.objects.count() for register in REGISTERS.values())
    for model in kept_models():
        with connection.cursor() as cursor:
            table = model._meta.db_table
            cursor.execute(
                f'select count(*) from "{table}" where id not in (select id from history."{table}" where kept_seed)'
            )
            assert cursor.fetchone()[0] == 0, table
    chief = Role.objects.get(kind="chief_executive", end=None).person_id
    with acting(chief, as_of=datetime(2025, 6, 30, tzinfo=UTC)):
        then = Risk.objects.seen().count()
    with acting(chief):
        assert 0 < then < Risk.objects.seen().count()
        assert Node.objects.count() > 0
