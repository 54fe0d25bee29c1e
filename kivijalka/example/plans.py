"""Plans the life of each risk: where and when it is found, what it says, how it is estimated, how it ends."""

from collections import Counter, defaultdict
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Literal

from kivijalka.example.courses import Course
from kivijalka.example.policy import LEVELS, REVIEW_MONTHS, level_of
from kivijalka.example.shape import Confidentiality, Language, Level, Sign, Size
from kivijalka.example.stream import Stream
from kivijalka.example.texts import Chosen, Pattern, candidates
from kivijalka.example.units import Site, Tree, history_start

RISKS: dict[Size, int] = {"small": 300, "city": 10_000}
Fate = Literal["draft", "assessed", "accepted", "closed"]
Estimate = tuple[int, int]

OPPORTUNITIES = 0.08
FIRST_WAVE_DAYS = 150
FIRST_WAVE = 0.38
LATE_REVIEWS = 0.1
CRITICAL_KEPT = 0.12
MOST_ASSESSMENTS = 3
LANGUAGE_SHARES: dict[Language, tuple[float, float]] = {"fi": (0.11, 0.1), "sv": (0.92, 0.03)}
WEIGHT_BY_KIND = {
    "group": 24,
    "sector": 20,
    "central": 14,
    "service_entity": 12,
    "service": 8,
    "enterprise": 12,
    "unit": 4.5,
    "subsidiary": 4,
    "partner": 2,
}
ACCEPTED_SHARE: dict[Level, float] = {"low": 0.33, "moderate": 0.2, "high": 0.1, "critical": 0.0}
TRIES = 30


@dataclass(slots=True)
class Plan:
    """The course of one risk; days count from the begin of the history."""

    number: int
    site: Site
    pattern: Pattern
    language: Language
    chosen: Chosen
    title: str
    cause: str
    event: str
    consequence: str
    born: int
    limit: int
    fate: Fate = "assessed"
    estimates: list[Estimate] = field(default_factory=list)
    assessed: list[int] = field(default_factory=list)
    inherent: Estimate = (1, 1)
    target: Estimate = (1, 1)
    confidentiality: Confidentiality = Confidentiality.INTERNAL
    owned: bool = True
    reopened: bool = False
    actions: int = 0
    courses: list[Course] = field(default_factory=list)
    orphaned: int | None = None
    accepted_on: int | None = None

    @property
    def level(self) -> Level:
        return level_of(*self.estimates[-1])


class _Texts:
    """Chooses texts for units so that no two risks of a unit say the same."""

    def __init__(self, stream: Stream) -> None:
        self.stream = stream
        self.used: dict[int, Counter[str]] = defaultdict(Counter)

    def choose(self, site: Site, sign: Sign, language: Language) -> tuple[Pattern, Language, Chosen, str] | None:
        """A pattern that fits and a title that is new in the unit; None when the unit has heard them all."""
        used = self.used[site.unit.number]
        options = candidates(site.tag, sign, language)
        weights = [weight / (1 + 4 * used[pattern.key]) for pattern, weight in options]
        for _ in range(TRIES if options else 0):
            pattern = self.stream.choices(options, weights)[0][0]
            spoken: Language = language if language in pattern.wordings else "fi"
            wording = pattern.wordings[spoken]
            chosen = wording.choose(self.stream, site.tag, site.place, spoken)
            title = wording.title.fill(self.stream, chosen)
            if not used[title]:
                used[title] += 1
                used[pattern.key] += 1
                return pattern, spoken, chosen, title
        return None


def plans(seed: int, size: Size, today: date, grown: Tree, *, beside: int) -> list[Plan]:
    """The planned risks, fewer by those that are told `beside`, in the order in which they are found."""
    stream = Stream(seed, "plans")
    begin = history_start(today)
    texts = _Texts(stream)
    made: list[Plan] = []
    for site in _sites(stream, RISKS[size] - beside, today, grown):
        plan = _plan(stream, texts, site, begin, today)
        if plan is not None:
            made.append(plan)
    made.sort(key=lambda plan: plan.born)
    for plan in made:
        _foresee(stream, plan)
    return made


def _sites(stream: Stream, total: int, today: date, grown: Tree) -> list[Site]:
    """The unit of each risk: large ones and those that lead others have more."""
    settled = today - timedelta(days=90)
    able = [site for site in grown.sites if site.unit.start < settled and _lived(site, today) > 240]
    weights = [WEIGHT_BY_KIND[site.unit.kind] * (0.5 + stream.random()) for site in able]
    scale = (total - len(able)) / sum(weights)
    counts = [1 + int(weight * scale) for weight in weights]
    for _ in range(total - sum(counts)):
        counts[stream.below(len(counts))] += 1
    return [site for site, count in zip(able, counts, strict=True) for _ in range(count)]


def _lived(site: Site, today: date) -> int:
    """For how many days of the history the unit was there, or enough."""
    return 999 if site.unit.end is None else (site.unit.end - history_start(today)).days


def _plan(stream: Stream, texts: _Texts, site: Site, begin: date, today: date) -> Plan | None:
    language = _language(stream, site)
    sign: Sign = "opportunity" if stream.happens(OPPORTUNITIES) else "threat"
    found = texts.choose(site, sign, language) or texts.choose(site, "threat", "fi")
    if found is None:
        return None
    pattern, spoken, chosen, title = found
    wording = pattern.wordings[spoken]
    limit = (today - begin).days - 1
    if site.unit.end is not None:
        limit = min(limit, (site.unit.end - begin).days - 4)
    return Plan(
        number=0,
        site=site,
        pattern=pattern,
        language=spoken,
        chosen=chosen,
        title=title,
        cause=wording.cause.fill(stream, chosen),
        event=wording.event.fill(stream, chosen),
        consequence=wording.consequence.fill(stream, chosen),
        born=_born(stream, max(2, (site.unit.start - begin).days + 5), limit, closes=site.unit.end is not None),
        limit=limit,
    )


def _language(stream: Stream, site: Site) -> Language:
    swedish, english = LANGUAGE_SHARES[site.language]
    point = stream.random()
    if point < swedish:
        return "sv"
    return "en" if point < swedish + english else "fi"


def _born(stream: Stream, first: int, limit: int, *, closes: bool) -> int:
    """A first wave when the register was taken into use, then a steady flow."""
    last = limit - (200 if closes else 1)
    if stream.happens(FIRST_WAVE):
        return min(last, first + int(FIRST_WAVE_DAYS * stream.random() ** 1.5))
    return first + int((last - first) * stream.random())


def _foresee(stream: Stream, plan: Plan) -> None:
    """Decides fate, estimates and days of assessment."""
    age = plan.limit - plan.born
    plan.owned = not stream.happens(0.04)
    plan.confidentiality = _confidentiality(stream, plan)
    first = plan.born + stream.between(2, 45)
    ends = plan.site.unit.end is not None
    if first > plan.limit or (not ends and stream.happens(0.025)):
        plan.fate = "draft"
        return
    count = max(1, min(MOST_ASSESSMENTS, int(0.7 + age / 380 + stream.random())))
    plan.estimates = _estimates(stream, plan, count)
    plan.fate = "closed" if ends or (age > 250 and stream.happens(0.13)) else "assessed"
    plan.assessed = _days_of_assessment(stream, plan, first)
    plan.estimates = plan.estimates[-len(plan.assessed) :]
    if plan.fate == "assessed" and plan.owned and stream.happens(ACCEPTED_SHARE[plan.level]):
        plan.fate = "accepted"
    plan.reopened = plan.fate == "assessed" and len(plan.assessed) > 2 and stream.happens(0.08)
    plan.inherent, plan.target = _frame(stream, plan.estimates)


def _confidentiality(stream: Stream, plan: Plan) -> Confidentiality:
    point = stream.random()
    sensitive = {"information_security", "premises_security", "misconduct_management", "personnel_security"}
    if sensitive.intersection(plan.pattern.areas):
        if point < 0.035:
            return Confidentiality.SECRET
        return Confidentiality.CONFIDENTIAL if point < 0.27 else Confidentiality.INTERNAL
    if point < 0.03:
        return Confidentiality.CONFIDENTIAL
    return Confidentiality.PUBLIC if point > 0.88 else Confidentiality.INTERNAL


def _estimates(stream: Stream, plan: Plan, count: int) -> list[Estimate]:
    """From the pattern's usual size, a little higher at the top of the city; later estimates mostly fall."""
    pattern = plan.pattern
    raised = plan.site.depth <= 2 and "lead" not in pattern.tags
    likelihood = _clamp(pattern.likelihood + stream.pick((-1, 0, 0, 0, 0, 1)))
    impact = _clamp(pattern.impact + stream.pick((-1, 0, 0, 0, 0, 0, 1)) + raised)
    estimates = [_tempered(stream, likelihood, impact)]
    for _ in range(count - 1):
        likelihood, impact = estimates[-1]
        step = stream.pick((-1, -1, -1, 0, 0, 0, 0, 1))
        estimates.append(_tempered(stream, _clamp(likelihood + step), impact))
    return estimates


def _clamp(level: int) -> int:
    return max(1, min(5, level))


def _tempered(stream: Stream, likelihood: int, impact: int) -> Estimate:
    """Critical risks are rare: most estimates that come out so are one step less likely."""
    while level_of(likelihood, impact) == "critical" and not stream.happens(CRITICAL_KEPT):
        likelihood -= 1
    return likelihood, impact


def _days_of_assessment(stream: Stream, plan: Plan, first: int) -> list[int]:
    """The first soon after the risk is found, the last so recent that most reviews are in time."""
    last = max(first, plan.limit - _days_since_last(stream, plan))
    count = min(len(plan.estimates), 1 + (last - first) // 70)
    if count < 2:
        return [last if last - plan.born < 60 else first if plan.fate == "closed" else last]
    step = (last - first) / (count - 1)
    return [first, *(int(first + step * index) - stream.below(15) for index in range(1, count - 1)), last]


def _days_since_last(stream: Stream, plan: Plan) -> int:
    if plan.fate == "closed":
        return 20 + (stream.below(60) if plan.site.unit.end is not None else stream.below(260))
    interval = int(REVIEW_MONTHS[plan.level] * 30.4)
    if stream.happens(LATE_REVIEWS):
        return interval + 4 + stream.below(100)
    return int(stream.random() * (interval - 3))


def _frame(stream: Stream, estimates: list[Estimate]) -> tuple[Estimate, Estimate]:
    """What the risk would be without controls, and what it is meant to become."""
    likelihood = max(estimate[0] for estimate in estimates)
    impact = max(estimate[1] for estimate in estimates)
    inherent = _clamp(likelihood + stream.pick((0, 1, 1, 2))), _clamp(impact + stream.pick((0, 0, 1)))
    last_likelihood, last_impact = estimates[-1]
    target = _clamp(last_likelihood - stream.pick((0, 1, 1, 2))), _clamp(last_impact - stream.pick((0, 0, 1)))
    return inherent, target


def allot_actions(stream: Stream, made: list[Plan], total: int) -> None:
    """Shares the actions out: none for drafts and risks without owner, more for the more severe."""
    able = [plan for plan in made if plan.estimates and plan.owned and plan.fate != "draft"]
    for plan in able:
        plan.actions = min(_room(plan), LEVELS.index(plan.level), 1 + stream.below(2))
    left = total - sum(plan.actions for plan in able)
    for others in range(4):
        chosen = [plan for plan in able if plan.actions == others < _room(plan)]
        stream.shuffle(chosen)
        for plan in chosen[: max(0, left if others else left * 7 // 10)]:
            plan.actions += 1
            left -= 1


def _room(plan: Plan) -> int:
    """A risk has no two actions of one wording."""
    return len(plan.pattern.wordings[plan.language].actions)
