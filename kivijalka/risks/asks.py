"""How likelihood, impacts and reasons of an assessment are asked, by whichever verb."""

from __future__ import annotations

from typing import Annotated

from django.utils.translation import gettext_lazy as _

from kivijalka.policy.scales import LEVELS
from kivijalka.register.command import Ask

CHOICES = [(level, str(level)) for level in LEVELS]

Likelihood = Annotated[int, Ask(_("Likelihood"), choices=CHOICES)]
OnPeople = Annotated[int | None, Ask(_("Impact on people"), choices=CHOICES)]
OnServiceContinuity = Annotated[int | None, Ask(_("Impact on service continuity"), choices=CHOICES)]
OnFinance = Annotated[int | None, Ask(_("Impact on finance"), choices=CHOICES)]
OnEnvironment = Annotated[int | None, Ask(_("Impact on the environment"), choices=CHOICES)]
OnTrust = Annotated[int | None, Ask(_("Impact on trust"), choices=CHOICES)]
OnLawAndPrivacy = Annotated[int | None, Ask(_("Impact on law and privacy"), choices=CHOICES)]
Reasons = Annotated[str, Ask(_("Reasons"), rows=3)]
