"""The declaration of a register: data, no behaviour. Every door is made from it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from django.db.models import CharField, Field, Q, TextField
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _

from kivijalka.access import Access, owner
from kivijalka.register.models import Kept, Record
from kivijalka.register.own.fields import field_of, own_of

if TYPE_CHECKING:
    from kivijalka.register.command import Command

M = TypeVar("M", bound=Kept)
Words = Any  # a lazily translated text; the stubs call it _StrPromise, which no annotation may name at run time

# What is due after this does not wait yet.
SOON = timedelta(days=30)
# The heading under which a form has what the city added.
OWN = _("The city's own fields")
# As a register's `over`: nobody is ever accountable for its rows, such as a person, or a role that ends with its holder.
NOBODYS = Q(pk__isnull=False)


@dataclass(frozen=True)
class Column:
    """A column of a list. `badge` shows the value with its class colour and symbol; `sort=False` has no sort link.

    `called` is a heading under which stands what the record is called in the reader's language, not the field's value.
    """

    field: str
    badge: bool = False
    percent: bool = False
    sort: bool = True
    called: Words | None = None


@dataclass(frozen=True)
class Part:
    """Rows that belong to a record and are shown on its page: the assessments of a risk. `key` names them to programs.

    `told` are the columns that the record's story tells of each, in their words, at the moment in the column `at`.
    """

    model: type[Kept]
    key: str
    columns: Sequence[str]
    names: tuple[Words, Words]
    parent: str
    order: Sequence[str] = ("-id",)
    at: str = ""
    told: Sequence[str] = ()

    def field(self, name: str) -> Field[Any, Any]:
        found = self.model._meta.get_field(name)
        assert isinstance(found, Field)
        return found


@dataclass(frozen=True)
class LinkKind:
    """A kind of tie, declared by the upper room and shown on both ends as words: "treats" / "is treated by".

    `in_order`: followed from record to record it never comes back to where it began, as with what must be there first.
    """

    kind: str
    forward: Words
    backward: Words
    to: Sequence[str]
    in_order: bool = False


@dataclass(frozen=True)
class View:
    """A list with its filters set, offered as a tab; `query` is what stands in the address.

    `agenda`: what it finds comes before the management team of the unit.
    """

    key: str
    name: Words
    query: str
    agenda: bool = False


@dataclass(frozen=True)
class Waits:
    """What waits, the state in which it does, the day it is due, and the likely verb; and for whom, if not the owner.

    Whoever it waits for has it in "my work"; on the record's page it is the next step, for whoever may take it.
    """

    question: Words
    when: Callable[[], Q]
    due: str | None
    verb: str
    whose: Callable[[], Q] = owner

    def rule(self) -> Q:
        """What waits for the acting person."""
        return self.whose() & self.when()


@dataclass(frozen=True)
class Register(Generic[M]):
    """One register. What it leaves out comes from the model.

    `names` is (one, many); `chain` the link of the chain under which the menu lists it; `fields` what adding and editing
    may write, in groups; `upsert` what an import knows a row by.
    """

    model: type[M]
    key: str
    path: str
    names: tuple[Words, Words]
    chain: str
    title: str
    columns: Sequence[str | Column]
    fields: Mapping[Words | None, Sequence[str]]
    empty: Words
    more: Sequence[str] = ()
    filters: Mapping[str, Sequence[str]] = field(default_factory=dict)
    search: Sequence[str] = ()
    # What is told of a record in the stories of those that it is linked to, when it changes.
    told: Sequence[str] = ()
    sort: str = "code"
    commands: Sequence[Command[Any]] = ()
    # Commands that take columns of an imported file: "likelihood" is never written, it is assessed.
    imports: Sequence[Command[Any]] = ()
    parts: Sequence[Part] = ()
    links: Sequence[LinkKind] = ()
    # Kinds whose other end, in a lower room, is the subject: "action treats risk" is declared by risks.
    links_back: Sequence[LinkKind] = ()
    views: Sequence[View] = ()
    waits: Sequence[Waits] = ()
    upsert: Sequence[str] = ("code",)
    adds: bool = True
    # A page that leads to the first records, offered where there are none: the name of its address, and its words.
    begins: tuple[str, Words] | None = None
    # Whether the city may add fields of its own, without code.
    own: bool = True
    # Fields that are fit for everybody: what the public extract tells of a record that was chosen to be published.
    public: Sequence[str] = ()
    # In sentences, what else changed between two days that its records are judged by: of risks the policy.
    meanwhile: Callable[[date, date], Sequence[str]] | None = None
    # Rows that are over and done: nobody has to answer for them any more.
    over: Q = field(default_factory=lambda: Q(pk__in=[]))
    # The state in which the declared fields may be changed; what was decided is not.
    edits: Q = field(default_factory=Q)
    # Values that fit, of fields whose type alone does not say what does: {"sign": "ABC-123"}.
    examples: Mapping[str, Any] = field(default_factory=dict)
    # Words for values that only data can name: {"likelihood": {3: "3 possible"}}.
    words: Callable[[], Mapping[str, Mapping[Any, Words]]] = dict

    @property
    def access(self) -> Access:
        return self.model.access

    @cached_property
    def shown(self) -> list[Column]:
        """Columns of the list, each as a Column."""
        return [column if isinstance(column, Column) else Column(column) for column in self.columns]

    @property
    def choosable(self) -> list[Column]:
        """Columns that a reader may choose to see: those of the list, and what else the record's page shows of it."""
        more = [*(name for name in self.more if name not in self.columns), *own_of(self.model).asked]
        return [*self.shown, *(Column(name, sort=False) for name in more)]

    @cached_property
    def badges(self) -> set[str]:
        """Names of the fields whose value has a class to be coloured by, of a record and of its parts."""
        return {column.field for column in self.shown if column.badge}

    @property
    def takes_own(self) -> bool:
        """Whether the city may add fields: to records that have a form."""
        return self.own and bool(self.fields) and issubclass(self.model, Record)

    @property
    def groups(self) -> Mapping[Words | None, Sequence[str]]:
        """What adding and editing may write, in groups; what the city added comes last."""
        asked = own_of(self.model).asked
        return {**self.fields, OWN: asked} if asked else self.fields

    @property
    def writable(self) -> list[str]:
        """Names of the fields that adding and editing may write; no other is, at any door."""
        return [*self.declared_writable, *own_of(self.model).asked]

    @cached_property
    def declared_writable(self) -> list[str]:
        """The same without what the city added."""
        return [name for names in self.fields.values() for name in names]

    @property
    def for_many(self) -> list[str]:
        """Names of the fields that may be given the same value in many records: what one chooses, not what one writes."""
        fields = ((name, self.field(name)) for name in self.writable)
        return [name for name, field in fields if not isinstance(field, CharField | TextField) or field.choices]

    @property
    def readable(self) -> list[str]:
        """Names of the fields that doors may show, in the order of the record page; what is no longer asked, too."""
        return [*self.declared_readable, *own_of(self.model).fields]

    @cached_property
    def declared_readable(self) -> list[str]:
        """The same without what the city added."""
        names = ["code", *(column.field for column in self.shown), *self.more, *self.declared_writable, "version"]
        return list(dict.fromkeys(names))

    @cached_property
    def related(self) -> list[str]:
        """Foreign keys among the readable fields: fetched with the rows, never one by one."""
        return [name for name in self.declared_readable if self.field(name).is_relation]

    def field(self, name: str) -> Field[Any, Any]:
        found = field_of(self.model, name)
        assert isinstance(found, Field)
        return found

    @cached_property
    def all_commands(self) -> dict[str, Command[Any]]:
        """Commands by name: edit, made from `fields`, and those declared."""
        from kivijalka.register.command import edit_of

        commands: list[Command[Any]] = [edit_of(self), *self.commands]
        return {command.name: command for command in commands}
