"""A figure with an interval that contains the true one."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Bounded:
    """A figure with an interval that contains the true one; `float(...)` is the figure."""

    value: float
    low: float
    high: float

    def __float__(self) -> float:
        return self.value

    @property
    def width(self) -> float:
        """Width of the interval relative to the figure (0 for a figure of 0 that is exact)."""
        return (self.high - self.low) / max(abs(self.value), 1e-300) if self.high > self.low else 0.0

    @classmethod
    def within(cls, value: float, low: float, high: float) -> Bounded:
        """The figure moved into its interval."""
        return cls(float(min(max(value, low), high)), float(low), float(high))

    @classmethod
    def exactly(cls, value: float) -> Bounded:
        return cls(float(value), float(value), float(value))
