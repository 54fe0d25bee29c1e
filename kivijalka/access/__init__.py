"""Who may do what to which row: names and their SQL contract. This room has no tables.

A model declares its `Access` once, in plain `Q` objects. PostgreSQL alone evaluates them: as the scope of a query, as the
`can_<verb>` of a row, and as the row-level security policy of the table, of its history, its node and its links.
"""

from kivijalka.access.actor import Actor, acting, current_actor, for_all, looking_back
from kivijalka.access.policy import Access
from kivijalka.access.rules import (
    among,
    at_unit,
    attached,
    nobody,
    of_unit,
    oneself,
    owner,
    part_of,
    seen_node,
    writes_node,
)

__all__ = [
    "Access",
    "Actor",
    "acting",
    "among",
    "at_unit",
    "attached",
    "current_actor",
    "for_all",
    "looking_back",
    "nobody",
    "of_unit",
    "oneself",
    "owner",
    "part_of",
    "seen_node",
    "writes_node",
]
