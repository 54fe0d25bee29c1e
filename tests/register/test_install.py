"""What the database derives from the declarations is written anew while another instance goes on working with it."""

from __future__ import annotations

import threading
import time

import psycopg
import pytest
from django.core.management import call_command
from django.core.management.base import CommandError
from django.db import connection

from kivijalka.register.drift import differences, protected_models
from kivijalka.register.install import install
from kivijalka.risks.models import Risk
from tests import factories as make
from tests.database import address_of, connected_to

VIEWS = "select relname, oid from pg_class where relnamespace = 'asof'::regnamespace order by relname"
WAITS = "select count(*) from pg_locks where locktype = 'advisory' and not granted"


def views() -> dict[str, int]:
    with connection.cursor() as cursor:
        cursor.execute(VIEWS)
        return dict(cursor.fetchall())


def test_views_of_the_past_are_never_away_and_those_of_other_columns_are_made_anew(committed: str) -> None:
    before = views()
    assert "risks_risk" in before
    install()
    assert views() == before
    with connection.cursor() as cursor:
        cursor.execute("drop view asof.risks_risk cascade; create view asof.risks_risk as select 1 as other")
    install()
    assert views().keys() == before.keys()
    assert differences(connection, protected_models()) == []


def test_of_two_instances_one_migrates_and_the_other_waits_for_it(committed: str) -> None:
    done = threading.Event()

    def migrate() -> None:
        with connected_to(committed):
            call_command("migrate", verbosity=0)
            done.set()

    second = threading.Thread(target=migrate)
    with psycopg.connect(address_of(committed), autocommit=True) as first:
        first.execute("select pg_advisory_lock(hashtext('kj.migrate'))")
        second.start()
        while second.is_alive() and first.execute(WAITS).fetchone() == (0,):
            time.sleep(0.01)
        assert not done.is_set()
        first.execute("select pg_advisory_unlock_all()")
        second.join(60)
    assert done.is_set()


def test_tables_of_a_newer_house_are_left_alone_and_those_of_an_older_one_told(committed: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute("insert into django_migrations (app, name, applied) values ('risks', '9999_future', now())")
        with pytest.raises(CommandError, match=r"newer Kivijalka: they went through risks\.9999_future"):
            call_command("migrate", verbosity=0)
        cursor.execute("delete from django_migrations where name = '9999_future'")
        cursor.execute("delete from django_migrations where app = 'findings'")
    with pytest.raises(CommandError, match=r"older Kivijalka: \d+ migrations are missing, such as findings\."):
        call_command("migrate", check=True, verbosity=0)


@pytest.mark.django_db
def test_a_node_is_written_anew_when_what_it_tells_changes_and_not_else() -> None:
    risk = make.risk("Sähkökatko")

    def node() -> tuple[str, str]:
        with connection.cursor() as cursor:
            cursor.execute("select ctid::text, title from register_node where id = %s", [risk.pk])
            found: tuple[str, str] = cursor.fetchone()
            return found

    first = node()
    Risk.objects.filter(pk=risk.pk).update(review="2027-01-31")
    assert node() == first
    Risk.objects.filter(pk=risk.pk).update(title="Vesikatko")
    assert node()[1] == "Vesikatko" and node()[0] != first[0]
