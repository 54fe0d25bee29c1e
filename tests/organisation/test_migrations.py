"""The room's later migrations go back and forth, and leave what they found."""

from __future__ import annotations

from django.core.management import call_command
from django.db import connection


def functions() -> dict[str, str]:
    with connection.cursor() as cursor:
        cursor.execute(
            "select oid::regprocedure::text, pg_get_functiondef(oid) from pg_proc"
            " where pronamespace = 'kj'::regnamespace and prokind = 'f'"
        )
        return dict(cursor.fetchall())


def test_tokens_are_taken_out_and_put_back(committed: str) -> None:
    before = functions()
    call_command("migrate", "organisation", "0013", verbosity=0, interactive=False, skip_checks=True)
    there = functions()
    assert "kj.enter(uuid,uuid,text)" in there and "kj.left_of(text)" not in there
    assert "token" not in there["kj.held()"] + there["kj.enter(uuid,uuid,text)"] + there["kj.reach(text)"]
    call_command("migrate", verbosity=0, interactive=False, skip_checks=True)
    assert functions() == before
