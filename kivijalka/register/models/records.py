"""What every register's rows have in common, and the graph that ties them: nodes and links."""

from __future__ import annotations

from functools import cache
from typing import Any, ClassVar, Self
from uuid import UUID

from django.contrib.postgres.indexes import GinIndex, OpClass
from django.contrib.postgres.search import SearchVectorField
from django.db import models
from django.db.models import F, Func, Lookup, Q, Value
from django.urls import reverse
from django.utils.deconstruct import deconstructible
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from kivijalka.access import Access, seen_node, writes_node
from kivijalka.register.batch import under_way, written
from kivijalka.register.constraints import Guard

# A level of confidentiality is worth this many unit numbers in an access key: key = level * SPAN + unit number.
SPAN = 2**24


class Confidentiality(models.IntegerChoices):
    """How far a record may be known (glossary: public, internal, confidential, secret)."""

    PUBLIC = 0, _("public")
    INTERNAL = 1, _("internal")
    CONFIDENTIAL = 2, _("confidential")
    SECRET = 3, _("secret")


@deconstructible(path="kivijalka.register.models.NewId")
class NewId(Func):
    """PostgreSQL's uuidv7(): ids that sort by time and tell nothing of other rows."""

    function = "uuidv7"
    output_field = models.UUIDField()


def held_by(field: Any) -> Any:
    """The field that says what a column holds: of one that the database reckons, what it comes to."""
    return field.output_field if isinstance(field, models.GeneratedField) else field


@deconstructible(path="kivijalka.register.models.NextCode")
class NextCode(Func):
    """The next readable code of a register, such as R-000017."""

    function = "kj.next_code"
    output_field = models.CharField()

    def __init__(self, prefix: str) -> None:
        super().__init__(Value(prefix))


class CodeField(models.CharField):  # type: ignore[type-arg]  # generic in the stubs only
    """A readable code, given by the database when the row is made, never changed."""

    def __init__(self, prefix: str, **kwargs: Any) -> None:
        self.prefix = prefix
        settings: dict[str, Any] = {"max_length": 20, "unique": True, "editable": False, "db_default": NextCode(prefix)}
        super().__init__(_("code"), **{**kwargs, **settings})

    def deconstruct(self) -> Any:
        name, path, _args, kwargs = super().deconstruct()
        for given in ("max_length", "unique", "editable", "db_default", "verbose_name"):
            kwargs.pop(given, None)
        return name, path, [self.prefix], kwargs


class SeenQuerySet(models.QuerySet):  # type: ignore[type-arg]  # generic in the stubs only
    """Rows within the acting person's reach. The database's policy stands behind it as the second lock."""

    def seen(self) -> Self:
        return self.filter(self.model.access.see)

    def may(self, verb: str) -> Self:
        """Of the rows seen, those on which the acting person holds the right of this verb."""
        return self.seen().filter(self.model.access.may(verb))

    def offered(self) -> Self:
        """Of the rows seen, those that lists and pickers offer."""
        return self.seen().filter(self.model.to_offer)


class DeclaredAccess:
    """`Model.access`: the rule that stands among the model's constraints."""

    def __get__(self, instance: object, model: Any) -> Access:
        for constraint in model._meta.constraints:
            if isinstance(constraint, Access):
                return constraint
        raise LookupError(
            f"{model.__name__} has no access rule. Put Access(name=..., see=..., ...) into Meta.constraints."
        )


class Kept(models.Model):
    """A row whose every version is kept by the database. `version` grows with each change."""

    access = DeclaredAccess()
    # Which columns stand for unit and owner where rows of all registers lie side by side.
    unit_column: ClassVar[str] = "unit_id"
    owner_column: ClassVar[str | None] = None
    # The foreign key to the record that this row is a part of, if it is one.
    belongs_to: ClassVar[str | None] = None
    # The rows that lists and pickers offer; others have a page, and are come to from where they belong.
    to_offer: ClassVar[Q] = Q()
    # Columns that only the house needs: the history's pages leave them out.
    untold: ClassVar[tuple[str, ...]] = ()
    # Foreign keys that may also name rows which are not offered elsewhere.
    may_name: ClassVar[tuple[str, ...]] = ()

    id = models.UUIDField(primary_key=True, db_default=NewId(), editable=False)
    version = models.PositiveIntegerField(_("version"), default=1, editable=False)

    objects = SeenQuerySet.as_manager()

    class Meta:
        abstract = True

    def save(self, *args: Any, update_fields: Any = None, **kwargs: Any) -> None:
        """Write the row; while many commands run at once, together with theirs."""
        batch = under_way()
        if batch is None:
            super().save(*args, update_fields=update_fields, **kwargs)
        elif self._state.adding:
            batch.insert(self)
        else:
            names = update_fields or [field.name for field in written(self) if not field.primary_key]
            batch.update(self, frozenset(names))

    def badge_of(self, name: str) -> str:
        """What a value shown as a badge is coloured by: its class, 3_high, with + before it where more is better."""
        return str(getattr(self, name) or "")


class Named(models.Model):
    """What has a name in three languages. The Finnish one is always there and stands in for the others."""

    names_to_pick: ClassVar[tuple[str, ...]] = ("name_fi", "name_sv", "name_en")

    name_fi = models.CharField(_("name in Finnish"), max_length=200)
    name_sv = models.CharField(_("name in Swedish"), max_length=200, blank=True, default="")
    name_en = models.CharField(_("name in English"), max_length=200, blank=True, default="")

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return str(getattr(self, f"name_{get_language() or 'fi'}"[:7], "") or self.name_fi)


class Record(Kept):
    """A row of a register: it belongs to a unit, has a confidentiality, and is a node of the graph.

    `key` joins the two, so that one range test decides what a person may see. Unit numbers never change:
    a reorganisation moves reach, not records.
    """

    unit = models.ForeignKey(
        "organisation.Unit", models.PROTECT, to_field="number", verbose_name=_("unit"), related_name="+"
    )
    confidentiality = models.PositiveSmallIntegerField(
        _("confidentiality"), choices=Confidentiality, default=Confidentiality.INTERNAL
    )
    # Values of the fields that the city added, by their names for programs.
    own = models.JSONField(_("the city's own fields"), null=True, blank=True, editable=False)
    key = models.GeneratedField(
        expression=F("confidentiality") * SPAN + F("unit"), output_field=models.IntegerField(), db_persist=True
    )

    class Meta:
        abstract = True

    def get_absolute_url(self) -> str:
        from kivijalka.register.registry import register_of

        return record_address(register_of(type(self)).path, self.pk)


def record_address(path: str, pk: UUID) -> str:
    """A record's page. Below the list's, which is looked up once: a page links to a hundred records."""
    return f"{_list_address(path)}{pk}/"


@cache
def _list_address(path: str) -> str:
    return reverse("list", args=[path])


class FinnishOrder(Func):
    """Sorts Å, Ä and Ö last, as Finnish and Swedish readers expect. A list sorts so by a field that has such an index."""

    function = "kj.fi_key"
    output_field = models.TextField()


def indexes(table: str, *columns: str) -> list[models.Index]:
    """One index per column to filter or sort by, with the id behind it so that paging by position has no ties."""
    key = models.Index(fields=["key"], name=f"{table}_by_key")
    return [key, *(models.Index(fields=[column, "id"], name=f"{table}_by_{column}"[:30]) for column in columns)]


class RegisterNumber(models.Model):
    """A register's permanent number: the upper half of the access key of its nodes."""

    key = models.CharField(max_length=40, unique=True)

    no_register = "written when the declarations are installed"


class Nodes(models.Manager["Node"]):
    """Nodes without the words that only searching asks for."""

    def get_queryset(self) -> models.QuerySet[Node]:
        return super().get_queryset().defer("words", "folded")


class Node(models.Model):
    """One row per record of any register, with the same id; written by trigger, never by hand."""

    id = models.UUIDField(primary_key=True)
    register = models.CharField(max_length=40)
    code = models.CharField(max_length=20)
    title = models.TextField()
    unit_number = models.IntegerField()
    owner_id = models.UUIDField(null=True)
    key = models.BigIntegerField()
    words = SearchVectorField()
    folded = models.TextField()

    no_register = "the graph itself"

    objects = Nodes()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["id", "register"], name="node_of_register")]
        indexes = [
            models.Index(fields=["owner_id"], name="node_by_owner"),
            models.Index(fields=["key"], name="node_by_key"),
            models.Index(fields=["unit_number"], name="node_by_unit"),
            GinIndex(fields=["words"], name="node_by_words"),
            GinIndex(OpClass("folded", name="gin_trgm_ops"), name="node_by_folded"),
            GinIndex(OpClass(models.Func("title", function="kj.fold"), name="gin_trgm_ops"), name="node_by_title"),
        ]

    def __str__(self) -> str:
        return f"{self.code} {self.title}"

    @property
    def in_letter(self) -> str:
        """What it is called in a letter, which many servers read: what is confidential by its code alone."""
        return self.code if self.confidentiality >= Confidentiality.CONFIDENTIAL else str(self)

    @property
    def confidentiality(self) -> int:
        """Of the record: its level stands in the key."""
        return self.key % 2**32 // SPAN

    @property
    def path(self) -> str:
        """Where the register's pages live."""
        from kivijalka.register.registry import register_by_key

        return register_by_key(self.register).path

    def get_absolute_url(self) -> str:
        return record_address(self.path, self.pk)


class LinkRule(models.Model):
    """Which pairs of registers a kind of link may join; written from the declarations."""

    kind = models.CharField(max_length=40)
    a_register = models.CharField(max_length=40)
    b_register = models.CharField(max_length=40)
    in_order = models.BooleanField(db_default=False)

    no_register = "written when the declarations are installed"

    class Meta:
        constraints = [models.UniqueConstraint(fields=["kind", "a_register", "b_register"], name="link_rule_once")]


@models.UUIDField.register_lookup
class OneOf(Lookup):
    """`pk__one_of=ties.values("a")`: one of the few that a query names, which is asked first and by its own indexes. With
    `in` the planner may go through all links there are, which in the past takes seconds."""

    lookup_name = "one_of"

    def as_sql(self, compiler: Any, connection: Any) -> Any:
        column, params = self.process_lhs(compiler, connection)
        named, more = self.process_rhs(compiler, connection)
        return f"{column} = ANY(ARRAY{named})", [*params, *more]


class Links(SeenQuerySet):
    """Ties between records. Which of them the reader sees the database's policy says by itself: `seen()` asks it a second
    time, which takes seconds in the past."""

    def of(self, record: Any) -> Self:
        """Those of a record, whichever end it is."""
        return self.filter(Q(a=record.pk) | Q(b=record.pk))

    def in_force(self, *kinds: str) -> Self:
        """Those that have not ended, of these kinds; of any, if none is named."""
        found = self.filter(until__isnull=True)
        return found.filter(kind__in=kinds) if kinds else found


IN_ORDER = (
    "case when new.until is null and exists (select from register_linkrule r where r.kind = new.kind and r.in_order)"
    " then not exists (with recursive further (id) as (select new.b_id union"
    " select l.b_id from register_link l join further on l.a_id = further.id where l.kind = new.kind and l.until is null)"
    " select from further where id = new.a_id) else true end"
)


class Link(Kept):
    """A typed tie between two records: "action treats risk". Ended by a date, never deleted."""

    kind = models.CharField(max_length=40)
    a = models.ForeignKey(Node, models.PROTECT, related_name="+", db_constraint=False)
    a_register = models.CharField(max_length=40)
    b = models.ForeignKey(Node, models.PROTECT, related_name="+", db_constraint=False)
    b_register = models.CharField(max_length=40)
    note = models.TextField(_("note"), blank=True, default="")
    since = models.DateTimeField(_("since"), db_default=Func(function="now"))
    until = models.DateTimeField(_("until"), null=True, editable=False)

    objects: ClassVar[Links] = Links.as_manager()  # type: ignore[assignment]  # a manager with the methods of its rows

    no_register = "shown on both of its ends"

    # Seen by whoever sees both ends; written by whoever may change the end that declares the kind.
    class Meta:
        constraints = [
            Access(
                name="link_access",
                see=seen_node("a") & seen_node("b"),
                add=writes_node("a") & seen_node("b"),
                edit=writes_node("a") & seen_node("b"),
            ),
            models.UniqueConstraint(
                fields=["kind", "a", "b"], condition=Q(until__isnull=True), name="link_in_force_once"
            ),
            models.CheckConstraint(
                condition=~Q(a=F("b")),
                name="link_joins_two",
                violation_error_message=_("A record is not linked to itself."),
            ),
            # What the writer does not see counts as well: then nobody is told which records the circle goes through.
            Guard(
                name="link_in_order",
                holds=IN_ORDER,
                alone="select kind from register_linkrule where kind = new.kind and in_order and new.until is null limit 1",
                violation_error_message=_(
                    "Each of these would wait for the other in a circle, perhaps through some that you do not see."
                    " Take one of its links out first."
                ),
            ),
        ]
        indexes = [models.Index(fields=["b", "kind"], name="link_by_b")]
