"""./run manage warm_losses: the engine's inner loops compiled and kept, so that nobody's first page of losses waits for it."""

from __future__ import annotations

from typing import Any

import numpy as np
from django.core.management.base import BaseCommand

from kivijalka.engine import Cover, Lognormal, LogUniform, Portfolio, Risk
from kivijalka.losses import figures


class Command(BaseCommand):
    help = "Compile what the pages of losses reckon with."
    requires_system_checks: list[str] = []  # Django's own declaration

    def handle(self, *args: Any, **options: Any) -> None:
        loss = LogUniform(1e4, 1e5)
        for other in (Lognormal(3e4, 1.2), Cover(2e4, 1e5).net(loss)):
            portfolio = Portfolio([Risk(2.0, loss, 1), Risk(0.3, other, 2)], [-1, 0, 0])
            portfolio.add(Risk(5.0, Lognormal(1e3, 1.0), 1))
            found = figures.Figures(portfolio)
            found.exceedances(figures.grid_of([found.year]))
            found.largest_exceedances(np.array([1e4]))
            found.places, found.shares(tuple(portfolio.risks.values()))
