"""Makes the example city: units, then people, then three years of risks and actions."""

from datetime import UTC, date, datetime, timedelta

from kivijalka.example.appointments import appoint, delegations
from kivijalka.example.choices import choices
from kivijalka.example.controls import rely
from kivijalka.example.courses import Course
from kivijalka.example.events import Around, happen
from kivijalka.example.links import chain
from kivijalka.example.lives import foresee_courses, live
from kivijalka.example.meetings import meetings
from kivijalka.example.offers import offers
from kivijalka.example.people import people
from kivijalka.example.plans import Plan, allot_actions, plans
from kivijalka.example.programmes import programmes
from kivijalka.example.responsibilities import hand_out
from kivijalka.example.risk_life import RiskLife
from kivijalka.example.shape import City, Reorganisation, Size
from kivijalka.example.staff import Staff
from kivijalka.example.story import story
from kivijalka.example.stream import Stream, office_opens
from kivijalka.example.units import Change, Tree, history_start, tree
from kivijalka.example.watch import around
from kivijalka.example.workshops import hold
from kivijalka.example.world import Chronicle, World
from kivijalka.register.garbage import uncollected

ACTIONS: dict[Size, int] = {"small": 450, "city": 15_000}


def make_city(seed: int, size: Size, today: date) -> City:
    """The city of that size as it stands on the day, with its history; the same for the same seed, size and day."""
    # Nothing here is garbage: looking for it among half a million records costs a third of the time.
    with uncollected():
        return _make(seed, size, today)


def _make(seed: int, size: Size, today: date) -> City:
    grown = tree(seed, size, today)
    crowd = people(seed, size, today, grown)
    appoint(seed, today, grown, crowd)
    staff = Staff(grown, crowd)
    chronicle = Chronicle()
    lives = _lives(seed, size, today, grown, staff, chronicle)
    controls, reliance = rely(Stream(seed, "controls"), staff, today, lives)
    told = around(seed, staff, today, lives, chronicle.risks)
    around_risks = Around(seed, told.risks, chronicle.assessments, told.entries, told.links)
    happened = happen(Stream(seed, "events"), staff, size, today, lives, around_risks)
    held = hold(Stream(seed, "workshops"), staff, today, happened.risks, chronicle.assessments)
    offered, of_offers = offers(Stream(seed, "offers"), staff, today, lives)
    links = chronicle.links + chain(Stream(seed, "links"), size, grown, lives) + reliance + told.links + held.links
    links += of_offers + happened.links
    led = programmes(Stream(seed, "programmes"), staff, crowd, today, lives, chronicle)
    links += led.links
    chosen = choices(Stream(seed, "choices"), staff, today, chronicle)
    return City(
        seed=seed,
        size=size,
        today=today,
        units=tuple(site.unit for site in grown.sites),
        reorganisations=tuple(_reorganisation(staff, change) for change in grown.changes),
        persons=tuple(crowd.persons),
        roles=tuple(crowd.roles),
        delegations=tuple(delegations(seed, today, crowd)),
        responsibilities=tuple(hand_out(seed, size, today, staff, lives)),
        risk_versions=(*happened.risks, *held.risks),
        assessments=(*chronicle.assessments, *held.assessments),
        action_versions=tuple(chronicle.actions),
        controls=tuple(controls),
        entries=(
            *told.entries,
            *happened.entries,
            *held.entries,
            *offered,
            *led.entries,
            *chosen,
            *meetings(seed, staff, crowd, today, lives),
        ),
        links=tuple(links),
    )


def _lives(seed: int, size: Size, today: date, grown: Tree, staff: Staff, chronicle: Chronicle) -> list[RiskLife]:
    told = story(seed, today, grown)
    told_actions = sum(plan.actions for plan in told)
    made = plans(seed, size, today, grown, beside=len(told))
    allot_actions(Stream(seed, "allotment"), made, ACTIONS[size] - told_actions)
    made = sorted(made + told, key=lambda plan: plan.born)
    for number, plan in enumerate(made, start=1):
        plan.number = number
    begin = history_start(today)
    openings = [office_opens(begin + timedelta(days=offset)) for offset in range((today - begin).days)]
    world = World(Stream(seed, "lives"), staff, begin, openings, chronicle)
    courses = _numbered_courses(Stream(seed, "courses"), made)
    return [live(world, plan, courses[plan.number]) for plan in made]


def _numbered_courses(stream: Stream, made: list[Plan]) -> dict[int, list[tuple[int, Course]]]:
    """The actions of each risk, numbered over the whole city in the order in which they are decided."""
    foreseen = [(plan.number, course) for plan in made for course in foresee_courses(stream, plan)]
    numbered: dict[int, list[tuple[int, Course]]] = {plan.number: [] for plan in made}
    for number, (risk, course) in enumerate(sorted(foreseen, key=lambda pair: pair[1].added), start=1):
        numbered[risk].append((number, course))
    return numbered


def _reorganisation(staff: Staff, change: Change) -> Reorganisation:
    """Decided by whoever led the unit above on that day."""
    day = change.day
    above = staff.tree.by_number[change.unit].unit.parent or change.unit
    finnish, swedish, english = change.names_before
    return Reorganisation(
        unit=change.unit,
        at=datetime(day.year, day.month, day.day, 4, tzinfo=UTC),
        command=change.command,
        by=staff.head(above, day),
        name_fi_before=finnish,
        name_sv_before=swedish,
        name_en_before=english,
        parent_before=change.parent_before,
        into=change.into,
    )
