"""Who acts in a test: nobody, the tables' owner, or somebody signed in. For a person use `kivijalka.access.acting`."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TypeVar

from django.db import connection, transaction
from django.test import Client

from kivijalka.access import acting
from kivijalka.organisation.models import Person
from tests.factories import account_of

C = TypeVar("C", bound=Client)


@contextmanager
def as_nobody() -> Iterator[None]:
    """As the site's role, without anybody acting: what code sees that forgot to say who acts."""
    with acting(None):
        yield


@contextmanager
def as_owner() -> Iterator[None]:
    """Inside `acting`, a moment as the tables' owner: to look at what the acting person may not see."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("select current_setting('role'), current_setting('search_path')")
        role, path = cursor.fetchone()
        cursor.execute("select set_config('role', 'none', true), set_config('search_path', 'public', true)")
        yield
        cursor.execute("select set_config('role', %s, true), set_config('search_path', %s, true)", [role, path])


def sign_in(client: C, person: Person) -> C:
    """The client, signed in as this person."""
    client.force_login(account_of(person), backend="django.contrib.auth.backends.ModelBackend")
    return client
