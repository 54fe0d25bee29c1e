"""Risks, their assessments, and offers of a risk to other units."""

from kivijalka.risks.models.offers import Offer
from kivijalka.risks.models.risks import (
    ENDS,
    LEVEL_VALIDATORS,
    Assessment,
    Benefit,
    CommonCause,
    Level,
    Risk,
    level_badge,
    level_in_words,
)

__all__ = [
    "ENDS",
    "LEVEL_VALIDATORS",
    "Assessment",
    "Benefit",
    "CommonCause",
    "Level",
    "Offer",
    "Risk",
    "level_badge",
    "level_in_words",
]
