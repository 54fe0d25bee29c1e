"""The graph in the database: a node per record, typed links, and the search over all of them.

One policy covers the nodes of every register: a node's key holds its register's number above the record's own key, so
the reach over all registers is one set of ranges. Registers whose rules have another shape get a branch of their own.
"""

from __future__ import annotations

from collections import defaultdict
from typing import Any

from django.db.models import Q

from kivijalka.access.expressions import Among, Me, Reach
from kivijalka.register import past_nodes, trail
from kivijalka.register.declare import LinkKind, Register
from kivijalka.register.registry import REGISTERS

NODE = "register_node"
# Unit numbers and levels fill the lower 32 bits of a node's key.
REGISTER_SPAN = 2**32


def install(cursor: Any) -> None:
    """Numbers, triggers, policies, link rules, the graph of the past, and the search function."""
    numbers = {key: _number(cursor, key) for key in REGISTERS}
    for register in REGISTERS.values():
        for statement in _node_triggers(cursor, register, numbers[register.key]):
            cursor.execute(statement)
        cursor.execute(_missing_nodes(register, numbers[register.key]))
    see, write = shapes("see"), shapes("write")
    _policies(cursor, see, write)
    _link_rules(cursor)
    past_nodes.install(cursor, see, {key: number * REGISTER_SPAN for key, number in numbers.items()})
    trail.put_view(cursor, f"asof.{NODE}", _past_nodes(numbers))
    cursor.execute(f"grant select on asof.{NODE} to kj_app")
    cursor.execute(_match(see))
    cursor.execute(_alike(see))


def shapes(right: str) -> str:
    """The rule of all nodes as SQL: one branch per distinct shape of the registers' rules."""
    by_shape: dict[str, list[str]] = defaultdict(list)
    for register in REGISTERS.values():
        rule = register.access.see if right == "see" else register.access.write
        by_shape[shape_of(rule, register)].append(register.key)
    if len(by_shape) == 1:
        return next(iter(by_shape))
    branches = []
    for shape, keys in by_shape.items():
        listed = ", ".join(f"'{key}'" for key in keys)
        branches.append(f"(register = any(array[{listed}]) and {shape})")
    return " or ".join(branches) or "false"


def shape_of(rule: Q, register: Register[Any]) -> str:
    """A register's rule on the node's columns: `risk.view` becomes "the own view right", an owner the node's owner.

    Another person whom a rule names beside them, such as a deputy or a participant, sees the record and not its node.
    """
    if not rule.children:
        return "true"
    parts = [shape_of(child, register) if isinstance(child, Q) else _leaf(child, register) for child in rule.children]
    held = list(filter(None, dict.fromkeys(parts)))
    if "" in parts and (rule.negated or rule.connector == Q.AND or not held):
        raise ValueError(_not_held(register, "for another person than the owner"))
    joined = f" {rule.connector.lower()} ".join(held)
    return f"not ({joined})" if rule.negated else f"({joined})"


def _leaf(leaf: Any, register: Register[Any]) -> str:
    name, value = leaf if isinstance(leaf, tuple) else ("", leaf)
    if isinstance(value, Reach) and name == "key__within":
        key, verb = value.right.split(".")
        if key == register.key:
            return f"key <@ (select kj.reach_of_all('{verb}'))"
        return f"((key & {REGISTER_SPAN - 1})::int <@ (select kj.reach('{value.right}')))"
    if isinstance(value, Me):
        return "owner_id = (select kj.actor())" if name == register.model.owner_column else ""
    if isinstance(value, Among):
        return ""
    if name == "pk__in" and not value:
        return "false"
    raise ValueError(_not_held(register, name or value))


def _not_held(register: Register[Any], what: Any) -> str:
    return (
        f"The access rule of register {register.key!r} asks {what!r}, which its node does not hold. "
        "Write the rule with at_unit() and owner(), or give the fact a column that both have."
    )


def _number(cursor: Any, key: str) -> int:
    cursor.execute(
        "insert into register_registernumber (key) values (%s) on conflict (key) do update set key = excluded.key"
        " returning id",
        [key],
    )
    return int(cursor.fetchone()[0])


def _node_triggers(cursor: Any, register: Register[Any], number: int) -> list[str]:
    table = register.model._meta.db_table
    write = (
        f"insert into public.{NODE} (id, register, code, title, unit_number, owner_id, key, words, folded)"
        f" select {node_values(register, number, 'n')} from {{rows}} on conflict (id) do update set code = excluded.code,"
        " title = excluded.title, unit_number = excluded.unit_number, owner_id = excluded.owner_id,"
        " key = excluded.key, words = excluded.words, folded = excluded.folded"
    )
    new, old = (", ".join(f'{row}."{column}"' for column in _told_by_node(register)) for row in "no")
    # Most changes are none of the node's: its words in three languages would cost more than the change.
    changed = f"new_rows n join old_rows o on o.id = n.id where row({new}) is distinct from row({old})"
    events = {
        "insert": (write.format(rows="new_rows n"), "new table as new_rows"),
        "update": (write.format(rows=changed), "old table as old_rows new table as new_rows"),
    }
    statements = []
    for event, (upsert, tables) in events.items():
        function = f'kj."node_{table}_{event}"'
        statements += [
            f"create or replace function {function}() returns trigger language plpgsql security definer"
            " set search_path = public, pg_catalog, pg_temp as"
            f" $$ begin {trail.planned(upsert, 'new_rows')} return null; end $$",
            # Named to run before the history's triggers do; the order does not matter, only that it is fixed.
            f'create or replace trigger a_node_{event} after {event} on public."{table}"'
            f" referencing {tables} for each statement execute function {function}()",
        ]
    return [*statements, f'drop function if exists kj."node_{table}"()']


def _told_by_node(register: Register[Any]) -> list[str]:
    """Columns of a record that its node tells of."""
    model = register.model
    texts = [model._meta.get_field(name).column for name in ["code", *register.title.split(), *register.search]]
    own = ["own"] if register.takes_own else []
    return list(dict.fromkeys([*texts, *own, model.unit_column, "key", *filter(None, [model.owner_column])]))


def _missing_nodes(register: Register[Any], number: int) -> str:
    """Nodes of rows that a migration made before the triggers stood."""
    return (
        f"insert into public.{NODE} (id, register, code, title, unit_number, owner_id, key, words, folded)"
        f' select {node_values(register, number, "n")} from public."{register.model._meta.db_table}" n'
        f" where not exists (select 1 from public.{NODE} there where there.id = n.id)"
    )


def node_values(register: Register[Any], number: int, row: str) -> str:
    """The select list that makes a node of a record's row."""
    model = register.model

    def column(name: str) -> str:
        return f'{row}."{model._meta.get_field(name).column}"'

    texts = " || ' ' || ".join(f"coalesce({column(name)}::text, '')" for name in dict.fromkeys(register.search))
    if register.takes_own:
        texts += f" || ' ' || coalesce(kj.own_text({row}.own), '')"
    owner = f'{row}."{model.owner_column}"' if model.owner_column else "null::uuid"
    title = model_title(register, row)
    return (
        f"{row}.id, '{register.key}', {row}.code, {title}, {row}.\"{model.unit_column}\", {owner},"
        f" {number * REGISTER_SPAN}::bigint + {row}.key, kj.words({texts}), kj.fold({row}.code || ' ' || {texts})"
    )


def model_title(register: Register[Any], row: str) -> str:
    """The title of a record as SQL: columns joined by a space."""
    names = register.title.split()
    columns = [f'{row}."{register.model._meta.get_field(name).column}"' for name in names]
    return " || ' ' || ".join(f"coalesce({column}::text, '')" for column in columns)


def _policies(cursor: Any, see: str, write: str) -> None:
    cursor.execute(f"alter table {NODE} enable row level security")
    cursor.execute(f"alter table {NODE} force row level security")
    rules = {"see": f"for select to kj_app using ({see})", "owner": "to kj_owner using (true) with check (true)"}
    trail.put_policies(cursor, NODE, rules)
    cursor.execute(
        "create or replace function kj.writable() returns setof uuid language sql stable as"
        f" $$ select id from public.{NODE} where ({write}) $$"
    )
    cursor.execute(
        "create or replace function kj.writes(node uuid) returns boolean language sql stable as"
        " $$ select exists (select 1 from kj.writable() writable(id) where writable.id = node) $$"
    )


def _link_rules(cursor: Any) -> None:
    for kind, a, b in link_rules():
        cursor.execute(
            "insert into register_linkrule (kind, a_register, b_register, in_order) values (%s, %s, %s, %s)"
            " on conflict (kind, a_register, b_register) do update set in_order = excluded.in_order",
            [kind.kind, a, b, kind.in_order],
        )


def link_rules() -> list[tuple[LinkKind, str, str]]:
    """Every kind of link with the pair of registers that it may join, subject first."""
    forward = [(kind, r.key, other) for r in REGISTERS.values() for kind in r.links for other in kind.to]
    back = [(kind, other, r.key) for r in REGISTERS.values() for kind in r.links_back for other in kind.to]
    return forward + back


def _past_nodes(numbers: dict[str, int]) -> str:
    selects = [
        f'select {node_values(register, numbers[register.key], "n")} from asof."{register.model._meta.db_table}" n'
        for register in REGISTERS.values()
    ]
    columns = "id, register, code, title, unit_number, owner_id, key, words, folded"
    union = " union all ".join(selects)
    return f"({columns}) with (security_invoker = true) as {union}"


def _match(see: str) -> str:
    """The search: runs as the tables' owner so that its indexes serve, and holds the reader's rule itself."""
    return f"""
        create or replace function kj.match(question text, most integer, within_register text default null) returns setof uuid
        language sql stable security definer set search_path = public, pg_catalog, pg_temp as $$
            select id from {NODE}
            where (words @@ kj.question(question) or folded like '%' || kj.literal(kj.fold(question)) || '%')
                and (within_register is null or register = within_register) and ({see})
            order by (code = upper(question)) desc, ts_rank(words, kj.question(question)) desc, id desc
            limit most
        $$;
        revoke all on function kj.match(text, integer, text) from public;
        grant execute on function kj.match(text, integer, text) to kj_app;
    """


def _alike(see: str) -> str:
    """Records whose title is much like these words, the most alike first: so that the same thing is not entered twice."""
    # Its threshold can be named only in a session that has used the extension.
    return f"""
        select word_similarity('', '');
        create or replace function kj.alike(question text, most integer, within_register text) returns setof uuid
        language sql stable security definer set search_path = public, pg_catalog, pg_temp
        set pg_trgm.word_similarity_threshold = 0.4 as $$
            select id from {NODE}
            where kj.fold(question) <% kj.fold(title) and register = within_register and ({see})
            order by word_similarity(kj.fold(question), kj.fold(title)) desc, id desc
            limit most
        $$;
        revoke all on function kj.alike(text, integer, text) from public;
        grant execute on function kj.alike(text, integer, text) to kj_app;
    """
