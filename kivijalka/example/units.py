"""The organisation of the example city: a tree of units, and how it was reorganised in three years."""

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta

from kivijalka.example.places import Place, places
from kivijalka.example.shape import Language, ReorganisationCommand, Size, Unit, UnitKind
from kivijalka.example.sources import rows
from kivijalka.example.stream import Stream

NUMBER_STEP = 16
YEARS_OF_HISTORY = 3
FOUNDED_YEAR = 2005


@dataclass(frozen=True, slots=True)
class Site:
    """A unit with what its texts and its staff depend on: the kind of place it is and the language it works in."""

    unit: Unit
    tag: str
    language: Language
    place: Place
    depth: int


@dataclass(frozen=True, slots=True)
class Change:
    """A reorganisation of one unit on a day, before it is known who decided it."""

    unit: int
    day: date
    command: ReorganisationCommand
    names_before: tuple[str, str, str]
    parent_before: int | None
    into: int | None


@dataclass(slots=True)
class Seedling:
    """A unit that has no number yet."""

    code: str
    parent: str
    kind: UnitKind
    tag: str
    language: Language
    names: tuple[str, str, str]
    place: Place
    start: date
    end: date | None = None
    into: str = ""


@dataclass(slots=True)
class Tree:
    """All sites in preorder, with ways to walk between them."""

    sites: list[Site]
    by_number: dict[int, Site] = field(default_factory=dict)
    by_code: dict[str, Site] = field(default_factory=dict)
    changes: list[Change] = field(default_factory=list)
    upwards: dict[int, tuple[int, ...]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for site in self.sites:
            unit = site.unit
            self.by_number[unit.number] = site
            self.by_code[unit.code] = site
            above = () if unit.parent is None else self.upwards[unit.parent]
            self.upwards[unit.number] = (unit.number, *above)

    @property
    def root(self) -> Site:
        return self.sites[0]

    def branch(self, number: int) -> int:
        """The sector, enterprise or other part right below the root that the unit belongs to."""
        return self.upwards[number][-2] if len(self.upwards[number]) > 1 else number


def history_start(today: date) -> date:
    return today - timedelta(days=365 * YEARS_OF_HISTORY + 1)


def tree(seed: int, size: Size, today: date) -> Tree:
    """The units of the city on the day, with the reorganisations behind them."""
    stream = Stream(seed, "units")
    seedlings = _fixed(stream, size) + _series(stream, size)
    _open_and_close(stream, seedlings, today, size)
    grown = Tree(_numbered(stream, seedlings, today))
    grown.changes = _changes(stream, grown, seedlings, today)
    return grown


def _old_start(stream: Stream) -> date:
    return date(FOUNDED_YEAR + stream.below(15), 1, 1)


def _fixed(stream: Stream, size: Size) -> list[Seedling]:
    every = places(Stream(0, "fixed places"))
    return [
        Seedling(
            code=row["code"],
            parent=row["parent"],
            kind=row["kind"],  # type: ignore[arg-type]  # a word of the data file; a test compares them with UnitKind
            tag=row["tag"],
            language="sv" if row["code"].startswith("KA-RU") else "fi",
            names=(row["fi"], row["sv"], row["en"]),
            place=stream.pick(every),
            start=_old_start(stream),
        )
        for row in rows("units")
        if size == "city" or row["small"] == "1"
    ]


def _series(stream: Stream, size: Size) -> list[Seedling]:
    """Units that come in numbers: schools, stations, teams, companies."""
    grown: list[Seedling] = []
    free: dict[str, list[Place]] = defaultdict(lambda: places(stream))
    for row in rows("sites"):
        above = [site for site in grown if row["parent"] == f"@{site.tag}"]
        hosts: list[Seedling | None] = [*above] or [None]
        if row["parent"].startswith("@") and not above:
            continue
        for host in hosts:
            for index in range(int(row[size])):
                grown.append(_seedling(stream, row, index, host, free[row["tag"]]))
    return grown


def _seedling(stream: Stream, row: dict[str, str], index: int, host: Seedling | None, free: list[Place]) -> Seedling:
    place = host.place if host else free.pop()
    parent = host.code if host else row["parent"]
    names = (row["fi"], row["sv"], row["en"])
    tag = row["tag"]
    if row["names"] in ("company", "partner"):
        names, tag = _company(row["names"], index, place)
    values = {"gen": place.gen, "fi": place.fi, "sv": place.sv, "en": place.fi, "n": str(index + 1)}
    hosts = host.names if host else ("", "", "")
    finnish, swedish, english = (name.format(host=of, **values) for name, of in zip(names, hosts, strict=True))
    return Seedling(
        code=f"{parent}-{row['tag'][:2].upper()}{index + 1:02d}",
        parent=parent,
        kind=row["kind"],  # type: ignore[arg-type]  # a word of the data file; a test compares them with UnitKind
        tag=tag,
        language="sv" if row["lang"] == "sv" else "fi",
        names=(finnish, swedish, english),
        place=place,
        start=_old_start(stream) if host is None else host.start,
    )


def _company(kind: str, index: int, place: Place) -> tuple[tuple[str, str, str], str]:
    """The named companies first, then property companies or residents' associations without end."""
    named = [row for row in rows("companies") if row["kind"] == ("subsidiary" if kind == "company" else "partner")]
    if index < len(named):
        row = named[index]
        return (row["fi"], row["sv"], row["en"]), row["tag"]
    if kind == "company":
        return (
            f"Kiinteistö Oy Esimerkkikaupungin {place.fi}",
            f"Fastighets Ab Exempelstadens {place.sv}",
            f"{place.fi} Real Estate Ltd of Example City",
        ), "housing"
    return (f"{place.gen} asukasyhdistys ry", f"{place.sv} invånarförening rf", f"{place.fi} Residents' Association"), (
        "partner"
    )


def _open_and_close(stream: Stream, seedlings: list[Seedling], today: date, size: Size) -> None:
    """A few leaf units opened, ended or merged into a sister during the history."""
    parents = {seedling.parent for seedling in seedlings}
    leaves = [s for s in seedlings if s.code not in parents and s.kind == "unit"]
    stream.shuffle(leaves)
    opened, merged, ended = (leaves[:45], leaves[45:57], leaves[57:63]) if size == "city" else (leaves[:2], [], [])
    for seedling in opened:
        seedling.start = _first_of_month(today - timedelta(days=120 + stream.below(850)))
    for seedling in merged + ended:
        seedling.end = _first_of_month(today - timedelta(days=60 + stream.below(800)))
    for seedling in merged:
        sisters = [s for s in seedlings if s.parent == seedling.parent and s.tag == seedling.tag and s.end is None]
        seedling.into = stream.pick(sisters).code if sisters else ""


def _first_of_month(day: date) -> date:
    return day.replace(day=1)


def _numbered(stream: Stream, seedlings: list[Seedling], today: date) -> list[Site]:
    """The sites in preorder; a number in the middle of a gap is left for later units on either side."""
    children: dict[str, list[Seedling]] = defaultdict(list)
    for seedling in seedlings:
        children[seedling.parent].append(seedling)
    sites: list[Site] = []
    waiting: list[tuple[Seedling, int | None, int]] = [(children[""][0], None, 1)]
    while waiting:
        seedling, parent, depth = waiting.pop()
        site = _site(stream, seedling, 1 + NUMBER_STEP * len(sites), parent, depth, today)
        sites.append(site)
        waiting += [(child, site.unit.number, depth + 1) for child in reversed(children[seedling.code])]
    return sites


def _site(stream: Stream, seedling: Seedling, number: int, parent: int | None, depth: int, today: date) -> Site:
    recorded = max(seedling.start, history_start(today))
    unit = Unit(
        number=number,
        id=stream.uuid7(datetime(recorded.year, recorded.month, recorded.day, 4, tzinfo=UTC)),
        code=seedling.code,
        kind=seedling.kind,
        parent=parent,
        name_fi=seedling.names[0],
        name_sv=seedling.names[1],
        name_en=seedling.names[2],
        start=seedling.start,
        end=seedling.end,
    )
    return Site(unit, seedling.tag, seedling.language, seedling.place, depth)


def _changes(stream: Stream, grown: Tree, seedlings: list[Seedling], today: date) -> list[Change]:
    changes = [_recorded_change(grown, row, today) for row in rows("changes") if row["code"] in grown.by_code]
    for seedling in seedlings:
        if seedling.end is not None:
            changes.append(_ending(grown, seedling, seedling.end))
    changes += _moved_between_areas(stream, grown, today)
    return sorted(changes, key=lambda change: (change.day, change.unit))


def _names(unit: Unit) -> tuple[str, str, str]:
    return unit.name_fi, unit.name_sv, unit.name_en


def _recorded_change(grown: Tree, row: dict[str, str], today: date) -> Change:
    unit = grown.by_code[row["code"]].unit
    before = grown.by_code.get(row["parent_before"])
    return Change(
        unit=unit.number,
        day=_first_of_month(today - timedelta(days=int(row["days_ago"]))),
        command="move" if row["parent_before"] else "rename",
        names_before=(row["fi"], row["sv"], row["en"]) if row["fi"] else _names(unit),
        parent_before=before.unit.number if before else unit.parent,
        into=None,
    )


def _ending(grown: Tree, seedling: Seedling, end: date) -> Change:
    unit = grown.by_code[seedling.code].unit
    into = grown.by_code[seedling.into].unit.number if seedling.into else None
    return Change(unit.number, end, "merge" if seedling.into else "end", _names(unit), unit.parent, into)


def _moved_between_areas(stream: Stream, grown: Tree, today: date) -> list[Change]:
    """Day-care centres that belonged to a neighbouring area before."""
    areas = [site.unit for site in grown.sites if site.unit.kind == "service" and site.unit.code.startswith("KA-VK-")]
    settled = [s.unit for s in grown.sites if s.tag == "daycare" and s.unit.end is None and s.unit.start.year < 2020]
    if len(areas) < 2:
        return []
    changes = []
    for unit in stream.sample(settled, 6):
        before = stream.pick([area for area in areas if area.number != unit.parent])
        day = _first_of_month(today - timedelta(days=100 + stream.below(800)))
        changes.append(Change(unit.number, day, "move", _names(unit), before.number, None))
    return changes
