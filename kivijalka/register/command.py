"""Writes are commands: a typed function named after what the user does, the acting person first."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from functools import cache, cached_property
from typing import Annotated, Any, ClassVar, Generic, ParamSpec, TypeVar, get_args, get_origin, get_type_hints
from uuid import UUID

from django import forms
from django.db import IntegrityError, OperationalError, ProgrammingError, transaction
from django.db.models import Model, Q
from django.utils.translation import gettext_lazy as _
from psycopg.errors import InsufficientPrivilege, ProgramLimitExceeded

from kivijalka.access.actor import Actor, say_command
from kivijalka.access.expressions import Answer
from kivijalka.access.rules import rights_in
from kivijalka.register.batch import together, under_way
from kivijalka.register.declare import M, Register, Words
from kivijalka.register.models import Kept
from kivijalka.register.offered import Offered, OfferedChoice
from kivijalka.register.own.fields import fill, own_of
from kivijalka.register.refusal import Conflict, Invalid, NotThere, Refused

# What the form of a verb on this record holds when it opens, by input.
Initial = Callable[[Any], dict[str, Any]]
P = ParamSpec("P")
T = TypeVar("T")


@dataclass(frozen=True)
class Option:
    """A choice as a form shows it: its name, and in a sentence what it means."""

    name: Words
    text: Words = ""

    def __str__(self) -> str:
        return str(self.name)


@dataclass(frozen=True)
class Worded:
    """What a verb is called on records of one kind: `Worded("sign", "opportunity", _("Close the opportunity"))`."""

    field: str
    value: Any
    label: Words
    says: Words = ""


# What a form's answers come to, shown while one gives them: a template and its context. Shown first where it is what one
# answers from.
Shows = Callable[[Any, Mapping[str, Any]], tuple[str, dict[str, Any]]]
# What the choices of inputs mean, where only data can say it (the policy in force); asked when a form is shown.
Meanings = Callable[[], Mapping[str, Mapping[Any, Option]]]
# Of an input's choices those that fit a record, by input: its form offers no others. Refused they are by the command.
Fitting = Callable[[Any], Mapping[str, Collection[Any]]]


@dataclass(frozen=True)
class Ask:
    """How a command's input is asked: `Annotated[date, Ask(_("Valid until"))]`.

    `example` is a value that fits, where the type alone does not say what does; words `of_many` may be said of many
    records alike, such as a reason.
    """

    label: Words
    help: Words = ""
    rows: int = 0
    choices: Any = None
    example: Any = None
    of_many: bool = False

    @property
    def is_about_one(self) -> bool:
        """Whether it asks for words that fit one record alone."""
        return not self.choices and not self.of_many


@dataclass(frozen=True)
class Command(Generic[M]):
    """A verb on one record. Its function's signature gives form, API body, bulk and import column.

    Who may is the model's `access`, by the command's name; `when` is the state in which it makes sense. What is `final`
    is not undone: a legal act, or a deed that reaches further than whoever does it can see.
    """

    # A command can be called; a template that names one means its label, not its deed.
    do_not_call_in_templates: ClassVar[bool] = True

    function: Callable[..., Any]
    label: Words
    when: Q = field(default_factory=Q)
    says: Words = ""
    name: str = ""
    primary: bool = False
    initial: Initial | None = None
    meanings: Meanings | None = None
    shows: Shows | None = None
    shows_first: bool = False
    worded: tuple[Worded, ...] = ()
    final: bool = False
    fitting: Fitting | None = None

    def words(self, record: Any) -> Worded:
        """The verb's label, and what it says, on this record."""
        fitting = (words for words in self.worded if getattr(record, words.field) == words.value)
        return next(fitting, Worded("", None, self.label, self.says))

    def __call__(self, actor: Actor, record: M, *, version: int | None = None, **inputs: Any) -> Any:
        """Do it: right, state and version are asked of the database, then the function runs in one transaction."""
        with transaction.atomic():
            fresh = self._lock(actor, [record])[record.pk]
            if isinstance(fresh, Refused):
                raise fresh
            if version is not None and version != fresh.version:
                raise Conflict(fresh.version)
            say_command(self.name)
            return translated(lambda: self.function(actor, fresh, **inputs))

    def on_each(
        self, actor: Actor, given: Sequence[tuple[M, Mapping[str, Any]]], *, unchanged: bool = False
    ) -> list[Any]:
        """Do it to many records at once: what each of them gave, or the Refused that says why not.

        `unchanged` refuses a record that is not as it was read. Part of what a refused one wrote may stand; whoever
        calls rolls back when there is one.
        """
        locked = self._lock(actor, [record for record, _inputs in given])
        say_command(self.name)
        answers: list[Any] = []
        with together():
            for record, inputs in given:
                fresh = locked[record.pk]
                if unchanged and not isinstance(fresh, Refused) and fresh.version != record.version:
                    fresh = Conflict(fresh.version)
                answers.append(fresh if isinstance(fresh, Refused) else told(self.function, actor, fresh, **inputs))
        return answers

    def _lock(self, actor: Actor, records: Sequence[M]) -> dict[Any, M | Refused]:
        """Each record locked as it is now, or why the command may not touch it."""
        model = type(records[0])
        keys = [record.pk for record in records]
        rows = model._default_manager.seen().select_for_update(of=("self",)).filter(pk__in=keys).order_by("pk")
        found: dict[Any, M | Refused] = {
            fresh.pk: self._refusal(fresh) or fresh for fresh in rows.annotate(**can(model, {self.name: self}))
        }
        missing = set(keys) - set(found)
        # Locking asks the policy of writing too: a row that is seen but not found here may not be changed.
        seen = model._default_manager.seen().filter(pk__in=missing).values_list("pk", flat=True) if missing else ()
        return found | dict.fromkeys(missing, NotThere()) | dict.fromkeys(seen, no_right())

    def _refusal(self, fresh: M) -> Refused | None:
        if not getattr(fresh, f"right_{self.name}"):
            return no_right()
        if not getattr(fresh, f"can_{self.name}"):
            return Refused(_("This cannot be done in the record's present state."), code="state")
        return None

    @cached_property
    def for_many(self) -> bool:
        """Whether it makes sense to do it to many records alike: it changes them, and asks for no words about one."""
        hints = get_type_hints(self.function)
        subject = hints[list(inspect.signature(self.function).parameters)[1]]
        asks_words = (given.required and given.type is str and given.ask.is_about_one for given in self.inputs.values())
        return hints["return"] == subject and not any(asks_words)

    @cached_property
    def inputs(self) -> dict[str, Input]:
        """The keyword-only parameters, by name."""
        hints = get_type_hints(self.function, include_extras=True)
        parameters = inspect.signature(self.function).parameters.values()
        return {p.name: Input.of(p, hints[p.name]) for p in parameters if p.kind is p.KEYWORD_ONLY}


@dataclass(frozen=True)
class Input:
    """One input of a command: its Python type, how it is asked, and whether it may be left out."""

    name: str
    type: Any
    ask: Ask
    required: bool
    default: Any = None

    @classmethod
    def of(cls, parameter: inspect.Parameter, hint: Any) -> Input:
        ask = Ask(parameter.name.replace("_", " ").capitalize())
        if get_origin(hint) is Annotated:
            hint, ask = get_args(hint)[:2]
        options = [option for option in get_args(hint) if option is not type(None)]
        optional = len(options) != len(get_args(hint))
        required = parameter.default is parameter.empty
        default = None if required else parameter.default
        return cls(parameter.name, options[0] if optional else hint, ask, required, default)

    def form_field(self) -> forms.Field:
        """The form field that reads this input: the only place where text becomes a value, at every door."""
        from kivijalka.register.fields import DayField, LocalDecimalField, RecordField

        common: dict[str, Any] = {"label": self.ask.label, "help_text": self.ask.help, "required": self.required}
        common["initial"] = self.default
        if isinstance(self.ask.choices, Offered):
            return OfferedChoice(self.ask.choices, **common)
        if self.ask.choices is not None:
            coerce = self.type if self.type in (int, str) else str
            return forms.TypedChoiceField(choices=_choices(self), coerce=coerce, empty_value=None, **common)
        if isinstance(self.type, type) and issubclass(self.type, Model):
            return RecordField(self.type, **common)
        if self.type is bool:
            return forms.BooleanField(**{**common, "required": False})
        if self.type is str:
            widget = forms.Textarea(attrs={"rows": self.ask.rows}) if self.ask.rows else forms.TextInput()
            return forms.CharField(widget=widget, empty_value=self.default or "", **common)
        simple: dict[Any, type[forms.Field]] = {
            int: forms.IntegerField,
            date: DayField,
            Decimal: LocalDecimalField,
            UUID: forms.UUIDField,
        }
        return simple[self.type](**common)


def _choices(given: Input) -> list[tuple[Any, Any]]:
    choices = list(getattr(given.ask.choices, "choices", given.ask.choices))
    # What is left out takes the default: where there is one, "nothing" is no choice.
    return choices if given.required or given.default else [("", "–"), *choices]


def command(
    label: Words,
    *,
    when: Q | None = None,
    says: Words = "",
    primary: bool = False,
    initial: Initial | None = None,
    meanings: Meanings | None = None,
    shows: Shows | None = None,
    shows_first: bool = False,
    worded: Sequence[Worded] = (),
    final: bool = False,
    fitting: Fitting | None = None,
) -> Callable[..., Any]:
    """Make a command of a function: `@command(_("Accept"), when=Q(state="assessed"))`."""

    def made(function: Callable[..., Any]) -> Command[Any]:
        name, words = function.__name__, tuple(worded)
        asks = initial, meanings, shows, shows_first
        return Command(function, label, when or Q(), says, name, primary, *asks, words, final, fitting)

    return made


def can(model: type[M], commands: Mapping[str, Command[Any]]) -> dict[str, Any]:
    """Annotations `right_<verb>` (may this person) and `can_<verb>` (and does the state allow it)."""
    found: dict[str, Any] = {}
    for name, verb in commands.items():
        found[f"right_{name}"], found[f"can_{name}"] = _answers(model, verb)
    return found


@cache
def _answers(model: type[Kept], verb: Command[Any]) -> tuple[Answer, Answer]:
    right = model.access.may(verb.name)
    rights = rights_in(right)
    return Answer(model, right, rights), Answer(model, right & verb.when, rights)


def edit_of(register: Register[M]) -> Command[M]:
    """The command that changes the declared fields of a record, and no other."""

    def edit(actor: Actor, record: M, **values: Any) -> M:
        return save(register, record, values)

    return Command(edit, _("Edit"), when=register.edits, name="edit")


def add(register: Register[M], actor: Actor, **values: Any) -> M:
    """Make a record from the declared fields. Refused where this person may not add."""
    with transaction.atomic():
        say_command("add")
        made: M = translated(lambda: save(register, register.model(), values))
        return made


def add_each(
    register: Register[M], actor: Actor, given: Iterable[dict[str, Any]], *, rehearsed: bool = False
) -> list[M | Refused]:
    """Make many records at once: each of them, or why it was refused; then whoever calls rolls back."""
    say_command("add")
    with together(rehearsed=rehearsed):
        return [told(save, register, register.model(), values) for values in given]


def told(write: Callable[P, T], *args: P.args, **inputs: P.kwargs) -> T | Refused:
    """What a write gave, or why it was refused."""
    try:
        return write(*args, **inputs)
    except Refused as refused:
        return refused


def save(register: Register[M], record: M, values: dict[str, Any]) -> M:
    """Write declared fields and validate the whole record; raises Invalid with the texts by field."""
    before = {} if record._state.adding else relations_of(record)
    unfit = _put(register, record, values)
    from django.core.exceptions import ValidationError

    # Among many, what only the database knows is asked of it when they are written.
    alone = under_way() is None
    try:
        # A record that stays where it is needs not be seen by whoever changes something else, nor is what it lacks
        # already asked of them.
        relations = relations_of(record)
        known = {name for name, key in relations.items() if name in before and before[name] == key}
        kept = set() if record._state.adding else {name for name in register.declared_writable if name not in values}
        excluded = {"id", "code", "version", *kept, *(known if alone else relations)}
        record.full_clean(exclude=excluded, validate_unique=alone, validate_constraints=alone)
    except ValidationError as error:
        unfit |= {name: list(texts) for name, texts in error.message_dict.items()}
    if unfit:
        raise Invalid(unfit)
    # Read by the policy of the new row: a row that one would not see or write is refused by the database.
    record.save(force_insert=record._state.adding)
    return record


def _put(register: Register[M], record: M, values: dict[str, Any]) -> dict[str, list[Any]]:
    """Put values into a record that is not written yet; of the city's own fields, what does not fit, by field."""
    own, writable = set(own_of(register.model).asked), set(register.writable)
    for name, value in values.items():
        if name not in writable:
            raise Refused(_("This field cannot be written."), code="not_writable", field=name)
        if name not in own:
            setattr(record, name, value)
    return fill(record, {name: value for name, value in values.items() if name in own}) if own else {}


def relations_of(record: Kept) -> dict[str, Any]:
    """What each foreign key of a record holds, without asking for the record that it points at."""
    fields = record._meta.concrete_fields
    return {field.name: getattr(record, field.attname) for field in fields if field.is_relation}


def translated(write: Callable[[], Any]) -> Any:
    """Run a write; what the database refuses becomes a refusal in words."""
    try:
        return write()
    except ProgrammingError as error:
        if isinstance(error.__cause__, InsufficientPrivilege):
            raise no_right() from error
        raise
    except IntegrityError as error:
        raise Refused(_told(error), code="contradiction") from error
    except OperationalError as error:
        # A text of a megabyte fits its column, but not the index of the search.
        if isinstance(error.__cause__, ProgramLimitExceeded):
            raise Refused(_("The texts are too long to be stored. Shorten them."), code="too_long") from error
        raise


def no_right() -> Refused:
    return Refused(_("You do not have the right to do this here."), code="no_right")


def _told(error: IntegrityError) -> Words:
    from kivijalka.register.constraints import message_of

    diagnosis = getattr(error.__cause__, "diag", None)
    return message_of(getattr(diagnosis, "constraint_name", None) or "")
