"""The parts of the example risk policy that the history of the city follows: matrix, intervals, authority."""

from datetime import date

from kivijalka.example.shape import Level, RoleKind

MATRIX: dict[int, tuple[Level, Level, Level, Level, Level]] = {
    1: ("low", "low", "low", "moderate", "high"),
    2: ("low", "low", "moderate", "high", "high"),
    3: ("low", "low", "moderate", "high", "critical"),
    4: ("low", "moderate", "high", "critical", "critical"),
    5: ("moderate", "high", "critical", "critical", "critical"),
}
LEVELS: tuple[Level, ...] = ("low", "moderate", "high", "critical")
REVIEW_MONTHS: dict[Level, int] = {"low": 12, "moderate": 6, "high": 3, "critical": 1}
ACCEPTANCE_MONTHS: dict[Level, int] = {"low": 24, "moderate": 12, "high": 6, "critical": 3}
AUTHORITY: dict[Level, tuple[RoleKind, ...]] = {
    "low": ("unit_head",),
    "moderate": ("service_entity_head", "sector_director", "chief_executive"),
    "high": ("sector_director", "chief_executive"),
    "critical": ("city_board",),
}
EFFECT_CHECK_DAYS = 90


def level_of(likelihood: int, impact: int) -> Level:
    return MATRIX[likelihood][impact - 1]


def months_after(day: date, months: int) -> date:
    """The same day of a later month; the 28th where that month is too short."""
    month = day.month - 1 + months
    return date(day.year + month // 12, month % 12 + 1, min(day.day, 28))
