"""When the database or the disk cannot be worked with for a while: which errors say so, and what is told then."""

from __future__ import annotations

import errno
import logging

import psycopg
from django import db
from django.utils.translation import gettext_lazy as _

from kivijalka.register.refusal import Refused

AWAY = Refused(
    _(
        "Nothing can be read or saved right now. Try again in a while; with the same Idempotency-Key nothing is done twice."
    ),
    code="away",
)
# Seconds.
RETRY_AFTER = 10
# SQLSTATE: the connection is lost; the server starts, stops or has crashed; it has no disk, memory or connection left;
# its disk fails. An error without one is of a connection that was not made or is gone.
STATES = ("08", "53", "57P", "58")


def is_away(error: BaseException | None) -> bool:
    """Whether an error, or one that it came of, is of a database or disk that cannot be worked with for a while."""
    while error is not None:
        if isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT):
            return True
        if isinstance(
            error, db.OperationalError | db.InterfaceError | psycopg.OperationalError | psycopg.InterfaceError
        ):
            state = getattr(error.__cause__ or error, "sqlstate", None)
            if state is None or state.startswith(STATES):
                return True
        error = error.__cause__ or error.__context__
    return False


class InOneLine(logging.Filter):
    """Tells of each request what was away, and no place in the code: thousands of those would fill the disk as well."""

    def filter(self, record: logging.LogRecord) -> bool:
        error = record.exc_info[1] if record.exc_info else None
        if is_away(error):
            record.msg, record.args = "%s: %s", (record.getMessage(), str(error).partition("\n")[0])
            record.exc_info = None
        return True
