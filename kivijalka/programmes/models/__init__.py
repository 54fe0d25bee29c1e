"""Priorities of the city's strategy, programmes with what they consist of, and choices of what to do."""

from kivijalka.programmes.models.choices import Choice, ChosenAction, ChosenRisk, Least, Working
from kivijalka.programmes.models.programmes import Days, LoggedDecision, Milestone, Priority, Programme, Workstream

__all__ = [
    "Choice",
    "ChosenAction",
    "ChosenRisk",
    # A migration names it here.
    "Days",
    "Least",
    "LoggedDecision",
    "Milestone",
    "Priority",
    "Programme",
    "Working",
    "Workstream",
]
