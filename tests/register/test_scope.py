"""A query that forgot its scope, or who acts, returns nothing."""

from __future__ import annotations

import pytest
from django.db import connection

from kivijalka.access import acting
from kivijalka.register.registry import REGISTERS
from kivijalka.risks.models import Risk
from tests import factories as make
from tests.who import as_nobody

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("key", list(REGISTERS))
def test_nobody_sees_no_row_of_any_register(key: str) -> None:
    make.assessed_risk(owner=make.holder())
    make.action()
    with as_nobody():
        assert not REGISTERS[key].model.objects.exists()


def test_a_query_without_scope_returns_only_what_the_person_may_see() -> None:
    here, elsewhere = make.unit(), make.unit()
    head = make.holder(unit=here)
    seen, unseen = make.risk(unit=here), make.risk(unit=elsewhere)
    with acting(head.pk):
        assert set(Risk.objects.all()) == {seen}
    assert unseen in Risk.objects.all()


def test_tests_run_as_the_owner_outside_of_acting() -> None:
    with connection.cursor() as cursor:
        cursor.execute("select current_user")
        assert cursor.fetchone() == ("kj_owner",)
        with acting(None):
            cursor.execute("select current_user")
            assert cursor.fetchone() == ("kj_app",)
        cursor.execute("select current_user")
        assert cursor.fetchone() == ("kj_owner",)


@pytest.mark.usefixtures("site_role")
def test_the_fixture_runs_a_whole_test_as_the_site() -> None:
    with connection.cursor() as cursor:
        cursor.execute("select current_user")
        assert cursor.fetchone() == ("kj_app",)
