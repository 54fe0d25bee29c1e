"""Roles that reach over the whole city or a sector, and who stands in for whom."""

from collections import defaultdict
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

from kivijalka.example.people import People
from kivijalka.example.shape import AREA_EXPERTS, Delegation, Person, Role, RoleKind
from kivijalka.example.stream import Stream
from kivijalka.example.units import Tree, history_start

BOARD_SEATS = 13
BOARD_TITLES = ("kaupunginhallituksen jäsen", "medlem av stadsstyrelsen", "city board member")
# Who is appointed from where, at which units: the first of the codes that the city has.
APPOINTMENTS: tuple[tuple[RoleKind, int, tuple[str, ...], str], ...] = (
    ("auditor", 4, ("KH-SI", "KH"), "EK"),
    ("risk_expert", 2, ("KH-TA-R", "KH-TA", "KH"), "EK"),
    ("risk_expert", 1, ("KA-TU",), "KA"),
    ("risk_expert", 1, ("KY-HA", "KY-RY"), "KY"),
    ("risk_expert", 1, ("KV-HA", "KV-LI"), "KV"),
    ("risk_expert", 1, ("SO-HA", "SO-TE"), "SO"),
    ("security_expert", 8, ("KH-TV", "KH-TI", "KH"), "EK"),
    ("security_expert", 1, ("KA-TU",), "KA"),
    ("security_expert", 1, ("KY-HA", "KY-RY"), "KY"),
    ("security_expert", 1, ("KV-HA", "KV-LI"), "KV"),
    ("security_expert", 2, ("SO-HA", "SO-TE"), "SO"),
    ("access_administrator", 3, ("KH-TI-V", "KH-TI", "KH"), "EK"),
    *((kind, 1, ("KH-TV", "KH-TI", "KH", "KY", "SO", "KA", "KV"), "EK") for kind in AREA_EXPERTS),
)
DELEGATIONS = 30
ABSENCES = {
    "fi": ("Vuosiloma", "Perhevapaa", "Opintovapaa", "Sairausloma", "Virkamatka", "Talviloma"),
    "sv": ("Semester", "Familjeledighet", "Studieledighet", "Sjukledighet", "Tjänsteresa", "Sportlov"),
    "en": ("Annual leave", "Family leave", "Study leave", "Sick leave", "Business trip", "Winter holiday"),
}


def appoint(seed: int, today: date, grown: Tree, crowd: People) -> None:
    """Adds the board and the city-wide roles to the people."""
    stream = Stream(seed, "appointments")
    staff: dict[int, list[int]] = defaultdict(list)
    heads = {role.person for role in crowd.roles if role.kind == "unit_head"}
    for index, person in enumerate(crowd.persons):
        if person.id not in heads:
            staff[person.unit].append(index)
    _seat_the_board(stream, today, grown, crowd, staff)
    for kind, count, homes, reach in APPOINTMENTS:
        free = _free(crowd, staff, grown, homes, today)
        unit = grown.by_code[reach].unit.number
        for person in free[:count]:
            start = max(person.start, history_start(today) - timedelta(days=stream.below(900)))
            crowd.roles.append(_role(stream, today, person, kind, unit, start, None))
            staff[person.unit] = [index for index in staff[person.unit] if crowd.persons[index] is not person]


def _free(crowd: People, staff: dict[int, list[int]], grown: Tree, homes: tuple[str, ...], today: date) -> list[Person]:
    """Those who serve today and hold no appointment yet, longest serving first, from the first home that has any."""
    for home in homes:
        if home not in grown.by_code:
            continue
        numbers = staff[grown.by_code[home].unit.number]
        free = [crowd.persons[index] for index in numbers if crowd.persons[index].end is None]
        if free:
            return sorted(free, key=lambda person: (person.start, person.code))
    return []


def _role(
    stream: Stream, today: date, person: Person, kind: RoleKind, unit: int, start: date, end: date | None
) -> Role:
    recorded = max(start, history_start(today))
    moment = datetime(recorded.year, recorded.month, recorded.day, 4, 20, tzinfo=UTC)
    return Role(stream.uuid7(moment), person.id, kind, unit, start, end)


def _seat_the_board(stream: Stream, today: date, grown: Tree, crowd: People, staff: dict[int, list[int]]) -> None:
    """Thirteen of the root's people sit on the board, since the term began."""
    root = grown.root.unit.number
    serving = [index for index in staff[root] if crowd.persons[index].end is None]
    seats, staff[root] = serving[:BOARD_SEATS], serving[BOARD_SEATS:]
    term = history_start(today) - timedelta(days=120)
    for index in seats:
        fi, sv, en = BOARD_TITLES
        person = replace(crowd.persons[index], title_fi=fi, title_sv=sv, title_en=en)
        crowd.persons[index] = person
        crowd.roles.append(_role(stream, today, person, "board_member", root, max(term, person.start), None))
    # The chair signs what the board decides.
    chair = crowd.persons[seats[0]]
    crowd.roles.append(_role(stream, today, chair, "city_board", root, max(term, chair.start), None))


def delegations(seed: int, today: date, crowd: People) -> list[Delegation]:
    """Heads who are or were away, each with a deputy of the same unit."""
    stream = Stream(seed, "delegations")
    colleagues: dict[int, list[Person]] = defaultdict(list)
    for person in crowd.persons:
        if person.end is None and person.start < history_start(today):
            colleagues[person.unit].append(person)
    serving = {person.id: person for people in colleagues.values() for person in people}
    heads = [role for role in crowd.roles if role.kind == "unit_head" and role.end is None and role.person in serving]
    chosen = stream.sample(heads, min(DELEGATIONS, len(heads)))
    made = (
        _delegation(stream, today, index, role, serving[role.person], colleagues) for index, role in enumerate(chosen)
    )
    return [delegation for delegation in made if delegation is not None]


def _delegation(
    stream: Stream, today: date, index: int, role: Role, principal: Person, colleagues: dict[int, list[Person]]
) -> Delegation | None:
    """Each fourth goes on today; the others lie in the time that the head has served."""
    deputies = [person for person in colleagues[principal.unit] if person.id != principal.id]
    if not deputies:
        return None
    served = max(30, (today - max(role.start, history_start(today))).days - 60)
    back = 3 + stream.below(10) if index % 4 == 0 else 40 + stream.below(served)
    start = max(today - timedelta(days=back), role.start)
    end = start + timedelta(days=14 + stream.below(20))
    reason = stream.pick(ABSENCES[principal.language])
    moment = datetime(start.year, start.month, start.day, 4, tzinfo=UTC)
    return Delegation(stream.uuid7(moment), principal.id, stream.pick(deputies).id, start, end, reason)
