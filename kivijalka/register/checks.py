"""Checks of the declarations: a mistake stops the start, with its number, a sentence and a hint.

Each check takes what it looks at, so that a test can hand it a faulty declaration.
"""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from typing import Annotated, Any, get_origin, get_type_hints

from django.apps import apps
from django.core import checks
from django.core.checks import Error
from django.core.exceptions import FieldDoesNotExist
from django.db import connections
from django.db.models import ForeignKey, Index, Model
from django.http import QueryDict

from kivijalka.access import Access
from kivijalka.register import drift, graph
from kivijalka.register.command import Command
from kivijalka.register.declare import LinkKind, Register
from kivijalka.register.registry import REGISTERS, kept_models

Registers = Sequence[Register[Any]]
LOOKUPS = {"in", "any", "under", "alone", "is", "me", "empty", "lt", "gte"}
# Filters of an address that no register declares: the search, sorting and paging.
EVERYWHERE = {"q", "sort", "after", "before", "last", "size", "as_of"}
# Commands that the tables' owner runs, before the tables are as declared.
OWNERS_COMMANDS = {"migrate", "makemigrations", "example", "bench"}


def connect() -> None:
    """Register the checks with Django."""
    checks.register(check_declarations, "kivijalka")
    checks.register(check_database, checks.Tags.database)


def check_declarations(app_configs: Any = None, **kwargs: Any) -> list[Error]:
    """Everything that can be said without a database."""
    registers = list(REGISTERS.values())
    kept = kept_models()
    # A model without access rule makes every later question moot.
    if missing := list(without_access(kept)):
        return missing
    ours = [model for model in apps.get_models() if model.__module__.startswith("kivijalka.")]
    return [
        *twice_declared(registers),
        *unknown_fields(registers),
        *unknown_words(registers),
        *without_index(registers),
        *rules_no_node_holds(registers),
        *unknown_ends(registers),
        *without_home(ours, registers),
        *untold_commands(registers),
    ]


def check_database(app_configs: Any = None, databases: Iterable[str] | None = None, **kwargs: Any) -> list[Error]:
    """What only the database can answer. The owner's own commands come before it is as declared."""
    from django.conf import settings

    if sys.argv[1:2] and sys.argv[1] in OWNERS_COMMANDS:
        return []
    found: list[Error] = []
    for alias in databases or []:
        connection = connections[alias]
        if settings.MODE == "serve":
            found += bypassing(drift.powers_of(connection))
        found += changed_rules(drift.differences(connection, drift.protected_models()))
    return found


def without_access(models: Iterable[type[Model]]) -> Iterator[Error]:
    """E001: a table whose rows anybody could see."""
    for model in models:
        if not any(isinstance(constraint, Access) for constraint in model._meta.constraints):
            yield Error(
                f"{model.__name__} is kept, but no rule says who may see it.",
                hint="Put Access(name=..., see=..., add=..., edit=...) into Meta.constraints, then makemigrations.",
                obj=model,
                id="kivijalka.E001",
            )


def changed_rules(differences: Iterable[drift.Difference]) -> Iterator[Error]:
    """E002: the database lets through something else than declared."""
    for difference in differences:
        yield Error(
            f"{difference.table}: {difference.words}",
            hint="Run ./run manage makemigrations and migrate; if that changes nothing, somebody altered the database.",
            id="kivijalka.E002",
        )


def without_index(registers: Registers) -> Iterator[Error]:
    """E004: a filter or a sortable column that would read the whole table."""
    for register in registers:
        sortable = {column.field for column in register.shown if column.sort} | {register.sort.lstrip("-")}
        for name in sorted(sortable | set(register.filters)):
            lookups = register.filters.get(name, ())
            if _known(register.model, name) and not has_index(register.model, name, array="any" in lookups):
                yield Error(
                    f"Register {register.key!r} filters or sorts by {name!r}, but no index begins with it.",
                    hint=f"Add {name!r} to indexes(...) in {register.model.__name__}.Meta, or say Column(sort=False).",
                    obj=register.model,
                    id="kivijalka.E004",
                )


def has_index(model: type[Model], name: str, *, array: bool = False) -> bool:
    """Whether an index of the model begins with this field, bare or as an expression of it (a sort key)."""
    field: Any = model._meta.get_field(name)
    if field.unique or (field.db_index and not array):
        return True
    return any(_first_of(index) == name for index in model._meta.indexes if index.condition is None)


def _first_of(index: Index) -> str | None:
    if index.fields:
        return index.fields[0]
    first: Any = index.expressions[0]
    sources: list[Any] = first.get_source_expressions() if hasattr(first, "get_source_expressions") else [first]
    return next((source.name for source in sources if hasattr(source, "name")), None)


def rules_no_node_holds(registers: Registers) -> Iterator[Error]:
    """E005: an access rule that the graph's one policy cannot express."""
    for register in registers:
        for rule in (register.access.see, register.access.write):
            try:
                graph.shape_of(rule, register)
            except ValueError as error:
                yield Error(
                    str(error),
                    hint="Search, links and responsibilities ask the node; it holds unit, owner and confidentiality.",
                    obj=register.model,
                    id="kivijalka.E005",
                )
                break


def unknown_ends(registers: Registers) -> Iterator[Error]:
    """E006: a link to a register that is not there."""
    keys = {register.key for register in registers}
    for register in registers:
        kinds: list[LinkKind] = [*register.links, *register.links_back]
        for tie, end in [(kind, end) for kind in kinds for end in kind.to if end not in keys]:
            yield Error(
                f"Register {register.key!r}: the link {tie.kind!r} joins an unknown register {end!r}.",
                hint=f"There are: {', '.join(sorted(keys))}.",
                id="kivijalka.E006",
            )


def unknown_fields(registers: Registers) -> Iterator[Error]:
    """E007: a name that the model does not have."""
    for register in registers:
        for place, model, names in _named(register):
            for name in names:
                if not _known(model, name):
                    there = ", ".join(sorted(field.name for field in model._meta.concrete_fields))
                    yield Error(
                        f"Register {register.key!r}: {model.__name__} has no field {name!r}, named in {place}.",
                        hint=f"There are: {there}.",
                        obj=model,
                        id="kivijalka.E007",
                    )


def _named(register: Register[Any]) -> Iterator[tuple[str, type[Model], Iterable[str]]]:
    model = register.model
    yield "columns", model, [column.field for column in register.shown]
    yield "more", model, register.more
    yield "fields", model, register.writable
    yield "filters", model, register.filters
    yield "search", model, register.search
    yield "told", model, register.told
    yield "public", model, register.public
    yield "title", model, register.title.split()
    yield "sort", model, [register.sort.lstrip("-")]
    yield "upsert", model, register.upsert
    yield "waits", model, [waits.due for waits in register.waits if waits.due]
    for part in register.parts:
        ordered = [name.lstrip("-") for name in part.order]
        yield "parts", part.model, [part.parent, *part.columns, *ordered, *part.told, *filter(None, [part.at])]


def _known(model: type[Model], name: str) -> bool:
    try:
        return bool(model._meta.get_field(name).concrete)
    except FieldDoesNotExist:
        return False


def without_home(models: Iterable[type[Model]], registers: Registers) -> Iterator[Error]:
    """E008: a model that no door leads to, and that does not say why."""
    at_home = {register.model for register in registers} | {part.model for r in registers for part in r.parts}
    for model in models:
        if model not in at_home and not getattr(model, "no_register", ""):
            yield Error(
                f"{model.__name__} is neither a register nor a part of one.",
                hint='Declare it in its room\'s registers.py, or say why not: no_register = "…".',
                obj=model,
                id="kivijalka.E008",
            )


def untold_commands(registers: Registers) -> Iterator[Error]:
    """E009: a verb that people cannot understand."""
    for register, command in [(r, command) for r in registers for command in r.commands]:
        if not (command.function.__doc__ or "").strip():
            yield _untold(
                register,
                command,
                "has no docstring",
                "Say what it does; what stands above its form is command(…, says=_(…)).",
            )
        for name in _without_label(command):
            hint = f"Write {name}: Annotated[..., Ask(_('...'))]."
            yield _untold(register, command, f"does not say how its input {name!r} is asked", hint)


def _without_label(command: Command[Any]) -> list[str]:
    hints = get_type_hints(command.function, include_extras=True)
    return [name for name in command.inputs if get_origin(hints[name]) is not Annotated]


def _untold(register: Register[Any], command: Command[Any], words: str, hint: str) -> Error:
    return Error(f"Command {command.name!r} of register {register.key!r} {words}.", hint=hint, id="kivijalka.E009")


def bypassing(powers: Sequence[str]) -> Iterator[Error]:
    """E010: a connection to which the rules do not apply."""
    if powers:
        yield Error(
            f"The database connection bypasses row-level security: its role {' and '.join(powers)}.",
            hint="Connect as the site's role, kj_app, which owns nothing: DATABASE_URL=postgresql://kj_app:…@host/name.",
            id="kivijalka.E010",
        )


def twice_declared(registers: Registers) -> Iterator[Error]:
    """E011: two registers that one address, key or code would mean."""
    told = {
        "key": [register.key for register in registers],
        "path": [register.path for register in registers],
        "code prefix": [prefix_of(register) for register in registers],
    }
    for what, values in told.items():
        for value in [value for value, times in Counter(values).items() if times > 1]:
            both = ", ".join(r.model.__name__ for r, mine in zip(registers, values, strict=True) if mine == value)
            yield Error(
                f"Two registers have the {what} {value!r}: {both}.",
                hint=f"Give one of them another {what}.",
                id="kivijalka.E011",
            )


def prefix_of(register: Register[Any]) -> str:
    """The letters that the register's codes begin with."""
    return str(getattr(register.model._meta.get_field("code"), "prefix", register.key))


def unknown_words(registers: Registers) -> Iterator[Error]:
    """E012: a filter, a view or a waiting question in words that no door understands."""
    for register in registers:
        for name, lookups in register.filters.items():
            if _known(register.model, name):
                yield from _unknown_lookups(register, name, lookups)
        for view in register.views:
            yield from _unknown_filters(register, view.key, QueryDict(view.query))
        for waits in register.waits:
            if waits.verb not in register.all_commands:
                hint = f"There are: {', '.join(sorted(register.all_commands))}."
                yield _unknown(register, f"what waits asks for an unknown verb {waits.verb!r}", hint)


def _unknown_lookups(register: Register[Any], name: str, lookups: Iterable[str]) -> Iterator[Error]:
    field = register.field(name)
    points = isinstance(field, ForeignKey)
    for lookup in lookups:
        if lookup not in LOOKUPS:
            hint = f"There are: {', '.join(sorted(LOOKUPS))}."
            yield _unknown(register, f"the filter {name!r} has an unknown way {lookup!r}", hint)
        elif lookup in ("under", "alone", "is", "me") and not points:
            hint = (
                "A field with choices is asked by 'in'."
                if field.choices
                else "It asks a field that points at a record."
            )
            yield _unknown(register, f"the filter {name!r} cannot be asked by {lookup!r}", hint)


def _unknown_filters(register: Register[Any], view: str, query: QueryDict) -> Iterator[Error]:
    known = (
        EVERYWHERE
        | set(register.filters)
        | {f"{name}_{way}" for name, ways in register.filters.items() for way in ways}
    )
    for name in sorted(set(query) - known):
        hint = f"There are: {', '.join(sorted(register.filters))}."
        yield _unknown(register, f"the view {view!r} asks an unknown filter {name!r}", hint)


def _unknown(register: Register[Any], words: str, hint: str) -> Error:
    return Error(f"Register {register.key!r}: {words}.", hint=hint, id="kivijalka.E012")
