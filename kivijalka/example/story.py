"""The story that the city must not repeat: an outdated remote-access server whose retirement slips, year after year."""

from datetime import date

from kivijalka.example.courses import Course
from kivijalka.example.plans import Plan
from kivijalka.example.shape import Confidentiality
from kivijalka.example.stream import Stream
from kivijalka.example.texts import pattern
from kivijalka.example.units import Tree, history_start

HOME = "KA-TU-T"
SECTOR = "KA"
REORGANISED = 470


def story(seed: int, today: date, grown: Tree) -> list[Plan]:
    """Three risks of the education sector, known for years, with actions that were postponed again and again."""
    stream = Stream(seed, "story")
    limit = (today - history_start(today)).days - 1
    server = _told(stream, grown, "story-remote-access", HOME, born=18, limit=limit)
    server.assessed, server.estimates = [31, 330, 620, limit - 75], [(3, 3), (3, 4), (3, 4), (4, 4)]
    server.accepted_on, server.orphaned = 52, REORGANISED
    server.courses = [_retirement(limit), _monitoring()]
    files = _told(stream, grown, "story-old-files", HOME, born=44, limit=limit)
    files.assessed, files.estimates = [70, 560, limit - 160], [(4, 3), (4, 3), (4, 4)]
    files.orphaned = REORGANISED + 3
    files.courses = [_clearing(limit)]
    breach = _told(stream, grown, "story-breach", SECTOR, born=610, limit=limit)
    breach.assessed, breach.estimates = [640, limit - 60], [(2, 4), (3, 4)]
    breach.courses = [Course(660, 900, 700, [(800, 40)], [(890, limit + 60)], None, None, "open")]
    for plan in (server, files, breach):
        plan.actions = len(plan.courses)
        plan.inherent, plan.target = (5, 4), (1, 3)
    return [server, files, breach]


def _retirement(limit: int) -> Course:
    """Due within a year, then moved four times; late again today."""
    moves = [(236, 420), (411, 640), (632, 850), (846, limit - 85)]
    return Course(60, 240, 95, [(200, 20), (500, 30), (900, 45)], moves, None, None, "open")


def _monitoring() -> Course:
    return Course(655, 760, 690, [(720, 50)], [], 748, 850, "no_effect")


def _clearing(limit: int) -> Course:
    return Course(90, 300, None, [], [(290, 700), (690, limit - 200)], None, None, "open")


def _told(stream: Stream, grown: Tree, key: str, code: str, *, born: int, limit: int) -> Plan:
    told, site = pattern(key), grown.by_code[code]
    wording = told.wordings["fi"]
    chosen = wording.choose(stream, site.tag, site.place, "fi")
    return Plan(
        number=0,
        site=site,
        pattern=told,
        language="fi",
        chosen=chosen,
        title=wording.title.fill(stream, chosen),
        cause=wording.cause.fill(stream, chosen),
        event=wording.event.fill(stream, chosen),
        consequence=wording.consequence.fill(stream, chosen),
        born=born,
        limit=limit,
        confidentiality=Confidentiality.CONFIDENTIAL,
    )
