"""Many operations in one request (RFC 7644, 3.7): each stands or falls alone; new persons are written together."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import nullcontext
from typing import Any

from django.db import DatabaseError, transaction
from django.utils.translation import gettext_lazy as _
from pydantic import BaseModel, Field, model_validator
from scim2_models import Context, PayloadTooLargeException

from kivijalka.exchange.scim import operations, persons
from kivijalka.exchange.scim.errors import REFUSALS, error_of
from kivijalka.exchange.scim.operations import KINDS, Caller
from kivijalka.exchange.scim.resources import MOST_OPERATIONS
from kivijalka.organisation.models import Person
from kivijalka.register.batch import AT_ONCE
from kivijalka.register.refusal import Refused

ANSWER = "urn:ietf:params:scim:api:messages:2.0:BulkResponse"
REFERENCE = "bulkId:"
Outcome = dict[str, Any]


class _Folded(BaseModel):
    """Names of attributes come in any letters."""

    @model_validator(mode="before")
    @classmethod
    def fold(cls, given: Any) -> Any:
        return {name.lower(): value for name, value in given.items()} if isinstance(given, Mapping) else given


class Asked(_Folded):
    """One operation."""

    method: str
    path: str
    bulk_id: str | None = Field(None, alias="bulkid")
    version: str | None = None
    data: Any = None

    @property
    def kind(self) -> Any:
        return KINDS.get(self.path.strip("/").partition("/")[0])

    @property
    def key(self) -> str:
        return self.path.strip("/").partition("/")[2]

    @property
    def adds_a_person(self) -> bool:
        return self.method.upper() == "POST" and self.kind is persons and not self.key and self.bulk_id is not None

    @property
    def changes_a_person(self) -> bool:
        return self.method.upper() in ("PUT", "PATCH", "DELETE") and self.kind is persons and bool(self.key)


class Request(_Folded):
    """All that came."""

    fail_on_errors: int | None = Field(None, alias="failonerrors")
    operations: list[Asked] = Field(max_length=MOST_OPERATIONS)


class _Enough(Exception):
    """So many operations failed that those after this place are not done."""

    def __init__(self, place: int) -> None:
        self.place = place


def carry_out(caller: Caller, payload: Any) -> Outcome:
    """Do what was sent, in its order, until as many failed as the client bears."""
    if isinstance(payload, dict) and len(payload.get("Operations") or ()) > MOST_OPERATIONS:
        raise PayloadTooLargeException(detail=str(_("At most %s operations at once.") % MOST_OPERATIONS))
    request = Request.model_validate(payload)
    job = _Job(caller, request.fail_on_errors)
    for run in _runs(request.operations):
        if job.bears([]):
            job.outcomes += job.done(run)
    return {"schemas": [ANSWER], "Operations": job.outcomes}


def _runs(asked: list[Asked]) -> Iterator[list[Asked]]:
    """New persons in a row come together, and so do changes of persons; anything else alone."""
    run: list[Asked] = []
    for one in asked:
        if run and not (len(run) < AT_ONCE and _belong(run, one)):
            yield run
            run = []
        run.append(one)
    if run:
        yield run


def _belong(run: list[Asked], one: Asked) -> bool:
    if one.changes_a_person:
        return run[-1].changes_a_person
    return one.adds_a_person and run[-1].adds_a_person


class _Job:
    """What was done so far: which resource each bulkId became, and how many operations may still fail."""

    def __init__(self, caller: Caller, most_failures: int | None) -> None:
        self.caller, self.most_failures = caller, most_failures
        self.made: dict[str, str] = {}
        self.outcomes: list[Outcome] = []

    def done(self, run: list[Asked]) -> list[Outcome]:
        """Operations done together; when the database refuses them, halves, down to the one at fault."""
        if len(run) == 1:
            return [self._alone(run[0])]
        if run[0].changes_a_person:
            return self._one_by_one(run)
        try:
            with transaction.atomic():
                return self._together(run)
        except _Enough as enough:
            return self.done(run[: enough.place + 1])
        except DatabaseError:
            half = len(run) // 2
            first = self.done(run[:half])
            return first + (self.done(run[half:]) if self.bears(first) else [])

    def _together(self, run: list[Asked]) -> list[Outcome]:
        caller = self.caller
        users: list[Any] = []
        for asked in run:
            try:
                users.append(operations.new_of(caller, persons, self._resolved(asked.data)))
            except REFUSALS as refused:
                users.append(refused)
        good = [user for user in users if not isinstance(user, Exception)]
        answers = iter(persons.add_each(caller.actor, good))
        answered = [user if isinstance(user, Exception) else next(answers) for user in users]
        outcomes = [self._of_new(asked, one) for asked, one in zip(run, answered, strict=True)]
        for place in range(1, len(run)):
            if not self.bears(outcomes[:place]):
                raise _Enough(place - 1)
        return outcomes

    def _of_new(self, asked: Asked, answer: Person | Exception) -> Outcome:
        if isinstance(answer, Exception):
            return _failed(asked, answer)
        self.made[str(asked.bulk_id)] = str(answer.pk)
        location = f"{self.caller.base}/{persons.ENDPOINT}/{answer.pk}"
        return _outcome(asked, 201, location=location, version=f'W/"{answer.version}"')

    def _one_by_one(self, run: list[Asked]) -> list[Outcome]:
        """Changes of persons: most that a directory says is so already, so they are read together, and changed alone."""
        operations.read_ahead(self.caller, persons, (asked.key for asked in run))
        outcomes: list[Outcome] = []
        for asked in run:
            if not self.bears(outcomes):
                break
            outcomes.append(self._alone(asked))
        return outcomes

    def _alone(self, asked: Asked) -> Outcome:
        # Most that is said of somebody is so already; what is to be written keeps a place to go back to by itself.
        place = nullcontext() if asked.method.upper() in ("PUT", "PATCH") else transaction.atomic()
        try:
            with place:
                return self._do(asked)
        except REFUSALS as refused:
            return _failed(asked, refused, self.caller.base)

    def _do(self, asked: Asked) -> Outcome:
        caller, kind, method = self.caller, asked.kind, asked.method.upper()
        key = self._key(asked.key)
        if kind is None or (method == "POST") == bool(key) or method not in ("POST", "PUT", "PATCH", "DELETE"):
            raise Refused(_("There is no such operation at this path."), code="invalid", field="path")
        if method == "DELETE":
            operations.delete(caller, kind, key, asked.version)
            return _outcome(asked, 204, location=f"{caller.base}/{kind.ENDPOINT}/{key}")
        data = self._resolved(asked.data)
        if method == "POST":
            if asked.bulk_id is None:
                raise Refused(_("What is new needs a bulkId."), code="invalid", field="bulkId")
            resource = operations.create(caller, kind, data)
            self.made[asked.bulk_id] = resource.id
        else:
            change = operations.replace if method == "PUT" else operations.patch
            resource = change(caller, kind, key, data, asked.version)
        status = 201 if method == "POST" else 200
        return _outcome(asked, status, location=resource.meta.location, version=resource.meta.version)

    def bears(self, more: list[Outcome]) -> bool:
        """Whether the client bears these failures, on top of those before them."""
        return self.most_failures is None or _failures(self.outcomes) + _failures(more) < max(self.most_failures, 1)

    def _key(self, text: str) -> str:
        if not text.startswith(REFERENCE):
            return text
        name = text.removeprefix(REFERENCE)
        if name not in self.made:
            raise Refused(_("Nothing was made as %s before this operation.") % text, code="state", field="bulkId")
        return self.made[name]

    def _resolved(self, data: Any) -> Any:
        """The data, with ids in place of the names that earlier operations gave to what they made."""
        if isinstance(data, str):
            return self._key(data)
        if isinstance(data, list):
            return [self._resolved(item) for item in data]
        if isinstance(data, dict):
            return {name: self._resolved(value) for name, value in data.items()}
        return data


def _failures(outcomes: list[Outcome]) -> int:
    return sum("response" in outcome for outcome in outcomes)


def _failed(asked: Asked, refused: Exception, base: str = "") -> Outcome:
    error = error_of(refused)
    there = {} if asked.method.upper() == "POST" else {"location": f"{base}/{asked.path.strip('/')}"}
    told = error.model_dump(scim_ctx=Context.RESOURCE_QUERY_RESPONSE)
    return _outcome(asked, error.status or 400, **there, response=told)


def _outcome(asked: Asked, status: int, **told: Any) -> Outcome:
    named = {"bulkId": asked.bulk_id} if asked.bulk_id is not None else {}
    return {"method": asked.method.upper(), **named, **told, "status": str(status)}
