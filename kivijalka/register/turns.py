"""One after another, where two at once would each miss what the other does."""

from __future__ import annotations

from django.db import connection


def wait_for_turn(what: str) -> None:
    """Until this transaction ends, nobody else does that: what is read from now on holds all that was done before."""
    with connection.cursor() as cursor:
        cursor.execute("select pg_advisory_xact_lock(hashtextextended(%s, 0))", [what])
