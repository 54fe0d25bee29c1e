"""What was refused, as RFC 7644, 3.12 tells it: the same texts as everywhere, in the words of SCIM."""

from __future__ import annotations

from django.db import DataError
from django.http import HttpResponse
from pydantic import ValidationError
from scim2_models import Context, Error, SCIMException

from kivijalka.exchange.scim.persons import TAKEN
from kivijalka.register.doors.api.problems import STATUS, unstorable
from kivijalka.register.refusal import Refused

MEDIA_TYPE = "application/scim+json"
REFUSALS = (Refused, SCIMException, ValidationError, DataError)
# Of our refusals: the status and the word of RFC 7644, table 9. Any other is of a value that does not fit.
WORDS: dict[str, tuple[int, str | None]] = {
    **{code: (status, None) for code, status in STATUS.items()},
    TAKEN: (409, "uniqueness"),
    "contradiction": (409, "uniqueness"),
    "malformed": (400, "invalidSyntax"),
    "conflict": (412, None),
}


def error_of(refused: Exception) -> Error:
    """The error that a refusal is told as."""
    if isinstance(refused, ValidationError):
        return Error.from_validation_errors(refused)[0]
    if isinstance(refused, SCIMException):
        return refused.to_error()
    ours = refused if isinstance(refused, Refused) else unstorable()
    status, word = WORDS.get(ours.code, (400, "invalidValue"))
    told = (f"{field}: {text}" if field else str(text) for field, texts in ours.errors.items() for text in texts)
    return Error(status=status, scim_type=word, detail=" ".join(told))


def answer(refused: Exception) -> HttpResponse:
    """The answer to a request that was refused."""
    error = error_of(refused)
    response = HttpResponse(
        error.model_dump_json(scim_ctx=Context.RESOURCE_QUERY_RESPONSE), status=error.status, content_type=MEDIA_TYPE
    )
    if error.status == STATUS["not_signed_in"]:
        response["WWW-Authenticate"] = "Bearer"
    return response
