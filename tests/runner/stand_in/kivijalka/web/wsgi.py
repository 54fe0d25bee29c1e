"""One page, which tells who asks the database, and how many facts it holds."""

import os
from collections.abc import Callable, Iterable

import psycopg


def application(request: dict[str, object], begin: Callable[[str, list[tuple[str, str]]], object]) -> Iterable[bytes]:
    """Answer any request."""
    with psycopg.connect(os.environ["DATABASE_URL"]) as connection:
        row = connection.execute("select current_user, (select count(*) from facts)").fetchone()
    begin("200 OK", [("Content-Type", "text/plain")])
    return [" ".join(map(str, row or ())).encode()]
