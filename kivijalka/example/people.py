"""The people of the example city: who works where, since when, and which other roles they hold."""

import unicodedata
from collections import Counter
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from kivijalka.example.shape import Language, Person, Role, RoleKind, Size
from kivijalka.example.sources import rows, table
from kivijalka.example.stream import Stream
from kivijalka.example.units import Site, Tree, history_start

PERSONS: dict[Size, int] = {"small": 400, "city": 40_000}
MAIL_DOMAIN = "esimerkkikaupunki.example"
SHARES_BY_UNIT_LANGUAGE: dict[Language, tuple[tuple[Language, float], ...]] = {
    "fi": (("fi", 0.85), ("sv", 0.08), ("en", 0.07)),
    "sv": (("sv", 0.86), ("fi", 0.1), ("en", 0.04)),
}
ROOT_STAFF = 20
LEAST_STAFF = 3
LEAVES = 0.06
MOVES = 0.05
DIRECTOR_KINDS = {"sector", "enterprise"}


@dataclass(frozen=True, slots=True)
class People:
    persons: list[Person]
    roles: list[Role]


class _Maker:
    """Makes persons and roles one after another, from one stream."""

    def __init__(self, seed: int, size: Size, today: date, grown: Tree) -> None:
        self.stream = Stream(seed, "people")
        self.today = today
        self.begin = history_start(today)
        self.tree = grown
        self.size = size
        self.persons: list[Person] = []
        self.roles: list[Role] = []
        self.mails: Counter[str] = Counter()
        self.successors = {change.unit: change.into for change in grown.changes if change.command in ("merge", "end")}
        self.jobs = _jobs()

    def role(self, person: Person, kind: RoleKind, unit: int, start: date, end: date | None) -> None:
        if end is not None and end <= start:
            return
        recorded = max(start, self.begin)
        moment = datetime(recorded.year, recorded.month, recorded.day, 4, 10, tzinfo=UTC)
        self.roles.append(Role(self.stream.uuid7(moment), person.id, kind, unit, start, end))

    def staff(self, site: Site, count: int) -> None:
        """Everyone of one unit: its heads one after another, then the rest."""
        reigns = self._reigns(site)
        for start, end in reversed(reigns):
            self._head(site, start, end)
        for _ in range(max(0, count - len(reigns))):
            self._ordinary(site)

    def _reigns(self, site: Site) -> list[tuple[date, date | None]]:
        """The terms of the unit's heads, without a gap, from its start to its end."""
        first = max(site.unit.start, self.begin - timedelta(days=200 + self.stream.below(2500)))
        turns = [] if self.stream.happens(0.62) else [self._day_in_history() for _ in range(self.stream.between(1, 2))]
        until = site.unit.end
        late = until or self.today
        inside = [day for day in sorted(turns) if first + timedelta(days=90) < day < late - timedelta(days=30)]
        starts = [site.unit.start if site.unit.start > self.begin else first, *inside[:2]]
        ends: list[date | None] = [*starts[1:], until]
        return list(zip(starts, ends, strict=True))

    def _day_in_history(self) -> date:
        return (self.begin + timedelta(days=60 + self.stream.below(980))).replace(day=1)

    def _head(self, site: Site, start: date, end: date | None) -> None:
        leaves = end if end is not None and site.unit.end is None and self.stream.happens(0.7) else None
        titles = self.jobs[site.tag][0][0]
        person = self._person(site, titles, min(start, self._hired(site, start)), leaves)
        self._employ(person, site)
        for kind in _head_kinds(site):
            self.role(person, kind, site.unit.number, start, end)

    def _ordinary(self, site: Site) -> None:
        titles = self.stream.pick(self.jobs[site.tag][1])
        start = self._hired(site, self.today - timedelta(days=10))
        leaves = None
        if self.stream.happens(LEAVES):
            leaves = self._day_in_history()
            start = min(start, leaves - timedelta(days=200 + self.stream.below(2000)))
        self._employ(self._person(site, titles, max(start, site.unit.start), leaves), site)

    def _hired(self, site: Site, latest: date) -> date:
        """A day of hiring: within the last years, many long ago."""
        day = latest - timedelta(days=int(self.stream.expovariate(1 / 2400)) + self.stream.below(30))
        return max(day, site.unit.start, date(1988, 1, 1))

    def _person(self, site: Site, titles: tuple[str, str, str], start: date, end: date | None) -> Person:
        stream = self.stream
        if end is not None and end <= start:
            end = None
        language = _weighted(stream, SHARES_BY_UNIT_LANGUAGE[site.language])
        given, family = _name(stream, language)
        recorded = max(start, self.begin)
        home = self.successors.get(site.unit.number) or site.unit.number
        if site.unit.end is not None and home == site.unit.number:
            home = site.unit.parent or home
        person = Person(
            id=stream.uuid7(datetime(recorded.year, recorded.month, recorded.day, 4, 5, tzinfo=UTC)),
            code=f"H{len(self.persons) + 1:05d}",
            given_name=given,
            family_name=family,
            email=self._mail(given, family),
            language=language,
            unit=home,
            title_fi=titles[0],
            title_sv=titles[1],
            title_en=titles[2],
            start=start,
            end=end,
        )
        self.persons.append(person)
        return person

    def _mail(self, given: str, family: str) -> str:
        local = _ascii(f"{given}.{family}".lower())
        self.mails[local] += 1
        number = "" if self.mails[local] == 1 else str(self.mails[local])
        return f"{local}{number}@{MAIL_DOMAIN}"

    def _employ(self, person: Person, site: Site) -> None:
        """The role at the own unit; before it, for some, one at a sister unit; after an ended unit, its heir's."""
        kind: RoleKind = "partner_member" if site.unit.kind == "partner" else "employee"
        start = person.start
        if site.unit.end is not None:
            self.role(person, kind, site.unit.number, start, min(site.unit.end, person.end or date.max))
            start = max(start, site.unit.end)
        elif self.stream.happens(MOVES) and start < self.begin and not _is_head(person, self.jobs[site.tag]):
            moved = self._day_in_history()
            sister = self.stream.pick(self.tree.sites).unit
            fits = (
                sister.kind == "unit" and sister.end is None and sister.start <= start and sister.number != person.unit
            )
            if fits and self.tree.branch(sister.number) == self.tree.branch(person.unit):
                if person.end is None or moved < person.end:
                    self.role(person, kind, sister.number, start, moved)
                    start = moved
        self.role(person, kind, person.unit, start, person.end)


def people(seed: int, size: Size, today: date, grown: Tree) -> People:
    """All persons and their roles at units; roles across the city are added by `appointments`."""
    maker = _Maker(seed, size, today, grown)
    for site, count in _head_counts(maker, grown, PERSONS[size]):
        maker.staff(site, count)
    return People(maker.persons, maker.roles)


Titles = tuple[str, str, str]


def _jobs() -> dict[str, tuple[list[Titles], list[Titles]]]:
    """For each kind of place the titles of its heads and those of the others."""
    jobs: dict[str, tuple[list[Titles], list[Titles]]] = {}
    for row in rows("jobs"):
        heads, others = jobs.setdefault(row["tag"], ([], []))
        (heads if row["head"] == "1" else others).append((row["fi"], row["sv"], row["en"]))
    return jobs


def _is_head(person: Person, jobs: tuple[list[Titles], list[Titles]]) -> bool:
    return person.title_fi == jobs[0][0][0]


def _head_counts(maker: _Maker, grown: Tree, total: int) -> list[tuple[Site, int]]:
    """How many persons each unit has, so that the sum is the total: the root has its board, the rest at least three."""
    sizes = {row["tag"]: int(row["size"]) for row in rows("jobs") if row["size"]}
    others = grown.sites[1:]
    wished = [sizes[site.tag] * (0.6 + 0.8 * maker.stream.random()) for site in others]
    wished = [min(wish, 5.0) if site.unit.end else wish for site, wish in zip(others, wished, strict=True)]
    left = total - ROOT_STAFF - LEAST_STAFF * len(others)
    factor = left / sum(max(0.0, wish - LEAST_STAFF) for wish in wished)
    counts = [LEAST_STAFF + int(max(0.0, wish - LEAST_STAFF) * factor) for wish in wished]
    for index in range(total - ROOT_STAFF - sum(counts)):
        counts[len(counts) - 1 - index % len(counts)] += 1
    return [(grown.root, ROOT_STAFF), *zip(others, counts, strict=True)]


def _head_kinds(site: Site) -> list[RoleKind]:
    kinds: list[RoleKind] = ["unit_head"]
    if site.unit.kind in DIRECTOR_KINDS:
        kinds.append("sector_director")
    elif site.unit.kind == "service_entity":
        kinds.append("service_entity_head")
    elif site.depth == 1:
        kinds.append("chief_executive")
    return kinds


def _weighted(stream: Stream, shares: tuple[tuple[Language, float], ...]) -> Language:
    point = stream.random()
    for language, share in shares:
        point -= share
        if point < 0:
            return language
    return shares[0][0]


def _name(stream: Stream, language: Language) -> tuple[str, str]:
    names = table("people")[language]
    given = stream.pick(names["given"])
    if stream.happens(0.15):
        return given, stream.pick(names["family"])
    return given, stream.pick(names["family_first"]) + stream.pick(names["family_last"])


def _ascii(text: str) -> str:
    return unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode().replace(" ", "-")
